#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Where a real kernel's sites lie, as lines of a C array (struct spec in pass_field.h):
#
#	tests/bench/linux_sites.pl tests/bench/linux-6.1-sites.tsv > linux_sites.inc
#
# Three things cannot stay as they are in that kernel:
#
#	the hole between text and init text is left out, but for the rest of its first page
#	features are numbers below 320 here: those above get numbers that nobody uses
#	53 alternatives replace a paravirt site, which is two families at one place: the paravirt site
#	goes to the next free place behind
use strict;
use warnings;

use constant {TEXT_END => 9_649_920, INIT_START => 14_303_232, INIT_BYTES => 351_083, PAGE => 4096};
use constant {NOT => 0x8000, FEATURES => 320};

my $init_start = int((TEXT_END + PAGE - 1) / PAGE) * PAGE;
my @rows;
open my $in, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (<$in>) {
	chomp;
	next if /^#/;
	my %row;
	@row{qw(family index at len what applies n nops kind)} = split /\t/;
	$_ = $_ eq '-' ? 0 : $_ for @row{qw(what applies n nops)};
	$row{at} += $init_start - INIT_START if $row{at} >= INIT_START;
	push @rows, \%row;
}

my %used = map { ($_->{what} & ~NOT) => 1 } grep { $_->{family} eq 'alternatives' } @rows;
my @free = grep { !$used{$_} } 0 .. FEATURES - 1;
my (%number, %there);
for my $row (grep { $_->{family} eq 'alternatives' } @rows) {
	my ($feature, $not) = ($row->{what} & ~NOT, $row->{what} & NOT);
	$number{$feature} //= $feature < FEATURES ? $feature : shift @free;
	$there{$number{$feature}} = 1 if $row->{applies} xor $not;
	$row->{what} = $number{$feature} | $not;
}

my %taken;
sub take { $taken{$_} = 1 for $_[0] .. $_[0] + $_[1] - 1 }
take($_->{at}, $_->{len}) for grep { $_->{family} ne 'paravirt' } @rows;
for my $row (grep { $_->{family} eq 'paravirt' } @rows) {
	$row->{at}++ while grep { $taken{$_} } $row->{at} .. $row->{at} + $row->{len} - 1;
	take($row->{at}, $row->{len});
}

my @words = map { my $word = $_; my $bits = 0;
	$bits |= $there{32 * $word + $_} ? 1 << $_ : 0 for 0 .. 31; sprintf '0x%08x', $bits } 0 .. 9;
printf "#define LINUX_TEXT_BYTES %du\n", $init_start + INIT_BYTES;
printf "#define LINUX_FEATURES {%s}\n", join ', ', @words;
print "static const struct spec linux_sites[] = {\n";
my %kind = (empty => 'REPL_EMPTY', jmp => 'REPL_JMP', call => 'REPL_CALL');
for my $row (@rows) {
	printf "\t{%d, %d, %s, %d, %d, %d, %s},\n", @$row{qw(at what)}, "FAMILY_\U$row->{family}",
		@$row{qw(len n nops)}, $kind{$row->{kind}} // 'REPL_OTHER';
}
print "};\n";
