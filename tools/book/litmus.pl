#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What `make litmus` has measured (docs/cross-modifying.md): which part of the changes went wrong, by way, place and
# machine. Draws docs/book/pictures/6-litmus.svg.

use strict;
use warnings;
use lib 'tools/book';
use Drawn;

my @MACHINES = ([ "QEMU's TCG", 'QEMU 7.2, TCG' ], [ 'Bochs', 'Bochs 2.7' ], [ 'an AMD of today', 'The CPU of this machine' ]);
my @PLACES = ('in a line', 'across a line', 'across a page');

# The last table of each machine's block: { way => [ three shares ] }, and the ways in their order.
my (@ways, %wrong);
for my $m (0 .. $#MACHINES) {
    my @lines = Drawn::figures('docs/cross-modifying.md', "**$MACHINES[$m][1]");
    shift @lines while @lines && $lines[0] !~ /changes that went wrong/;
    for (@lines) {
        my ($way, @shares) = /^  (\S.*?) +([\d.]+)(?:% \w+)? +([\d.]+)(?:% \w+)? +([\d.]+)(?:% \w+)?$/ or next;
        push @ways, $way if !$m;
        $wrong{$way}[$m] = \@shares;
    }
}
@ways == 11 or die 'litmus.pl: ' . @ways . " ways\n";

my ($LEFT, $TOP, $CELL, $ROW, $GAP) = (192, 88, 60, 24, 8);
my $x = sub { $LEFT + ($_[0] * 3 + $_[1]) * $CELL + $_[0] * $GAP };
my $p = Drawn->new(760, $TOP + @ways * $ROW + 52, 'Ways to change an instruction under another CPU, and how often that went wrong',
    'Of a thousand changes each (a hundred on Bochs), by way, place and machine. All that have no breakpoint go wrong somewhere; the whole protocol nowhere.');
$p->text(16, 24, 'Changes that went wrong [%]', 'bold');
for my $m (0 .. 2) {
    $p->text($x->($m, 1) + $CELL / 2, 54, $MACHINES[$m][0], 'middle');
    $p->text($x->($m, $_) + $CELL / 2, 76, $PLACES[$_] =~ s/across a (\w+)/two $1s/r =~ s/in a line/one line/r, 'middle', 'small') for 0 .. 2;
}
for my $r (0 .. $#ways) {
    my $y = $TOP + $r * $ROW;
    $p->text($LEFT - 8, $y + 16, $ways[$r], 'end');
    for my $m (0 .. 2) {
        for my $c (0 .. 2) {
            my $share = $wrong{ $ways[$r] }[$m][$c];
            my $colour = $share >= 50 ? 'red' : $share >= 10 ? 'orange' : $share > 0 ? 'yellow' : 'white';
            $p->box($x->($m, $c), $y, $CELL, $ROW, $colour, $share > 0 ? $share : '0', 'small');
        }
    }
}
$p->legend(16, $TOP + @ways * $ROW + 20, white => 'none of them', yellow => 'below 10 %', orange => 'below 50 %', red => 'more');
$p->save('docs/book/pictures/6-litmus.svg');
print "docs/book/pictures/6-litmus.svg: ", scalar @ways, " ways\n";
