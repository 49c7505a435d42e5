#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What a guest costs, counted (-icount shift=0): the same each time; the four ops that are called most need no host and cost no
# more than on the machine, as bare instructions they need it each time, or do nothing; an interrupt costs no world
# switch of its own. All workloads of the seed have figures in a guest, patched and as linked.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Workloads;

my $image = kernel_path();
my @FOUR  = qw(save_fl restore_fl irq_disable irq_enable);

sub bench {
    my ($name, $options) = @_;
    my $run = boot(name => "guest-bench-$name", timeout => 60, cmdline => 'bench selftest=off', modules => ["$image bench selftest=off $options"], extra => \@ICOUNT);
    expect_outcome($run, 'passed', "$name: it runs");
    return $run;
}

# What was counted, of the machine (0) or the guest (1): { event name => ... }, without what differs from boot to boot.
sub counted {
    my ($run, $guest) = @_;
    my %of;
    for my $event (qw(bench bare cost world)) {
        for my $e ($guest ? $run->guest_events(1, $event) : $run->events($event)) {
            $of{"$event " . ($e->{op} // $e->{what} // '')} = join ' ', map { $_ // '-' } @$e{qw(loops tsc entries handler)};
        }
    }
    return \%of;
}

sub ops {
    my @events = @_;
    my ($empty) = map { $_->{tsc} } grep { $_->{op} eq 'empty' } @events;
    return { map { $_->{op} => { cost => ($_->{tsc} - ($empty // 0)) / $_->{loops}, host => ($_->{entries} // 0) / $_->{loops} } } @events };
}

# ---- ops

my $run = bench('patched', '');
{
    my $again = bench('patched-again', '');
    for my $guest (0, 1) {
        my $what = $guest ? 'the guest' : 'the machine';
        cmp_ok(scalar keys %{ counted($run, $guest) }, '>', 50, "$what: so much is counted");
        is_deeply(counted($again, $guest), counted($run, $guest), "$what: and comes out the same again");
    }
}
my $machine = ops($run->events('bench'));
my $patched = ops($run->guest_events(1, 'bench'));
my $linked  = ops(bench('linked', 'noreplace-paravirt')->guest_events(1, 'bench'));
for my $op (@FOUR) {
    cmp_ok($patched->{$op}{cost}, '<=', $machine->{$op}{cost}, "$op: patched, a guest pays no more than the machine");
    cmp_ok($patched->{$op}{cost}, '<', $linked->{$op}{cost}, "$op: and less than as linked");
    is($_->{$op}{host}, 0, "$op: without its host") for $patched, $linked;
}
my ($here, $there) = (ops($run->events('bare')), ops($run->guest_events(1, 'bare')));
is_deeply([ sort keys %$there ], [ sort keys %$here ], 'bare instructions: the same in the guest and on the machine');
is(scalar(grep { $_->{host} } values %$here), 0, 'bare instructions: the machine has no host');
for my $op (qw(irq_disable irq_enable io_delay clts wbinvd read_cr0 read_cr2 read_cr3 read_cr4 write_cr0 get_debugreg set_debugreg flush_tlb_single)) {
    is($there->{$op}{host}, 1, "$op: as a bare instruction needs the host once");
    cmp_ok($there->{$op}{cost}, '>', 100 * $here->{$op}{cost}, "$op: and costs what that costs");
}
is($there->{$_}{host}, 0, "$_: as a bare instruction it is not noticed") for qw(save_fl restore_fl iret cpuid read_tsc);
cmp_ok($there->{$_}{host}, '>=', 1, "$_: as a bare instruction needs it once at least") for qw(write_cr3 flush_tlb);

# ---- what is no op

my %cost = map { $_->{what} => $_ } $run->guest_events(1, 'cost');
my ($world) = $run->events('world');
is($cost{hypercall}{entries}, 1, 'a hypercall is one world switch');
is($cost{fault_fill}{entries}, 1, 'and so is a page fault that only fills the shadow');
cmp_ok($cost{fault_own}{entries}, '>=', 1, 'a page fault of its own is one at least');
is($cost{interrupt}{entries}, $cost{hypercall}{entries}, 'an interrupt that finds IF on costs no world switch of its own');
cmp_ok($cost{interrupt_waits}{entries}, '<=', 2, 'one that waited for IF costs two: the store, and the page of IF');
is($cost{tick}{entries}, 1, 'a tick of the machine is one');
cmp_ok($world->{tsc}, '<', $cost{hypercall}{tsc}, 'a hypercall is more than the switch');
for my $what (qw(interrupt interrupt_waits)) {
    cmp_ok($cost{$what}{handler}, '>', $cost{hypercall}{tsc}, "$what: the handler is behind the switch");
    cmp_ok($cost{$what}{handler}, '<', $cost{$what}{tsc}, "$what: and before the end");
}

# ---- workloads

for my $kernel ([ patched => '' ], [ linked => 'noreplace-paravirt' ]) {
    my ($name, $options) = @$kernel;
    my $of = per_operation(samples(run_workloads("guest-bench-work-$name", guest => 1, options => $options), 'boot', guest => 1));
    is_deeply([ sort grep { $_ ne 'empty' } keys %$of ], [ sort map { $_->[0] } @WORKLOADS ], "$name: a guest has figures of all workloads");
    is(scalar(grep { !($_->{instructions} > 0) } values %$of), 0, "$name: and each took its time");
}
my @null = map { samples(run_workloads("guest-bench-null-$_", guest => 1, exact => 1, glob => 'null_*'), 'boot', guest => 1) } 1, 2;
is_deeply($null[1], $null[0], 'null calls are counted, and come out the same again');
my $null = per_operation($null[0]);
is(int($null->{$_}{entries}), 1, "$_: the host is needed once, for the call") for qw(null_call null_read null_write);

my $calls = calls_per_operation(run_workloads('guest-bench-calls', guest => 1, glob => 'null_call', options => 'pv=trace'), guest => 1);
is_deeply({ map { $_ => int($calls->{null_call}{$_} + 0.5) } qw(irq_disable irq_enter_program iret) }, { irq_disable => 1, irq_enter_program => 1, iret => 1 },
    "the ops of a null call, counted in the guest: a call's entry and its end");

done_testing;
