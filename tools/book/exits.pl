#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What a guest needs its host for until it is at its end, counted by the host, as the same kernel without ops, with ops
# as they were linked, and with ops patched: three boots. Draws docs/book/pictures/8-exits.svg.
#
#	perl -Itests/lib -Itools/book tools/book/exits.pl build docs/book/pictures

use strict;
use warnings;
use Pedant::Chart;

my ($build, $to) = @ARGV;
die "exits.pl: where is the build, and where to?\n" if !defined $to;
my @GUESTS = (
    [ 'without ops', "$build/pedant-native.elf selftest=off" ],
    [ 'ops, as linked', "$build/pedant.elf selftest=off noreplace-paravirt" ],
    [ 'ops, patched', "$build/pedant.elf selftest=off" ],
);
my @KINDS = ([ 'instructions', 'instructions that trapped' ], [ 'page faults', 'page faults' ], [ 'hypercalls', 'hypercalls' ],
    [ 'for interrupts of the machine', 'interrupts of the machine' ]);

my @counts;
for (@GUESTS) {
    my ($name, $guest) = @$_;
    my $said = `qemu-system-i386 -kernel $build/pedant.elf -accel tcg -cpu qemu32 -icount shift=0,sleep=off -display none -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04 -append 'selftest=off guest-text=open' -initrd '$guest' < /dev/null`;
    my ($line) = $said =~ /^guest 1: (entered .*?)\r?$/m or die "exits.pl: $name: the guest did not end:\n$said";
    push @counts, { name => $name, all => $line =~ /entered (\d+)/, map { my $k = $_->[0]; $k => $line =~ /(\d+) \Q$k\E/ } @KINDS };
}

my ($without, undef, $patched) = @counts;
my $chart = bars(title => 'A guest without ops is left for its host ' . number($without->{all}) . ' times in one boot, ' . number($without->{instructions}) . ' of them for an instruction that traps; with its ops patched, '
        . number($patched->{all}) . ' times, ' . number($patched->{instructions}) . ' of them for one',
    unit => 'times that a guest is left for its host, until it is at its end', series => [ map { $_->[1] } @KINDS ],
    rows => [ map { my $of = $_; [ $of->{name}, map { $of->{ $_->[0] } } @KINDS ] } @counts ]);
draw("$to/8-exits.svg", $chart);
