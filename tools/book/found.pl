#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Instructions of one call of an op, as measured (docs/sites.md), whose site is annotated or was found after the link. Draws
# docs/book/pictures/7-found.svg.

use strict;
use warnings;
use lib 'tools/book';
use Drawn;

my @OPS = ('irq_disable', 'save_fl', 'flush_tlb', '\d+ with templates');
my %cost;
for (Drawn::figures('docs/sites.md', 'Instructions executed for one call')) {
    my ($op, $native, @n) = /^ +(\w+(?: with templates)?) +([\d.]+)((?: +[\d.]+){6})$/ ? ($1, $2, split ' ', $3) : next;
    $cost{$op} = { native => $native, annotated => [ @n[ 0, 2, 1 ] ], found => [ @n[ 3, 5, 4 ] ] };
}

my ($LEFT, $SCALE, $BAR) = (150, 96, 14);
my $row    = 6 * $BAR + 22;
my $bottom = 44 + @OPS * $row;
my $p = Drawn->new(760, $bottom + 56, 'Annotated or found, it is the template that pays',
    'Instructions of one call: as linked a found site has one more than an annotated one; with direct calls, and patched, they are the same, but for an op of six bytes.');
$p->text(16, 24, 'Instructions of one call', 'bold');
for my $n (0 .. 6) {
    $p->line($LEFT + $SCALE * $n, 36, $LEFT + $SCALE * $n, $bottom - 6, 'dashed');
    $p->text($LEFT + $SCALE * $n, $bottom + 10, $n, 'middle', 'small');
}
for my $r (0 .. $#OPS) {
    my ($name) = grep {/^$OPS[$r]$/} keys %cost or die "found.pl: no row $OPS[$r]\n";
    my ($c, $y) = ($cost{$name}, 44 + $r * $row);
    $p->text($LEFT - 8, $y + 3 * $BAR - 2, $name, 'end');
    $p->text($LEFT - 8, $y + 3 * $BAR + 13, "bare: $c->{native}", 'end', 'small');
    for my $w (0 .. 2) {
        for my $kind (0 .. 1) {
            my $cost = $c->{ $kind ? 'found' : 'annotated' }[$w];
            $p->bar($LEFT, $y + (2 * $w + $kind) * $BAR, $SCALE * $cost, $BAR - 2, ('yellow', 'orange', 'blue')[$w]);
            $p->text($LEFT + $SCALE * $cost + 6, $y + (2 * $w + $kind) * $BAR + 10, "$cost " . ($kind ? 'found' : 'annotated'), 'small');
        }
    }
}
$p->legend(16, $bottom + 28, yellow => 'as linked', orange => 'direct calls, no template', blue => 'patched');
$p->save('docs/book/pictures/7-found.svg');
print 'docs/book/pictures/7-found.svg: ', scalar @OPS, " ops\n";
