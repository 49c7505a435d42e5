#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The shell's disassembler beside objdump: each instruction of this kernel, by both. And of bytes by lot it says something
# or nothing, under ASan and UBSan.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::File qw(spew);

my $dir = tempdir(CLEANUP => 1);
my $cc  = $ENV{CC} || 'gcc';
is(system("$cc -O1 -g -std=gnu11 -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -I. -o $dir/says tests/host/spell_says.c > $dir/said 2>&1"),
    0, 'it builds for the build machine') or diag Pedant::File::slurp("$dir/said");

# What it says of [ address, "bytes", ... ], a line each.
sub says {
    spew("$dir/in", join '', map {"$_->[0] $_->[1]\n"} @_);
    my @said = `$dir/says < $dir/in 2>$dir/err`;
    chomp @said;
    is($?, 0, 'and ends well') or diag Pedant::File::slurp("$dir/err");
    return @said;
}

# [ address, "bytes", words ] of each instruction. Long ones have a second line with bytes only.
sub instructions {
    my ($file) = @_;
    my @all;
    for my $line (`LC_ALL=C objdump -d $file`) {
        next if $line !~ /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(?:\t(.*))?$/;
        if (defined $3) { push @all, [ $1, $2, $3 ] }
        else            { $all[-1][1] .= $2 }
    }
    return @all;
}

# Blanks and notes are each one's own; a shift by one is said with and without it by objdumps of different age, and a selector, of
# which 16 bits count, as 16 or 32.
sub normal {
    my ($words) = @_;
    return $words =~ s/\s*[<#].*//r =~ s/, /,/gr =~ s/\s+/ /gr =~ s/ $//r =~ s/^((?:ro|rc|sh|sa)[lr][bwl]?) \$0?x?1,/$1 /r =~ s/^(lar|lsl|lldt|ltr|verr|verw|lmsw) %e/$1 %/r;
}

my @all  = instructions(kernel_path());
my @said = says(@all);
cmp_ok(scalar @all, '>', 100_000, 'instructions of this kernel');
my @other = grep { normal($said[$_]) ne normal($all[$_][2]) } 0 .. $#all;
is_deeply([ map {"$all[$_][1]: $said[$_], and not $all[$_][2]"} @other > 9 ? @other[ 0 .. 9 ] : @other ], [], 'both say the same of each');

srand 20261130;
my @lot = map { [ '100000', join ' ', map { sprintf '%02x', rand 256 } 0 .. rand 15 ] } 1 .. 50_000;
is(scalar says(@lot), scalar @lot, 'bytes by lot: a line each');

# What no compiler writes: the first operand of each opcode that has a name, cut off.
my @cut = map { [ '100000', sprintf '%02x', $_ ] } grep { !/^(?:2e|26)$/ } 0 .. 255;
is(scalar says(@cut, map { [ '100000', "0f $_->[1]" ] } @cut), 2 * @cut, 'instructions that are cut off');

done_testing;
