# SPDX-License-Identifier: MIT
#
# What one boot left behind, in the terms of the kernel's promises: how it ended, the log's lines,
# the JSON events, the self-tests. Reads files and judges nothing but the exit code; the checks are
# in Pedant.pm.
package Pedant::Run;

use strict;
use warnings;
use JSON::PP;
use Pedant::Ktap;

# isa-debug-exit returns (value << 1) | 1. 0 is what a triple fault returns under -no-reboot.
my %OUTCOME = (33 => 'passed', 35 => 'failed', 37 => 'panic', 0 => 'reset');

# From a Pedant::Machine that ended, or that reached the state which a test holds it in.
sub new {
    my ($class, $machine, $args) = @_;
    my $self = bless {
        name    => $machine->{base},
        ports   => $args->{serial},
        seconds => $machine->{seconds},
        message => $machine->messages,
    }, $class;
    $self->_judge($machine) if defined $machine->{status};
    $self->read_files;
    return $self;
}

sub _judge {
    my ($self, $machine) = @_;
    my $status = $machine->{status};
    $self->{exit}    = $status & 127 ? undef : $status >> 8;
    $self->{outcome} = $machine->{killed} ? 'hang' : 'qemu';
    return if $machine->{killed};
    $self->{outcome} = $OUTCOME{ $self->{exit} } // 'qemu' if defined $self->{exit};
    $self->{message} .= "killed by signal " . ($status & 127) . "\n" if $status & 127;
    return;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or return '';
    local $/;
    return <$in> // '';
}

# (Re)read the log and the events; a held machine may have said more since.
sub read_files {
    my ($self) = @_;
    $self->{log}      = slurp("$self->{name}.log");
    $self->{lines}    = [ map {s/\r$//r} split /\n/, $self->{log} ];
    $self->{events}   = [];
    $self->{of_guests} = [];
    $self->{bad_json} = [];
    for my $line (map {s/\r$//r} split /\n/, slurp("$self->{name}.json")) {
        my $event = eval { JSON::PP->new->utf8->decode($line) };
        my $good  = ref $event eq 'HASH' && defined $event->{event};
        if ($good && $event->{guest}) { push @{ $self->{of_guests} }, $event; next }
        push @{ $good ? $self->{events} : $self->{bad_json} }, $good ? $event : $line;
    }
    return;
}

sub outcome   { return $_[0]{outcome} // 'held' }
sub exit_code { return $_[0]{exit} }
sub seconds   { return $_[0]{seconds} }
sub name      { return $_[0]{name} }
sub ports     { return $_[0]{ports} }
sub log       { return $_[0]{log} }
sub lines     { return @{ $_[0]{lines} } }
sub last_line { return $_[0]{lines}[-1] // '' }
sub bad_json  { return @{ $_[0]{bad_json} } }
sub ktap      { return Pedant::Ktap->new($_[0]->lines) }

# The events named $name of a guest.
sub guest_events {
    my ($self, $guest, $name) = @_;
    return grep { $_->{guest} == $guest && $_->{event} eq $name } @{ $self->{of_guests} };
}

# All events, or those named $name; of guests none.
sub events {
    my ($self, $name) = @_;
    return grep { !defined $name || $_->{event} eq $name } @{ $self->{events} };
}

# The first event named $name whose members equal those given, or undef.
sub event {
    my ($self, $name, %members) = @_;
    for my $event ($self->events($name)) {
        return $event if !grep { ($event->{$_} // '') ne $members{$_} } keys %members;
    }
    return undef;
}

sub lines_like {
    my ($self, $pattern) = @_;
    return grep {/$pattern/} $self->lines;
}

# For diag: how it ended, where the log is, its last lines.
sub describe {
    my ($self) = @_;
    my @tail = $self->lines;
    splice @tail, 0, @tail - 15 if @tail > 15;
    my $exit = defined $self->{exit} ? ", exit code $self->{exit}" : '';
    my $text = sprintf "outcome %s%s after %.1f s; %s.log ends:\n", $self->outcome, $exit,
        $self->{seconds} // 0, $self->{name};
    $text .= "    $_\n"       for @tail ? @tail : '(nothing)';
    $text .= "  QEMU said: $_\n" for split /\n/, $self->{message};
    return $text;
}

1;
