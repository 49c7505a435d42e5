# SPDX-License-Identifier: MIT
#
# A boot that ran to its end and stands there (no isa-debug-exit: the kernel halts), so that a test
# can look into its memory and at its screen. A Pedant::Run with a line to QEMU.
package Pedant::Held;

use strict;
use warnings;
use parent 'Pedant::Run';
use File::Temp qw(tempdir);
use Pedant::Machine;
use Pedant::Monitor;

my $END_LINE = qr/^pedant: \d+ passed, \d+ failed, \d+ skipped$/;

# $args are Pedant::boot_and_hold()'s. Returns also when the awaited thing did not come: then
# reached() is false, and outcome() says whether QEMU is still there ('held') or how it ended.
sub new {
    my ($class, $base, $args) = @_;
    my $directory = tempdir(CLEANUP => 1);    # a socket's path has 107 characters at most
    local $args->{qmp_path} = "$directory/qmp";
    my $machine = Pedant::Machine->start($base, $args);
    my $monitor = eval { Pedant::Monitor->connect($args->{qmp_path}, 10, sub { $machine->running }) };
    my $problem = $monitor ? '' : $@;
    my $self    = bless { name => $base, machine => $machine, monitor => $monitor,
        directory => $directory }, $class;
    $self->{reached} = $monitor && $machine->wait_for($args->{timeout}, sub { $self->_there($args) });
    my $run = Pedant::Run->new($machine, $args);
    $run->{message} .= $problem;
    @$self{ keys %$run } = values %$run;    # this object, not a copy: its end is QEMU's end
    return $self;
}

sub _there {
    my ($self, $args) = @_;
    if (my $wanted = $args->{until_vga}) {
        my @screen = eval { $self->vga_text };
        return scalar grep {/$wanted/} @screen;
    }
    my $wanted = $args->{until} || $END_LINE;
    open my $in, '<:raw', "$self->{name}.log" or return 0;
    return scalar grep { s/\r?\n$//r =~ $wanted } <$in>;
}

sub reached { return $_[0]{reached} }

# Its memory, and its screen, as Pedant::Monitor has them.
sub pmemsave { my ($self, @where) = @_; return $self->{monitor}->pmemsave(@where) }
sub vga_text { my ($self) = @_; return $self->{monitor}->vga_text }

# What CPUID says of features, by QEMU's own account: { "leaf.subleaf.register" => number }, as in "7.0.EBX".
sub cpuid {
    my ($self) = @_;
    my ($cpu) = @{ $self->{monitor}->execute('query-cpus-fast') };
    my $words = $self->{monitor}->execute('qom-get', path => $cpu->{'qom-path'}, property => 'feature-words');
    return { map { sprintf('%x.%x.%s', $_->{'cpuid-input-eax'}, $_->{'cpuid-input-ecx'} // 0, $_->{'cpuid-register'})
                => $_->{features} } @$words };
}

# A picture of the screen; format ppm or png.
sub screendump {
    my ($self, $file, $format) = @_;
    $self->{monitor}->execute('screendump', filename => $file, format => $format // 'ppm');
    return;
}

# Is the CPU in HLT with interrupts off, so that nothing will ever happen again? The last line is
# written a little earlier, so this waits.
sub stands_still {
    my ($self, $limit) = @_;
    return $self->{machine}->wait_for($self->{machine}->age + $limit, sub {
        my $registers = $self->{monitor}->execute('human-monitor-command', 'command-line' => 'info registers');
        my ($flags, $halted) = $registers =~ /EFL=([0-9a-f]+).*HLT=(\d)/s;
        return $halted && !(hex($flags) & 0x200);
    });
}

# The end, asked for, so that QEMU writes out what it buffers.
sub quit {
    my ($self) = @_;
    my $machine = $self->{machine};
    eval { $self->{monitor}->execute('quit') };
    $machine->wait_for($machine->age + 5);
    return $machine->kill;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->{machine}->kill if $self->{machine};
    return;
}

1;
