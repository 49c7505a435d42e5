# SPDX-License-Identifier: MIT
#
# A person at the kernel's shell: a QEMU whose first serial port is a pair of pipes, keys that are typed into it, and what a
# terminal would show. Pipes, since a socket takes some hundred single bytes only, and the kernel gives up a port that
# nobody reads for a while: of a pipe that is a megabyte.
#
#     my $shell = Pedant::Shell->new(name => 'keys', cmdline => 'shell=nopages');
#     my @lines = $shell->ask('keys irq*');
#     is($shell->leave, 33, 'the exit code');
package Pedant::Shell;

use strict;
use warnings;
use Fcntl qw(O_RDWR O_NONBLOCK);
use File::Temp qw(tempdir);
use IO::Select;
use POSIX qw(mkfifo);
use Pedant::Gdb;
use Pedant::Machine;
use Pedant::Monitor;
use Pedant::Patience;
use Pedant::Run;
use Time::HiRes qw(sleep time);

use constant { F_SETPIPE_SZ => 1031, PIPE_SIZE => 1 << 20 };

our $PROMPT = 'pedant> ';
my $AT_PROMPT = qr/\n(?:\e\[m)?\Q$PROMPT\E\z/;    # behind a line that had a colour

# Arguments as of Pedant::boot(); comes back with the first prompt. monitor => 1: with a line to QEMU. prompt => 0: does
# not wait.
sub new {
    my ($class, %args) = @_;
    my $dir  = tempdir(CLEANUP => 1);    # a socket's path has 107 characters at most
    my $all  = { image => Pedant::Machine::build_dir() . '/pedant.elf', memory => 64, serial => 2, exit => 1,
        timeout => patient(30), %args, serial1 => "pipe:$dir/serial",
        ($args{monitor} ? (qmp_path => "$dir/qmp") : ()) };
    my $base = Pedant::Machine::log_base($args{name});
    my $self = bless { dir => $dir, args => $all, said => '', base => $base, limit => $all->{timeout} }, $class;
    ($self->{in}, $self->{out}) = map { _pipe("$dir/serial.$_") } qw(in out);
    $self->{machine} = Pedant::Machine->start($base, $all);
    $self->{monitor} = Pedant::Monitor->connect("$dir/qmp", $self->{limit}) if $args{monitor};
    $self->wait_for($AT_PROMPT) if $args{prompt} // 1;
    return $self;
}

# Open at both ends, so that it never ends.
sub _pipe {
    my ($path) = @_;
    mkfifo($path, 0600) or die "$path: $!\n";
    sysopen my $pipe, $path, O_RDWR | O_NONBLOCK or die "$path: $!\n";
    fcntl $pipe, F_SETPIPE_SZ, PIPE_SIZE;    # or as large as it is
    return $pipe;
}

# What came, for at most so many seconds; false: nothing did, and QEMU has ended.
sub _read {
    my ($self, $seconds) = @_;
    return $self->{machine}->running if !IO::Select->new($self->{out})->can_read($seconds);
    sysread $self->{out}, $self->{said}, 65536, length $self->{said};
    return 1;
}

# All bytes, while what comes back is read: neither side is to wait for the other one.
sub type {
    my ($self, $bytes) = @_;
    my $end = time + $self->{limit};
    while (length $bytes) {
        my $n = IO::Select->new($self->{in})->can_write(0.01) ? syswrite($self->{in}, $bytes, 4096) : 0;
        substr($bytes, 0, $n // 0, '');
        $self->_read(0) or return 0;
        return 0 if time > $end;
    }
    return 1;
}

# Until what was said from $from on (all) is like $pattern. Returns whether it is, within the limit.
sub wait_for {
    my ($self, $pattern, $from, $limit) = @_;
    my $end = time + ($limit // $self->{limit});
    until (substr($self->{said}, $from // 0) =~ $pattern) {
        return 0 if time > $end || !$self->_read(0.05);
    }
    return 1;
}

sub said { return $_[0]{said} }
sub mark { return length $_[0]{said} }

# What a terminal shows of bytes: carriage returns and backspaces move, sequences do nothing.
sub shown {
    my ($bytes) = @_;
    my @rows = ('');
    my $at = 0;
    for my $part ($bytes =~ /\e(?:[78]|\[[\d;]*[A-Za-z])|[^\e]/gs) {
        if    ($part =~ /^\e/) { }
        elsif ($part eq "\n")  { push @rows, ''; $at = 0 }
        elsif ($part eq "\r")  { $at = 0 }
        elsif ($part eq "\b")  { $at-- if $at }
        else {
            $rows[-1] .= ' ' while length $rows[-1] < $at;
            substr($rows[-1], $at++, 1, $part);
        }
    }
    return map {s/ +$//r} @rows;
}

# What the log of a script's run has behind each command, [ command, lines ], up to the shell's end.
sub transcript {
    my ($run) = @_;
    my @answers;
    for my $line ($run->lines) {
        if    ($line =~ /^pedant> (.*)/)                      { push @answers, [$1] }
        elsif ($line =~ /^(?:shell: \d+ lines|pedant: \d+ )/) { last }
        elsif (@answers)                                      { push @{ $answers[-1] }, $line }
    }
    return @answers;
}

# Type keys, and wait for the prompt in a line of its own. What stands between, without the line that was typed.
sub keys {
    my ($self, $keys, $limit) = @_;
    my $from = $self->mark;
    $self->type($keys);
    return ('(no prompt came)') if !$self->wait_for($AT_PROMPT, $from, $limit);
    my @rows = shown(substr $self->{said}, $from);
    $self->{typed} = shift @rows;
    pop @rows;
    return @rows;
}

sub ask { my ($self, $line, $limit) = @_; return $self->keys("$line\r", $limit) }

# Whatever was typed before is done: a comment comes back. False: it does not.
sub sync {
    my ($self) = @_;
    my $mark = '#' . ++$self->{syncs};
    my $from = $self->mark;
    $self->type("$mark\r");
    return $self->wait_for(qr/\Q$mark\E\r?$AT_PROMPT/, $from);
}

# The last line that was typed, as the terminal showed it.
sub typed { return $_[0]{typed} }

sub execute { my ($self, @command) = @_; return $self->{monitor}->execute(@command) }

# As Pedant::Monitor has them.
sub pmemsave { my ($self, @where) = @_; return $self->{monitor}->pmemsave(@where) }
sub vga_text { my ($self) = @_; return $self->{monitor}->vga_text }

# Other bytes into memory, as a debugger writes them: past page tables' protection, and between two instructions.
sub poke {
    my ($self, $address, $bytes) = @_;
    my $path = "$self->{dir}/gdb";
    $self->execute('human-monitor-command', 'command-line' => "gdbserver unix:$path,server=on,wait=off") if !-e $path;
    my $gdb = Pedant::Gdb->connect($path, $self->{limit});
    for my $command (sprintf('M%x,%x:%s', $address, length $bytes, unpack 'H*', $bytes), 'D') {
        my $answer = $gdb->ask($command);
        die "gdbserver, $command: $answer\n" if $answer ne 'OK';
    }
    return;
}

# The machine's end; its exit status, undef when it has to be killed.
sub leave {
    my ($self, $line) = @_;
    $self->type(($line // 'exit') . "\r");
    return $self->end;
}

sub end {
    my ($self) = @_;
    my $end = time + $self->{limit};
    1 while time < $end && $self->_read(0.05) && $self->{machine}->running;
    $self->{machine}->wait_for($self->{machine}->age + 5);
    $self->{machine}->kill;
    my $status = $self->{machine}{status};
    return $status & 127 ? undef : $status >> 8;
}

# The events, once the machine has ended.
sub events {
    my ($self, $name) = @_;
    return Pedant::Run->new($self->{machine}, $self->{args})->events($name);
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->{machine}->kill if $self->{machine};
    return;
}

1;
