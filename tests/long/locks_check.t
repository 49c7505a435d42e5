# SPDX-License-Identifier: MIT
#
# A kernel built with LOCKS=check, which panics where a lock is taken against its rule: nobody does, in all
# self-tests; and who does it on purpose is caught.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Make;

my $build = build_dir() . '/locks-check';
my $image = "$build/pedant.elf";
my @same  = Pedant::Make::words('CC');
my $said  = `make --no-print-directory BUILD=$build LOCKS=check @same $image 2>&1`;
is($?, 0, 'it is built') or BAIL_OUT("make: $said");

sub boot_checked {
    my ($name, $smp, $cmdline) = @_;
    return boot(name => "locks-check-$name", image => $image, smp => $smp, cmdline => $cmdline, timeout => 120);
}

for my $pv (qw(native soft)) {
    my $run = boot_checked($pv, 4, "pv=$pv");
    expect_pass($run, "pv=$pv: nobody takes a lock against its rule");
    is(scalar(grep { $_->{result} eq 'online' } $run->events('cpu')), 4, "pv=$pv: with four CPUs");
}
expect_pass(boot_checked('prints', 4, 'selftest=smp.prints'), 'nor when all print at once');

my %CAUGHT = (
    'lock-irqs'   => 'lock of crash=: its rule is interrupts off, and they are on',
    'lock-on'     => 'lock of crash=: interrupts are off, and would be on when it is free',
    'lock-nested' => 'lock of crash=, the other one: taken while the one of crash= is held',
    'lock-gather' => 'CPU 0 changes text while it holds the lock of crash=',
    'lock-starts' => 'lock of crash=: taken by CPU 1, which starts and may be reset',
);
for my $crash (sort keys %CAUGHT) {
    my $run = boot_checked($crash, 2, "crash=$crash");
    expect_outcome($run, 'panic', "$crash: the end is a panic");
    is(($run->event('end') || {})->{panic}, $CAUGHT{$crash}, "$crash: it says which lock, and why");
}

done_testing;
