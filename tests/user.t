#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# User mode and tasks, from outside: each of their self-tests, with each CPU, number of CPUs and back end; those that
# run by name only, in turns over all of these; the yardstick; programs that the loader brings; and the
# kernel's code in memory while a program runs.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::File qw(slurp);
use Pedant::Pvtool;

my $build = build_dir();
my $hello = "$build/tests/user/hello.elf";

# ---- the matrix

my @SUITES = qw(tasks programs spaces copies steps amid);
my @BY_NAME = qw(tasks.preempted tasks.share_the_time tasks.ping_pong_long tasks.many tasks.orphans programs.shared programs.statuses programs.generations
    programs.pipes programs.waits_for_room programs.sockets programs.too_many_files programs.mapped programs.read_only
    programs.kernels programs.times programs.preempted programs.crowd programs.give_back spaces.kernel_changes spaces.no_memory
    spaces.no_memory_for_programs steps.killed_at_each under_tasks.all);
my @MACHINES = ([ '486', 1 ], map { my $cpu = $_; map { [ $cpu, $_ ] } 1, 2, 4 } qw(pentium qemu32 max));
my @OPTIONS = ('', 'pv=soft', 'pv=trace', 'noreplace-paravirt');

my %result;    # "suite.test" => result => where

sub try {
    my ($tests, $cpu, $smp, $options) = @_;
    my $what = join ', ', $tests, $cpu, "$smp CPUs", $options || ();
    my $run = boot(name => $what =~ s/[ ,=]+/-/gr, cpu => $cpu, smp => $smp, timeout => 60, cmdline => "selftest=$tests $options");
    expect_outcome($run, 'passed', $what);
    push @{ $result{"$_->{suite}.$_->{name}"}{ $_->{result} } }, $what for $run->events('test');
    return $run;
}

# Each machine and back end has one of the suites, another one each time; and some of them a test by name.
my @suites = @SUITES;
for my $i (0 .. @OPTIONS - 1) {
    for my $machine (@MACHINES) {
        try($suites[0], @$machine, $OPTIONS[$i]);
        push @suites, shift @suites;
    }
    push @suites, shift @suites if $i % 2;
}
my $n = 0;
for my $test (@BY_NAME) {
    my ($cpu, $smp) = @{ $MACHINES[ (3 * $n + 2) % @MACHINES ] };
    ($cpu, $smp) = ('qemu32', 1) if $test =~ /share_the_time|tasks\.preempted|steps\./;
    try($test, $cpu, $smp, $OPTIONS[ $n++ % @OPTIONS ]);
}
try('under_tasks.all', 'max', 1, '');

# A skip everywhere is a test that nobody has.
is_deeply([ grep { !$result{$_}{ok} && !/^boot\./ } sort keys %result ], [], 'each test ran somewhere');
is_deeply([ grep { !$result{$_} } @BY_NAME ], [], 'those by name, too');

# The yardstick has no sites, and the same tasks and programs.
for my $suite ('tasks', 'programs', 'spaces') {
    my $run = boot(name => "bare-$suite", image => "$build/pedant-native.elf", cmdline => "selftest=$suite");
    expect_pass($run, "the yardstick: $suite", bare => 1);
}

# ---- in memory, while a program runs

for my $options ('', 'pv=soft') {
    my $held = boot_and_hold(name => "dump $options" =~ s/[ =]+/-/gr, until => qr/^checks: for ever/, cmdline => "run=checks,never $options");
    ok($held->reached, "a program runs: $options") or diag($held->describe);
    my ($status, $said) = verify_held($held, kernel_elf());
    is($status, 0, 'and every byte of the kernel is what it must be') or diag($said);
    $held->quit;
}

# ---- programs that the loader brings

sub run_result { return ($_[0]->event('test', suite => 'boot', name => 'run') || {}) }

{
    my $path = spew('brought.elf', slurp($hello));
    my $run = boot(name => 'brought', modules => [$path], cmdline => 'run=brought,x selftest=programs.hello');
    expect_line($run, qr/^  program   brought: \d+ KiB$/, 'a program is brought');
    expect_line($run, qr/^hello from brought x$/, 'and runs by its name');
    is(run_result($run)->{why}, 'its status is 2', 'its status is a result of the boot');
}

# Damaged headers, a boot for all at once: each is refused with its reason. checks has more than one segment.
{
    my $whole = slurp("$build/tests/user/checks.elf");
    my %damage = (
        class => [ 4, "\2", 'it is no ELF file of 32 bits' ],
        machine => [ 18, "\x3e", 'it is no program for i386' ],
        table => [ 28, pack('V', 0xfffffff0), 'its table of segments is not in the file, or too long' ],
        many => [ 44, pack('v', 0xffff), 'its table of segments is not in the file, or too long' ],
        low => [ 52 + 8, pack('V', 0x100000), 'a segment lies outside of the file, of programs\' addresses, or begins in a page' ],
        high => [ 52 + 20, pack('V', 0x30000000), 'a segment lies outside of the file, of programs\' addresses, or begins in a page' ],
        wraps => [ 52 + 20, pack('V', 0xfffff000), 'a segment lies outside of the file, of programs\' addresses, or begins in a page' ],
        twice => [ 52 + 32 + 8, pack('V', 0xc0400000), 'segments have a page in common, or are not in ascending order' ],
        entry => [ 24, pack('V', 0xc0300000), 'its entry is in no segment of code' ],
    );
    my @paths;
    for my $name (sort keys %damage) {
        my ($at, $bytes) = @{ $damage{$name} };
        my $file = $whole;
        substr($file, $at, length $bytes) = $bytes;
        push @paths, spew("$name.elf", $file);
    }
    push @paths, spew('short.elf', substr $whole, 0, 60);
    my $run = boot(name => 'damaged', modules => \@paths, cmdline => 'selftest=programs.hello');
    is_deeply([ sort $run->lines_like(qr/^program \w+: refused: /) ],
        [ sort map({"program $_: refused: $damage{$_}[2]"} keys %damage), 'program short: refused: its table of segments is not in the file, or too long' ],
        'each that is damaged is refused, with its reason, in one line');
    is_deeply([ map { $_->{name} } grep { $_->{result} eq 'fail' } $run->events('test') ], ['programs'], 'which is a failure, and the only one');
}

done_testing;
