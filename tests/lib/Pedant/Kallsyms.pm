# SPDX-License-Identifier: MIT
#
# kallsyms as kernels carry it: names in tokens, and what leads to them, in the layouts of the years.
#
#     use Pedant::Kallsyms;
#     my $bytes = kallsyms('offsets', 0xc1000000, { start_kernel => 0xc1000000, ... });
package Pedant::Kallsyms;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(kallsyms);

# Tokens of one character are themselves; those of several have the codes that no name has.
my @tokens = map { chr($_) =~ /[0-9A-Za-z_.]/ ? chr $_ : sprintf 'x%d', $_ } 0 .. 255;
@tokens[1 .. 4] = ('T__SC', '_end', 'native_', 'new_');

sub _compress {
    my ($text) = @_;
    my $out = '';
    while (length $text) {
        my ($best) = sort { length $tokens[$b] <=> length $tokens[$a] } grep { index($text, $tokens[$_]) == 0 } 0 .. 255;
        $best = (grep { $tokens[$_] eq substr $text, 0, 1 } 0 .. 255)[0] if !defined $best;
        ($best) = sort { length $tokens[$b] <=> length $tokens[$a] } grep { index($text, $tokens[$_]) == 0 } 0 .. 255;
        $out .= chr $best;
        substr($text, 0, length $tokens[$best]) = '';
    }
    return $out;
}

sub _align { my ($bytes) = @_; return $bytes . "\0" x (-length($bytes) % 4) }

# 'addresses', 'offsets', 'numbers' (offsets, and numbers of three bytes), 'late' (offsets behind all the rest).
sub kallsyms {
    my ($layout, $base, $at) = @_;
    my @sorted = sort { $at->{$a} <=> $at->{$b} || $a cmp $b } keys %$at;
    my ($names, @marks) = '';
    for my $i (0 .. $#sorted) {
        push @marks, length $names if $i % 256 == 0;
        my $packed = _compress("T$sorted[$i]");
        $names .= chr(length $packed) . $packed;
    }
    my $values = $layout eq 'addresses' ? pack 'V*', map { $at->{$_} } @sorted
        : pack 'V*', (map { $at->{$_} - $base } @sorted), $base;
    my ($strings, @index) = '';
    for my $token (@tokens) { push @index, length $strings; $strings .= "$token\0" }
    my $numbers = $layout eq 'numbers' ? _align(join '', map { substr pack('N', $_), 1 } 0 .. $#sorted) : '';
    my $rest = pack('V', scalar @sorted) . _align($names) . pack('V*', @marks) . $numbers . _align($strings) . pack 'v*', @index;
    return $layout eq 'late' ? $rest . $values : $values . $rest;
}

1;
