# SPDX-License-Identifier: MIT
#
# Clocks that a machine may lack: the 8254, the TSC, both; and CPUs whose CPUID has no leaf but 0, which has
# to be asked before the others are. All self-tests end and pass, and the kernel's clock is never ahead of ours.
use strict;
use warnings;
use Test::More;
use Pedant;

my @NO_PIT = (-machine => 'pc,pit=off');

# What to boot, whether that is a TSC of known rate, and which lines say what is missing.
sub try_clock {
    my ($name, $expected, %args) = @_;
    for my $smp (1, 2) {
        my $run = boot(name => "$name-$smp", smp => $smp, timeout => 180, %args);
        expect_pass($run, "$name, $smp CPUs: the kernel passes");
        expect_line($run, $_, "$name, $smp CPUs: a line says so") for @{ $expected->{lines} };
        my $khz = ($run->event('boot') || {})->{tsc_khz} // 0;
        is($khz ? 1 : 0, $expected->{tsc} // 0, "$name, $smp CPUs: it knows a TSC or not");
        my $seconds = (($run->event('end') || {})->{ns} // 1e30) / 1e9;
        cmp_ok($seconds, '<=', $run->seconds, "$name, $smp CPUs: no more time has passed than really did");
    }
    return;
}

my $NO_TICKS = qr/^timer: the 8254 does not count: no ticks$/;
try_clock('all', { tsc => 1 });
try_clock('no TSC', {}, cpu => 'qemu32,-tsc');
try_clock('no 8254', { lines => [ $NO_TICKS, qr/^timer: nothing tells the TSC's rate/ ] }, extra => \@NO_PIT);
try_clock('neither', { lines => [ $NO_TICKS, qr/^timer: there is no clock/ ] }, extra => \@NO_PIT,
    cpu => 'qemu32,-tsc');
try_clock('a 486 without 8254', { lines => [ $NO_TICKS, qr/^timer: there is no clock/ ] }, extra => \@NO_PIT,
    cpu => '486');

# A leaf that is not there tells another one.
for my $cpu ('base', 'max,level=0') {
    try_clock("only leaf 0, $cpu", {}, cpu => $cpu);
    my $run = boot(name => "family-$cpu", cpu => $cpu, cmdline => 'selftest=cpu');
    is(($run->event('boot') || {})->{family}, 4, "$cpu: a CPU without leaf 1 is a 486");
}

done_testing;
