# SPDX-License-Identifier: MIT
#
# A line to a running QEMU by its machine protocol (QMP): one JSON object out, one back. It is used
# and not the monitor for people since its answers say plainly whether a command worked.
package Pedant::Monitor;

use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use JSON::PP;
use Pedant::File qw(slurp);
use Time::HiRes qw(sleep time);

# Connect to the socket at $path as soon as QEMU listens there, $limit seconds at most, and while $lives->().
sub connect {
    my ($class, $path, $limit, $lives) = @_;
    my $end  = time + $limit;
    my $self = bless { json => JSON::PP->new->utf8, buffer => '', limit => $limit, path => $path }, $class;
    until ($self->{socket} = IO::Socket::UNIX->new(Peer => $path)) {
        die "no monitor at $path: $!\n" if time > $end || ($lives && !$lives->());
        sleep 0.01;
    }
    $self->_answer;    # the greeting
    $self->execute('qmp_capabilities');
    return $self;
}

sub _line {
    my ($self) = @_;
    my $select = IO::Select->new($self->{socket});
    until ($self->{buffer} =~ /\n/) {
        die "the monitor was silent for $self->{limit} s\n" if !$select->can_read($self->{limit});
        sysread($self->{socket}, $self->{buffer}, 65536, length $self->{buffer})
            or die "the monitor hung up: QEMU ended\n";
    }
    (my $line, $self->{buffer}) = split /\n/, $self->{buffer}, 2;
    return $line;
}

# The next object that is an answer; events (RESET, STOP ...) come at any time and are dropped.
sub _answer {
    my ($self) = @_;
    while (1) {
        my $object = $self->{json}->decode($self->_line);
        return $object if !$object->{event};
    }
}

# Run a command, die with QEMU's own reason if it fails, return what it returns.
sub execute {
    my ($self, $command, %arguments) = @_;
    my $text = $self->{json}->encode({
        execute => $command,
        (%arguments ? (arguments => \%arguments) : ()),
    });
    local $SIG{PIPE} = 'IGNORE';
    syswrite($self->{socket}, "$text\n") // die "monitor, $command: $!\n";
    my $answer = $self->_answer;
    die "monitor, $command: $answer->{error}{desc}\n" if $answer->{error};
    return $answer->{return};
}

# $size bytes of physical memory at $address.
sub pmemsave {
    my ($self, $address, $size) = @_;
    my $file = "$self->{path}.memory";
    $self->execute('pmemsave', val => $address + 0, size => $size + 0, filename => $file);
    my $bytes = slurp($file);
    unlink $file;
    die sprintf("pmemsave at 0x%08x: %d of %d bytes\n", $address, length $bytes, $size)
        if length $bytes != $size;
    return $bytes;
}

# The 25 lines of the text screen, without trailing blanks.
sub vga_text {
    my ($self) = @_;
    my $cells = $self->pmemsave(0xb8000, 80 * 25 * 2) =~ s/(.)./$1/gsr;
    $cells =~ tr/\0/ /;
    return map {s/ +$//r} unpack '(a80)25', $cells;
}

1;
