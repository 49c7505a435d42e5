#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A short run of each fuzzing target (make fuzz is the long one): hostile records, text, replacements, templates,
# states and keys, with what must always be true checked after each pass, and in live changes between walks.
# The seed is fixed, and so are addresses.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my %runs = (engine => 60_000, group => 40_000, keyed => 30_000, module => 100_000);

for my $target (sort keys %runs) {
    my $fuzzer = ($ENV{BUILD} || 'build') . "/tests/host/${target}_fuzz";
    SKIP: {
        skip "$target: no clang with the fuzzing runtime here", 2 if !-x $fuzzer;

        my $runs    = $runs{$target};
        my $dir     = tempdir(CLEANUP => 1);
        my @command = (qw(timeout 500), $fuzzer, qw(-max_len=700 -len_control=0 -timeout=100 -seed=1),
            "-runs=$runs", "-artifact_prefix=$dir/", $dir, "tests/host/corpus/$target");
        my $output = `@command 2>&1`;
        my $status = $?;
        is($status, 0, "$target: $runs hostile inputs break nothing") or diag substr $output, -3000;
        my ($done) = $output =~ /Done (\d+) runs/;
        cmp_ok($done // 0, '>=', $runs, "$target: all of them were run");
    }
}
done_testing();
