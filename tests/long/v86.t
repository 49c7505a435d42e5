#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# v86, in node, with the kernel as host, and its own file as its guest with all self-tests: v86 hands over one module at
# most, without a name or a command line, which is just what a guest needs that runs all.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::V86;
use Test::More;

my $why = Pedant::V86::missing();
plan skip_all => $why if $why;

# The host's own tests of guests follow: their interrupts in every window (here by breakpoints, tests/kernel/guest/stops.h), a
# hundred thousand of them, and time slices.
my $run = Pedant::V86::boot(name => 'guest', cmdline => 'selftest=guest_*', module => kernel_path(), memory => 128, timeout => 400);
expect_pass($run, 'the host');
is(scalar(grep {/^  ok \d+ (?:patched|linked|traced|often|turns|changes)$/} $run->lines), 6, 'tests its guests');
my @said = map { /^guest 1\| (.*)$/ ? $1 : () } split /\n/, $run->log =~ s/^guest 1: ended.*//smr;
my ($event) = $run->events('guest');
is($event ? $event->{result} : 'none', 'it says that all passed', 'and its guest, with all of its self-tests') or diag $run->describe;
is(scalar(grep {/^  back end  lguest in ring 1, /} @said), 1, 'in ring 1, by lguest');
is(scalar(grep {/not ok|not true/} @said), 0, 'nothing fails there');
cmp_ok(scalar(grep { /^  ok \d+ / && !/# SKIP/ } @said), '>', 180, 'most of them run');
is_deeply([ map { /^  ok \d+ (\w+) # SKIP this machine lacks / ? $1 : () } @said ], [qw(lock_waits handler_goes faults traced one_instant)],
    'these do not, for what v86 lacks');
cmp_ok($event->{refused}, '>=', 30, 'what it tried with its text was refused');
cmp_ok($event->{injected}, '>', 0, 'ticks came');

done_testing;
