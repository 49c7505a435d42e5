#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# How costs grow: the passes at boot, and the image, with sites (images with many more of them, linked for this); a
# live change with CPUs; a change of tasks with tasks. Instructions are exact (-icount shift=0), a live change is an
# emulator's time. A line is fitted to the logarithms: power 1 is linear, 0 is none. Writes scale.json to
# build/bench/, and fails when something grows faster than it may.

use strict;
use warnings;
use Pedant;
use Pedant::Figures;

my @SITES = (300, 1000, 3000, 10000, 30000);
my @CPUS  = (1, 2, 4, 8);
my $LIVE_SITES = 10;
my @ICOUNT = ('-icount', 'shift=0,sleep=off');
my %scale;
STDOUT->autoflush(1);

sub sum { my $n = 0; $n += $_ for @_; return $n }

# Least squares: ($slope, $at_0) of y over x.
sub line {
    my ($x, $y) = @_;
    my $n = @$x;
    my ($mx, $my) = (sum(@$x) / $n, sum(@$y) / $n);
    my $xx = sum(map { ($_ - $mx)**2 } @$x);
    my $slope = $xx ? sum(map { ($x->[$_] - $mx) * ($y->[$_] - $my) } 0 .. $n - 1) / $xx : 0;
    return ($slope, $my - $slope * $mx);
}

sub power {
    my ($x, $y) = @_;
    return (line([ map {log} @$x ], [ map { log($_ || 1) } @$y ]))[0];
}

sub run_kernel {
    my ($name, @options) = @_;
    my $run = boot(name => "scale-$name", timeout => 300, @options);
    die "$name:\n", $run->describe if $run->outcome ne 'passed';
    return $run;
}

# A table of two columns, and what was fitted.
sub fit {
    my ($key, $title, $x_is, $y_is, $x, $y, $what) = @_;
    my ($slope, $at_0) = line($x, $y);
    my $power = power($x, $y);
    show("scale-$key", "$title\n\n", sprintf("  %12s %16s\n", $x_is, $y_is), (map { sprintf "  %12d %16.1f\n", $x->[$_], $y->[$_] } 0 .. $#$x),
        sprintf("  fitted: %.3f %s for each %s more, power %.3f\n", $slope, $what, $x_is =~ s/s$//r, $power));
    $scale{$key} = { x => $x, y => $y, slope => $slope, power => $power, x_is => $x_is, y_is => $y_is };
    return $power;
}

# ---- sites

my @FAMILIES = qw(paravirt smp_locks jump_label);

# { family => instructions of its pass }, and the image's KiB; one nanosecond is one instruction.
sub measure_sites {
    my ($n) = @_;
    my $image = build_dir() . "/tests/bench/sites-$n.elf";
    my $run   = run_kernel("sites-$n", image => $image, cmdline => 'selftest=off', extra => \@ICOUNT);
    my %pass;
    $pass{ $_->{family} } //= $_->{ns} for $run->events('pass');
    return \%pass, sum(map { $_->{size} } grep { $_->{flags} & 2 && $_->{type} == 1 } Pedant::Elf->new($image)->sections) / 1024;
}

print 'Images with 0';
my ($base, $base_kib) = measure_sites(0);
my (%more, @kib);
for my $n (@SITES) {
    print ", $n";
    my ($pass, $kib) = measure_sites($n);
    push @{ $more{$_} }, $pass->{$_} - $base->{$_} for @FAMILIES;
    push @kib, $kib - $base_kib;
}
print " sites more\n";
my @third = map { $_ / 3 } @SITES;
my %power = map { $_ => fit($_, "The boot pass over $_: instructions that more sites cost", 'sites', 'instructions', \@third, $more{$_}, 'instructions') } @FAMILIES;
fit('image', 'The image: KiB that more sites cost, a third each of these families', 'sites', 'KiB', \@SITES, \@kib, 'KiB');

# ---- CPUs

my (@cpus, @change);
for my $n (@CPUS) {
    my $run = run_kernel("cpus-$n", smp => $n, cmdline => "bench-live=$LIVE_SITES selftest=off");
    my @changes = sort { $a <=> $b } map { $_->{ns} / 1000 } grep { $_->{sites} == $LIVE_SITES } $run->events('change');
    push @cpus,   $n;
    push @change, $changes[ $#changes / 2 ];
}
fit('cpus', "A live change of $LIVE_SITES sites: microseconds, QEMU's TCG, an emulator on this host's CPUs", 'CPUs', 'us', \@cpus, \@change, 'us');

# ---- tasks

my $run = run_kernel('tasks', memory => 256, cmdline => 'bench-tasks selftest=off', extra => \@ICOUNT);
my @tasks = $run->events('tasks');
my $tasks = fit('tasks', 'A change from one task to the next: instructions', 'tasks', 'instructions', [ map { $_->{tasks} } @tasks ],
    [ map { $_->{tsc} / $_->{changes} } @tasks ], 'instructions');

put_json('scale.json', \%scale);
for my $family (@FAMILIES) {
    die "the pass over $family is not linear in its sites: power $power{$family}\n" if $power{$family} > 1.1;
}
die "a change of tasks costs more the more there are: power $tasks\n" if $tasks > 0.05;
