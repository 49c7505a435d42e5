# SPDX-License-Identifier: MIT
#
# One QEMU process: its command line, its start, its end. What a kernel under test does may be
# anything, so every wait has a limit, and no process outlives the test that started it, also when
# that test dies: a leftover QEMU would eat a CPU that the next test's time limit counts on.
package Pedant::Machine;

use strict;
use warnings;
use File::Basename qw(basename);
use File::Path qw(make_path);
use POSIX qw(:signal_h WNOHANG);
use Time::HiRes qw(sleep time);

my %alive;         # pid => 1, of QEMUs not yet reaped
my %names_used;    # log names of this test: a second run must not overwrite the first one's log

sub build_dir { return $ENV{BUILD} || 'build' }

# Where all logs go, and what else a test leaves behind or needs for a moment.
sub log_dir {
    make_path(build_dir() . '/logs');
    return build_dir() . '/logs';
}

# Where a run's files go; the test's own name is in front, so that tests can run at the same time.
sub log_base {
    my ($name) = @_;
    my $test = basename($0) =~ s/\.\w+$//r;
    my $base = "$test-$name" =~ s/[^\w.+-]+/_/gr;
    die "two runs are named $base: the second would overwrite the first one's log\n"
        if $names_used{$base}++;
    return log_dir() . "/$base";
}

sub _serial_args {
    my ($base, $args) = @_;
    my $ports = $args->{serial};
    my @files = ($args->{serial1} // "file:$base.log", $args->{serial2} // "file:$base.json");
    return $ports ? map { (-serial => $_) } @files[0 .. $ports - 1] : (-serial => 'none');
}

sub _image_args {
    my ($args) = @_;
    return (-cdrom => $args->{iso}, -boot => 'd') if $args->{iso};
    my @image = (-kernel => $args->{image});
    push @image, -append => $args->{cmdline} if length($args->{cmdline} // '');

    # QEMU splits modules at commas; a doubled comma is one in a name.
    push @image, -initrd => join(',', map {s/,/,,/gr} @{ $args->{modules} }) if $args->{modules};
    return @image;
}

# The whole command; $args are those of Pedant::boot().
sub command {
    my ($base, $args) = @_;
    return (
        $args->{qemu} // 'qemu-system-i386',
        qw(-display none -no-reboot -nic none),
        -accel => $args->{accel} // 'tcg',
        _image_args($args),
        -m => $args->{memory},
        ($args->{cpu}      ? (-cpu    => $args->{cpu})                               : ()),
        ($args->{smp}      ? (-smp    => $args->{smp})                               : ()),
        ($args->{exit}     ? (-device => 'isa-debug-exit,iobase=0xf4,iosize=0x04')   : ()),
        ($args->{qmp_path} ? (-qmp    => "unix:$args->{qmp_path},server=on,wait=off") : ()),
        _serial_args($base, $args),
        @{ $args->{extra} || [] },
    );
}

# Start QEMU. QEMU's own messages go to BASE.qemu, its command line as the first line, so that a
# failed run can be repeated by hand.
sub start {
    my ($class, $base, $args) = @_;
    my @command = command($base, $args);
    my $self = bless { base => $base, started => time }, $class;
    unlink map {"$base.$_"} qw(log json qemu);
    $self->{pid} = _fork_noted() || _become_qemu($base, @command);
    return $self;
}

# A signal between the fork and the note of it would end us and leave QEMU behind.
sub _fork_noted {
    my $before = POSIX::SigSet->new;
    sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGINT, SIGTERM, SIGHUP), $before);
    my $pid = fork // die "fork: $!\n";
    $alive{$pid} = 1 if $pid;
    sigprocmask(SIG_SETMASK, $before);
    return $pid;
}

sub _become_qemu {
    my ($base, @command) = @_;
    open STDIN,  '<', '/dev/null'  or POSIX::_exit(126);
    open STDERR, '>', "$base.qemu" or POSIX::_exit(126);
    open STDOUT, '>&', \*STDERR    or POSIX::_exit(126);
    syswrite STDERR, join(' ', map { /^[\w.,:=\/+-]+$/ ? $_ : "'$_'" } @command) . "\n";
    { no warnings 'exec'; exec @command; }
    syswrite STDERR, "cannot run $command[0]: $!\n";
    POSIX::_exit(127);
}

# True while QEMU runs; reaps it when it does not.
sub running {
    my ($self) = @_;
    return 0 if defined $self->{status};
    local $?;
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;
    $self->_ended($?);
    return 0;
}

sub _ended {
    my ($self, $status) = @_;
    $self->{status}  = $status;
    $self->{seconds} = time - $self->{started};
    delete $alive{ $self->{pid} };
    return;
}

# Seconds since the start.
sub age { return time - $_[0]{started} }

# Wait until $done->() is true (or, without $done, until QEMU ends). False when $limit seconds since
# the start passed first, or when QEMU ended while something else was waited for.
sub wait_for {
    my ($self, $limit, $done) = @_;
    while (1) {
        my $running = $self->running;
        return 1 if $done ? $done->() : !$running;
        return 0 if !$running || $self->age > $limit;
        sleep 0.005;
    }
}

sub kill {
    my ($self) = @_;
    return if !$self->running;
    local $?;
    CORE::kill('KILL', $self->{pid});
    waitpid($self->{pid}, 0);
    $self->_ended($?);
    $self->{killed} = 1;
    return;
}

# What QEMU itself said, without the command line.
sub messages {
    my ($self) = @_;
    open my $in, '<', "$self->{base}.qemu" or return '';
    my ($command, @said) = <$in>;
    return join '', @said;
}

# A signal must run the END block too: the default action would leave QEMU behind. PIPE comes when who
# reads what we say has heard enough.
$SIG{$_} //= sub { exit 1 }
    for qw(INT TERM HUP PIPE);

END {
    local $?;    # the test's own exit status
    for my $pid (keys %alive) {
        CORE::kill('KILL', $pid);
        waitpid($pid, 0);
    }
}

1;
