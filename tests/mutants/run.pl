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
use File::Path qw(make_path remove_tree);
use IO::Handle;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time);
use lib $FindBin::Bin;
use Mutant;
use Pedant::Machine;

use constant WORKERS => 2;

my @SOURCES = qw(Makefile linker.ld README.md boot arch pv kernel lib tools tests docs);

# Of the build directory, what no mutant needs.
my %UNNEEDED = map { $_ => 1 } qw(bare bench clang iso logs mutants);

STDOUT->autoflush(1);
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};    # the caller's, whose jobs and variables are not ours
my $top   = getcwd();
my $build = Pedant::Machine::build_dir();
my $logs  = _absolute(Pedant::Machine::log_dir());
my $room  = _absolute("$build/mutants");
my %running;                                    # pid => { job, worker, result, started }

sub _absolute { return $_[0] =~ m{^/} ? $_[0] : "$top/$_[0]" }

sub selected {
    my ($glob) = @_;
    my %paths = map { $_ => 1 } glob "tests/mutants/$glob.patch";    # a brace may name one twice
    my @paths = map { _absolute($_) } grep { -e $_ } sort keys %paths;
    die "no mutant is named $glob\n" if !@paths;
    return map { Mutant->new($_) } @paths;
}

# One for each kind of run that the mutants have.
sub controls {
    my %runs = map { $_->{run} => 1 } grep { $_->{kind} ne 'build' } @_;
    return map { Mutant->control($_) } sort keys %runs;
}

# Object files and what depends on what are named by the build directory's name, so it has to stay. When
# that is not below the tree, the copy is built from nothing.
sub make_pristine {
    my @entries = $build =~ m{^/} ? () : grep { !$UNNEEDED{ (split m{/})[-1] } && !/pedant-native/ } glob "$build/*";
    my $name    = $build =~ m{^/} ? 'build' : $build;
    make_path("$room/pristine/$name");
    system('cp', '-a', @SOURCES, "$room/pristine/") == 0 or die "cannot copy the tree to $room\n";
    !@entries or system('cp', '-a', @entries, "$room/pristine/$name/") == 0 or die "cannot copy $build\n";
    return $name;
}

sub build_pristine {
    my ($name, @mutants) = @_;
    my %targets = map { $_ => 1 } map { $_->targets($name) } @mutants;
    my @make = ('make', '-j' . WORKERS, '-C', "$room/pristine", "BUILD=$name", 'CC=' . ($ENV{CC} || 'gcc'));
    system("@make " . join(' ', sort keys %targets) . " > $logs/mutants-build.log 2>&1") == 0
        or die "the tree without a mutant does not build: see $logs/mutants-build.log\n";
    return;
}

sub start {
    my ($job, $worker, $name) = @_;
    my $result = "$room/result-$worker";
    unlink $result;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        setpgrp;    # so that an end from outside reaches all of it
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        my $got = eval { $job->try("$room/pristine", "$room/copy-$worker", $name, "$logs/mutant-" . log_name($job)) }
            || { outcome => 'error', evidence => $@ };
        write_result($result, $got);
        POSIX::_exit(0);
    }
    $running{$pid} = { job => $job, worker => $worker, result => $result, started => time };
    return;
}

sub log_name { return ($_[0]->is_control ? "control-$_[0]{run}" : $_[0]{name}) =~ s/[^\w.-]+/_/gr . '.log' }

sub write_result {
    my ($path, $got) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} JSON::PP->new->encode($got);
    close $out or die "$path: $!\n";
    return;
}

# Wait for one to end; its worker is free then.
sub finish {
    my $pid  = wait;
    my $ran  = delete $running{$pid} // die "a child that nobody started: $pid\n";
    my $text = do { local (@ARGV, $/) = $ran->{result}; -e $ARGV[0] ? <> : undef };
    my $got  = $text ? JSON::PP->new->decode($text) : { outcome => 'error', evidence => "its process ended with $?" };
    @{ $ran->{job} }{qw(outcome evidence more seconds)} = (@$got{qw(outcome evidence more)}, time - $ran->{started});
    return $ran;
}

sub progress {
    my ($job, $done, $all) = @_;
    printf "[%*d/%d] %-9s %5.1f s  %s: %s\n", length $all, $done, $all, $job->{outcome}, $job->{seconds},
        $job->is_control ? "control, $job->{run}" : $job->{name},
        $job->is_control ? $job->{evidence} || 'nothing is found' : $job->{evidence};
    return;
}

# The long ones first, so that no worker idles at the end.
sub run_all {
    my ($name, @jobs) = @_;
    my @waiting = ((grep { $_->{kind} eq 't' } @jobs), grep { $_->{kind} ne 't' } @jobs);
    my @free    = 1 .. WORKERS;
    my $done    = 0;
    while (@waiting || %running) {
        start(shift @waiting, shift @free, $name) while @waiting && @free;
        my $ran = finish();
        push @free, $ran->{worker};
        progress($ran->{job}, ++$done, scalar @jobs);
    }
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

$SIG{$_} = sub { kill TERM => map {-$_} keys %running; exit 1 } for qw(INT TERM HUP);

my $begin    = time;
my @mutants  = selected($ARGV[0] // '*');
my @controls = controls(@mutants);
remove_tree($room);
my $name = make_pristine();
build_pristine($name, @mutants);
run_all($name, @controls, @mutants);
distrust(\@controls, \@mutants);
remove_tree($room);
print "\n";
table(grep({ $_->{outcome} ne 'passed' } @controls), @mutants);
printf "\n%d mutants, %d controls, %.0f s; what each said is in %s/mutant-*.log\n", scalar @mutants,
    scalar @controls, time - $begin, Pedant::Machine::log_dir();
exit sum_up(\@controls, \@mutants);
