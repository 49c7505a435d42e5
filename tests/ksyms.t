#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/ksyms.awk loses no symbol, whichever awk runs it: addresses are compared as text, since some of them
# look like numbers (0011e550 and 0011e560 are both infinite). Its table is read here a second time, apart from lib/ksyms.c:
# each name and address, and that no code is wasted.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
open my $nm, '>', "$dir/nm" or die "$dir/nm: $!\n";
print {$nm} map {"$_\n"} '0011e540 t x.c.0a0f', '0011e550 t first', '0011e560 t second', '0011e570 T third', '0011e570 t alias', '0011e570 T later',
    '0011e580 W weak', '0011e590 t local', '0011e590 W over', '0011e590 T overs', '         w undefined', '0011e5a0 V data', '0011e5b0 t .L5',
    '0011e5b4 t ..@7.label', '0011e5b8 t third.label', '0011e5c0 t one.constprop.0', '0011e5c8 t two.isra.10.lto_priv.3', '0011e5d0 t three.part.0',
    '0011e5d8 t four.cold', '0011e5e0 t five', '0011e5e0 t six', '0011e5e8 t last', '0011e600 t no_byte', '0011e600 A _etext_all', '0011e600 T nor_this';
close $nm or die "$dir/nm: $!\n";

my %awks = map { my $path = `command -v $_ 2> /dev/null`; chomp $path; length $path ? (abs_path($path) => $_) : () } qw(awk original-awk gawk mawk);
my @awks = sort values %awks;
cmp_ok(scalar @awks, '>', 0, 'there is an awk');
for my $awk (@awks) {
    my $out = `$awk -f tools/ksyms.awk $dir/nm`;
    is_deeply([ $out =~ /\t; ([0-9a-f]+) (\S+)/g ], [qw(0011e550 first 0011e560 second 0011e570 third 0011e580 weak 0011e590 over 0011e5c0 one 0011e5c8 two
        0011e5d0 three.part.0 0011e5d8 four.cold 0011e5e0 five 0011e5e8 last)], "$awk: each address has its name");
    like($out, qr/dd 0x0011e600, \d+\n/, "$awk: and all text its end");
}

# ---- the table

