# SPDX-License-Identifier: MIT
#
# One run of Bochs, without a display, from an ISO. Its exit status is always 1, so that the kernel asked for
# the end is read in its log.
#
#     my $bochs = Pedant::Bochs::program() or skip_all('no bochs');
#     my $run   = Pedant::Bochs::boot(name => 'first', iso => 'build/pedant.iso');    # a Pedant::Run
package Pedant::Bochs;

use strict;
use warnings;
use Cwd qw(abs_path);
use Fcntl qw(O_NOCTTY O_NONBLOCK O_RDONLY);
use Pedant::File qw(slurp spew);
use Pedant::Machine;
use Pedant::Patience;
use Pedant::Run;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

our @ISA = ('Pedant::Run');

my $MODEL = $ENV{BOCHS_MODEL} || 'corei7_sandy_bridge_2600k';
my $LIMIT = 300;    # seconds a run, for what hangs; an idle machine needs 20

# Where it is, or undef.
sub program { return (grep {-x} map {"$_/bochs"} split /:/, $ENV{PATH})[0] }

# The command for a run whose files begin with $base. Debian's Bochs has the debugger, which waits for
# commands; others do not know the option.
sub _command {
    my ($base, $args) = @_;
    my $bochs = program() // die "no bochs in PATH\n";
    my %value = (MODEL => $MODEL, BASE => $base, ISO => abs_path($args->{iso}),
        INFO => $args->{info} // 'ignore', CPUS => $args->{cpus} // 1, IPS => $args->{ips} // 4000000);
    my $rc       = spew("$base.bochsrc", slurp('tests/bochs/bochsrc') =~ s/\@(\w+)\@/$value{$1} \/\/ die $1/ger);
    my @debugger = qx($bochs --help 2>&1) =~ /^\s*-rc\b/m ? (-rc => spew("$base.rc", "c\nquit\n")) : ();
    return ($bochs, '-q', -f => $rc, @debugger);
}

my $pid;
END { local $?; _end() if $pid }

sub _end {
    kill 'KILL', $pid;
    waitpid $pid, 0;
    undef $pid;
    return;
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

# The display is a terminal, and who shows much on one that nobody reads is stopped by the system when a few KiB
# are waiting. So it is read, as soon as Bochs has said which it is, and without an echo that Bochs would take for keys.
sub _terminal {
    my ($said) = @_;
    my ($path) = Pedant::Run::slurp($said) =~ /^Bochs connected to screen "([^"]+)"/m or return;
    sysopen my $terminal, $path, O_RDONLY | O_NOCTTY | O_NONBLOCK or return;
    my $modes = POSIX::Termios->new;
    $modes->getattr(fileno $terminal);
    $modes->setlflag($modes->getlflag & ~(POSIX::ECHO | POSIX::ICANON));
    $modes->setattr(fileno $terminal);
    return $terminal;
}

# Boot and wait for the end. Arguments: name, iso, and if wanted cpus, ips (instructions a second of its clock), info (what to do with what Bochs tells of
# itself: ignore, report), timeout (seconds), watch => sub { ... }, called every few milliseconds with the path
# of the logs, less .log. How long it took says nothing: Bochs has its own clock.
sub boot {
    my (%args) = @_;
    my $base = Pedant::Machine::log_base($args{name});
    $base = abs_path(Pedant::Machine::build_dir()) . substr $base, length Pedant::Machine::build_dir();
    my @command = _command($base, \%args);
    unlink map {"$base.$_"} qw(log json bochs said);
    $pid = fork // die "fork: $!\n";
    _become(\@command, "$base.said") if !$pid;
    my $terminal;
    my $end = time + patient($args{timeout} // $LIMIT);
    while (waitpid($pid, WNOHANG) == 0) {
        $args{watch}->($base) if $args{watch};
        $terminal //= _terminal("$base.said");
        1 while $terminal && sysread $terminal, my $shown, 4096;
        if (time > $end) { _end(); last }
        sleep 0.02;
    }
    undef $pid;
    return __PACKAGE__->_left_behind($base);
}

sub _left_behind {
    my ($class, $base) = @_;
    my $self = bless { name => $base, ports => 2 }, $class;
    $self->{message} = join '', grep {/^\d+p/} split /^/, Pedant::Run::slurp("$base.bochs");
    $self->{outcome} = $self->{message} =~ /Shutdown port: shutdown requested/ ? 'passed' : 'hang';
    $self->{outcome} = 'panic of Bochs' if $self->{message} =~ /PANIC(?!.*Shutdown port)/;
    $self->read_files;
    return $self;
}

# Ubuntu's Bochs (22.04, 24.04) has a BIOS that jumps into nowhere before it boots anything: what it tells of itself.
sub bios_is_lost {
    my ($iso) = @_;
    my $told = Pedant::Run::slurp(boot(name => 'bios', iso => $iso, info => 'report')->name . '.bochs');
    return $told =~ /\[BIOS *\] Starting / && $told !~ /\[BIOS *\] Booting from /;
}

1;
