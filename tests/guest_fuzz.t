#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Guests that ask for anything, and execute anything, by lot: whatever becomes of them, the host says it in a line, and
# goes on; its own self-tests pass behind them. FUZZ_SECONDS (some) and SEED (1) are of `make fuzz-guest`.
use strict;
use warnings;
use Test::More;
use Pedant;

my $image   = kernel_path();
my $seed    = $ENV{SEED} || 1;
my $seconds = $ENV{FUZZ_SECONDS} || 0;
my $end     = time + $seconds;
my $GUESTS  = 6;
my @CPUS    = ([ 'qemu32', 1 ], [ 'max', 2 ], [ 'pentium', 1 ], [ '486', 1 ]);

sub host_goes_on {
    my ($run, $guests, $what) = @_;
    my @ended = $run->events('guest');
    is(scalar @ended, $guests, "$what: each of them ends") or diag $run->describe;
    is(scalar(grep { $_->{result} eq 'fail' && $_->{suite} ne 'boot' } $run->events('test')), 0, "$what: the host's self-tests pass");
    ok(scalar(grep { $_->{suite} eq 'cpu' } $run->events('test')), "$what: and were run");
    return @ended;
}

my $round = 0;
do {
    my ($cpu, $smp) = @{ $CPUS[ $round % @CPUS ] };
    my %common = (cpu => $cpu, smp => $smp, memory => 192, timeout => 120);
    my $run = boot(%common, name => "calls-$round", cmdline => 'selftest=cpu guest-seconds=60',
        modules => ["$image selftest=guest_fuzz.calls fuzz-seconds=3 fuzz-seed=$seed"]);
    my ($event) = host_goes_on($run, 1, "hypercalls by lot, $cpu, seed $seed");
    is($event ? $event->{result} : '', 'it says that all passed', "hypercalls by lot, $cpu, seed $seed: the guest is as it was");
    $run = boot(%common, name => "instructions-$round", cmdline => 'selftest=cpu guest-text=open guest-seconds=8',
        modules => [ map { "$image selftest=guest_fuzz.instructions fuzz-seconds=3 fuzz-seed=" . ($seed + $_) } 1 .. $GUESTS ]);
    host_goes_on($run, $GUESTS, "instructions by lot, $cpu, seeds from $seed on");
    $seed += $GUESTS + 1;
} while ($round++ < 1 || time < $end);

done_testing;
