#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A second machine: Bochs boots the ISO to what QEMU boots it to, and twice to the same bytes, but for
# times. It was written by other people, checks segment limits, and is deterministic; what passes on one
# emulator by luck fails here.

use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Bochs;
use Pedant::Run;
use Test::More;

plan skip_all => 'no bochs in PATH (packages bochs bochsbios vgabios bochs-term)' if !Pedant::Bochs::program();

my $iso = build_dir() . '/pedant.iso';
die "$iso is missing: run make iso first\n" if !-e $iso;

sub bochs { return Pedant::Bochs::boot(name => $_[0], iso => $iso) }

sub test_names {
    my ($run) = @_;
    return [ map { $_->{name} } $run->ktap->tests ];
}

my $first = bochs('first');
plan skip_all => 'the BIOS of this Bochs ends before it boots anything' if !length $first->log && Pedant::Bochs::bios_is_lost($iso);
my $second = bochs('second');
expect_pass($first, 'Bochs boots the ISO and everything passes');
note_skips($first);

my $qemu = boot(name => 'qemu', iso => $iso);
expect_pass($qemu, 'QEMU does');
is_deeply(test_names($first), test_names($qemu), 'both ran the same self-tests');

# The clocks of two runs can meet a few instructions apart (the TSC is measured as 3999 or 4000 kHz), so
# what depends on them is not compared: times, that figure, and whether a line of the PIC fell just before it
# was asked which one it was.
sub without_times {
    my ($text) = @_;
    $text =~ s/^interrupts: 0 that nobody wanted, \d+ spurious\r?\n//gm;
    return $text =~ s/"(ns|tsc_khz)":\d+/"$1":0/gr =~ s/^(  \w+ +(?:\d+ +){11})\d+(?=\r?$)/$1/gmr;
}

for my $port (qw(log json)) {
    my ($one, $two) = map { without_times(Pedant::Run::slurp($_->name . ".$port")) } $first, $second;
    ok(length $one && $one eq $two, "a second run gives the same bytes, but for times (.$port)")
        or diag('compare ' . join ' and ', map { $_->name . ".$port" } $first, $second);
}

done_testing;
