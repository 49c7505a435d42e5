#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Tests of the tests: each mutant (*.patch here) is a small fault, put into a copy of the tree, built and
# run, and the test that its head names has to notice it. Before that the same runs without a fault, the
# controls, have to pass. Prints a line as each ends, then a table; fails when a mutant survived, when
# something else noticed it, when it does not apply or build, or when a control failed.
#
#	BUILD=build perl -Itests/lib tests/mutants/run.pl ['1*-*']

use strict;
use warnings;
use Cwd qw(getcwd);
use FindBin;
use IO::Handle;
use Time::HiRes qw(time);
use lib $FindBin::Bin;
use Mutant;
use Pool;
use Room;

use constant WORKERS => 2;

STDOUT->autoflush(1);
my $top = getcwd();

sub selected {
    my ($glob) = @_;
    my %paths = map { $_ => 1 } glob "tests/mutants/$glob.patch";    # a brace may name one twice
    my @paths = map {"$top/$_"} grep { -e $_ } sort keys %paths;
    die "no mutant is named $glob\n" if !@paths;
    return map { Mutant->new($_) } @paths;
}

# One for each kind of run that the mutants have.
sub controls {
    my %runs = map { $_->{run} => 1 } grep { $_->{kind} ne 'build' } @_;
    return map { Mutant->control($_) } sort keys %runs;
}

sub targets {
    my ($room, @mutants) = @_;
    my %targets = map { $_ => 1 } map { $_->targets($room->name) } @mutants;
    return sort keys %targets;
}

sub log_name { return ($_[0]->is_control ? "control-$_[0]{run}" : $_[0]{name}) =~ s/[^\w.-]+/_/gr . '.log' }

sub progress {
    my ($job, $done, $all) = @_;
    printf "[%*d/%d] %-9s %5.1f s  %s: %s\n", length $all, $done, $all, $job->{outcome}, $job->{seconds},
        $job->is_control ? "control, $job->{run}" : $job->{name},
        $job->is_control ? $job->{evidence} || 'nothing is found' : $job->{evidence};
    return;
}

# The long ones first, so that no worker idles at the end.
sub run_all {
    my ($room, @jobs) = @_;
    my @waiting = ((grep { $_->{kind} eq 't' } @jobs), grep { $_->{kind} ne 't' } @jobs);
    my $logs    = $room->logs;
    Pool::run(WORKERS, \@waiting, sub { my ($job, $worker) = @_; return $job->try($room, $worker, "$logs/mutant-" . log_name($job)) },
        sub { my ($job, $done) = @_; progress($job, $done, scalar @jobs) });
    return;
}

# What a run says that fails without a fault, too, means nothing.
sub distrust {
    my ($controls, $mutants) = @_;
    my %failed = map { $_->{run} => 1 } grep { $_->{outcome} ne 'passed' } @$controls;
    $_->{outcome} = 'no control' for grep { $failed{ $_->{run} } } @$mutants;
    return;
}

# Who noticed: a self-test's name says enough; of all else the sentence, as far as a line has room. All of it
# was said when it ended, and is in the log.
sub witness {
    my ($job) = @_;
    my $by = $job->{outcome} eq 'noticed' ? $job->{evidence} =~ s/^(\w+\.\w+): .*/$1/r : $job->{evidence};
    $by = substr($by, 0, 90) . '...' if length $by > 93;
    return $job->{more} ? "$by, and $job->{more} more" : $by;
}

sub table {
    my @rows = ([ 'mutant', 'what is broken', 'outcome', 'noticed by' ],
        map { [ $_->{name}, $_->{broken}, $_->{outcome}, witness($_) ] } @_);
    my @width = map { my $c = $_; (sort { $b <=> $a } map { length $_->[$c] } @rows)[0] } 0 .. 2;
    for my $row (@rows) {
        printf "%-*s  %-*s  %-*s  %s\n", (map { $width[$_], $row->[$_] } 0 .. 2), $row->[3];
    }
    return;
}

# The last line and the exit status; a control that failed is an error.
sub sum_up {
    my ($controls, $mutants) = @_;
    my $noticed  = grep { $_->{outcome} eq 'noticed' } @$mutants;
    my $survived = grep { $_->{outcome} eq 'SURVIVED' } @$mutants;
    my $errors   = @$mutants - $noticed - $survived + grep { $_->{outcome} ne 'passed' } @$controls;
    print "$noticed noticed, $survived survived, $errors errors\n";
    return $survived || $errors ? 1 : 0;
}

my $begin    = time;
my @mutants  = selected($ARGV[0] // '*');
my @controls = controls(@mutants);
my $room     = Room->new('mutants', without => qr{/(?:bare$|pedant-native)});
$room->build(targets($room, @mutants));
run_all($room, @controls, @mutants);
distrust(\@controls, \@mutants);
$room->clear;
print "\n";
table(grep({ $_->{outcome} ne 'passed' } @controls), @mutants);
printf "\n%d mutants, %d controls, %.0f s; what each said is in %s/mutant-*.log\n", scalar @mutants,
    scalar @controls, time - $begin, $room->logs;
exit sum_up(\@controls, \@mutants);
