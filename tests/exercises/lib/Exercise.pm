# SPDX-License-Identifier: MIT
#
# One exercise: a task, a patch that takes the piece out of a tree, and a judge, which says of any tree case by
# case what is right there and what is still wrong.
#
#     my ($four) = grep { $_->{number} == 4 } Exercise::all();
#     $four->start($tree);                       takes the piece out
#     my $result = $four->judge($tree);          { said => "...", cases => [ { sentence, wrong => [...] }, ... ], done }
package Exercise;

use strict;
use warnings;
use Cwd qw(getcwd);
use File::Basename qw(basename);
use POSIX ();
use Pedant::File qw(slurp);

use constant {
    CPU_SECONDS => 2,                               # of a judge; a loop without an end has more
    LIMIT       => 300 * ($ENV{PATIENCE} || 1),     # of all of it, also of one that sleeps
};

my $top = getcwd();

sub all { return map { Exercise->new($_) } sort glob "$top/tests/exercises/[1-9]-*" }

sub new {
    my ($class, $room) = @_;
    my ($judge) = glob "$room/judge.{c,pl}";
    my $self = bless { room => $room, name => basename($room), number => substr(basename($room), 0, 1) }, $class;
    ($self->{judge}) = grep {-e} "$room/judge.c", "$room/judge.pl";
    ($self->{title}) = slurp("$room/task.md") =~ /^# Exercise \d: (.*)$/m or die "$room/task.md has no title\n";
    return $self;
}

sub task    { return "tests/exercises/$_[0]{name}/task.md" }
sub patch   { return "$_[0]{room}/start.patch" }
sub answers { return sort glob "$_[0]{room}/wrong-*.patch" }

# The files that a patch changes.
sub files {
    my ($patch) = @_;
    return slurp($patch) =~ m{^\+\+\+ b/(\S+)}mg;
}

# A line of a patch's head, "# key: value".
sub head {
    my ($patch, $key) = @_;
    return slurp($patch) =~ /^# \Q$key\E: +(.*)$/m ? $1 : die "$patch: its head does not say: $key\n";
}

# No fuzz: a patch that fits only nearly leaves something else.
sub apply {
    my ($patch, $tree, @how) = @_;
    open my $out, '-|', qw(patch -p1 -F0 -s --no-backup-if-mismatch -d), $tree, '-i', $patch, @how or die "patch: $!\n";
    my @said = <$out>;
    close $out or die "$patch does not apply: the tree was changed there\n", @said;
    return;
}

sub start { my ($self, $tree) = @_; apply($self->patch, $tree); return }

# ---- judging

