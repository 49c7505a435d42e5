#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The seed's table: its workloads on a kernel without paravirt, with it, and with it patched; and on further ones,
# and on one that is patched, as linked again, and patched again in one boot. Two figures each: executed
# instructions (QEMU's -icount shift=0, exact), with what the difference consists of, and time: an emulator's, or with
# ACCEL=kvm the machine's, if it runs our guests. Boots are interleaved. Writes table.json, table.csv and table.dat
# (for the chart) to build/bench/.
#
#	perl tests/bench/table.pl [quick]

use strict;
use warnings;
use File::Path qw(make_path);
use JSON::PP;
use Pedant;

my $quick = grep { $_ eq 'quick' } @ARGV;
my $accel = $ENV{ACCEL} || 'tcg';
my $RUNS  = $quick ? 3 : 15;
my $dir   = build_dir() . '/bench';
STDOUT->autoflush(1);

# name, image, command line, heading; the first three are the seed's.
my @KERNELS = (
    [ 'normal',         'pedant-native.elf', '',                   'normal' ],
    [ 'paravirt',       'pedant.elf',        'noreplace-paravirt', 'paravirt' ],
    [ 'paravirt-patch', 'pedant.elf',        '',                   'patch' ],
    [ 'soft',           'pedant.elf',        'pv=soft',            'soft' ],
    [ 'trace',          'pedant.elf',        'pv=trace',           'trace' ],
    [ 'found',          'relocs/pedant.elf', '',                   'found' ],
);
@KERNELS = @KERNELS[ 0 .. 2 ] if $quick;

# The texts of one boot, beside the kernel that each ought to be like.
my @AGAIN = ([ boot => 'patched' ], [ linked => 'linked again' ], [ patched => 'patched again' ]);

my @WORKLOADS = (
    [ null_call       => 'null call' ],
    [ null_read       => 'null I/O, read' ],
    [ null_write      => 'null I/O, write' ],
    [ ctx_2p_0k       => 'context switch 2p/0k' ],
    [ ctx_8p_16k      => 'context switch 8p/16k' ],
    [ pipe_latency    => 'pipe latency' ],
    [ unix_latency    => 'local socket latency' ],
    [ page_fault      => 'page fault' ],
    [ timer_interrupt => 'timer interrupt' ],
    [ fork            => 'fork' ],
    [ exec            => 'exec' ],
    [ shell           => 'shell' ],
    [ pipe_bandwidth  => 'pipe, 64 KiB' ],
    [ unix_bandwidth  => 'local socket, 64 KiB' ],
    [ mixture         => 'compile-like mixture' ],
);
my @NOT_MEASURED = (
    [ 'UDP latency'            => 'there is no network' ],
    [ 'TCP latency, bandwidth' => 'there is no network' ],
    [ 'tbench'                 => 'there is no network' ],
    [ 'dbench'                 => 'there is no disk, and no file system' ],
    [ 'file reread, mmap'      => 'there is no disk, and no file system' ],
    [ 'ubench'                 => 'it measures the C library and floating point, and programs have neither' ],
    [ 'kernel compile'         => 'no disk, and no compiler that runs here: the mixture stands for it' ],
);

# ---- one boot

sub run_kernel {
    my ($name, $image, $options, %more) = @_;
    my $run = boot(name => "table-$name", image => build_dir() . "/$image", timeout => 120, memory => 128,
        cmdline => "bench-work selftest=off $options", %more);
    die "$name:\n", $run->describe if $run->outcome ne 'passed';
    return $run;
}

# { workload => { tsc, beside, loops, khz } } of one boot's samples with this text, summed up.
sub samples {
    my ($run, $text) = @_;
    my %sum;
    for my $e (grep { $_->{text} eq $text } $run->events('sample')) {
        $sum{ $e->{workload} }{$_} += $e->{$_} for qw(tsc beside loops);
        $sum{ $e->{workload} }{khz} = $e->{khz};
    }
    for my $workload (map { $_->[0] } @WORKLOADS) {
        die "no sample of $workload\n" if !$sum{$workload};
    }
    return \%sum;
}

# ---- instructions

my @ICOUNT = (extra => [ '-icount', 'shift=0,sleep=off' ]);

