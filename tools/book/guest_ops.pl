#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What an op costs in a guest, as measured (docs/guest.md): instructions of one call, the host's with them. Draws
# docs/book/pictures/8-guest-ops.svg.

use strict;
use warnings;
use lib 'tools/book';
use Drawn;

my @OPS = qw(irq_disable irq_enable save_fl restore_fl read_cr2 iret clts flush_tlb_single write_cr3);
my %cost;
for (Drawn::figures('docs/guest.md', '<!-- figures: guest-ops -->')) {
    my ($op, $machine, $patched, $linked, $rest) = /^  (\w+) +([\d.]+) +([\d.]+) +[\d.]+ +([\d.]+) +[\d.]+(.*)/ or next;
    my ($bare) = $rest =~ /^ +([\d.]+) +[\d.]+/;
    $cost{$op} = { machine => $machine, patched => $patched, linked => $linked, bare => $bare, wrong => scalar($rest =~ /wrong/) };
}
my @FORMS = ([ machine => 'grey', 'on the machine' ], [ patched => 'blue', 'guest, patched' ], [ linked => 'yellow', 'guest, as linked' ],
    [ bare => 'red', 'guest, the bare instruction' ]);

# A decade in so many pixels; below one instruction nothing is.
my ($LEFT, $DECADE, $BAR) = (140, 130, 9);
my $width = sub { $_[0] > 0 ? 4 + $DECADE * log($_[0]) / log(10) : 0 };
my $row = 4 * $BAR + 12;
my $bottom = 44 + @OPS * $row;
my $p = Drawn->new(760, $bottom + 58, 'Instructions of one call of an op in a guest',
    'Four ops that turn interrupts on and off cost a guest one or two instructions when they are patched, and as instructions of their own more than a thousand, or they are wrong.');
$p->text(16, 24, "Instructions of one call, the host's with them", 'bold');
for my $e (0 .. 4) {
    my $x = $LEFT + 4 + $DECADE * $e;
    $p->line($x, 36, $x, $bottom, 'dashed');
    $p->text($x, $bottom + 16, 10**$e, 'middle', 'small');
}
for my $r (0 .. $#OPS) {
    my ($c, $y) = ($cost{ $OPS[$r] } || die("guest_ops.pl: $OPS[$r]?\n"), 44 + $r * $row);
    $p->text($LEFT - 8, $y + 2 * $BAR + 4, $OPS[$r], 'end');
    for my $f (0 .. $#FORMS) {
        my ($form, $colour) = @{ $FORMS[$f] };
        next if !defined $c->{$form};
        my $w = $width->($c->{$form});
        $p->bar($LEFT, $y + $f * $BAR, $w, $BAR - 1, $colour);
        $p->text($LEFT + $w + 6, $y + $f * $BAR + 8, 'and wrong', 'small') if $form eq 'bare' && $c->{wrong};
    }
}
$p->legend(16, $bottom + 30, map { @$_[ 1, 2 ] } @FORMS);
$p->save('docs/book/pictures/8-guest-ops.svg');
print 'docs/book/pictures/8-guest-ops.svg: ', scalar @OPS, " ops\n";
