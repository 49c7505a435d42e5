#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# An exercise of the book (`make exercise N=4`): makes the learner's copy of the tree, in which a piece is
# missing, or keeps the one that is there, and judges it as it stands. Without N it lists all. AGAIN=1 begins anew and
# moves the old copy aside; SOLUTION=1 shows how the tree has it. With --known it only looks whether there is such a one.
# The tree itself is only read. Status 0: all is as it should be; 1: something is not yet; 2: there is nothing to judge.
#
#	N=4 BUILD=build perl -Itests/lib tests/exercises/exercise.pl

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Cwd qw(getcwd);
use File::Path qw(make_path remove_tree);
use IO::Handle;
use Exercise;
use Pedant::Machine;
use Pedant::Tree;

STDOUT->autoflush(1);
my $room = Pedant::Machine::build_dir() . '/exercise';

sub refuse { print {*STDERR} "make exercise: $_[0]\n"; exit 2 }

sub list {
    my @all = Exercise::all();
    printf "%d  %-46s %s\n", $_->{number}, $_->{title}, -e "$room/$_->{number}" ? "$room/$_->{number}" : $_->task for @all;
    print scalar @all, " exercises; make exercise N=NUMBER begins one, and says what is still wrong\n";
    return;
}

sub asked {
    my ($number) = @_;
    my ($exercise) = grep { $_->{number} eq $number } Exercise::all();
    refuse("N=$number: an exercise is a number from 1 to 9; make exercise lists them") if !$exercise;
    return $exercise;
}

# What the learner writes in.
sub places { my ($exercise, $tree) = @_; return join ', ', map {"$tree/$_"} Exercise::files($exercise->patch) }

sub move_aside {
    my ($tree) = @_;
    my ($old) = grep { !-e "$tree.$_" } 1 .. 1000;
    rename $tree, "$tree.$old" or die "$tree: $!\n";
    print "What was there is in $tree.$old now.\n";
    return;
}

# A copy that is whole gets its name last; what has the name by then is moved aside.
sub begin {
    my ($exercise, $tree) = @_;
    make_path($room);
    remove_tree("$tree.new");
    my $new = Pedant::Tree::copy("$tree.new");
    eval { $exercise->start($new); 1 } or refuse($@ =~ s{\Q@{[getcwd()]}/}{}r =~ s/\n.*//sr);
    move_aside($tree) if -e $tree;
    rename $new, $tree or die "$tree: $!\n";
    print "$tree is a copy of this tree without the piece that is to be written. The task is\n",
        $exercise->task, '; write in ', places($exercise, $tree), "\n\n";
    return;
}

# From what the learner has to what the tree has.
sub solution {
    my ($exercise, $tree) = @_;
    refuse("SOLUTION=1: there is nothing to compare with; first make exercise N=$exercise->{number}, and try") if !-e $tree;
    print "From yours (-) to the tree's (+):\n\n";
    system('diff', '-u', '--label', "$tree/$_", '--label', $_, "$tree/$_", $_) for Exercise::files($exercise->patch);
    return 0;
}

# A line for each case; what is wrong with the first that is not so yet, since the others may follow from it.
sub say_cases {
    my ($shown, @cases) = (0, @_);
    for my $case (@cases) {
        my @wrong = @{ $case->{wrong} };
        printf "  %-8s %s\n", @wrong ? 'not yet' : 'ok', $case->{sentence};
        print map {"             $_\n"} @wrong > 6 ? (@wrong[ 0 .. 5 ], '...') : @wrong if @wrong && !$shown++;
    }
    return;
}

sub say_result {
    my ($exercise, $tree, $result) = @_;
    print "Exercise $exercise->{number}, $exercise->{title}: $tree\n\n", $result->{said};
    if (!$result->{built}) { print "\n  not yet  it builds\n"; return 1 }
    say_cases(@{ $result->{cases} });
    my @wrong = grep { @{ $_->{wrong} } } @{ $result->{cases} };
    print $result->{done}
        ? "\nAll is as it should be. make exercise N=$exercise->{number} SOLUTION=1 shows how the tree has it.\n"
        : "\n" . (@wrong == 1 ? 'One thing is' : @wrong . ' things are') . " still wrong; the task, with hints: " . $exercise->task . "\n";
    return $result->{done} ? 0 : 1;
}

my $number = $ENV{N} // '';
my $known  = ($ARGV[0] // '') eq '--known';
if (!length $number) { list() if !$known; exit 0 }
my $exercise = asked($number);
exit 0 if $known;
my $tree = "$room/$number";
exit solution($exercise, $tree) if $ENV{SOLUTION};
begin($exercise, $tree) if $ENV{AGAIN} || !-e $tree;
exit say_result($exercise, $tree, $exercise->judge($tree =~ m{^/} ? $tree : getcwd() . "/$tree"));