# What the assembler makes of it: { head, blocks, pairs, ending, others, bytes }, and records as [ where, bytes, address, name ] by what is said behind them.
sub table_of {
    my ($text) = @_;
    my ($head, $blocks, $pairs, $records) = $text =~ /\A(.*?)^ksyms_start:\n(.*?)^ksyms_end:\nksyms_pairs:\n(.*?)^ksyms_names:\n(.*)\tdb 0\n\z/ms or return;
    my %table = (head => $head, blocks => [ map { [ /0x(\w+), (\d+)/ ] } split /\n/, $blocks ]);
    my @pairs = map { [ /\tdb (\d+), (\d+)$/ ] } split /\n/, $pairs;
    @table{qw(pairs ending others)} = ([ @pairs[ 0 .. 127 ] ], $pairs[128][0], [ @pairs[ 129 .. $#pairs ] ]);
    my $at = 0;
    while ($records =~ /\tdb ([\d, ]+)\n\tdb ([\d, ]+)\t; (\w+) (\S+)\n/g) {
        my @bytes = ([ split /, /, $1 ], [ split /, /, $2 ]);
        push @{ $table{records} }, [ $at, @bytes, $3, $4 ];
        $at += @{ $bytes[0] } + @{ $bytes[1] };
    }
    $table{bytes} = $at;
    return \%table;
}

# A code's characters, "$" for the end.
sub unpacked {
    my ($table, $code) = @_;
    return $code ? chr $code : '$' if !$code || ($code >= 46 && $code < 127);
    my $pair = $code < 46 ? $table->{others}[ $code - 1 ] : $table->{pairs}[ $code - 128 ];
    return $pair && grep({$_} @$pair) ? join '', map { unpacked($table, $_) } @$pair : '?';
}

# What a table says, as nm's lines of what is kept; and sentences about what is wrong with it.
sub told {
    my ($table) = @_;
    my (@told, @wrong);
    my @blocks = @{ $table->{blocks} };
    my $end    = pop @blocks;
    push @wrong, "the end is at $end->[1]" if $end->[1] != $table->{bytes};
    my ($n, $address) = (0);
    for my $i (0 .. $#{ $table->{records} }) {
        my ($at, $distance, $codes, $is) = @{ $table->{records}[$i] };
        if (@blocks && $blocks[0][1] == $at) {
            $address = hex((shift @blocks)->[0]);
            $n = 0;
        }
        push @wrong, "a block of more than 64" if ++$n > 64;
        my @ends = map { !$_ || ($table->{ending} && $_ >= $table->{ending}) ? 1 : 0 } @$codes;
        push @wrong, "$is ends at @ends" if "@ends" ne join ' ', (0) x $#ends, 1;
        push @told, sprintf '%08x %s', $address, join '', map { unpacked($table, $_) } @$codes;
        push @wrong, "255 for $distance->[1], $distance->[2]" if @$distance == 3 && ($distance->[0] != 255 || $distance->[1] + 256 * $distance->[2] < 255);
        my $next = @blocks ? $blocks[0] : $end;
        $address = $next->[1] == $at + @$distance + @$codes ? hex $next->[0] : $address + (@$distance == 3 ? $distance->[1] + 256 * $distance->[2] : $distance->[0]);
    }
    push @wrong, scalar @blocks . ' blocks are left' if @blocks;
    return (\@told, \@wrong);
}

# [ address, name ] to what the table should say, in blocks of so many.
sub expect_table {
    my ($awk, $what, $symbols, $blocks) = @_;
    open my $nm, '>', "$dir/made" or die "$dir/made: $!\n";
    printf {$nm} "%08x %s %s\n", $_->[0], $_->[1] eq '_etext_all' ? 'A' : 't', $_->[1] for @$symbols;
    close $nm or die "$dir/made: $!\n";
    my $text  = `$awk -f tools/ksyms.awk $dir/made`;
    my $table = table_of($text) or return fail("$awk, $what: a table");
    my ($told, $wrong) = told($table);
    is($table->{head}, "; Made by tools/ksyms.awk from the first link of the kernel. Do not edit.\nsection .ksyms progbits alloc noexec nowrite align=4\n"
        . "global ksyms_start, ksyms_end, ksyms_names, ksyms_pairs\n", "$awk, $what: where it is, and whose");
    is_deeply($told, [ map { sprintf '%08x %s$', @$_ } grep { $_->[1] ne '_etext_all' } @$symbols ], "$awk, $what: each address has its name");
    is_deeply($wrong, [], "$awk, $what: and nothing is wrong with it");
    is(join(' ', map {$_->[0]} @{ $table->{blocks} }), join(' ', map { sprintf '%08x', $_ } @$blocks), "$awk, $what: its blocks");
    return $table;
}

# Distances on both sides of what a byte, and two, can say. Names of all that may be in one, of nothing that stands twice, and as long as can be.
my @places = (0x0ffffff0);
push @places, $places[-1] + $_ for 1, 254, 255, 256, 511, 512, 65535, 65536, 70000, 255 * 256, 16;
my @names = ((map { join '', map { chr $_ } 46 + 12 * $_ .. ($_ == 6 ? 126 : 57 + 12 * $_) } 0 .. 6), 'x' x 79, qw(a_ __b c), '_etext_all');
for my $awk (@awks) {
    my $table = expect_table($awk, 'distances', [ map { [ $places[$_], $names[$_] ] } 0 .. $#places ], [ @places[ 0, 8, 9, 11 ] ]);
    is(join(' ', map { scalar @{ $_->[1] } } @{ $table->{records} }), '1 1 3 3 3 3 3 1 1 3 1', "$awk: a distance takes a byte if it fits, and three if not");
}

# Names by lot, the same each time, of so many syllables that each of the 173 codes gets its pair.
my $state = 2463534242;
sub draw { my ($n) = @_; $state = ($state ^ $state << 13) & 0xffffffff; $state ^= $state >> 17; $state = ($state ^ $state << 5) & 0xffffffff; return $state % $n }
my @syllables = map { my $c = $_; map {"$c$_"} qw(a e i o u ar el is) } qw(b d f g h k l m n p r s t v w z st tr);
my %drawn;
$drawn{ join '_', map { join '', map { $syllables[ draw(scalar @syllables) ] } 0 .. draw(3) } 0 .. draw(3) } = 1 for 1 .. 400;
my @drawn = map { [ 0x00100000 + 16 * $_, (sort keys %drawn)[$_] ] } 0 .. keys(%drawn) - 1;
my $letters = 0;
$letters += 1 + length $_->[1] for @drawn;
for my $awk (@awks) {
    my $table = expect_table($awk, 'by lot', [ @drawn, [ 0x00200000, '_etext_all' ] ],
        [ (map { 0x00100000 + 16 * $_ } grep { $_ % 64 == 0 } 0 .. $#drawn), 0x00200000 ]);
    my $used = grep { $_->[0] || $_->[1] } @{ $table->{pairs} }, @{ $table->{others} };
    is($used, 173, "$awk: no code is left over");
    is(scalar @{ $table->{others} }, 45, "$awk: nor of those below the characters");
    cmp_ok($table->{bytes} - @drawn, '<', 0.56 * $letters, "$awk: names take little more than half of their room");
}

# A few, code by code: the most frequent two side by side get one, of those that are as frequent the first as text, and what ends a
# name gets one from above. Three times is too few for that.
my @few = (('abcd') x 4, ('kxyz') x 3, ('eeeee') x 2, ('mn_op') x 5, 'mn_abcd', 'q', ('uvd') x 9);
for my $awk (@awks) {
    my $table = expect_table($awk, 'a few', [ (map { [ 0x1000 + 16 * $_, $few[$_] ] } 0 .. $#few), [ 0x2000, '_etext_all' ] ], [ 0x1000, 0x2000 ]);
    my @codes = map { "@{$_->[2]}" } @{ $table->{records} };
    is(join(', ', map {"@$_"} @{ $table->{others} }), '117 118, 101 101, 109 110, 3 95, 111 112, 97 98, 6 99', "$awk, a few: others' pairs");
    is(join(', ', map {"@$_"} @{ $table->{pairs} }[ $table->{ending} - 128 .. 127 ]), '7 255, 5 0, 1 255, 100 0', "$awk, a few: pairs that end a name");
    is(join(', ', @codes),
        '252, 252, 252, 252, 107 120 121 122 0, 107 120 121 122 0, 107 120 121 122 0, 2 2 101 0, 2 2 101 0, 4 253, 4 253, 4 253, 4 253, 4 253, 4 252, 113 0, 254, 254, 254, 254, 254, 254, 254, 254, 254', "$awk, a few: the names");
}

# ---- what it is made of

# What would be a table of something else stops the build.
sub refused {
    my ($what, $why, @lines) = @_;
    open my $out, '>', "$dir/bad" or die "$dir/bad: $!\n";
    print {$out} map {"$_\n"} @lines;
    close $out or die "$dir/bad: $!\n";
    for my $awk (@awks) {
        my $said = `$awk -f tools/ksyms.awk $dir/bad 2>&1`;
        ok($? >> 8 == 1 && $said =~ /^ksyms\.awk: $why$/m && $said !~ /ksyms_start/, "$awk: $what is refused") or diag $said;
    }
    return;
}
refused('text without an end', '2 text symbols, but no _etext_all', '00100000 T first', '00100010 t second');
refused('text behind the end', 'late at 00100020 lies behind _etext_all at 00100010', '00100000 T first', '00100010 A _etext_all',
    '00100020 t late');
refused('a name of 80 characters', 'y{80} is longer than lib\/ksyms\.h allows', '00100000 T ' . 'y' x 80, '00100010 A _etext_all');
refused('a name with a code of a pair', 'a\$ has a character that lib\/ksyms\.h takes for a pair', '00100000 T a$', '00100010 A _etext_all');
like(scalar `$_ -f tools/ksyms.awk < /dev/null`, qr/^ksyms_start:\nksyms_end:\nksyms_pairs:\nksyms_names:/m, "$_: nothing is an empty table") for @awks;

done_testing;
