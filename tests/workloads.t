# SPDX-License-Identifier: MIT
#
# The workloads of the seed's benchmark, as instructions (-icount shift=0, exact): all of them run, on each kernel; what
# patching saves comes back to the instruction when the sites go back to what was linked, and again when they are
# patched again; and a patched kernel executes little more than one without sites.
use strict;
use warnings;
use Test::More;
use Pedant;

my @WORKLOADS = qw(null_call null_read null_write ctx_2p_0k ctx_8p_16k pipe_latency pipe_bandwidth page_fault
    timer_interrupt fork exec shell unix_latency unix_bandwidth mixture);

# Others touch pages in another order, or are interrupted elsewhere.
my %SAME = map { $_ => 1 } qw(null_call null_read null_write ctx_2p_0k ctx_8p_16k pipe_latency unix_latency);

# { workload => instructions of a loop }, of one text.
sub counted {
    my ($run, $text) = @_;
    my (%tsc, %loops);
    for my $e (grep { $_->{text} eq $text } $run->events('sample')) {
        $tsc{ $e->{workload} } += $e->{tsc} - $e->{beside};
        $loops{ $e->{workload} } += $e->{loops};
    }
    return { map { $_ => $tsc{$_} / $loops{$_} } grep { $_ ne 'empty' } keys %tsc };
}

sub run_work {
    my ($name, %options) = @_;
    my $run = boot(name => "workloads-$name", timeout => 60, memory => 128, %options,
        cmdline => "bench-work selftest=off " . ($options{cmdline} // ''));
    expect_outcome($run, 'passed', "$name: it runs");
    is_deeply([ sort grep { $_ ne 'empty' } keys %{ counted($run, 'boot') } ], [ sort @WORKLOADS ], "$name: all workloads");
    return $run;
}

my @icount = (extra => [ '-icount', 'shift=0,sleep=off' ]);
my $normal = counted(run_work('normal', @icount, image => build_dir() . '/pedant-native.elf'), 'boot');
my $linked = counted(run_work('linked', @icount, cmdline => 'noreplace-paravirt'), 'boot');
my $again  = run_work('again', @icount, cmdline => 'bench-relink');
my %text   = map { $_ => counted($again, $_) } qw(boot linked patched);

for my $name (@WORKLOADS) {
    my ($patched, $back) = map { $text{$_}{$name} } qw(boot patched);
    cmp_ok($patched, '<', $linked->{$name}, "$name: patching saves instructions");
    cmp_ok($patched, '<', 1.05 * $normal->{$name}, "$name: and what is left are some NOPs");
    if ($SAME{$name}) {
        is($text{linked}{$name}, $linked->{$name}, "$name: as linked again, it costs what it costs as linked");
        is($back, $patched, "$name: and patched again what it did");
    }
    else {
        cmp_ok(abs($text{linked}{$name} / $linked->{$name} - 1), '<', 0.01, "$name: as linked again, about as linked");
        cmp_ok(abs($back / $patched - 1), '<', 0.01, "$name: and patched again about what it did");
    }
}

run_work('soft',   cmdline => 'pv=soft');
run_work('trace',  cmdline => 'pv=trace');
run_work('max',    cpu => 'max');
run_work('int80',  cpu => 'pentium');
run_work('2 CPUs', smp => 2);

my $calls = boot(name => 'workloads-called', cmdline => 'bench-work=null_call pv=trace selftest=off', timeout => 60);
my %called = map { $_->{op} => $_->{calls} / $_->{loops} } $calls->events('called');
is(int $called{irq_enable_sysexit} + 0.5, 1, 'ops are counted by workload: a null call comes back by SYSEXIT once');

my $none = boot(name => 'workloads-486', cpu => '486', cmdline => 'bench-work selftest=off', timeout => 60);
expect_outcome($none, 'failed', 'without a TSC there is nothing to measure with');
expect_line($none, qr/not true: the CPU has no TSC to measure with/, 'and that is said');

done_testing;
