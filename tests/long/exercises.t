#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The exercises of the book, each by its judge: the tree is a solution; without the piece, nothing is done yet, and
# the first sentence that is not so is that of the patch; and each wrong answer, a fault in the solution that a
# learner may make, gets the sentence that its head names. ONLY=4 is one of them.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use lib 'tests/exercises/lib';
use Exercise;
use Pedant::File qw(slurp);
use Pedant::Tree;

my $tree = Pedant::Tree::copy(tempdir(CLEANUP => 1) . '/tree');

sub not_yet { return map { $_->{sentence} } grep { @{ $_->{wrong} } } @{ $_[0]{cases} } }

# Judges the tree with a patch in it.
sub judge_with {
    my ($exercise, $patch) = @_;
    Exercise::apply($patch, $tree);
    my $result = $exercise->judge($tree);
    Exercise::apply($patch, $tree, '-R');
    return $result;
}

# To the compiler that is used here.
sub makes_a_difference { return ($ENV{CC} // '') !~ /clang/ || slurp($_[0]) !~ /^# only: gcc/m }

for my $exercise (grep { !$ENV{ONLY} || $_->{number} == $ENV{ONLY} } Exercise::all()) {
    subtest "$exercise->{number}, $exercise->{title}" => sub {
        my $whole = $exercise->judge($tree);
        ok($whole->{done}, 'the tree solves it') or diag $whole->{said}, explain $whole->{cases};
        cmp_ok(scalar @{ $whole->{cases} }, '>=', 4, 'in several steps');
        is($whole->{said}, '', 'and no compiler says anything');

        my $begun = judge_with($exercise, $exercise->patch);
        ok($begun->{built} && !$begun->{done}, 'its beginning builds and is not done') or diag $begun->{said};
        is((not_yet($begun))[0], Exercise::head($exercise->patch, 'begins with'), 'and that is said first');

        cmp_ok(scalar(my @answers = $exercise->answers), '>=', 2, 'there are wrong answers');
        for my $answer (grep { makes_a_difference($_) } @answers) {
            my $judged = judge_with($exercise, $answer);
            my $wrong  = Exercise::head($answer, 'wrong');
            ok(!$judged->{done}, "not yet: $wrong");
            is((not_yet($judged))[0], Exercise::head($answer, 'said'), 'and it is told why') or diag $judged->{said}, explain $judged->{cases};
        }
    };
}

done_testing;
