#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The seed's table: its workloads on a kernel without paravirt, with it, and with it patched; on further ones; and on one
# that is patched, as linked again, and patched again in one boot; and in a guest in ring 1, patched and as linked, whose host is
# a patched one. Two figures each: executed instructions (QEMU's -icount shift=0, exact; a guest's are its host's, too), with what
# the difference consists of, and time: an emulator's, or with ACCEL=kvm the machine's, if it runs our kernel. Boots
# are interleaved. Writes table.json and table.csv to build/bench/.
#
#	perl tests/bench/table.pl [exact|quick|guest]
#
# exact: instructions only. quick: the seed's three only. guest: what a guest is held against, and the two guests.

use strict;
use warnings;
use Pedant;
use Pedant::Figures;
use Pedant::Workloads;

my ($mode) = (@ARGV, '');
my $accel  = $ENV{ACCEL} || 'tcg';
my %ROUNDS = ('' => 15, exact => 0, quick => 3, guest => 5);
my $RUNS   = $ROUNDS{$mode} // die "there is no such table: $mode\n";
my $all    = $mode !~ /quick|guest/;
my $suffix = $all ? '' : "-$mode";    # what is not all is not for the documentation
STDOUT->autoflush(1);

# name, image, command line, heading, in which modes, in a guest; the first three are the seed's.
my @ALL = (
    [ 'normal',         'pedant-native.elf', '',                   'normal',   'quick guest' ],
    [ 'paravirt',       'pedant.elf',        'noreplace-paravirt', 'paravirt', 'quick' ],
    [ 'paravirt-patch', 'pedant.elf',        '',                   'patch',    'quick guest' ],
    [ 'soft',           'pedant.elf',        'pv=soft',            'soft',     '' ],
    [ 'trace',          'pedant.elf',        'pv=trace',           'trace',    '' ],
    [ 'found',          'relocs/pedant.elf', '',                   'found',    '' ],
    [ 'guest',          'pedant.elf',        '',                   'guest',    'guest', 1 ],
    [ 'guest-linked',   'pedant.elf',        'noreplace-paravirt', 'linked',   'guest', 1 ],
);
my @KERNELS = grep { $all || $_->[4] =~ /\b\Q$mode\E\b/ } @ALL;
my @machines = map { $_->[0] } grep { !$_->[5] } @KERNELS;
my @guests   = map { $_->[0] } grep { $_->[5] } @KERNELS;

# Rounds of the time of a guest, which takes ten times as long.
sub has_turn { my ($kernel, $round) = @_; return !$kernel->[5] || $mode || $round % 3 == 1 }

# The texts of one boot, beside the kernel that each ought to be like.
my @AGAIN = ([ boot => 'patched' ], [ linked => 'linked again' ], [ patched => 'patched again' ]);

my @NOT_MEASURED = (
    [ 'UDP latency'            => 'there is no network' ],
    [ 'TCP latency, bandwidth' => 'there is no network' ],
    [ 'tbench'                 => 'there is no network' ],
    [ 'dbench'                 => 'there is no disk, and no file system' ],
    [ 'file reread, mmap'      => 'there is no disk, and no file system' ],
    [ 'ubench'                 => 'it measures the C library and floating point, and programs have neither' ],
    [ 'kernel compile'         => 'no disk, and no compiler that runs here: the mixture stands for it' ],
);

# ---- instructions

# Does a call of the op execute a NOP? An op that does nothing is one. With the padding of this CPU, p6, a template's own
# first instruction carries what it leaves of its site.
sub nops_a_call {
    my ($run) = @_;
    die "the CPU's padding is not p6\n" if $run->event('boot')->{nops} ne 'p6';
    return { map { $_->{op} => $_->{nop} ? 1 : 0 } $run->events('ops') };
}

# One boot of it, and { workload => { tsc, loops, ... } }, of all workloads.
sub run_kernel {
    my ($name, $kernel, %more) = @_;
    my (undef, $image, $options, undef, undef, $guest) = @$kernel;
    my $run = run_workloads("table-$name", image => $image, options => $options, guest => $guest, %more);
    my $sum = samples($run, 'boot', guest => $guest);
    die "$name: no sample of $_->[0]\n" for grep { !$sum->{ $_->[0] } } @WORKLOADS;
    return ($run, $sum);
}

sub instructions { my ($sum) = @_; my $of = per_operation($sum); return { map { $_ => $of->{$_}{instructions} } keys %$of } }

print "Counting instructions:";
my (%exact, %entries, %run);
my %ns;    # { kernel => { workload => { round => ns } } }
for my $kernel (@KERNELS) {
    my ($name) = @$kernel;
    print " $name";
    ($run{$name}, my $sum) = run_kernel("icount-$name", $kernel, exact => 1);
    $exact{$name} = instructions($sum);
    my $of = per_operation($sum);
    $entries{$name} = { map { $_ => $of->{$_}{entries} } keys %$of };
}
print "\n";
sub percent {
    my ($kernel, $workload) = @_;
    return 100 * ($exact{$kernel}{$workload} / $exact{normal}{$workload} - 1);
}

