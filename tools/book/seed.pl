#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The seed's table, as measured (docs/benchmarks.md): how many instructions more an operation has with a table of ops, and
# with its sites patched. Draws docs/book/pictures/9-seed.svg.

use strict;
use warnings;
use lib 'tools/book';
use Drawn;

my @rows;
for (Drawn::figures('docs/benchmarks.md', '<!-- figures: table-instructions -->')) {
    push @rows, [ $1, $2, $3, $4 ] if /^  (\S.*?) {2,}([\d.]+) +\+([\d.]+) +\+([\d.]+) /;
}
@rows >= 10 or die 'seed.pl: ' . @rows . " rows\n";

my ($LEFT, $SCALE, $ROW) = (190, 62, 26);
my $bottom = 44 + @rows * $ROW;
my $p = Drawn->new(760, $bottom + 60, 'Patching takes back most of what a table of ops costs',
    'Instructions more than the same kernel without ops: unpatched one to seven percent, patched at most one and a third.');
$p->text(16, 24, 'Instructions more than the same kernel without ops [%]', 'bold');
for my $percent (0 .. 8) {
    my $x = $LEFT + $SCALE * $percent;
    $p->line($x, 36, $x, $bottom, 'dashed');
    $p->text($x, $bottom + 15, $percent, 'middle', 'small');
}
for my $r (0 .. $#rows) {
    my ($name, $normal, $linked, $patched) = @{ $rows[$r] };
    my $y = 44 + $r * $ROW;
    $p->text($LEFT - 8, $y + 14, $name, 'end');
    $p->bar($LEFT, $y, $SCALE * $linked, 9, 'orange');
    $p->bar($LEFT, $y + 10, $SCALE * $patched, 9, 'blue');
    $p->text($LEFT + $SCALE * $linked + 6, $y + 12, sprintf('of %.0f', $normal), 'small');
}
$p->legend(16, $bottom + 32, orange => 'as linked: calls through the table', blue => 'patched');
$p->save('docs/book/pictures/9-seed.svg');
print 'docs/book/pictures/9-seed.svg: ', scalar @rows, " workloads\n";
