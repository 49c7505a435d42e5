# SPDX-License-Identifier: MIT
#
# A machine that is stopped at one instruction, by QEMU's own stub for debuggers: as much of GDB's remote protocol as
# that takes. No debugger is needed.
#
#     my $gdb = Pedant::Gdb->connect($socket, 10);      # QEMU's -gdb unix:$socket,server=on,wait=off
#     $gdb->go_to(0xffc10c1f) or ...                    # it is there, and has not executed that
#     $gdb->go;
#     $gdb->ask('M100000,1:90');                       # a packet, and its answer
package Pedant::Gdb;

use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep time);

# $limit: seconds, for this and for each answer.
sub connect {
    my ($class, $path, $limit) = @_;
    my $end  = time + $limit;
    my $self = bless { buffer => '', limit => $limit }, $class;
    until ($self->{socket} = IO::Socket::UNIX->new(Peer => $path)) {
        die "no stub for debuggers at $path: $!\n" if time > $end;
        sleep 0.01;
    }
    return $self;
}

sub _send {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $sum = unpack '%8C*', $text;
    syswrite $self->{socket}, sprintf '$%s#%02x', $text, $sum or die "$text: $!\n";
    return;
}

# The next packet's text, acknowledged; undef: nothing came in time, or QEMU has ended.
sub _answer {
    my ($self) = @_;
    my $select = IO::Select->new($self->{socket});
    while (1) {
        if ($self->{buffer} =~ s/^[^\$]*\$([^#]*)#..//s) {
            my $text = $1;
            syswrite $self->{socket}, '+';
            return $text;
        }
        return undef if !$select->can_read($self->{limit});
        return undef if !sysread $self->{socket}, $self->{buffer}, 4096, length $self->{buffer};
    }
}

# That a machine which ran has stopped, for this to look at it, is told unasked.
sub ask {
    my ($self, $text) = @_;
    $self->_send($text);
    my $answer;
    do { $answer = $self->_answer // die "no answer to $text\n" } while $answer =~ /^T/;
    die "$text: $answer\n" if $answer =~ /^E/;
    return $answer;
}

# Until the instruction there is the next one; false: it has not come there in time.
sub go_to {
    my ($self, $address) = @_;
    my $point = sprintf '1,%x,1', $address;
    $self->ask("Z$point");
    $self->_send('c');
    my $stop = $self->_answer // return 0;
    $self->ask("z$point");
    return $stop =~ /^T05/;
}

# On, and no answer is waited for.
sub go { my ($self) = @_; $self->_send('c'); return }

1;
