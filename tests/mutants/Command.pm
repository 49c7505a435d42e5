# SPDX-License-Identifier: MIT
#
# A command under a time limit, whose output goes to a log and comes back as lines. It ends early when a line
# says enough, and takes all that it started along: it is a process group of its own.
#
#     my $ran = run_command($log, limit => 180, stop => sub { $_[0] =~ /^not ok/ }, command => ['make', 'all']);
#     print "$ran->{status} @{ $ran->{lines} }\n" if !$ran->{stopped};
package Command;

use strict;
use warnings;
use Exporter qw(import);
use POSIX ();

our @EXPORT = qw(run_command);

my $group;    # the one that runs

# For who is ended from outside.
sub end {
    kill TERM => -$group if $group;
    return;
}

# { lines, status, stopped }; status is that of the exit, or the signal's number. A command that takes longer
# has the line "not ok 0 - hang: ..." at its end.
sub run_command {
    my ($log, %how) = @_;
    my @command = @{ $how{command} };
    open my $keep, '>>', $log or die "$log: $!\n";
    print {$keep} "\$ @command\n";
    my $pid = $group = open(my $out, '-|') // die "fork: $!\n";
    _become(@command) if !$pid;
    my %ran = (lines => []);
    eval {
        local $SIG{ALRM} = sub { die "limit\n" };
        alarm $how{limit};
        while (my $line = <$out>) {
            print {$keep} $line;
            chomp $line;
            push @{ $ran{lines} }, $line;
            last if $ran{stopped} = $how{stop} && $how{stop}->($line);
        }
        alarm 0;
    };
    push @{ $ran{lines} }, "not ok 0 - hang: no end after $how{limit} seconds" if $@ eq "limit\n";
    kill TERM => -$pid if $@ || $ran{stopped};    # lets our programs take their QEMU along
    close $out;
    undef $group;
    $ran{status} = $? & 127 || $? >> 8;
    return \%ran;
}

sub _become {
    my (@command) = @_;
    setpgrp;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    open STDIN,  '<', '/dev/null' or POSIX::_exit(126);
    open STDERR, '>&', \*STDOUT   or POSIX::_exit(126);
    { no warnings 'exec'; exec @command; }
    print "cannot run $command[0]: $!\n";
    POSIX::_exit(127);
}

1;
