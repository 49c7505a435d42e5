#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The experiments of docs/experiments.md: each is a command that breaks a copy of the tree, or needs no change, then
# `make run`; and what one sees is what it shows, line by line.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp);
use Pedant::Shown qw();
use Pedant::Tree;

my $dir = tempdir(CLEANUP => 1);

# { command, shown } of each: the blocks that are indented, the first of which is a command.
sub experiments {
    my @all;
    for my $line (map { /^ {4}(.*)$/ ? $1 : () } split /\n/, slurp('docs/experiments.md')) {
        if ($line =~ /^(?:sed -i|make run)\b/) { push @all, { command => $line, shown => [] } }
        elsif ($line !~ /^\s*\.\.\.$/)         { push @{ $all[-1]{shown} }, $line }
    }
    return @all;
}

# Places in a backtrace may be others.
sub missing {
    my ($shown, @lines) = @_;
    my ($wanted, $there) = map { [ map {s/\b[\w.]+\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/PLACE/gr} @$_ ] } $shown, \@lines;
    return Pedant::Shown::missing($wanted, @$there);
}

# Every source, to see that a command changes something.
sub sum { my ($tree) = @_; return scalar `cd $tree && cat \$(find pv host kernel arch lib boot -type f | sort) | cksum` }

sub make_run {
    my ($tree, $command) = @_;
    my $output = `cd $tree && BUILD=build timeout 300 $command 2>&1`;
    return ($? >> 8, map {s/\r//r} split /\n/, $output);
}

sub try {
    my ($name, $command, $shown) = @_;
    my $tree   = Pedant::Tree::copy("$dir/$name");
    my $before = sum($tree);
    my $run    = $command =~ /^make run/ ? $command : 'make run';
    if ($command ne $run) {
        system("cd $tree && $command") == 0 or die "$command failed\n";
        isnt(sum($tree), $before, "$name: the command changes the source");
    }
    my ($status, @lines) = make_run($tree, $run);
    isnt($status, 0, "$name: make run fails");
    cmp_ok(scalar @$shown, '>', 0, "$name: something is shown");
    is_deeply([ missing($shown, @lines) ], [], "$name: and all of that is seen, in this order")
        or diag join "\n", @lines[ $#lines > 60 ? $#lines - 60 : 0 .. $#lines ];
    return $tree;
}

my @experiments = experiments();
my @names       = qw(wrong-byte wrong-type missing-op lost-locks);
is(scalar @experiments, scalar @names, 'there are four experiments');

for my $i (0 .. $#names) {
    my $tree = try($names[$i], @{ $experiments[$i] }{qw(command shown)});
    ok(!-e "$tree/build/pedant.elf", "$names[$i]: there is no image of what was refused") if $names[$i] =~ /^(?:wrong-type|missing-op)$/;
}

# What is compared can fail.
is_deeply([ missing([ 'a 1', 'b 2' ], 'b 3', ' a 0x4 ') ], ['b 2'], 'another order is seen');
is_deeply([ missing(['panic: this'], 'panic: that') ], ['panic: this'], 'another word is seen');

done_testing;
