#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A guest under Bochs: another machine than QEMU's, by other people, which checks segments' limits and rights. The same
# image is host and guest, handed over by GRUB. A machine with 4000 instructions between two ticks has no time for a
# guest beside its own, so this one has more.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Bochs;
use Pedant::Run;
use Test::More;

plan skip_all => 'no bochs in PATH (packages bochs bochsbios vgabios bochs-term)' if !Pedant::Bochs::program();

my ($iso, $hostile) = map { build_dir() . "/tests/$_.iso" } qw(guest guest_hostile);
for ($iso, $hostile) { die "$_ is missing: run make $_ first\n" if !-e $_ }

my $run = Pedant::Bochs::boot(name => 'guest', iso => $iso, ips => 50_000_000);
plan skip_all => 'the BIOS of this Bochs ends before it boots anything' if !length $run->log && Pedant::Bochs::bios_is_lost($iso);
expect_pass($run, 'the host passes');
my @said = map { /^guest 1\| (.*)$/ ? $1 : () } $run->lines;
my ($event) = $run->events('guest');
is($event ? $event->{result} : 'none', 'it says that all passed', 'and its guest');
is(scalar(grep {/^  back end  lguest in ring 1, /} @said), 1, 'in ring 1, by lguest');
is(scalar(grep {/not ok|not true/} @said), 0, 'nothing fails there');
is(scalar(grep {/^ok \d+ firewall$/} @said), 1, 'its tries at its text were made');
is(scalar(grep {/^  ok \d+ run$/} @said), 1, 'a program ran');
cmp_ok($event->{refused}, '>=', 30, 'what it tried with its text was refused');
is(scalar(grep {/^  switch    \w+ to \w+: .* 0 refused/} @said), 2, 'it went to another back end, and back');

# Of the guests of one trick each, those that ask what their CPU is like. Limits above all: QEMU has none.
my $others = Pedant::Bochs::boot(name => 'hostile', iso => $hostile, ips => 50_000_000);
expect_pass($others, 'the host passes again');
is_deeply([ map { $_->{result} } $others->events('guest') ], [ ('it says that all passed') x 6 ], 'and so do guests with limits, flags, large pages, steps, tasks, a table that changes');
done_testing;
