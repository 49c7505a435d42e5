#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The exercises of the book, from outside: nine, each with a task that names what there is, and patches that
# still apply; what make exercise lists and refuses. What it makes and keeps is in tests/long/exercise.t, and what each judge says
# of right and wrong answers in tests/long/exercises.t.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use lib 'tests/exercises/lib';
use Exercise;
use Pedant::File qw(slurp);

my @all = Exercise::all();
is(join(' ', map { $_->{number} } @all), '1 2 3 4 5 6 7 8 9', 'nine, in order');

# A path in a task is one of the tree, or of the learner's copy; a pattern has a match.
sub names_what_there_is {
    my ($exercise) = @_;
    my $text = slurp($exercise->task);
    my @paths = map { s{^build/exercise/\d/}{}r } $text =~ m{`((?:build/exercise/\d/)?(?:arch|boot|docs|host|kernel|lib|pv|tests|tools)/[\w./*-]+)`}g;
    cmp_ok(scalar @paths, '>', 0, 'the task names files');
    is_deeply([ grep { !(my @there = glob $_) } map { s{/\z}{}r } grep { !-e } @paths ], [], 'and there are such');
    is_deeply([ grep { !(my @there = glob sprintf 'tests/mutants/%03d-*.patch', $_) } $text =~ /\bM=(\d+)/g ], [], 'so are the mutants');
    like($text, qr{^    make exercise N=$exercise->{number}$}m, 'it says how to begin');
    like($text, qr/^## Hints$/m, 'it has hints');
    is_deeply([ map { length > 160 ? $_ : () } split /\n/, $text ], [], 'and lines that can be read');
    return;
}

# What the list says of it: its task, and the files that its beginning has a piece of missing.
sub is_listed {
    my ($exercise) = @_;
    my ($row) = slurp('tests/exercises/README.md') =~ m{^(\| \[$exercise->{number}\]\($exercise->{name}/task\.md\) \|.*)$}m;
    my @files = map { /^(?:pv|kernel)\// ? $_ : () } ($row // '') =~ /`([^`]+)`/g;
    is(join(' ', sort @files), join(' ', sort(Exercise::files($exercise->patch))), 'README.md lists it, with the files');
    return;
}

# Files that any of its patches changes, alone in a directory.
sub sources_of {
    my ($exercise) = @_;
    my $dir = tempdir(CLEANUP => 1);
    my %files = map { $_ => 1 } map { Exercise::files($_) } $exercise->patch, $exercise->answers;
    system('cp', '--parents', (sort keys %files), "$dir/") == 0 or die "cp: $?\n";
    return $dir;
}

for my $exercise (@all) {
    subtest "$exercise->{number}, $exercise->{title}" => sub {
        names_what_there_is($exercise);
        is_listed($exercise);
        my $dir = sources_of($exercise);
        for my $patch ($exercise->patch, $exercise->answers) {
            ok(eval { Exercise::apply($patch, $dir); Exercise::apply($patch, $dir, '-R'); 1 }, "$patch applies") or diag $@;
        }
        ok(length Exercise::head($exercise->patch, 'begins with'), 'its beginning says what is wrong first');
        ok(length Exercise::head($_, 'wrong') && length Exercise::head($_, 'said'), "$_ says what it is") for $exercise->answers;
    };
}

# In a build directory where none was begun.
my $build = tempdir(CLEANUP => 1);

sub exercise {
    my $said = `make -s --no-print-directory BUILD=$build exercise @_ 2>&1 < /dev/null`;
    return ($? >> 8, $said =~ s/^make(?:\[\d+\])?: \*\*\* .*\n//mgr);
}

sub refused {
    my ($line, @words) = @_;
    my ($status, $said) = exercise(@words);
    is($status, 2, "make exercise @words is refused");
    like($said, qr/\A$line\n\z/, 'in one line that says why');
    return;
}

subtest 'what it lists and refuses' => sub {
    my ($status, $said) = exercise();
    is($status, 0, 'make exercise');
    is(scalar(() = $said =~ m{^\d  \S.* tests/exercises/\d-\S+/task\.md$}mg), 9, 'lists nine, each with its task');
    like($said, qr/^9 exercises; make exercise N=NUMBER /m, 'and says what to type');
    refused(qr/make exercise: N=\Q$_\E: an exercise is a number from 1 to 9; .*/, "N=$_") for 0, 10, 'four', '4-padding', '../4';
    refused(qr/make exercise: SOLUTION=1: there is nothing to compare with; .*/, 'N=4', 'SOLUTION=1');
    ok(!-e "$build/exercise/4", 'and nothing is begun by that');
};

done_testing;
