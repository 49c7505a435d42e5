#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What a guest costs, in executed instructions, the host's included (QEMU's -icount shift=0 counts one as a nanosecond),
# and how often it needs its host:
#
#	each op: on the machine, patched, as linked, and as the bare instruction, which the host emulates
#	what is no op: a world switch, a hypercall, an interrupt, a page fault
#	the seed's workloads: how often each op is called, and what that makes up
#
# The last is to show whether the promise of lguest holds, that the ops which are called most cost nothing. Writes guest.json
# to build/bench/, and fails when they cost more than on the machine.

use strict;
use warnings;
use List::Util qw(sum0);
use Pedant;
use Pedant::Figures;
use Pedant::Workloads;

my @FOUR  = qw(save_fl restore_fl irq_disable irq_enable);
my $image = kernel_path();

# What they do in ring 1 is not what they are for.
my %WRONG = (save_fl => 'tells IF of the machine, always on', restore_fl => 'leaves IF alone', iret => 'leaves IF alone',
    cpuid => 'tells what a guest has not');

# ---- ops, and what is no op

sub bench {
    my ($name, $options) = @_;
    my $run = boot(name => "bench-guest-$name", timeout => 120, cmdline => 'bench selftest=off',
        modules => ["$image bench selftest=off $options"], extra => \@ICOUNT);
    die $run->describe if $run->outcome ne 'passed';
    return $run;
}

