# SPDX-License-Identifier: MIT
#
# A machine without one of its clocks, or without both: waits end, and no more time passes than really does. (With all
# self-tests, and two CPUs: tests/long/clocks.t.)
use strict;
use warnings;
use Test::More;
use Pedant;

my @NO_PIT   = (-machine => 'pc,pit=off');
my $NO_TICKS = qr/^timer: the 8254 does not count: no ticks$/;
my $NO_RATE  = qr/^timer: nothing tells the TSC's rate: time passes too slowly$/;
my $NO_CLOCK = qr/^timer: there is no clock: readings are counted$/;

for my $case (
    [ 'all',     1, [] ],
    [ 'no TSC',  0, [], cpu => 'qemu32,-tsc' ],
    [ 'no 8254', 0, [ $NO_TICKS, $NO_RATE ], extra => \@NO_PIT ],
    [ 'neither', 0, [ $NO_TICKS, $NO_CLOCK ], extra => \@NO_PIT, cpu => 'qemu32,-tsc' ],
) {
    my ($name, $knows, $lines, %args) = @$case;
    my $run = boot(name => $name, cmdline => 'selftest=timer.*', %args);
    expect_pass($run, "$name: the kernel passes");
    expect_line($run, $_, "$name: a line says so") for @$lines;
    is(scalar $run->lines_like(qr/^timer: /), scalar grep({ $_ == $NO_TICKS } @$lines) ? 3 : 0, "$name: and no more than that, and what it costs");
    my ($boot, $end) = map { $run->event($_) || {} } qw(boot end);
    is($boot->{tsc_khz} ? 1 : 0, $knows, "$name: it knows a TSC's rate or not");
    cmp_ok(($end->{ns} // 1e30) / 1e9, '<=', $run->seconds, "$name: no more time has passed than really did");
    cmp_ok($end->{ns} // 0, '>', 3_000_000, "$name: and as much as the tests waited for, at least");
}

done_testing;
