#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The program that measures the passes (tests/bench/pass.c) comes to its end: the engine of this tree writes what the list of a real
# kernel's sites says, byte for byte, and so do the bare stores and the older engine that it is held against. No time is looked at.

use strict;
use warnings;
use Test::More;
use Pedant;

my $pass = build_dir() . '/tests/bench/pass';
my $made = `make --no-print-directory BUILD=@{[ build_dir() ]} CC='@{[ $ENV{CC} || 'gcc' ]}' WERROR='@{[ $ENV{WERROR} // '' ]}' $pass 2>&1`;
is($?, 0, 'it is built') or BAIL_OUT($made);
my @said = split /\n/, `$pass check 2>&1`;
is($?, 0, 'all bytes are what they ought to be') or diag join "\n", grep {/^pass:/} @said;
my %linux   = map { /^(\w+) +1 +\d+ / ? ($1 => 1) : () } @said;
my %regular = map { /^(\w+) +(?:near|cold|hot) +\d+ / ? ($1 => 1) : () } @said;
is_deeply([ sort keys %linux ], [qw(all alternatives paravirt relocs smp_locks)], 'of each family of a real kernel');
is_deeply([ sort keys %regular ], [qw(all alternatives paravirt smp_locks)], 'and of regular text');

done_testing;