# { op => [instructions, times in the host] } of a call.
sub ops {
    my @events = @_;
    my ($empty) = grep { $_->{op} eq 'empty' } @events or die "no event bench\n";
    return { map { $_->{op} => [ ($_->{tsc} - $empty->{tsc}) / $_->{loops}, ($_->{entries} // 0) / $_->{loops} ] } @events };
}

sub bare  { return { map { $_->{op} => [ $_->{tsc} / $_->{loops}, $_->{entries} / $_->{loops} ] } @_ } }
sub costs { return { map { $_->{what} => $_ } @_ } }

my $both    = bench('patched', '');
my $machine = ops($both->events('bench'));
my $patched = ops($both->guest_events(1, 'bench'));
my $linked  = ops(bench('linked', 'noreplace-paravirt')->guest_events(1, 'bench'));
my $bare    = bare($both->guest_events(1, 'bare'));
my @ops     = sort { $patched->{$a}[0] <=> $patched->{$b}[0] || $a cmp $b } grep { $_ ne 'empty' && $machine->{$_} } keys %$patched;

sub cell { my ($pair) = @_; return $pair ? sprintf '%9.2f %6.2f', @$pair : sprintf '%9s %6s', '', '' }

sub op_row {
    my ($op) = @_;
    return sprintf("  %-17s %8.2f %s %s %s", $op, $machine->{$op}[0], map { cell($_->{$op}) } $patched, $linked, $bare)
        . ($WRONG{$op} ? "  wrong: $WRONG{$op}" : '') . "\n";
}

show('guest-ops', "Instructions of one call of an op, the host's included, and how often the host is needed (-icount shift=0)\n\n",
    sprintf("  %-17s %8s %16s %16s %16s\n", '', 'machine', 'guest, patched', 'guest, as linked', 'bare instruction'),
    sprintf("  %-17s %8s%s\n", 'op', '', sprintf('  %8s %6s', '', 'host') x 3),
    (map { op_row($_) } @ops),
    "\n  patched: by lguest. as linked: through the table. bare: the native function, whose instructions trap, or are wrong.\n");

my ($here, $there) = (costs($both->events('cost')), costs($both->guest_events(1, 'cost')));
my ($world) = $both->events('world') or die "no event world\n";
die "a guest did not tell: $_\n" for grep { !$there->{$_} } qw(hypercall fault_fill fault_own interrupt interrupt_waits tick);

sub less_hypercall { return $_[0] - $there->{hypercall}{tsc} }
my $interrupt = $there->{interrupt};
my @COSTS = (
    [ 'a world switch, there and back',            undef,                   $world->{tsc},             1 ],
    [ 'a hypercall that does nothing',             undef,                   $there->{hypercall}{tsc},  $there->{hypercall}{entries} ],
    [ 'an interrupt, from decision to iret',       undef,                   less_hypercall($interrupt->{tsc}), $interrupt->{entries} - $there->{hypercall}{entries} ],
    [ '  of this, to its handler',                 undef,                   less_hypercall($interrupt->{handler}), undef ],
    [ 'an interrupt that waited for IF',           map { ($here->{interrupt_waits}{tsc}, @$_{qw(tsc entries)}) } $there->{interrupt_waits} ],
    [ '  of this, to its handler',                 $here->{interrupt_waits}{handler}, $there->{interrupt_waits}{handler}, undef ],
    [ 'a page fault of its own, and fixed',        map { ($here->{fault_own}{tsc}, @$_{qw(tsc entries)}) } $there->{fault_own} ],
    [ 'a page fault that only fills the shadow',   undef,                   @{ $there->{fault_fill} }{qw(tsc entries)} ],
    [ 'a tick of the machine, which is its host\'s', undef,                 @{ $there->{tick} }{qw(tsc entries)} ],
);

show('guest-costs', "Instructions of what is no op (-icount shift=0, exact)\n\n", sprintf("  %-42s %8s %8s %6s\n", '', 'machine', 'guest', 'host'),
    map { sprintf "  %-42s %8s %8s %6s\n", map { $_ // '' } @$_ } @COSTS);

# ---- the promise

my $in_guest = per_operation(samples(run_workloads('bench-guest-work', guest => 1, exact => 1), 'boot', guest => 1));
my $calls    = calls_per_operation(run_workloads('bench-guest-trace', options => 'pv=trace', guest => 1, exact => 1), guest => 1);
my @works    = map { $_->[0] } @WORKLOADS;

sub share { my ($part, $whole) = @_; return $whole ? 100 * $part / $whole : 0 }

# Of all calls, in the mean of all workloads.
my %mean;
for my $work (@works) {
    my $all = sum0(values %{ $calls->{$work} });
    $mean{$_} += share($calls->{$work}{$_}, $all) / @works for keys %{ $calls->{$work} };
}
my @by_calls = sort { $mean{$b} <=> $mean{$a} || $a cmp $b } grep { $mean{$_} > 0.005 } keys %mean;

my @SHOWN = ([ null_call => 'null' ], [ pipe_latency => 'pipe' ], [ page_fault => 'fault' ], [ fork => 'fork' ], [ exec => 'exec' ], [ mixture => 'mixture' ]);
sub histogram_row {
    my ($op) = @_;
    return sprintf("  %-17s %6.1f  %s  %8s %9s\n", $op, $mean{$op}, join(' ', map { sprintf '%7.1f', $calls->{ $_->[0] }{$op} // 0 } @SHOWN),
        map { $_->{$op} ? sprintf '%.2f', $_->{$op}[0] : '' } $machine, $patched);
}
show('guest-histogram', "Ops by how often they are called in a guest: share of all calls [%], the mean of all workloads; calls of one operation;\n",
    "instructions of a call\n\n",
    sprintf("  %-17s %6s  %s  %8s %9s\n", 'op', 'share', join(' ', map { sprintf '%7s', $_->[1] } @SHOWN), 'machine', 'guest'),
    map { histogram_row($_) } @by_calls);

# What calls of these ops come to in one operation, by what one costs.
sub come_to { my ($of, $work, @ops) = @_; return sum0(map { ($calls->{$work}{$_} // 0) * ($of->{$_} ? $of->{$_}[0] : 0) } @ops) }

my @trapping = grep { $patched->{$_}[1] > 0.5 } @ops;
my @promise  = map {
    my $work  = $_->[0];
    my $all   = sum0(values %{ $calls->{$work} });
    my $four  = sum0(map { $calls->{$work}{$_} // 0 } @FOUR);
    my $traps = sum0(map { $calls->{$work}{$_} // 0 } @trapping);
    my $whole = $in_guest->{$work}{instructions};
    { workload => $work, title => $_->[1], instructions => $whole, entries => $in_guest->{$work}{entries}, calls => $all, four => $four,
        four_of_calls => share($four, $all), four_cost => come_to($patched, $work, @FOUR), four_machine => come_to($machine, $work, @FOUR),
        four_share => share(come_to($patched, $work, @FOUR), $whole), four_bare => come_to($bare, $work, qw(irq_disable irq_enable)),
        traps => $traps, traps_share => share(come_to($patched, $work, @trapping), $whole) }
} @WORKLOADS;

sub promise_row {
    my ($row) = @_;
    return sprintf "  %-22s %10.1f  %6.1f %5.1f %8.1f %7.3f %+7.1f %+10.0f  %6.1f %5.2f\n",
        @$row{qw(title instructions four four_of_calls four_cost four_share)}, $row->{four_cost} - $row->{four_machine},
        $row->{four_bare} - $row->{four_cost}, @$row{qw(traps traps_share)};
}
show('guest-promise', "The four, save_fl, restore_fl, irq_disable, irq_enable, in one operation: calls, of all calls of ops [%], what they come to\n",
    "in instructions, of the operation's [%], more than on the machine, and more if those two that can be were emulated;\n",
    "and the ops that need the host: calls, and their part [%], with what the first table has of page faults behind a new CR3\n\n",
    sprintf("  %-22s %10s  %6s %5s %8s %7s %7s %10s  %6s %5s\n", 'workload', 'guest', 'four', '%', 'instr.', '%', 'more', 'emulated', 'traps', '%'),
    map { promise_row($_) } @promise);

put_json('guest.json', {
    ops => [ map { my $op = $_; { op => $op, machine => $machine->{$op}[0], host => $patched->{$op}[1],
        map { my ($name, $of) = @$_; $of->{$op} ? ($name => $of->{$op}[0], "${name}_host" => $of->{$op}[1]) : () } [ patched => $patched ], [ linked => $linked ], [ bare => $bare ] } } @ops ],
    costs => [ map { my ($what, $on_machine, $in, $host) = @$_; { what => $what =~ s/^ +//r, machine => $on_machine, guest => $in, host => $host } } @COSTS ],
    calls => $calls, promise => \@promise });

# lguest's promise: the four need no host, and cost no more than on the machine.
my @broken = grep { $patched->{$_}[1] > 0.05 || $patched->{$_}[0] > $machine->{$_}[0] } @FOUR;
die "these cost more than on the machine: @broken\n" if @broken;
