#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The live protocol's model (tests/model/live.pml): every order in which two and three CPUs and what interrupts
# the one that changes can go. It holds, and the changer ends; on TCG it does when
# first bytes are written twice; with each mistake spin has a counterexample, of the
# kind that the mistake is known for.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp);

my $model = abs_path('tests/model/live.pml');
plan(skip_all => 'no spin here (tools/setup.sh test)') if !grep { -x "$_/spin" } split /:/, $ENV{PATH};

my $torn    = qr/^pan:1: assertion violated \(?f==t/m;
my $no_one  = qr/^pan:1: assertion violated \((?:f|label)>=/m;     # new was seen, and old again
my $changed = qr/^pan:1: assertion violated \(label==/m;
my %kinds   = (
	NO_FIRST_SYNC => $no_one, NO_SECOND_SYNC => $torn, NO_BREAKPOINT => $torn, TAILS_EARLY => $torn,
	INSTANT_EARLY => $no_one, RUN_AGAIN => qr/^pan:1: invalid end state/m, STATES_LATE => $no_one,
	STATES_LEFT => $no_one, INSTANT_PLAIN => $no_one, NO_HANDLER => qr/^pan:1: assertion violated busy/m,
	EACH_ALONE => qr/$no_one|$changed/, BREAKPOINT_ONCE => $no_one,
	FIRST_ONCE => qr/^pan:1: assertion violated .*firsts/m,
);

# What spin's checker says of the model, made with these definitions; how often it was there, by $search. With two
# CPUs it is made faster than it runs, so the compiler does not optimize, and nothing is deep.
sub check {
	my ($defines, $search) = @_;
	my ($optimize, $depth) = $defines =~ /-DCPUS=2\b/ ? ('-O0', 200_000) : ('-O2', 5_000_000);
	my $dir  = tempdir(CLEANUP => 1);
	my $way  = $search =~ /-a/ ? '' : '-DNOCLAIM -DSAFETY';
	my $made = qx(cd $dir && spin -a $defines $model 2>&1 && cc $optimize -w -DCOLLAPSE $way -o pan pan.c 2>&1);
	die "spin -a $defines: $made\n" if $? || $made =~ /error/i;
	return scalar qx(cd $dir && ./pan $search -m$depth 2>&1);
}

sub holds {
	my ($name, $defines, $search) = @_;
	my $said = check($defines, $search);
	my ($states) = $said =~ /^\s*([\d.e+]+) states, stored/m;
	my $whole = $said !~ /max search depth too small|Search not completed/ && $said =~ /errors: 0$/m;
	ok($whole && ($states // 0) > 10_000, "$name: " . ($states // 'no') . ' states') or diag($said);
	return $said;
}

for my $cpus (2, 3) {
	my $said = holds("$cpus CPUs: nothing is torn, nobody sees old behind new", "-DCPUS=$cpus", '');
	my @unreached = grep { !/present = v/ } $said =~ /^\tlive\.pml:\d+, state \d+, "(.*)"$/mg;
	is_deeply(\@unreached, [], "$cpus CPUs: and all of the model was in use");
	holds("$cpus CPUs: the changer ends", "-DCPUS=$cpus -DENDS", '-a -f -N ends');
}

for my $cpus (2, 3) {
	holds("TCG with $cpus CPUs: the same, and no breakpoint is left", "-DCPUS=$cpus -DTCG", '');
}

my %number = slurp($model) =~ /^#define ([A-Z_]+)\s+(\d+)\s+\/\* .* \*\/$/mg;
my @mistakes = sort { $number{$a} <=> $number{$b} } grep { !/^(?:CPUS|VARIANT|CHANGES|BP)$/ } keys %number;
is_deeply([ sort @mistakes ], [ sort keys %kinds ], 'every mistake of the model is tried');
for my $mistake (@mistakes) {
	my $tcg  = $mistake =~ /_ONCE$/ ? ' -DTCG' : '';
	my $said = check("-DCPUS=2$tcg -DVARIANT=$number{$mistake}", '');
	like($said, $kinds{$mistake}, "$mistake is found") or diag($said);
}
done_testing();
