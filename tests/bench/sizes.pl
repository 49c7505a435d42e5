#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What patching costs in bytes: the kernels' sections side by side, and each family's sites and records. Writes
# build/bench/sizes.json, and fails when a family's records are not its table.

use strict;
use warnings;
use Pedant;
use Pedant::Figures;
use Pedant::Elf;
use Pedant::Families;

my @SECTIONS = qw(.boot .text .init.text .text.exempt .pv.text .pv.native .rodata .parainstructions .altinstructions
    .altinstr_replacement .smp_locks __jump_table .static_call_sites .pv_relocs .pv_index .runs .ktap .ksyms .data .init.data .bss .stack);
my %FILES = (pedant => 'pedant.elf', 'pedant-native' => 'pedant-native.elf', found => 'relocs/pedant.elf');
my %elf   = map { $_ => Pedant::Elf->new(build_dir() . "/$FILES{$_}") } keys %FILES;

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

printf "\nBytes by section; found: SITES=relocs\n\n  %-20s %10s %14s %10s %10s %10s\n", 'section', 'pedant', 'pedant-native', 'more', 'found', 'more';
sub line { printf "  %-20s %10d %14d %+10d %10d %+10d\n", $_[0], @_[ 1, 2 ], $_[1] - $_[2], $_[3], $_[3] - $_[2]; return }
my (%sizes, %total);
for my $section (@SECTIONS) {
    my ($a, $b, $c) = map { size($_, $section) } qw(pedant pedant-native found);
    $sizes{$section} = { pedant => $a, native => $b, found => $c };
    $total{$_} += $sizes{$section}{$_} for qw(pedant native found);
    line($section, $a, $b, $c);
    line('  of it tests', map { tests_size($_) } qw(pedant pedant-native found)) if $section eq '.text';
}
line('total', @total{qw(pedant native found)});
print "\n";

# The NOPs that the assembler put at the end of a site, so that all its replacements fit.
sub padding {
    my ($site) = @_;
    my ($nops) = $elf{pedant}->bytes($site->{at}, $site->{len}) =~ /(\x90*)\z/;
    return length $nops;
}

# Of the kernel whose sites are found: a word and a byte each.
sub found_family {
    my $at = $elf{found}->symbol('__pv_relocs');
    my $n  = $elf{found}->u32($at);
    return { sites => $n, records => $n, text => 5 * $n, padding => 0, table => 5 * $n, replacements => 0 };
}

# { sites, records, text, padding, table, replacements } of a family: its table's section, a record's bytes, the records.
sub family {
    my ($section, $record_size, @records) = @_;
    my %sites = map { $_->{at} => $_ } @records;
    my %family = (sites => scalar keys %sites, records => scalar @records, table => size('pedant', $section),
        text => 0, padding => 0, replacements => 0);
    $family{text}         += $_->{len}    for values %sites;
    $family{padding}      += padding($_)  for values %sites;
    $family{replacements} += $_->{n} // 0 for @records;
    die "$section has $family{table} bytes, its records $record_size each\n"
        if $family{table} != $record_size * @records;
    return \%family;
}

my %families = (
    relocs       => found_family(),
    paravirt     => family('.parainstructions', 8, map { { %$_, at => $_->{instr} } } $elf{pedant}->records),
    alternatives => family('.altinstructions', 12, Pedant::Families::alternatives($elf{pedant})),
    smp_locks    => family('.smp_locks', 4, map { { at => $_, len => 1 } } Pedant::Families::locks($elf{pedant})),
    jump_label   => family('__jump_table', 12, Pedant::Families::branches($elf{pedant})),
    static_call  => family('.static_call_sites', 8, Pedant::Families::calls($elf{pedant})),
);

sub print_families {
    print "Bytes by family, as linked\n\n";
    printf "  %-13s %6s %8s %7s %8s %7s %12s %8s\n", qw(family sites records text padding table replacements), 'a site';
    for my $name (qw(paravirt relocs alternatives smp_locks jump_label static_call)) {
        my $f = $families{$name};
        printf "  %-13s %6d %8d %7d %8d %7d %12d %8.1f\n", $name, @$f{qw(sites records text padding table replacements)},
            ($f->{text} + $f->{table} + $f->{replacements}) / ($f->{sites} || 1);
    }
    return;
}
printed('sizes', \&print_families);
print "\n  relocs: those of the kernel whose sites are found; the others of the one whose ops are annotated.\n";
printf "  padding: NOPs at the end of a site, in its text. The engine is %d bytes. The index has 8 bytes for each\n",
    size('pedant', '.pv.text');
print "  record, and 20 more for each of alternatives, 1 of lock prefixes, 4 of branches and of static calls; sites of more than 8 bytes\n",
    "  stand there once more.\n";

put_json('sizes.json', { sections => \%sizes, families => \%families });
