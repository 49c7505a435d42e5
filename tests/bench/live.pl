#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Live changes of made-up sites (kernel/live/bench.c): how fast, by how many rounds through all CPUs, and the longest
# that one CPU was kept from its work, with one CPU and with more; a commit of many keys beside as many commits.
# And switches of the back end, all of the kernel's sites. Writes build/bench/live.json, and fails when the rounds grow or a change is not made.

use strict;
use warnings;
use List::Util qw(max sum);
use POSIX qw(ceil);
use Pedant;
use Pedant::Figures;

my @CPUS  = (1, 2, 4);
my @SITES = map { 10**$_ } 0 .. 5;
my $KEYS  = 100;
my $EACH  = 100;
my @PAIRS = ('native to soft', 'soft to native', 'native to trace', 'trace to native');
my ($TOGETHER, $APART) = ('one commit', '100 commits');

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[ $#sorted / 2 ];
}

# What one of so many commits of so many sites took: { sites, rounds, ns, stall_ns }, medians; stall_max_ns: of all.
sub figures {
    my ($sites, @commits) = @_;
    my %rounds = map { $_->{rounds} => 1 } @commits;
    die "$sites sites: rounds: @{[ sort keys %rounds ]}\n" if keys %rounds != 1;
    return {
        sites        => $sites,
        rounds       => $commits[0]{rounds},
        ns           => median(map { $_->{ns} } @commits),
        stall_ns     => median(map { $_->{stall_ns} } @commits),
        stall_max_ns => max(map { $_->{stall_ns} } @commits),
    };
}

# Commits of one key each, taken as one change of all keys.
sub together {
    my @keys = @_;
    return { ns => sum(map { $_->{ns} } @keys), rounds => sum(map { $_->{rounds} } @keys), stall_ns => max(map { $_->{stall_ns} } @keys) };
}

# What a switch from one back end to another took: { from, to, sites, tries, ns }, a median of those that were made.
sub switched {
    my (@switches) = @_;
    my ($first) = @switches;
    return { (map { $_ => $first->{$_} } qw(from to sites)), tries => max(map { $_->{tries} } @switches),
        ns => median(map { $_->{ns} } @switches) };
}

# A boot of the kernel whose sites are found after the link: { pair => switched }.
sub measure_found {
    my ($cpus) = @_;
    my $switches = join ',', map { (/ to (\w+)/) } @PAIRS;
    my $run = boot(name => "live-found-$cpus", image => build_dir() . '/relocs/pedant.elf', smp => $cpus, timeout => 300,
        cmdline => "selftest=off switch=$switches");
    die "found, $cpus CPUs:\n", $run->describe if $run->outcome ne 'passed';
    return { map { ("$_->{from} to $_->{to}" => switched($_)) } grep { $_->{result} eq 'done' } $run->events('switch') };
}

# One boot: { sites => figures, one commit => figures, 100 commits => figures }.
sub measure {
    my ($cpus) = @_;
    my $run = boot(name => "live-$cpus", smp => $cpus, timeout => 300, cmdline => 'bench-live selftest=off');
    die "$cpus CPUs:\n", $run->describe if $run->outcome ne 'passed';
    my @commits = grep { $_->{families} eq 'bench' } $run->events('change');
    die "$cpus CPUs: a change was not made\n" if grep { $_->{result} ne 'done' || $_->{refused} } @commits;
    my @switches = $run->events('switch');
    die "$cpus CPUs: a switch was not made\n" if !@switches || grep { $_->{result} ne 'done' } @switches;
    my %pair;
    push @{ $pair{"$_->{from} to $_->{to}"} }, $_ for @switches;
    my ($first) = grep { $commits[$_]{changes} == $KEYS } 0 .. $#commits;
    my @keys  = splice @commits, $first;
    my @apart = grep { $_->{changes} == 1 } @keys;
    die "$cpus CPUs: @{[ scalar @apart ]} keys one by one\n" if !@apart || @apart % $KEYS;
    my @rounds = map { together(@apart[ $_ * $KEYS .. $_ * $KEYS + $KEYS - 1 ]) } 0 .. @apart / $KEYS - 1;
    return {
        (map { my $n = $_; $n => figures($n, grep { $_->{sites} == $n } @commits) } @SITES),
        $TOGETHER => figures($KEYS * $EACH, grep { $_->{changes} == $KEYS } @keys),
        $APART    => figures($KEYS * $EACH, @rounds),
        switches  => { map { $_ => switched(@{ $pair{$_} }) } keys %pair },
    };
}

sub cells {
    my ($f) = @_;
    return sprintf '%11.0f %9.0f %7.1f', $f->{ns} / 1000, 1e9 * $f->{sites} / $f->{ns}, $f->{stall_ns} / 1000;
}

sub row {
    my ($name, $linux, @figures) = @_;
    printf "  %-12s %6d %6s%s\n", $name, $figures[0]{rounds}, $linux, join '', map { cells($_) } @figures;
    return;
}

my %live  = map { $_ => measure($_) } @CPUS;
my %found = map { $_ => measure_found($_) } @CPUS;

sub print_rows {
    print "Live changes: QEMU's TCG, an emulator; sites that nobody runs through, while all other CPUs work\n\n";
    printf "  %-12s %6s %6s%s\n", '', '', '', join '', map { sprintf '%29s', $_ > 1 ? "$_ CPUs        " : '1 CPU        ' } @CPUS;
    printf "  %-12s %6s %6s%s\n", 'sites', 'rounds', 'Linux', '         us   sites/s kept us' x @CPUS;
    for my $n (@SITES) { row($n, 3 * ceil($n / 256), map { $live{$_}{$n} } @CPUS) }
    print "\n  $KEYS keys of $EACH sites each\n";
    for my $how ($TOGETHER, $APART) { row($how, '', map { $live{$_}{$how} } @CPUS) }
    print "\n  a switch of the back end, all sites of the kernel\n";
    printf "  %-22s %5s%s\n", '', 'sites', '              ms    tries    ' x @CPUS;
    for my $row ((map { [ $_, $_, map { $live{$_}{switches} } @CPUS ] } @PAIRS), map { [ "found: $_", $_, @found{@CPUS} ] } @PAIRS) {
        my ($name, $pair, @boots) = @$row;
        my @of = map { $_->{$pair} // die "$name: no such switch\n" } @boots;
        printf "  %-22s %5d%s\n", $name, $of[0]{sites}, join '', map { sprintf '%16.2f %8d    ', $_->{ns} / 1e6, $_->{tries} } @of;
    }
    return;
}
printed('live', \&print_rows);
print <<"END";

  rounds: every CPU is called and synchronizes; two of the four are for QEMU's sake. Linux: three for each 256
  sites. us: of a change, the median. kept: the longest that one CPU was kept from its work in a change, by a
  round's handler or with interrupts off for one site; the median of changes. The keys' sites lie between each other;
  in one commit all take effect at one instant. More emulated CPUs than the host has wait for each other's turns
  on it, and so do rounds. A switch: of all CPUs at once; tries: the most that one took until none stood in the
  middle of something of the old back end's; found: one switch each, of the kernel whose sites are found after the link.
END

put_json('live.json', { cpus => \%live, found => \%found, clock => 'TCG' });

my %rounds = map { $_->{rounds} => 1 } map { my $f = $_; @$f{ @SITES, $TOGETHER } } values %live;
die "the rounds grow: @{[ sort keys %rounds ]}\n" if keys %rounds != 1;
