# SPDX-License-Identifier: MIT
#
# The seed's workloads, run by the option bench-work on a machine or in a guest, and what their events come to. `empty`,
# the samples' own cost, is one of them in all that is returned.
#
#     my $run = run_workloads('mine', options => 'pv=trace', guest => 1, exact => 1);
#     my $of  = per_operation(samples($run, 'boot', guest => 1));     # { workload => { instructions, entries } }
package Pedant::Workloads;

use strict;
use warnings;
use Exporter qw(import);
use Pedant;

our @EXPORT = qw(@WORKLOADS @ICOUNT run_workloads samples per_operation calls_per_operation);

# name, title
our @WORKLOADS = (
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

# The TSC counts instructions.
our @ICOUNT = ('-icount', 'shift=0,sleep=off');

# One boot, which has to pass. image, options (of who is measured), glob (of workloads), exact => 1 (instructions), guest => 1 (in
# a guest, whose host is the same image, patched), and others as for boot().
sub run_workloads {
    my ($name, %args) = @_;
    my ($image, $options, $glob, $exact, $guest) = map { delete $args{$_} } qw(image options glob exact guest);
    my $file    = build_dir() . '/' . ($image // 'pedant.elf');
    my $cmdline = 'bench-work' . ($glob ? "=$glob" : '') . ' selftest=off ' . ($options // '');
    my $run     = boot(name => $name, image => $file, timeout => 120, memory => 128, ($exact ? (extra => \@ICOUNT) : ()),
        ($guest ? (cmdline => 'selftest=off guest-memory=32', modules => ["$file $cmdline"]) : (cmdline => $cmdline)), %args);
    die "$name:\n", $run->describe if $run->outcome ne 'passed';
    return $run;
}

sub _events {
    my ($run, $guest, $name) = @_;
    return $guest ? $run->guest_events(1, $name) : $run->events($name);
}

# { workload => { tsc, beside, loops, entries, khz } } of one boot's samples with this text, summed up.
sub samples {
    my ($run, $text, %is) = @_;
    my %sum;
    for my $e (grep { $_->{text} eq $text } _events($run, $is{guest}, 'sample')) {
        $sum{ $e->{workload} }{$_} += $e->{$_} // 0 for qw(tsc beside loops entries);
        $sum{ $e->{workload} }{khz} = $e->{khz};
    }
    return \%sum;
}

# Of one operation, without what is done beside it: { workload => { instructions, entries } }. What is done beside a context switch enters
# a guest as well, so that it has no `entries`.
sub per_operation {
    my ($sum) = @_;
    my %of;
    for my $name (keys %$sum) {
        my $s = $sum->{$name};
        $of{$name} = { instructions => ($s->{tsc} - $s->{beside}) / $s->{loops}, entries => $s->{beside} ? undef : $s->{entries} / $s->{loops} };
    }
    return \%of;
}

# How often each op is called in one operation, counted by the back end trace: { workload => { op => calls } }; the samples' own
# calls are taken off. What is done beside is not.
sub calls_per_operation {
    my ($run, %is) = @_;
    my (%calls, %loops);
    $calls{ $_->{workload} }{ $_->{op} } += $_->{calls} for _events($run, $is{guest}, 'called');
    $loops{ $_->{workload} } += $_->{loops} for _events($run, $is{guest}, 'sample');
    my $own = $calls{empty} || {};
    my %of;
    for my $name (keys %calls) {
        $of{$name}{$_} = ($calls{$name}{$_} - ($own->{$_} // 0)) / $loops{$name} for keys %{ $calls{$name} };
    }
    return \%of;
}

1;
