#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What the table costs in bytes: both kernels' sections side by side, and what a site costs. Writes
# build/bench/sizes.json.

use strict;
use warnings;
use File::Path qw(make_path);
use JSON::PP;
use Pedant;
use Pedant::Elf;

my @SECTIONS = qw(.boot .text .text.exempt .pv.text .pv.native .rodata .parainstructions .ksyms .data .bss);
my %elf = map { $_ => Pedant::Elf->new(build_dir() . "/$_.elf") } qw(pedant pedant-native);

sub size {
    my ($kernel, $name) = @_;
    my $section = $elf{$kernel}->section($name);
    return $section ? $section->{size} : 0;
}

sub tests_size {
    my ($kernel) = @_;
    my ($from, $to) = map { $elf{$kernel}->symbol($_) } qw(_tests_text _tests_text_end);
    return $to - $from;
}

printf "Bytes by section\n\n  %-20s %10s %14s %10s\n", 'section', 'pedant', 'pedant-native', 'more';
my (%sizes, %total);
for my $section (@SECTIONS) {
    my ($a, $b) = map { size($_, $section) } qw(pedant pedant-native);
    $sizes{$section} = { pedant => $a, native => $b };
    $total{pedant} += $a;
    $total{native} += $b;
    printf "  %-20s %10d %14d %+10d\n", $section, $a, $b, $a - $b;
    printf "  %-20s %10d %14d %+10d\n", '  of it tests', map({ tests_size($_) } qw(pedant pedant-native)),
        tests_size('pedant') - tests_size('pedant-native') if $section eq '.text';
}
printf "  %-20s %10d %14d %+10d\n\n", 'total', @total{qw(pedant native)}, $total{pedant} - $total{native};

my $sites = scalar $elf{pedant}->records;
my $table = size('pedant', '.parainstructions');
printf "  %d sites: 6 bytes of text and %d of table each; the engine is %d bytes\n", $sites,
    $table / $sites, size('pedant', '.pv.text');

make_path(build_dir() . '/bench');
open my $out, '>', build_dir() . '/bench/sizes.json' or die $!;
print {$out} JSON::PP->new->canonical->pretty->encode({ sections => \%sizes, sites => $sites });
close $out or die $!;