# NOPs of one operation. Not of a context switch: the pipe's own calls are among those that were counted.
sub nops {
    my ($calls, $nops, $workload) = @_;
    return '-' if $workload =~ /^ctx/;
    my $of  = $calls->{$workload};
    my $sum = 0;
    $sum += $of->{$_} * ($nops->{$_} // 0) for keys %$of;
    return sprintf '%.1f', $sum;
}

sub show_seeds_table {
    my $calls = calls_per_operation($run{trace} // run_workloads('table-icount-trace', options => 'pv=trace', exact => 1));
    my $nops  = nops_a_call($run{'paravirt-patch'});
    my @more  = grep { $_ ne 'normal' && !/^paravirt/ } @machines;
    my @rows  = map {
        my ($name, $title) = @$_;
        my $more = $exact{'paravirt-patch'}{$name} - $exact{normal}{$name};
        sprintf("  %-26s %10.1f %+9.2f %+9.2f  %+8.1f %7s", $title, $exact{normal}{$name}, percent('paravirt', $name),
            percent('paravirt-patch', $name), $more, nops($calls, $nops, $name))
            . join('', map { sprintf ' %+8.2f', percent($_, $name) } @more) . "\n"
    } @WORKLOADS;
    show("table-instructions$suffix", "Instructions of one operation (-icount shift=0, exact): normal, and how many more [%]\n\n",
        sprintf("  %-26s %10s %9s %9s  %8s %7s", 'workload', 'normal', 'paravirt', 'patch', '(more)', 'NOPs'),
        join('', map { sprintf ' %8s', $_ } @more) . "\n", @rows, (map { sprintf "  %-26s not measured: %s\n", @$_ } @NOT_MEASURED),
        "\n  The seed, 2006, of the same three kernels, in time: unpatched up to 13.7 % more, patched up to 3.6 % on\n",
        "  latencies and 5 % on bandwidths. NOPs: calls of ops that do nothing here, as the back end trace counts them;\n",
        "  what is more or less beside them are moves to a site's registers, and another choice of the compiler's.\n");
    return;
}

sub show_one_boot {
    my $again = run_workloads('table-icount-again', options => 'bench-relink', exact => 1);
    my %again = map { $_->[0] => instructions(samples($again, $_->[0])) } @AGAIN;
    show("table-one-boot$suffix", "One boot: patched, as linked again, patched again (instructions)\n\n",
        sprintf("  %-26s %12s %12s %12s\n", 'workload', map { $_->[1] } @AGAIN),
        map { my $w = $_; sprintf "  %-26s %12.1f %12.1f %12.1f\n", $w->[1], map { $again{ $_->[0] }{ $w->[0] } } @AGAIN } @WORKLOADS);
    return;
}

# Beside the machine's; and how often the host lets its guest go on.
sub show_guests {
    my ($machine, $guest, $linked) = map { $exact{$_} } qw(paravirt-patch guest guest-linked);
    show('table-guest', "Instructions of one operation, the host's included: on the machine without paravirt, and patched; in a guest, patched, how\n",
        "many times the machine's, and how often its host is needed; in a guest as linked, more than patched [%] (-icount shift=0)\n\n",
        sprintf("  %-26s %10s %10s %11s %7s %8s %11s %7s\n", 'workload', 'normal', 'patch', 'guest', 'times', 'host', 'linked', '[%]'),
        map {
            my ($name, $title) = @$_;
            sprintf "  %-26s %10.1f %10.1f %11.1f %7.1f %8s %11.1f %+7.2f\n", $title, $exact{normal}{$name}, $machine->{$name}, $guest->{$name},
                $guest->{$name} / $machine->{$name}, defined $entries{guest}{$name} ? sprintf('%.2f', $entries{guest}{$name}) : '-',
                $linked->{$name}, 100 * ($linked->{$name} / $guest->{$name} - 1)
        } @WORKLOADS);
    return;
}

if ($mode ne 'guest') {
    show_seeds_table();
    show_one_boot();
}
show_guests() if @guests;

# ---- files

sub row {
    my ($kernel, $workload) = @_;
    my @sorted = sort { $a <=> $b } values %{ $ns{$kernel}{$workload} };
    my $host   = $entries{$kernel}{$workload};
    return { workload => $workload, kernel => $kernel, instructions => $exact{$kernel}{$workload}, ns => median($kernel, $workload), ns_min => $sorted[0],
        ns_max => $sorted[-1], runs => scalar @sorted, clock => $accel, ($kernel =~ /^guest/ ? (host => $host) : ()) };
}

# Of what was not timed ns is null, and empty.
sub write_files {
    my @rows = map { my $workload = $_->[0]; map { row($_->[0], $workload) } @KERNELS } @WORKLOADS;
    put_json('table.json', \@rows);
    my @columns = qw(workload kernel instructions ns ns_min ns_max runs);
    put('table.csv', join '', map {"$_\n"} join(',', @columns), map { my $row = $_; join ',', map { $row->{$_} // '' } @columns } @rows);
    return;
}

# ---- time

# Does KVM run what our kernel does, to its end? It may be there and be no use.
sub why_not_kvm {
    return 'there is no /dev/kvm that may be used' if !-w '/dev/kvm';
    my $run = boot(name => 'table-kvm', timeout => 20, memory => 128, cmdline => 'selftest=off', accel => 'kvm');
    return $run->outcome eq 'passed' ? undef : 'a boot under it is no boot that passes, but: ' . $run->outcome;
}

if (!$RUNS) {
    write_files();
    exit 0;
}
my $why_not = $accel eq 'kvm' ? why_not_kvm() : undef;
if ($why_not) {
    print "\nACCEL=kvm: this machine's KVM does not run our guest: $why_not. No time is measured.\n";
    exit 0;
}

for my $round (1 .. $RUNS) {
    for my $i (0 .. $#KERNELS) {
        my $kernel = $KERNELS[ ($i + $round) % @KERNELS ];
        next if !has_turn($kernel, $round);
        my ($name) = @$kernel;
        my (undef, $sum) = run_kernel("time-$name-$round", $kernel, accel => $accel);
        $ns{$name}{$_}{$round} = $sum->{$_}{khz} ? 1e6 * $sum->{$_}{tsc} / $sum->{$_}{loops} / $sum->{$_}{khz} : 0 for keys %$sum;
    }
    print "\rTime: round $round of $RUNS";
}
print "\n";

# The first quarter, the half, the third quarter: one run that a busy host has spoiled is not the spread.
sub quartiles {
    my @sorted = sort { $a <=> $b } @_;
    return @sorted[ int($#sorted / 4), int($#sorted / 2), $#sorted - int($#sorted / 4) ];
}

sub median { my ($kernel, $workload) = @_; return (quartiles(values %{ $ns{$kernel}{$workload} }))[1] }

# To one of the machine in the same round, since what else the host does changes from round to round.
sub ratios {
    my ($kernel, $workload, $to) = @_;
    my ($of, $than) = ($ns{$kernel}{$workload}, $ns{$to}{$workload});
    return quartiles(map { $of->{$_} / $than->{$_} } keys %$of);
}

sub more {
    my ($kernel, $workload) = @_;
    my ($low, $middle, $high) = map { 100 * ($_ - 1) } ratios($kernel, $workload, 'normal');
    return sprintf '%s%+.1f +-%.1f', $low <= 0 && $high >= 0 ? '~' : '', $middle, ($high - $low) / 2;
}

my $whose = $accel eq 'kvm' ? 'of this machine, by KVM' : "of QEMU's TCG, an emulator";

sub show_time {
    my @others = grep { $_ ne 'normal' } @machines;
    my %title  = map { $_->[0] => $_->[3] } @KERNELS;
    show("table-time$suffix", "Time of one operation, $whose: $RUNS rounds of one boot each. Normal: the median;\n",
        "others: how much more in the same round [%], the median and the spread of the middle half; ~ where 0 is in it\n\n",
        sprintf("  %-26s %12s", 'workload', 'normal ns'), join('', map { sprintf ' %16s', $title{$_} } @others), "\n",
        (map { my $w = $_; sprintf("  %-26s %12.0f", $w->[1], median('normal', $w->[0])) . join('', map { sprintf ' %16s', more($_, $w->[0]) } @others) . "\n" } @WORKLOADS),
        "\n  A context switch's time has its pipe in it, and its array; its instructions have not, as in lmbench.\n");
    return;
}

sub how_many_times {
    my ($workload) = @_;
    my ($low, $middle, $high) = ratios('guest', $workload, 'paravirt-patch');
    return sprintf '%.1f +-%.1f', $middle, ($high - $low) / 2;
}

sub show_guests_time {
    my $rounds = keys %{ $ns{guest}{ $WORKLOADS[0][0] } };
    show('table-guest-time', "Time of one operation, $whose: the median of $rounds rounds in a guest, and how many\n",
        "times the patched machine's in the same round, with the spread of the middle half\n\n",
        sprintf("  %-26s %12s %12s %16s %12s\n", 'workload', 'patch ns', 'guest ns', 'times', 'linked ns'),
        map { my ($name, $title) = @$_;
            sprintf "  %-26s %12.0f %12.0f %16s %12.0f\n", $title, median('paravirt-patch', $name), median('guest', $name), how_many_times($name), median('guest-linked', $name)
        } @WORKLOADS);
    return;
}

show_time() if $mode ne 'guest';
show_guests_time() if @guests;
write_files();
