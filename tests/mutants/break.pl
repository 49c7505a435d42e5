#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# One mutant, for who wants to learn by it (`make break M=126`): shows the fault, puts it into a copy of the
# tree, builds and runs that as run.pl does, and says in plain words who noticed it. The tree itself is only
# read. Without M it lists all mutants. With --known it only looks whether there is such a one.
#
#	M=126 BUILD=build perl -Itests/lib tests/mutants/break.pl

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cwd qw(getcwd);
use IO::Handle;
use Mutant;
use Pool;
use Room;

STDOUT->autoflush(1);
my $top = getcwd();
my $room;

sub refuse { print {*STDERR} "make break: $_[0]\n"; exit 2 }

# The one that is meant: a number, with zeros in front or without, or a name.
sub path_of {
    my ($asked) = @_;
    refuse("M=$asked: a mutant is a number or a name, as in the list of make break") if $asked !~ /^(\d{1,3}|\d{3}-[\w-]+)\z/;
    my $begin = $asked =~ /^\d+\z/ ? sprintf '%03d-*', $asked : $asked;
    my @paths = grep {-e} glob "$top/tests/mutants/$begin.patch";
    refuse("M=$asked: there is no such mutant; make break lists all") if @paths != 1;
    return $paths[0];
}

sub list {
    my @all = map { Mutant->new($_) } sort glob "$top/tests/mutants/*.patch";
    printf "%-40s %s\n", @$_{qw(name broken)} for @all;
    print scalar @all, " mutants; make break M=NUMBER puts one into a copy, and says who notices it\n";
    return;
}

# The lines that change, by file.
sub changes {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    return map { m{^\+\+\+ b/(\S+)} ? "\n  $1\n" : /^[-+](?!--)/ ? "    $_" : () } <$in>;
}

sub how_it_runs {
    my ($mutant) = @_;
    my @words = @{ $mutant->{words} };
    my $first = $words[0] // '';
    return {
        build => 'it is built, which looks at each image',
        host  => "it is built, and so is the test $first of this machine, which runs",
        t     => "it is built, and $first runs",
        boot  => 'it is built and boots with its self-tests' . (@words ? ": @words" : ''),
    }->{ $mutant->{kind} };
}

# Who that is, and the sentence which is not true any more.
sub who {
    my ($mutant, $evidence) = @_;
    my ($name, $sentence) = $evidence =~ /^(.*?): (.*)/ or return "$evidence\n";
    return "the kernel itself, which panicked:\n    $sentence\n"             if $name eq 'panic';
    return "who waited, since nothing was said any more:\n    $sentence\n" if $name eq 'hang';
    return "$name, which says:\n    $sentence\n"                           if $mutant->{kind} eq 'build';
    return "the test $name, since this is not true any more:\n    $sentence\n";
}

my %plain = (
    noticed   => 'Noticed, after %.0f s, by ',
    elsewhere => "Noticed, after %.0f s, but not by whom it should be (its head wants \$who): ",
    SURVIVED  => "Not noticed, in %.0f s: a test is missing. Its head says who should have: \$who\n",
);

sub say_plainly {
    my ($mutant) = @_;
    my $plain = $plain{ $mutant->{outcome} };
    if (!$plain) { print "\nIt cannot be tried: $mutant->{outcome}: $mutant->{evidence}\n"; return }
    print "\n", sprintf($plain, $mutant->{seconds}) =~ s/\$who/$mutant->{'noticed by'}/r;
    print who($mutant, $mutant->{evidence}) if $mutant->{outcome} ne 'SURVIVED';
    print "  and $mutant->{more} more\n" if $mutant->{more};
    return;
}

sub try {
    my ($mutant) = @_;
    $room = Room->new('break', without => qr{/(?:bare$|pedant-native)});
    my $log = $room->logs . "/break-$mutant->{name}.log";
    print "\nIn a copy of the tree (", $room->pristine =~ s{/pristine$}{}r =~ s{^\Q$top\E/}{}r, ') ', how_it_runs($mutant), " ...\n";
    $room->build($mutant->targets($room->name));
    Pool::run(1, [$mutant], sub { return $mutant->try($room, $_[1], $log) }, sub { });
    say_plainly($mutant);
    print "\nAll that it said is in ", $log =~ s{^\Q$top\E/}{}r, "; your tree is as it was.\n";
    return $mutant->{outcome} eq 'noticed' ? 0 : 1;
}

END { local $?; $room->clear if $room }

my $asked = $ENV{M} // '';
my $known = ($ARGV[0] // '') eq '--known';
if (!length $asked) { list() if !$known; exit 0 }
my $mutant = Mutant->new(path_of($asked));
exit 0 if $known;
print "$mutant->{name}\n  broken:      $mutant->{broken}\n  stands for:  $mutant->{'stands for'}\n", changes($mutant->{path});
exit try($mutant);
