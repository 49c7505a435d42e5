#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A short run of the fuzzer (make fuzz is the long one): hostile records, text, templates and states, with
# what must always be true checked after each pass. The seed is fixed, so it is the same run each time.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

use constant RUNS => 8000;

my $fuzzer = ($ENV{BUILD} || 'build') . '/tests/host/engine_fuzz';
plan skip_all => 'no clang with the 32-bit fuzzing runtime here' if !-x $fuzzer;

my $dir    = tempdir(CLEANUP => 1);
my @command = (qw(timeout 120), $fuzzer, qw(-max_len=700 -len_control=0 -timeout=10 -seed=1),
    '-runs=' . RUNS, "-artifact_prefix=$dir/", $dir, 'tests/host/corpus');
my $output = `@command 2>&1`;
my $status = $?;
is($status, 0, RUNS . ' hostile inputs break nothing') or diag substr $output, -3000;
my ($done) = $output =~ /Done (\d+) runs/;
cmp_ok($done // 0, '>=', RUNS, 'all of them were run');
done_testing();
