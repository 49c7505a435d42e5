#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What docs/learn.md and docs/book/ show: every command in them runs in a copy of the tree, and what one sees is
# what they show, line by line in its order. Only numbers, addresses and where a call goes to differ.

use strict;
use warnings;
use lib qw(tests/lib tools/book);
use File::Temp qw(tempdir);
use Test::More;
use Book;
use Pedant;
use Pedant::File qw(slurp);
use Pedant::Shown qw(commands missing said_by same_compiler);

# What they show was built as a reader builds it. (Mutants are, too: with another flag all of it would be built for each.)
BEGIN { delete $ENV{WERROR} }
use Pedant::Tree;

# The book changes nothing, and learn.md makes a test of one's own: so it is the last one.
my @texts = (Book::chapters(), 'docs/learn.md');

# No other compiler makes these functions so.
my %OF_GCC_12 = map { $_ => 1 } qw(rdtsc_ordered cpuid_leaf);

my $can_gdb = `gdb -nx -batch -ex 'python print("yes")' 2>&1` =~ /^yes$/m;
my $tree    = Pedant::Tree::copy(tempdir(CLEANUP => 1) . '/tree');
my $built   = `cd $tree && make all 2>&1`;
is($?, 0, 'the tree builds') or diag $built;

my %said;
for my $text (@texts) {
    my @jobs = commands(slurp($text));
    cmp_ok(scalar @jobs, '>=', $text =~ /learn/ ? 15 : 1, "$text has commands");
    for my $job (@jobs) {
        my $words = join "\n", $job->{command}, @{ $job->{typed} };
        SKIP: {
            skip 'no gdb, or one without Python: tools/setup.sh debug', 2 if @{ $job->{typed} } && !$can_gdb;
            skip 'gcc 12 made these functions so', 2 if !same_compiler() && ($words =~ /^objdump -d/ || grep { $OF_GCC_12{$_} } $words =~ /(\w+)/g);
            my @lines = @{ $said{$words} //= [ said_by($tree, $job) ] };
            for (1 .. 3) { # where CPUs race, a busy machine may have none of them win
                last if $job->{command} !~ /SMP=/ || !missing($job->{shown}, @lines);
                @lines = said_by($tree, $job);
            }
            cmp_ok(scalar @{ $job->{shown} }, '>', 0, "$text: $job->{command}: something is shown");
            is_deeply([ missing($job->{shown}, @lines) ], [], "$text: $job->{command}: and all of that is seen, in this order")
                or diag join "\n", @lines[ $#lines > 60 ? $#lines - 60 : 0 .. $#lines ];
        }
    }
}

# What is compared can fail.
is_deeply([ missing([ 'a 1', 'b 2' ], 'b 3', ' a 0x4 ') ], ['b 2'], 'another order is seen');
is_deeply([ missing(['now 3e fa'], 'now 3e fb') ], ['now 3e fa'], 'another byte is seen');
is_deeply([ missing(['now 66 0f 1f 00'], 'now 66 66 1f 00') ], ['now 66 0f 1f 00'], 'also before what could be an address');
is_deeply([ missing([ 'so on ...', 'so on' ], 'so on and on') ], ['so on'], 'and a line that goes on');
is_deeply([ missing([ '2e e8 ac e9 ff ff call 0x1', '12 of them' ], '2e e8 77 e9 ff ff  call 0x2', '7 of them') ], [], 'another place is none');
is_deeply([ missing(['8b 34 95 00 6e 1b 00 mov'], '8b 34 95 00 8e 1c 00 mov') ], [], 'nor is another address');
is_deeply([ missing(["     939:\tfa  cli"], " ac9:\tfa  cli") ], [], 'nor is one in an object');
is_deeply([ missing([" 939:\tfa  cli"], " ac9:\tfb  cli") ], [" 939:\tfa  cli"], 'but its bytes are');

done_testing;
