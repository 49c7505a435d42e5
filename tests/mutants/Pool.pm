# SPDX-License-Identifier: MIT
#
# Workers, each a process that tries one job after the other. What a job's try returns, a hash, comes back into
# the job as { outcome, evidence, ... , seconds }.
#
#     Pool::run(2, \@jobs, sub { my ($job, $worker) = @_; return { outcome => 'noticed' } },
#         sub { my ($job, $done) = @_; print "$job->{outcome}\n" });
package Pool;

use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time);
use Command;

my %running;    # pid => { job, worker, result, started }

sub run {
    my ($workers, $jobs, $try, $tell) = @_;
    my $results = tempdir(CLEANUP => 1);
    my @waiting = @$jobs;
    my @free    = 1 .. $workers;
    my $done    = 0;
    local @SIG{qw(INT TERM HUP)} = (\&_end) x 3;
    while (@waiting || %running) {
        _start(shift @waiting, shift @free, $results, $try) while @waiting && @free;
        my $ran = _finish();
        push @free, $ran->{worker};
        $tell->($ran->{job}, ++$done);
    }
    return;
}

sub _end { kill TERM => map {-$_} keys %running; exit 1 }

sub _start {
    my ($job, $worker, $results, $try) = @_;
    my $result = "$results/$worker";
    unlink $result;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        setpgrp;    # so that an end from outside reaches all of it
        $SIG{$_} = sub { Command::end(); POSIX::_exit(1) } for qw(INT TERM HUP);
        my $got = eval { $try->($job, $worker) } || { outcome => 'error', evidence => $@ };
        _write($result, $got);
        POSIX::_exit(0);
    }
    $running{$pid} = { job => $job, worker => $worker, result => $result, started => time };
    return;
}

sub _write {
    my ($path, $got) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} JSON::PP->new->encode($got);
    close $out or die "$path: $!\n";
    return;
}

# Wait for one to end; its worker is free then.
sub _finish {
    my $pid  = wait;
    my $ran  = delete $running{$pid} // die "a child that nobody started: $pid\n";
    my $text = do { local (@ARGV, $/) = $ran->{result}; -e $ARGV[0] ? <> : undef };
    my $got  = $text ? JSON::PP->new->decode($text) : { outcome => 'error', evidence => "its process ended with $?" };
    $ran->{job}{$_} = $got->{$_} for keys %$got;
    $ran->{job}{seconds} = time - $ran->{started};
    return $ran;
}

1;
