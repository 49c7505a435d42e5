#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What a guest needs its host for until it is at its end, counted by the host, as the same kernel without ops, with ops
# as they were linked, and with ops patched: three boots. Draws docs/book/pictures/8-exits.svg.
#
#	perl tools/book/exits.pl build

use strict;
use warnings;
use lib 'tools/book';
use Drawn;

my $build = shift @ARGV or die "exits.pl: where is the build?\n";
my @GUESTS = (
    [ 'without ops', "$build/pedant-native.elf selftest=off" ],
    [ 'ops, as linked', "$build/pedant.elf selftest=off noreplace-paravirt" ],
    [ 'ops, patched', "$build/pedant.elf selftest=off" ],
);
my @KINDS = ([ 'instructions', 'red', 'instructions that trapped' ], [ 'page faults', 'grey', 'page faults' ], [ 'hypercalls', 'blue', 'hypercalls' ],
    [ 'for interrupts of the machine', 'yellow', 'interrupts of the machine' ]);

my @counts;
for (@GUESTS) {
    my ($name, $guest) = @$_;
    my $said = `qemu-system-i386 -kernel $build/pedant.elf -accel tcg -cpu qemu32 -icount shift=0,sleep=off -display none -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04 -append 'selftest=off guest-text=open' -initrd '$guest' < /dev/null`;
    my ($line) = $said =~ /^guest 1: (entered .*?)\r?$/m or die "exits.pl: $name: the guest did not end:\n$said";
    push @counts, { name => $name, all => $line =~ /entered (\d+)/, map { my $k = $_->[0]; $k => $line =~ /(\d+) \Q$k\E/ } @KINDS };
}

my ($LEFT, $WIDTH, $ROW) = (130, 540, 56);
my ($most) = sort { $b <=> $a } map { $_->{all} } @counts;
my $p = Drawn->new(760, 40 + 3 * $ROW + 62, 'What a guest needs its host for in one boot',
    'Without ops the guest leaves for its host tens of thousands of times, nearly always for an instruction that traps; with ops some thousand times, and for instructions nearly never.');
$p->text(16, 24, 'How often a guest was left for its host, in one boot', 'bold');
for my $r (0 .. $#counts) {
    my ($c, $y, $x) = ($counts[$r], 40 + $r * $ROW, $LEFT);
    $p->text($LEFT - 8, $y + 19, $c->{name}, 'end');
    for my $kind (sort { $c->{ $b->[0] } <=> $c->{ $a->[0] } } @KINDS) {
        my $w = $c->{ $kind->[0] } * $WIDTH / $most;
        $p->bar($x, $y, $w, 28, $kind->[1]) if $w >= 0.1;
        $x += $w;
    }
    $p->text($x + 6, $y + 19, $c->{all}, 'bold');
    $p->text($LEFT, $y + 40, join(', ', map {"$c->{$_->[0]} $_->[2]"} grep { $c->{ $_->[0] } } @KINDS), 'small');
}
$p->legend(16, 40 + 3 * $ROW + 28, map { @$_[ 1, 2 ] } @KINDS);
$p->save('docs/book/pictures/8-exits.svg');
print 'docs/book/pictures/8-exits.svg: ', join(', ', map {"$_->{name} $_->{all}"} @counts), "\n";