# Instructions of one loop, without what is done beside it.
sub per_loop {
    my ($sum) = @_;
    return { map { $_ => ($sum->{$_}{tsc} - $sum->{$_}{beside}) / $sum->{$_}{loops} } keys %$sum };
}

# How often each op is called in one loop: { workload => { op => calls } }; the samples' own calls taken off. What is
# done beside the loop is not counted.
sub calls {
    my ($run) = @_;
    my (%calls, %loops);
    for my $e ($run->events('called')) {
        $calls{ $e->{workload} }{ $e->{op} } += $e->{calls};
    }
    $loops{ $_->{workload} } += $_->{loops} for $run->events('sample');
    my $own = $calls{empty} || {};
    for my $workload (keys %calls) {
        my $of = $calls{$workload};
        $of->{$_} = ($of->{$_} - ($own->{$_} // 0)) / $loops{$workload} for keys %$of;
    }
    return \%calls;
}

# Does a call of the op execute a NOP? An op that does nothing is one. With the padding of this CPU, p6, a template's own
# first instruction carries what it leaves of its site.
sub nops_a_call {
    my ($run) = @_;
    die "the CPU's padding is not p6\n" if $run->event('boot')->{nops} ne 'p6';
    return { map { $_->{op} => $_->{nop} ? 1 : 0 } $run->events('ops') };
}

print "Counting instructions:";
my (%exact, %run);
for my $kernel (@KERNELS) {
    my ($name, $image, $options) = @$kernel;
    print " $name";
    $run{$name} = run_kernel("icount-$name", $image, $options, @ICOUNT);
    $exact{$name} = per_loop(samples($run{$name}, 'boot'));
}
print " again\n";
my $again = run_kernel('icount-again', 'pedant.elf', 'bench-relink', @ICOUNT);
my %again = map { $_->[0] => per_loop(samples($again, $_->[0])) } @AGAIN;
my $trace = $run{trace} // run_kernel('icount-trace', 'pedant.elf', 'pv=trace', @ICOUNT);
my $calls = calls($trace);
my $nops  = nops_a_call($run{'paravirt-patch'});

# NOPs of one loop. Not of a context switch's: the pipe's own calls are among those that were counted.
sub nops {
    my ($workload) = @_;
    my $of  = $calls->{$workload};
    my $sum = 0;
    $sum += $of->{$_} * ($nops->{$_} // 0) for keys %$of;
    return $sum;
}

sub percent {
    my ($kernel, $workload) = @_;
    return 100 * ($exact{$kernel}{$workload} / $exact{normal}{$workload} - 1);
}

my @more = map { $_->[0] } @KERNELS[ 3 .. $#KERNELS ];
print "\nInstructions of one operation (-icount shift=0, exact): normal, and how many more [%]\n\n";
printf "  %-26s %10s %9s %9s  %8s %7s", 'workload', 'normal', 'paravirt', 'patch', '(more)', 'NOPs';
printf " %8s", $_ for @more;
print "\n";
for my $w (@WORKLOADS) {
    my ($name, $title) = @$w;
    my $more   = $exact{'paravirt-patch'}{$name} - $exact{normal}{$name};
    my $is_ctx = $name =~ /^ctx/;
    printf "  %-26s %10.1f %+9.2f %+9.2f  %+8.1f %7s", $title, $exact{normal}{$name}, percent('paravirt', $name),
        percent('paravirt-patch', $name), $more, $is_ctx ? '-' : sprintf '%.1f', nops($name);
    printf " %+8.2f", percent($_, $name) for @more;
    print "\n";
}
printf "  %-26s not measured: %s\n", @$_ for @NOT_MEASURED;
print "\n  The seed, 2006, of the same three kernels, in time: unpatched up to 13.7 % more, patched up to 3.6 % on\n",
    "  latencies and 5 % on bandwidths. NOPs: calls of ops that do nothing here, as the back end trace counts them;\n",
    "  what is more or less beside them are moves to a site's registers, and another choice of the compiler's.\n";

print "\nOne boot: patched, as linked again, patched again (instructions)\n\n";
printf "  %-26s %12s %12s %12s\n", 'workload', map { $_->[1] } @AGAIN;
for my $w (@WORKLOADS) {
    printf "  %-26s %12.1f %12.1f %12.1f\n", $w->[1], map { $again{ $_->[0] }{ $w->[0] } } @AGAIN;
}

# ---- time

# Does KVM run what our kernel does, to its end? It may be there and be no use.
sub why_not_kvm {
    return 'there is no /dev/kvm that may be used' if !-w '/dev/kvm';
    my $run = boot(name => 'table-kvm', timeout => 20, memory => 128, cmdline => 'selftest=off', accel => 'kvm');
    return $run->outcome eq 'passed' ? undef : 'a boot under it is no boot that passes, but: ' . $run->outcome;
}

my $why_not = $accel eq 'kvm' ? why_not_kvm() : undef;
if ($why_not) {
    print "\nACCEL=kvm: this machine's KVM does not run our guest: $why_not. No time is measured.\n";
    exit 0;
}

my %ns;
for my $round (1 .. $RUNS) {
    for my $i (0 .. $#KERNELS) {
        my ($name, $image, $options) = @{ $KERNELS[ ($i + $round) % @KERNELS ] };
        my $sum = samples(run_kernel("time-$name-$round", $image, $options, accel => $accel), 'boot');
        push @{ $ns{$name}{$_} }, $sum->{$_}{khz} ? 1e6 * $sum->{$_}{tsc} / $sum->{$_}{loops} / $sum->{$_}{khz} : 0 for keys %$sum;
    }
    print "\rTime: round $round of $RUNS";
}
print "\n";

# The first quarter, the half, the third quarter: one run that a busy host has spoiled is not the spread.
sub quartiles {
    my @sorted = sort { $a <=> $b } @_;
    return @sorted[ int($#sorted / 4), int($#sorted / 2), $#sorted - int($#sorted / 4) ];
}

# In % more than normal in the same round, since what else the host does changes from round to round.
sub ratios {
    my ($kernel, $workload) = @_;
    return quartiles(map { 100 * ($ns{$kernel}{$workload}[$_] / $ns{normal}{$workload}[$_] - 1) } 0 .. $RUNS - 1);
}

my $whose = $accel eq 'kvm' ? 'of this machine, by KVM' : "of QEMU's TCG, an emulator";
print "\nTime of one operation, $whose: $RUNS rounds of one boot each. Normal: the median;\n",
    "others: how much more in the same round [%], the median and the spread of the middle half; ~ where 0 is in it\n\n";
printf "  %-26s %12s", 'workload', 'normal ns';
printf " %16s", $_->[3] for @KERNELS[ 1 .. $#KERNELS ];
print "\n";
my @rows;
for my $w (@WORKLOADS) {
    my ($name, $title) = @$w;
    printf "  %-26s %12.0f", $title, (quartiles(@{ $ns{normal}{$name} }))[1];
    for my $kernel (map { $_->[0] } @KERNELS) {
        my @sorted = sort { $a <=> $b } @{ $ns{$kernel}{$name} };
        push @rows, { workload => $name, kernel => $kernel, instructions => $exact{$kernel}{$name}, ns => (quartiles(@sorted))[1],
            ns_min => $sorted[0], ns_max => $sorted[-1], runs => $RUNS, clock => $accel };
        next if $kernel eq 'normal';
        my ($low, $middle, $high) = ratios($kernel, $name);
        printf " %16s", sprintf '%s%+.1f +-%.1f', $low <= 0 && $high >= 0 ? '~' : '', $middle, ($high - $low) / 2;
    }
    print "\n";
}
print "\n  A context switch's time has its pipe in it, and its array; its instructions have not, as in lmbench.\n";

# ---- files

make_path($dir);
sub put {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print {$out} $text;
    close $out or die "$dir/$name: $!\n";
    return;
}
put('table.json', JSON::PP->new->canonical->pretty->encode(\@rows));
my @columns = qw(workload kernel instructions ns ns_min ns_max runs);
put('table.csv', join '', map {"$_\n"} join(',', @columns), map { my $row = $_; join ',', map { $row->{$_} } @columns } @rows);
put('table.dat', join '', map {
    my ($name, $title) = @$_;
    join("\t", $title, percent('paravirt', $name), percent('paravirt-patch', $name)) . "\n"
} @WORKLOADS);
