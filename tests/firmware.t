# SPDX-License-Identifier: MIT
#
# What firmware, or a boot loader, leaves behind in the machine: the kernel passes all the same, with one CPU
# and with two. A loader of our own (tests/loader/) leaves it so. All self-tests run where all of it is left
# at once; otherwise those that need interrupts between CPUs, or look at the machine.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Loader;

# %expected: lines => patterns that have to be on the log.
sub try_state {
    my ($what, $state, $expected, %args) = @_;
    for my $smp (1, 2) {
        my $blob = blob(MAGIC, INFO, STATE, pack('V', $state),
            information(cmdline_text => $args{cmdline} // 'selftest=smp*'));
        my $run = boot(loader_args("$what, $smp", $blob), smp => $smp, timeout => 60, %args, cmdline => '');
        expect_pass($run, "$what, $smp CPUs: the kernel passes");
        is(scalar grep({ $_->{result} eq 'online' } $run->events('cpu')), $smp, "$what, $smp CPUs: all are online");
        expect_line($run, $_, "$what, $smp CPUs: a line says so") for @{ $expected->{lines} };
        my @said = $run->lines_like(qr/^(?:interrupts|timer|smp): /);
        is(scalar @said, scalar @{ $expected->{lines} || [] }, "$what, $smp CPUs: and nothing else is said")
            or diag map {"$_\n"} @said;
    }
    return;
}

try_state('nothing', 0, {}, cmdline => 'selftest=firmware');
try_state('task priority', LEAVE_PRIORITY, {});
try_state('LINT0 masked', LEAVE_PIN, {});
try_state('an interrupt pending', LEAVE_PENDING, { lines => [qr/^interrupts: 1 by vector 144, which is nobody's$/] });
try_state('an interrupt in service', LEAVE_SERVICE, {});
try_state('all of the APIC', LEAVE_PRIORITY | LEAVE_PIN | LEAVE_PENDING | LEAVE_SERVICE,
    { lines => [qr/^interrupts: 1 by vector 144, which is nobody's$/] }, cmdline => '');
try_state('the screen elsewhere', LEAVE_SCREEN, {}, cmdline => 'selftest=firmware');

# The CPU's formats of page tables: one for 32 bits, with and without NX.
for my $cpu ('qemu64', 'qemu64,-nx', 'pentium3,lm=on') {
    try_state("long mode announced, $cpu", LEAVE_LONG, {}, cpu => $cpu, cmdline => 'selftest=firmware', qemu => 'qemu-system-x86_64');
}

done_testing;
