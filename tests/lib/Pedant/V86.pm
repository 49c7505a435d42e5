# SPDX-License-Identifier: MIT
#
# One run of v86, an emulator in WebAssembly, by node and without a browser: tests/v86/boot.mjs boots the image as a
# multiboot loader does. Packages are in build/npm (tools/npm.sh).
#
#     my $why = Pedant::V86::missing() and plan skip_all => $why;
#     my $run = Pedant::V86::boot(name => 'first', cmdline => 'selftest=off');    # a Pedant::Run
package Pedant::V86;

use strict;
use warnings;
use Pedant::File qw(slurp);
use Pedant::Machine;
use Pedant::Patience;
use Pedant::Run;
use POSIX ();

our @ISA = ('Pedant::Run');

my %OUTCOME = ('0x10' => 'passed', '0x11' => 'failed', '0x12' => 'panic');

sub _packages { return Pedant::Machine::build_dir() . '/npm/node_modules/v86/build' }

# Why it cannot run here, or undef.
sub missing {
    my $module = _packages() . '/libv86.mjs';
    return 'no node in PATH (package nodejs)' if !grep {-x} map {"$_/node"} split /:/, $ENV{PATH};
    return "no $module (tools/npm.sh, where npm has a registry)" if !-e $module;
    return undef;
}

# Boot and wait for the end. Arguments: name, image, cmdline, module (one at most, which gets no command line), memory
# (MiB), timeout (seconds).
sub boot {
    my (%args) = @_;
    my $base    = Pedant::Machine::log_base($args{name});
    my $image   = $args{image} || Pedant::Machine::build_dir() . '/pedant.elf';
    my $seconds = patient($args{timeout} // 120);
    my @command = ('node', 'tests/v86/boot.mjs', _packages(), $seconds, $args{memory} // 64, $image, $args{cmdline} // '',
        $args{module} // '', "$base.json");
    defined(my $pid = fork) or die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<', '/dev/null'  or POSIX::_exit(126);
        open STDOUT, '>', "$base.said" or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT    or POSIX::_exit(126);
        { no warnings 'exec'; exec @command; }
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    my $said = slurp("$base.said");
    my $how  = $said =~ s/^\n?v86: ([^\n]*)\n?\z//m ? $1 : 'v86 itself ended';
    open my $log, '>:raw', "$base.log" or die "$base.log: $!\n";
    print $log $said;
    close $log or die "$base.log: $!\n";
    my $self = bless { name => $base, ports => 2, message => "$how\n", seconds => 0 }, __PACKAGE__;
    $self->{outcome} = $how =~ /^ended with (\S+)/ ? $OUTCOME{$1} // 'v86' : $how =~ /^not at its end/ ? 'hang' : 'v86';
    $self->read_files;
    return $self;
}

1;
