#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Guests that mean no good, one trick each (tests/guest/), many in one boot: each ends with the line that is said here, and the
# host goes on. Those that pass have seen that their CPU is as a CPU is.
use strict;
use warnings;
use Test::More;
use Pedant;

my $PASSES = 'it says that all passed';
my $LINES  = 20000;                       # of floods.asm

# { trick: how it ends }
my %ends = (
    (map { $_ => qr/^\Q$PASSES\E$/ } qw(calls emulated flags floods freed gdt int large leaves lies looks nmi nt segments selectors step sti stores)),
    real_mode    => qr/^it left protected mode at [0-9a-f]{8}$/,
    task_gate    => qr/^invalid opcode at [0-9a-f]{8}, and its gate for that is a task$/,
    call_gate    => qr/^invalid opcode at [0-9a-f]{8}, and its gate for that is none$/,
    (map { $_ => qr/^invalid opcode at [0-9a-f]{8}, and it has no gate for that$/ } qw(no_gate short_idt)),
    asleep       => qr/^it sleeps, and nothing will wake it$/,
    far_code     => qr/^it runs from 80000010 at 80000010, where it has no memory$/,
    last_byte    => qr/^it halted with interrupts off at 00ffffff$/,
    nested       => qr/^invalid opcode at [0-9a-f]{8}, and its stack is not there$/,
    no_idt       => qr/^invalid opcode at [0-9a-f]{8}, and it has no gate for that$/,
    stack_text   => qr/^invalid opcode at [0-9a-f]{8}, and its stack is not there$/,
    stack_window => qr/^invalid opcode at [0-9a-f]{8}, and its stack is not there$/,
    null_stack   => qr/^invalid opcode at [0-9a-f]{8}, and its stack is not there$/,
    tss_far      => qr/^invalid opcode at [0-9a-f]{8}, and its stack is not there$/,
    tables       => qr/^(?:invalid opcode at [0-9a-f]{8}, and it has no gate for that|it runs from [0-9a-f]{8} at [0-9a-f]{8}, where it has no memory)$/,
    v86          => qr/^(?:it is in virtual-8086 mode|\Q$PASSES\E)$/,
    window       => qr/^its cs or ss is none: 0009, 0011$/,
    run_window   => qr/^page fault at ffc10[0-9a-f]{3}, and its stack is not there$/,
    ring2        => qr/^its cs or ss is none: (?:003a|0201), 002a$/,
    rubble       => qr/./,
);
my %file = map { m{/(\w+)\.elf$} ? ($1 => $_) : () } split ' ', Pedant::Run::slurp(build_dir() . '/tests/guest.list');
die "there are no hostile guests: run make " . build_dir() . "/tests/guest.list first\n" if !%file;
is_deeply([ sort keys %file ], [ sort keys %ends ], 'of each is known how it ends');

# At most eight.
sub tricks {
    my ($what, $args, @names) = @_;
    my $run = boot(name => $what, memory => 256, timeout => 120, modules => [ @file{@names} ], %$args,
        cmdline => 'selftest=cpu guest-text=open guest-seconds=60 ' . ($args->{cmdline} // ''));
    my @ended = sort { $a->{number} <=> $b->{number} } $run->events('guest');
    is(scalar @ended, scalar @names, "$what: each of them ends") or diag $run->describe;
    for my $i (0 .. $#ended) {
        like($ended[$i]{result}, $ends{ $names[$i] }, "$what: $names[$i]");
        my $n = $i + 1;
        is(scalar(grep {/^guest $n: ended: /} $run->lines), 1, "$what: $names[$i], in one line");
    }
    is(scalar(grep { $_->{result} eq 'fail' && $_->{suite} ne 'boot' } $run->events('test')), 0, "$what: the host's self-tests pass");
    ok(scalar(grep { $_->{suite} eq 'cpu' } $run->events('test')), "$what: and were run");
    is_deeply([ $run->bad_json ], [], "$what: each line of its events is one");
    return $run;
}

for my $kind ([ 'qemu32', 1 ], [ 'max', 2 ], [ '486', 1 ]) {
    my ($cpu, $smp) = @$kind;
    tricks("$cpu, $_->[0]", { cpu => $cpu, smp => $smp }, @$_)
        for [qw(large gdt sti flags segments step nt selectors)], [qw(nested no_idt stack_text stack_window tss_far tables window run_window)], [qw(calls emulated freed null_stack stores v86)];
}

tricks('how it ends', { cpu => 'max' }, qw(real_mode task_gate call_gate no_gate short_idt asleep far_code last_byte));

# What a guest says and tells is not all that the host's ports have to do, and has its forms.
{
    my $run  = tricks('floods, lies and others', {}, qw(floods lies rubble int ring2 leaves looks looks));
    my $said = () = $run->lines_like(qr/^guest 1\| and so on$/);
    cmp_ok($said, '>=', 4096, 'much is said');
    for my $what (qw(lines events)) {
        my ($lost, @more) = map { /^guest 1: (\d+) $what are lost, as there were too many$/ ? $1 : () } $run->lines;
        my $kept = $what eq 'lines' ? $said : $run->guest_events(1, 'flood');
        cmp_ok($lost // 0, '>', 0, "but not without end: $what are lost");
        $lost += $_ for @more;
        is($kept + $lost, $LINES, "none of the $what in silence");
    }
    is(scalar $run->guest_events(2, 'good'), 2, 'what is an event is passed on');
    is(scalar $run->guest_events(2, 'bad'),  0, 'and nothing else');
    is(scalar $run->lines_like(qr/^guest 2: 21 events are lost, as they are none$/), 1, 'which is said');
}
done_testing;
