#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The README's three experiments: each is a command that breaks a copy of the tree, then `make run`, and
# what one sees is what the README says. A change that the kernel does not notice fails here.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);

sub readme_commands {
	open my $in, '<', 'README.md' or die "README.md: $!";
	return grep { /^    sed -i / } <$in>;
}

sub copy_tree {
	my ($to) = @_;
	my $files = 'Makefile linker.ld boot arch pv kernel lib tools tests';
	system("mkdir -p $to && cp -r $files $to/") == 0 or die "copy to $to failed";
	return $to;
}

# Output and exit status of `make run` in the copy, after the command.
sub run_broken {
	my ($name, $command) = @_;
	my $tree = copy_tree("$dir/$name");
	my $before = `cd $tree && cat pv/backend/* pv/made/* pv/para* | cksum`;
	system("cd $tree && $command") == 0 or die "$command failed";
	my $changed = $before ne `cd $tree && cat pv/backend/* pv/made/* pv/para* | cksum`;
	ok($changed, "$name: the command changes the source");
	my $output = `cd $tree && env -u MAKEFLAGS -u MAKELEVEL BUILD=build timeout 120 make run 2>&1`;
	return ($output, $? >> 8);
}

my @seen = (
	[ 'wrong-byte', qr/not true: a site of irq_disable is the instruction/, 'self-tests fail' ],
	[ 'wrong-type', qr/pvtool: .*\d+ findings/, 'the build refuses the image' ],
	[ 'missing-op', qr/panic: the back end has no function for pv_ops\.cpu\.wbinvd/,
	  'a panic names the op' ],
);
my @commands = readme_commands();
is(scalar @commands, scalar @seen, 'the README has three experiments');

for my $i (0 .. $#seen) {
	my ($name, $pattern, $what) = @{ $seen[$i] };
	my ($output, $status) = run_broken($name, $commands[$i]);
	like($output, $pattern, "$name: $what");
	isnt($status, 0, "$name: make run fails");
}
done_testing();
