#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The README's experiments: each is a command that breaks a copy of the tree, or needs no change, then
# `make run`; and what one sees is what the README shows, line by line. Only numbers and addresses differ, and
# places in a backtrace.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp);
use Pedant::Tree;

my $dir = tempdir(CLEANUP => 1);

# { command, shown } of each: the blocks that are indented, the first of which is a command.
sub experiments {
    my ($section) = slurp('README.md') =~ /^## Four experiments[^\n]*\n(.*?)^## /ms or die "README.md has no experiments\n";
    my @all;
    for my $line (map { /^ {4}(.*)$/ ? $1 : () } split /\n/, $section) {
        if ($line =~ /^(?:sed -i|make run)\b/) { push @all, { command => $line, shown => [] } }
        elsif ($line !~ /^\s*\.\.\.$/)         { push @{ $all[-1]{shown} }, $line }
    }
    return @all;
}

# What may differ from build to build.
sub normal {
    my ($line) = @_;
    $line =~ s/^\s+|\s+$//g;
    $line =~ s/\b[\w.]+\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/PLACE/g;
    $line =~ s/\b0x[0-9a-f]+\b|\b[0-9a-f]{8}\b|\b\d+\b/N/g;
    return $line;
}

# The lines that are not there in this order.
sub missing {
    my ($shown, @lines) = @_;
    my @missing;
    my $at = 0;
    for my $wanted (@$shown) {
        my ($found) = grep { normal($lines[$_]) eq normal($wanted) } $at .. $#lines;
        if (defined $found) { $at = $found + 1 }
        else                { push @missing, $wanted }
    }
    return @missing;
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
    cmp_ok(scalar @$shown, '>', 0, "$name: the README shows something");
    is_deeply([ missing($shown, @lines) ], [], "$name: and all of that is seen, in this order")
        or diag join "\n", @lines[ $#lines > 60 ? $#lines - 60 : 0 .. $#lines ];
    return $tree;
}

my @experiments = experiments();
my @names       = qw(wrong-byte wrong-type missing-op lost-locks);
is(scalar @experiments, scalar @names, 'the README has four experiments');

for my $i (0 .. $#names) {
    my $tree = try($names[$i], @{ $experiments[$i] }{qw(command shown)});
    ok(!-e "$tree/build/pedant.elf", "$names[$i]: there is no image of what was refused") if $names[$i] =~ /^(?:wrong-type|missing-op)$/;
}

# What is compared can fail.
is_deeply([ missing([ 'a 1', 'b 2' ], 'b 3', ' a 0x4 ') ], ['b 2'], 'another order is seen');
is_deeply([ missing(['panic: this'], 'panic: that') ], ['panic: this'], 'another word is seen');

done_testing;
