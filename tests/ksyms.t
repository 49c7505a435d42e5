#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/ksyms.awk loses no symbol, whichever awk runs it: addresses are compared as text, since some of them
# look like numbers (0011e550 and 0011e560 are both infinite).
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
open my $nm, '>', "$dir/nm" or die "$dir/nm: $!\n";
print {$nm} "0011e550 t first\n0011e560 t second\n0011e570 T third\n0011e570 t alias\n0011e580 W weak\n0011e590 t local\n0011e590 W over\n"
    . "         w undefined\n0011e5a0 V data\n0011e5e0 t last\n",
    "0011e600 A _etext_all\n";
close $nm or die "$dir/nm: $!\n";

my @awks = grep { length `command -v $_ 2> /dev/null` } qw(awk mawk gawk original-awk);
cmp_ok(scalar @awks, '>', 0, 'there is an awk');
for my $awk (@awks) {
    my $out = `$awk -f tools/ksyms.awk $dir/nm`;
    is_deeply([ $out =~ /\t; ([0-9a-f]+) (\w+)/g ],
        [qw(0011e550 first 0011e560 second 0011e570 third 0011e580 weak 0011e590 over 0011e5e0 last)], "$awk: each address has its name");
    like($out, qr/dd 0x0011e600, \d+\n/, "$awk: and all text its end");
}

# What would be a table of something else stops the build.
sub refused {
    my ($what, $why, @lines) = @_;
    open my $out, '>', "$dir/bad" or die "$dir/bad: $!\n";
    print {$out} map {"$_\n"} @lines;
    close $out or die "$dir/bad: $!\n";
    for my $awk (@awks) {
        my $said = `$awk -f tools/ksyms.awk $dir/bad 2>&1`;
        ok($? && $said =~ /^ksyms\.awk: $why$/m && $said !~ /ksyms_start/, "$awk: $what is refused") or diag $said;
    }
    return;
}
refused('text without an end', '2 text symbols, but no _etext_all', '00100000 T first', '00100010 t second');
refused('text behind the end', 'late at 00100020 lies behind _etext_all at 00100010', '00100000 T first', '00100010 A _etext_all',
    '00100020 t late');
refused('a name with a code of a pair', 'a\$ has a character that lib\/ksyms\.h takes for a pair', '00100000 T a$', '00100010 A _etext_all');
like(scalar `$_ -f tools/ksyms.awk < /dev/null`, qr/^ksyms_start:\nksyms_end:\nksyms_pairs:\nksyms_names:/m, "$_: nothing is an empty table") for @awks;

done_testing;
