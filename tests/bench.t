# SPDX-License-Identifier: MIT
#
# What bench and bench-tasks measure, where it can be counted: under -icount shift=0 the TSC counts executed
# instructions. Each op has a figure, of which some are known before; so are those of the ways to choose, of bare
# instructions, and of changes of tasks. Who lacks what it takes says so and makes none up.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Native;
use Pedant::Pvtool;

my $elf = kernel_elf();
my @ops = do {    # types are the line numbers of the file
    open my $in, '<', 'pv/ops.def' or die "pv/ops.def: $!\n";
    map { /^PV_OP\(\w+,\s*(\w+)/ ? $1 : () } <$in>;
};
# A compiler that saves no registers around some of these loops only.
my $GCC      = `readelf -p .comment @{[ build_dir() ]}/kernel/test/bench.c.o` =~ /GCC: / && ($ENV{OPT} // '-O2') eq '-O2';
my %has_site = map { $ops[ $_->{type} ] => 1 } $elf->records;

sub run_kernel {
    my ($name, %args) = @_;
    return boot(name => $name, timeout => 60, extra => [ '-icount', 'shift=0,sleep=off' ], %args);
}

# ---- ops

# What sleeps, what cannot be done twice, and what has sites in interrupt entry or on the way to the first
# line only. Nobody has to measure an op of one's own.
my @NOT_MEASURED = qw(halt safe_halt load_tr irq_enter load_gdt load_idt);

# Those that are one instruction in their loop, whatever compiler made it: on CPUs that are slow with prefixes, and one NOP.
my @ONE = qw(irq_disable irq_enable clts wbinvd io_delay);

sub holds_ops {
    my ($name, $run, $nops, @left_out) = @_;
    my @benches  = $run->events('bench');
    my %left_out = map { $_ => 1 } @left_out, @NOT_MEASURED;
    my %known    = map { $_ => 1 } 'empty', Pedant::Native::ops();
    is_deeply([ sort grep { $known{$_} } map { $_->{op} } @benches ],
        [ sort 'empty', grep { $known{$_} && !$left_out{$_} } keys %has_site ],
        "$name: each of the other ops has one event");
    is_deeply([ map { $_->{op} } grep { !($_->{tsc} && $_->{loops}) } @benches ], [], "$name: with a figure");
    is_deeply([ map { /^bench: (\d+) ops/ ? $1 : () } $run->lines ], [ @benches - 1 ],
        "$name: the log says how many ops there are");
    my %tsc  = map { $_->{op} => $_->{tsc} } @benches;
    my %more = map { $_ => ($tsc{$_} - $tsc{empty}) / 100 } grep { $tsc{$_} } keys %tsc;
    is_deeply([ map { int $more{$_} } @ONE ], [ (1 + $nops) x @ONE ], "$name: a call of one instruction is so many more than none");
    is_deeply([ @more{qw(irq_disable irq_enable)} ], [ (1 + $nops) x 2 ], "$name: a hundred times") if $GCC;
    is_deeply([ map { int $more{"${_}_lazy_mmu"} } qw(enter leave) ], [ 1, 1 ], "$name: what does nothing is a NOP");
    return;
}

# ---- ways to choose

my @FORMS = qw(patched if pointer always);

# Instructions of each statement, without the loop's: what is patched to the job's own instruction, and a NOP where that
# is shorter than the other one; a call, the same, and a return; what every CPU runs. A test costs two more, or one that a compiler saves.
sub holds_choices {
    my ($name, $run, %cpu) = @_;
    my %n = map { ("$_->{what}, $_->{form}" => $_->{tsc} / $_->{loops}) } $run->events('choice');
    my %is = map { my $what = $_; ($what => [ map { ($n{"$what, $_"} // 0) - $n{'nothing, empty'} } @FORMS ]) } 'barrier', 'locked increment',
        'copy of 64', 'copy of 4096', 'selected call', 'branch not taken', 'branch taken';
    my ($fence, $erms) = @cpu{qw(fence erms)};
    is_deeply([ sort keys %n ], [ sort 'nothing, empty', 'selected call, patched call', 'selected call, static call', map { my $what = $_; map {"$what, $_"} @FORMS } keys %is ],
        "$name: each form of each choice is there");
    is_deeply([ @{ $is{barrier} }[ 0, 2, 3 ] ], [ $fence ? 2 : 1, 3, 1 ], "$name: a barrier");
    is_deeply([ @{ $is{'locked increment'} }[ 0, 3 ] ], [ 1, 1 ], "$name: an increment, with the lock or without");
    is_deeply([ map { $n{"selected call, $_ call"} - $n{'nothing, empty'} } qw(patched static) ], [ 2, 2 ], "$name: a call that is patched is a call and a return");
    is_deeply([ @{ $is{'selected call'} }[ 2, 3 ] ], [ 2, 2 ], "$name: and so are one by a pointer and a direct one");
    is_deeply([ @{ $is{'branch not taken'} }[ 0, 3 ] ], [ 1, 0 ], "$name: a branch that is not taken is a NOP");
    cmp_ok($is{'branch taken'}[3], '==', 1, "$name: what it is about is one instruction");
    for my $what ('barrier', 'locked increment', 'selected call', 'branch not taken', 'branch taken') {
        cmp_ok($is{$what}[1], '>', $is{$what}[3], "$name: $what, if: a test is not free");
    }
    is_deeply([ map { $is{'copy of 4096'}[$_] - $is{'copy of 64'}[$_] } 0 .. 3 ], [ (4032 / ($erms ? 1 : 4)) x 3, 1008 ],
        "$name: a copy is by bytes where that is fast, and by words else");
    ok(!grep({ $_ != int } values %n), "$name: the loop's way in and out is not counted");
    expect_line($run, qr/^bench: @{[ keys(%n) - 1 ]} ways to choose: /, "$name: and the log says how many there are");
    return;
}

# Each way that is patched has one site of its kind in its loop, and no other way has any.
{
    my ($status, $said) = pvtool('sites ' . kernel_path());
    my %sites;
    push @{ $sites{$1} }, $2 while $said =~ /^0x\w+ +choice_(\w+)\+0x\w+ +(\w+)/mg;
    is_deeply(
        \%sites,
        {
            (map { ("${_}_patched" => ['alternatives']) } qw(barrier copy_64 copy_4096 select)), select_patched_call => ['alternatives'],
            increment_patched => ['smp_locks'], select_static_call => ['static_call'], (map { ("branch_${_}_patched" => ['jump_label']) } qw(taken not_taken)),
        },
        'what is patched of the ways to choose'
    );
}

# ---- what a guest pays, on a machine

# QEMU 8.2 has an interrupt of the PIC's wait longer behind STI than the next instructions, so it is not measured there.
sub holds_costs {
    my ($name, $run, $by_pic) = @_;
    my %bare = map { $_->{op} => $_ } $run->events('bare');
    cmp_ok(scalar keys %bare, '>', 20, "$name: there are bare instructions");
    is_deeply([ @{ $bare{$_} }{qw(loops tsc entries)} ], [ 20, 0, 0 ], "$name: $_ is one, as nothing is") for @ONE;
    my @cost = $run->events('cost');
    my $late = $by_pic && @cost == 2;
    is_deeply([ map { $_->{what} } @cost ], [ qw(fault_fill fault_own), $late ? () : 'interrupt_waits' ], "$name: what has a cost here");
    my ($fill, $own, $waits) = @cost;
    is($fill->{tsc}, 1, "$name: to touch a page is an instruction");
    cmp_ok($own->{tsc}, '>', 30, "$name: a fault is more");
    SKIP: {
        skip 'this emulator has an interrupt wait longer', 2 if $late;
        cmp_ok($waits->{handler} // 1e9, '<', $waits->{tsc}, "$name: an interrupt's handler is called, and returns");
        cmp_ok($waits->{handler} // 0, '>', 30, "$name: behind the entry");
    }
    is_deeply([ grep { $_->{entries} } @cost ], [], "$name: no host is needed");
    return;
}

for my $case ([ 'qemu32,-apic' => 0, [qw(read_msr write_msr)], fence => 1, erms => 0 ], [ max => 1, [], fence => 1, erms => 1 ],
    [ pentium => 1, [qw(read_msr write_msr)], fence => 0, erms => 0 ]) {
    my ($cpu, $nops, $left_out, %cpu) = @$case;
    my $name = "bench, $cpu";
    my $run  = run_kernel($name, cpu => $cpu, cmdline => 'bench selftest=off');
    expect_pass($run, "$name: the kernel passes");
    holds_ops($name, $run, $nops, @$left_out);
    holds_choices($name, $run, %cpu);
    holds_costs($name, $run, $cpu =~ /-apic/);
}
{
    my $run = boot(name => 'bench, 486', cpu => '486', cmdline => 'bench selftest=off');
    expect_pass($run, 'bench, 486: the kernel passes');
    is_deeply([ $run->lines_like(qr/^bench: /) ], ['bench: the CPU has no TSC to count with'], 'bench, 486: it says why it cannot');
    is_deeply([ map { $run->events($_) } qw(bench choice bare cost) ], [], 'bench, 486: no figure is made up');
}

# ---- what a guest pays

{
    my $image = kernel_path();
    my $run   = run_kernel('bench, a guest', cmdline => 'bench selftest=off', modules => ["$image bench selftest=off"]);
    expect_outcome($run, 'passed', 'bench, a guest: both pass');
    my ($world) = map { $_->{tsc} } $run->events('world');
    my %cost = map { $_->{what} => $_ } $run->guest_events(1, 'cost');
    my %bare = map { $_->{op} => $_ } $run->guest_events(1, 'bare');
    my %op   = map { $_->{op} => $_ } $run->guest_events(1, 'bench');
    is_deeply({ map { $_ => $cost{$_}{entries} } keys %cost }, { hypercall => 1, fault_fill => 1, fault_own => 1, interrupt => 1, interrupt_waits => 2, tick => 1 },
        'bench, a guest: so often each event needs the host');
    cmp_ok($world, '>', 100, 'bench, a guest: a switch of worlds is some instructions');
    cmp_ok($world, '<', $cost{hypercall}{tsc}, 'bench, a guest: and part of what each of these costs');
    cmp_ok($cost{hypercall}{tsc}, '<', $cost{$_}{tsc}, "bench, a guest: $_ costs more than a call that does nothing") for qw(fault_fill fault_own interrupt interrupt_waits tick);
    cmp_ok($cost{$_}{handler}, '<', $cost{$_}{tsc}, "bench, a guest: $_: the handler comes before its end") for qw(interrupt interrupt_waits);
    cmp_ok($cost{interrupt_waits}{handler}, '>', $cost{hypercall}{tsc}, 'bench, a guest: one that waits for IF comes when the host was asked');
    is_deeply([ map { $bare{$_}{entries} } qw(save_fl irq_disable irq_enable clts cpuid) ], [ 0, 20, 20, 20, 0 ], 'bench, a guest: bare instructions need the host, each of them, or do nothing');
    is_deeply([ map { $op{$_}{entries} } qw(empty save_fl irq_disable irq_enable make_pte) ], [ (0) x 5 ], 'bench, a guest: ops do not');
    cmp_ok($bare{irq_disable}{tsc} / 20, '>', 10 * ($op{irq_disable}{tsc} - $op{empty}{tsc}) / 100, 'bench, a guest: which is what they are for');
}

# ---- tasks

for my $case ([ 256, 'passed', '', 2, 10, 100, 1000, 10_000 ], [ 32, 'failed', 'no memory for all tasks', 2, 10, 100, 1000 ]) {
    my ($memory, $outcome, $why, @numbers) = @$case;
    my $name  = "bench-tasks, $memory MiB";
    my $run   = run_kernel($name, memory => $memory, cmdline => 'bench-tasks selftest=off');
    my @tasks = $run->events('tasks');
    expect_outcome($run, $outcome, "$name: it $outcome");
    is(($run->event('test', name => 'bench-tasks') || {})->{why}, $why, "$name: and says why");
    is_deeply([ map { [ @{$_}{qw(tasks changes)} ] } @tasks ], [ map { [ $_, 4 * $_ ] } @numbers ], "$name: each so many times the turn of all");
    my $two = ($tasks[1]{tsc} - $tasks[0]{tsc}) / ($tasks[1]{changes} - $tasks[0]{changes});
    cmp_ok($two, '>', 50, "$name: a change is some instructions");
    is_deeply([ map { $_->{tsc} - $_->{changes} * $two } @tasks ], [ ($tasks[0]{tsc} - $tasks[0]{changes} * $two) x @tasks ],
        "$name: as many, however many tasks there are");
}
my $none = boot(name => 'bench-tasks, 486', cpu => '486', cmdline => 'bench-tasks selftest=off');
expect_outcome($none, 'failed', 'bench-tasks, 486: without a TSC it fails');
is(($none->event('test', name => 'bench-tasks') || {})->{why}, 'the CPU has no TSC to measure with', 'bench-tasks, 486: and says why');

done_testing;
