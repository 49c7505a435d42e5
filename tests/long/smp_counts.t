# SPDX-License-Identifier: MIT
#
# All self-tests with each number of CPUs that the kernel takes, odd ones too: none of them counts on how
# many there are, and each leaves the kernel as it found it, which the framework looks after (kernel/test/kept.h).
# Few CPUs, and as many as there can be, each have a thread of QEMU's. The others take turns in one: who waits there
# leaves his turn to others, and keeps nobody from work as in threads, of which the machine runs two at a time.
use strict;
use warnings;
use Test::More;
use Pedant;

for my $n (1 .. 16) {
    my $run = boot(name => "$n", smp => $n, timeout => 120, accel => $n > 4 && $n < 16 ? 'tcg,thread=single' : 'tcg');
    expect_pass($run, "$n CPUs: the kernel passes");
    is(scalar $run->events('cpu'), $n, "$n CPUs: as many are told of");
    is_deeply([ map { $_->{number} } grep { $_->{result} ne 'online' } $run->events('cpu') ], [],
        "$n CPUs: all of them are online");
    is_deeply([ $run->lines_like(qr/^(?:smp|firmware|acpi|mptable|interrupts|timer): /) ], [], "$n CPUs: no complaint");
    note_skips($run);
}

done_testing;