# What the judge's head says: with files, what is made before, whether sanitizers look on.
sub _asks {
    my ($self, $key) = @_;
    return slurp($self->{judge}) =~ /^(?: \*|#) $key: *(.*)$/m ? $1 : undef;
}

# The compiler and its words, as the Makefile has them for tests of this machine.
sub _compiler {
    my ($free) = @_;
    my $said = `make -s --no-print-directory --eval='judge-compiler: ; \@echo \$(HOSTCC32) \$(HOST_CFLAGS)' judge-compiler`;
    my @words = split ' ', $said or die "make does not say which compiler it is\n";
    return grep { !$free || !/^-fsanitize|^-fno-sanitize/ } @words;
}

# Status and output of a command in a directory; both streams.
sub _run {
    my ($directory, @command) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    _become($directory, @command) if !$pid;
    my ($said, $late) = ('', 0);
    local @SIG{qw(INT TERM HUP)} = (sub { kill TERM => -$pid; exit 1 }) x 3;    # it is a group of its own
    eval {
        local $SIG{ALRM} = sub { die "limit\n" };
        alarm LIMIT;
        while (read $out, my $part, 4096) { $said .= $part if length $said < 1_000_000 }
        alarm 0;
    };
    if ($@) { kill KILL => -$pid; $late = 1 }
    close $out;
    return { status => $late ? POSIX::SIGXCPU() : $? & 127 || $? >> 8, said => $said, signal => $late || $? & 127 };
}

sub _become {
    my ($directory, @command) = @_;
    setpgrp;
    $ENV{BUILD} = 'build';    # there
    chdir $directory              or POSIX::_exit(126);
    open STDIN,  '<', '/dev/null' or POSIX::_exit(126);
    open STDERR, '>&', \*STDOUT   or POSIX::_exit(126);
    { no warnings 'exec'; exec @command; }
    print "cannot run $command[0]: $!\n";
    POSIX::_exit(127);
}

sub _not_built { return { said => $_[0], cases => [], done => 0, built => 0 } }

# What make says beside what is wrong; and no line twice, since two files may be made of one that is wrong.
sub _errors {
    my ($said) = @_;
    my %seen;
    return join '', grep { !/^ {2}[A-Z]+ +\S|^pvtool: \S+: (?:index of|\d+ instr)/ && !$seen{$_}++ && /\S/ }
        map {s/make(?:\[\d\])?: .*//r . "\n"} split /\n/, $said;
}

sub judge {
    my ($self, $tree) = @_;
    if (defined(my $made = $self->_asks('make'))) {
        my $ran = _run($tree, qw(make --no-print-directory -j2 -O), split ' ', $made);
        return _not_built(_errors($ran->{said}) || $ran->{said}) if $ran->{status};
    }
    return $self->{judge} =~ /\.pl\z/ ? $self->_read(_run($tree, $^X, "-I$top/tests/lib", $self->{judge})) : $self->_judge_c($tree);
}

sub _judge_c {
    my ($self, $tree) = @_;
    my $program = "$tree.judge";
    my @with = split ' ', $self->_asks('with') // '';
    my $ran  = _run($tree, _compiler(defined $self->_asks('free')), '-Wno-unused-function', '-o', $program, $self->{judge}, @with);
    return _not_built($ran->{said}) if $ran->{status};
    my $warned = $ran->{said};
    $ran = _run($tree, 'sh', '-c', 'ulimit -c 0; ulimit -S -t "$1"; shift; export ASAN_OPTIONS=detect_leaks=0; exec "$@"', 'sh', CPU_SECONDS,
        "$top/tools/i386.sh", $program);
    unlink $program;
    my $result = $self->_read($ran);
    $result->{said} = $warned;
    return $result;
}

# Lines are "case ...", "wrong ..." of that case, and at the end "judged". A judge that ends otherwise was in the middle of the last.
sub _read {
    my ($self, $ran) = @_;
    my @cases;
    for (split /\n/, $ran->{said}) {
        push @cases, { sentence => $1, wrong => [] } if /^case (.*)/;
        push @{ $cases[-1]{wrong} }, $1              if /^wrong (.*)/ && @cases;
    }
    my $whole = $ran->{said} =~ /^judged$/m && !$ran->{status};
    push @cases, { sentence => 'the judge begins', wrong => [] } if !@cases;
    push @{ $cases[-1]{wrong} }, _end($ran) if !$whole;
    return { said => '', cases => \@cases, built => 1, done => $whole && !grep { @{ $_->{wrong} } } @cases };
}

# How it ended, in a line: what a sanitizer said, and where; a signal; or its last words.
sub _end {
    my ($ran) = @_;
    my $said = $ran->{said};
    my ($where) = $said =~ /^ +#\d+ 0x\w+ in (\S+ \S*(?:pv|arch)\/\S+)/m;
    $where = $where ? ', in ' . $where =~ s{ \S*?((?:pv|arch)/)}{, $1}r : '';
    return 'it comes to no end here: stopped after ' . CPU_SECONDS . ' seconds of a CPU' if $ran->{signal} == POSIX::SIGXCPU() || $ran->{status} == 128 + POSIX::SIGXCPU();
    return "it ended here: $1$where" if $said =~ /ERROR: AddressSanitizer: (\S+(?: on unknown address \w+)?)/;
    return "it ended here: $2, in $1" if $said =~ m{^(\S+:\d+):\d+: runtime error: (.*)$}m;
    return "it ended here by signal $ran->{signal}" if $ran->{signal};
    return "it ended here with status $ran->{status}: " . ((grep { !/^(?:case|wrong) / } split /\n/, $said)[-1] // 'nothing more was said');
}

1;
