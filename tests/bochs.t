#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A second machine: Bochs boots the ISO to what QEMU boots it to, and twice to the same bytes, but for
# times. It was written by other people, checks segment limits, and is deterministic; what passes on one
# emulator by luck fails here. Its exit status is always 1, so that the kernel asked for the end is read in its log.

use strict;
use warnings;
use lib 'tests/lib';
use Cwd qw(abs_path);
use Pedant;
use Pedant::File qw(slurp spew);
use Pedant::Machine;
use Pedant::Run;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

my $MODEL = $ENV{BOCHS_MODEL} || 'corei7_sandy_bridge_2600k';
my $LIMIT = 60;    # seconds a run; an idle machine needs 2

my ($bochs) = grep {-x} map {"$_/bochs"} split /:/, $ENV{PATH};
plan skip_all => 'no bochs in PATH (packages bochs bochsbios vgabios bochs-term)' if !$bochs;

my $iso = build_dir() . '/pedant.iso';
die "$iso is missing: run make iso first\n" if !-e $iso;

# The command for a run whose files begin with $base. Debian's Bochs has the debugger, which waits for
# commands; others do not know the option.
sub command {
    my ($base, $info) = @_;
    my %value = (MODEL => $MODEL, BASE => $base, ISO => abs_path($iso), INFO => $info);
    my $rc    = spew("$base.bochsrc", slurp('tests/bochs/bochsrc') =~ s/\@(\w+)\@/$value{$1} \/\/ die $1/ger);
    my @debugger = qx($bochs --help 2>&1) =~ /^\s*-rc\b/m ? (-rc => spew("$base.rc", "c\nquit\n")) : ();
    return ($bochs, '-q', -f => $rc, @debugger);
}

my $pid;
END { kill 'KILL', $pid if $pid }

# Starts Bochs and waits for its end. What it said is in BASE.said.
sub run_bochs {
    my ($base, $info) = @_;
    my @command = command($base, $info);
    unlink map {"$base.$_"} qw(log json bochs said);
    my $started = time;
    $pid = fork // die "fork: $!\n";
    _become(\@command, "$base.said") if !$pid;
    local $SIG{ALRM} = sub { kill 'KILL', $pid };
    alarm $LIMIT;
    waitpid $pid, 0;
    alarm 0;
    $pid = 0;
    return time - $started;
}

sub _become {
    my ($command, $said) = @_;
    $ENV{TERM} = 'linux';
    open STDIN,  '<', '/dev/null' or POSIX::_exit(126);
    open STDOUT, '>', $said       or POSIX::_exit(126);
    open STDERR, '>&', \*STDOUT   or POSIX::_exit(126);
    { no warnings 'exec'; exec @$command; }
    POSIX::_exit(127);
}

# A Pedant::Run of what Bochs left behind, so that the checks are those of every boot.
package BochsRun {
    our @ISA = ('Pedant::Run');

    sub new {
        my ($class, $base) = @_;    # how long it took says nothing: Bochs has its own clock
        my $self = bless { name => $base, ports => 2 }, $class;
        $self->{message} = join '', grep {/^\d+p/} split /^/, Pedant::Run::slurp("$base.bochs");
        $self->{outcome} = $self->{message} =~ /Shutdown port: shutdown requested/ ? 'passed' : 'hang';
        $self->{outcome} = 'panic of Bochs' if $self->{message} =~ /PANIC(?!.*Shutdown port)/;
        $self->read_files;
        return $self;
    }
}

sub bochs {
    my ($name, $info) = @_;
    my $base = Pedant::Machine::log_base($name);
    $base = abs_path(build_dir()) . substr $base, length build_dir();
    run_bochs($base, $info // 'ignore');
    return BochsRun->new($base);
}

# Ubuntu's Bochs (22.04, 24.04) has a BIOS that jumps into nowhere before it boots anything: what it tells of itself.
sub bios_is_lost {
    my $told = Pedant::Run::slurp(bochs('bios', 'report')->name . '.bochs');
    return $told =~ /\[BIOS *\] Starting / && $told !~ /\[BIOS *\] Booting from /;
}

sub test_names {
    my ($run) = @_;
    return [ map { $_->{name} } $run->ktap->tests ];
}

my $first = bochs('first');
plan skip_all => 'the BIOS of this Bochs ends before it boots anything' if !length $first->log && bios_is_lost();
my $second = bochs('second');
expect_pass($first, 'Bochs boots the ISO and everything passes');
note_skips($first);

my $qemu = boot(name => 'qemu', iso => $iso);
expect_pass($qemu, 'QEMU does');
is_deeply(test_names($first), test_names($qemu), 'both ran the same self-tests');

# The clocks of two runs can meet a few instructions apart (the TSC is measured as 3999 or 4000 kHz), so
# what depends on them is not compared: times, that figure, and whether a line of the PIC fell just before it
# was asked which one it was.
sub without_times {
    my ($text) = @_;
    $text =~ s/^interrupts: 0 that nobody wanted, \d+ spurious\r?\n//gm;
    return $text =~ s/"(ns|tsc_khz)":\d+/"$1":0/gr =~ s/^(  \w+ +(?:\d+ +){11})\d+(?=\r?$)/$1/gmr;
}

for my $port (qw(log json)) {
    my ($one, $two) = map { without_times(Pedant::Run::slurp($_->name . ".$port")) } $first, $second;
    ok(length $one && $one eq $two, "a second run gives the same bytes, but for times (.$port)")
        or diag('compare ' . join ' and ', map { $_->name . ".$port" } $first, $second);
}

done_testing;
