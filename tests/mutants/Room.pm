# SPDX-License-Identifier: MIT
#
# Where mutants are tried: below the build directory, a copy of the tree that is built already, pristine, and
# for each worker a copy of that, made anew for each mutant. cp -a keeps times, so make remakes what a mutant
# changed and nothing else.
#
#     my $room = Room->new('mutants', without => qr/pedant-native/);
#     $room->build('build/pedant.elf');               # names begin with $room->name
#     my $copy = $room->copy(1);
package Room;

use strict;
use warnings;
use Cwd qw(getcwd);
use File::Path qw(make_path remove_tree);
use Pedant::Machine;

use constant JOBS => 2;

my @SOURCES = qw(Makefile linker.ld README.md LICENSE .clang-format boot arch pv host kernel lib tools tests docs);

# Of the build directory, what no mutant needs.
my $UNNEEDED = qr{/(?:bench|clang|cover|exercise|fuzz|litmus|locks-check|logs|mutants|random|way-[^/]*)\z};

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};    # the caller's, whose jobs and variables are not ours

# Object files and what depends on what are named by the build directory's name, so it has to stay. When
# that is not below the tree, the copy is built from nothing.
sub new {
    my ($class, $what, %args) = @_;
    my $top   = getcwd();
    my $build = Pedant::Machine::build_dir();
    my $logs  = Pedant::Machine::log_dir();
    my $self  = bless {
        what => $what,
        top  => $top,
        logs => ($logs =~ m{^/} ? $logs : "$top/$logs"),
        room => ($build =~ m{^/} ? $build : "$top/$build") . "/$what",
        name => $build =~ m{^/} ? 'build' : $build,
    }, $class;
    my @built = $build =~ m{^/} ? () : grep { $_ !~ $UNNEEDED } glob "$build/*";
    @built = grep { $_ !~ $args{without} } @built if $args{without};
    $self->clear;
    make_path("$self->{room}/pristine/$self->{name}");
    system('cp', '-a', (grep {-e} @SOURCES), "$self->{room}/pristine/") == 0 or die "cannot copy the tree to $self->{room}\n";
    !@built or system('cp', '-a', @built, "$self->{room}/pristine/$self->{name}/") == 0 or die "cannot copy $build\n";
    return $self;
}

sub name     { return $_[0]{name} }
sub logs     { return $_[0]{logs} }
sub top      { return $_[0]{top} }
sub pristine { return "$_[0]{room}/pristine" }
sub clear    { remove_tree($_[0]{room}); return }

# What make gets in front of targets.
sub make { my ($self) = @_; return ('make', "BUILD=$self->{name}", 'CC=' . ($ENV{CC} || 'gcc')) }

# Makes the targets in the pristine copy.
sub build {
    my ($self, @targets) = @_;
    my $log  = "$self->{logs}/$self->{what}-build.log";
    my @make = ($self->make, '-j' . JOBS, '-C', $self->pristine, @targets);
    system("@make > $log 2>&1") == 0 or die "the tree without a mutant does not build: see $log\n";
    return;
}

# A fresh copy for a worker; returns its path, and is there.
sub copy {
    my ($self, $worker) = @_;
    my $copy = "$self->{room}/copy-$worker";
    system('rm', '-rf', $copy) == 0 && system('cp', '-a', $self->pristine, $copy) == 0 or die "no copy: $copy\n";
    chdir $copy or die "$copy: $!\n";
    return $copy;
}

1;
