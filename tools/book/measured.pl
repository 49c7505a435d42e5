#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The book's pictures of what other documents have as measured: ways to change an instruction (docs/cross-modifying.md), annotated sites and
# those that were found (docs/sites.md), ops in a guest (docs/guest.md), the seed's table (docs/benchmarks.md). Nothing is measured for them.
#
#	perl -Itests/lib -Itools/book tools/book/measured.pl docs/book/pictures

use strict;
use warnings;
use List::Util qw(max);
use Drawn;
use Pedant::Chart;
use Pedant::File qw(slurp);

my $to = shift @ARGV or die "measured.pl: where to?\n";

# The lines of the first block of output behind a text.
sub figures {
    my ($file, $after) = @_;
    slurp($file) =~ /\Q$after\E(?s:.*?)\n((?:    .*\n)(?:(?:    .*)?\n)*)/ or die "$file: nothing behind $after\n";
    return map {s/^    //r} split /\n/, $1;
}

# ---- which part of the changes went wrong, by way, place and machine ----

sub litmus {
    my @machines = ([ "QEMU's TCG", 'QEMU 7.2, TCG' ], [ 'Bochs', 'Bochs 2.7' ], [ 'an AMD of today', 'The CPU of this machine' ]);
    my (@ways, %wrong);
    for my $m (0 .. $#machines) {
        my @lines = figures('docs/cross-modifying.md', "**$machines[$m][1]");
        shift @lines while @lines && $lines[0] !~ /changes that went wrong/;
        for (@lines) {
            my ($way, @shares) = /^  (\S.*?) +([\d.]+)(?:% \w+)? +([\d.]+)(?:% \w+)? +([\d.]+)(?:% \w+)?$/ or next;
            push @ways, $way if !$m;
            $wrong{$way}[$m] = \@shares;
        }
    }
    @ways == 11 or die 'measured.pl: ' . @ways . " ways\n";

    my ($left, $top, $cell, $row, $gap) = (192, 88, 60, 24, 8);
    my $x = sub { $left + ($_[0] * 3 + $_[1]) * $cell + $_[0] * $gap };
    my $p = Drawn->new(760, $top + @ways * $row + 52, 'Ways to change an instruction under another CPU, and how often that went wrong',
        'Of a thousand changes each (a hundred on Bochs), by way, place and machine. All that have no breakpoint go wrong somewhere; the whole protocol nowhere.');
    $p->text(16, 24, 'Changes that went wrong [%]', 'bold');
    for my $m (0 .. 2) {
        $p->text($x->($m, 1) + $cell / 2, 54, $machines[$m][0], 'middle');
        $p->text($x->($m, $_) + $cell / 2, 76, ('one line', 'two lines', 'two pages')[$_], 'middle', 'small') for 0 .. 2;
    }
    for my $r (0 .. $#ways) {
        my $y = $top + $r * $row;
        $p->text($left - 8, $y + 16, $ways[$r], 'end');
        for my $m (0 .. 2) {
            for my $c (0 .. 2) {
                my $share = $wrong{ $ways[$r] }[$m][$c];
                my $colour = $share >= 50 ? 'red' : $share >= 10 ? 'amber' : $share > 0 ? 'yellow' : 'ground';
                $p->box($x->($m, $c), $y, $cell, $row, $colour, $share > 0 ? $share : '0', 'small');
            }
        }
    }
    $p->legend(16, $top + @ways * $row + 20, ground => 'none of them', yellow => 'below 10 %', amber => 'below 50 %', red => 'more');
    $p->save("$to/6-litmus.svg");
    return;
}

# ---- one call of an op, whose site is annotated or was found after the link ----

sub found {
    my %cost;
    for (figures('docs/sites.md', 'Instructions executed for one call')) {
        my ($op, $native, @n) = /^ +(\w+(?: with templates)?) +([\d.]+)((?: +[\d.]+){6})$/ ? ($1, $2, split ' ', $3) : next;
        $cost{$op} = { native => $native, annotated => [ @n[ 0, 2, 1 ] ], found => [ @n[ 3, 5, 4 ] ] };
    }
    my @rows;
    for my $op ('irq_disable', 'save_fl', 'flush_tlb', '\d+ with templates') {
        my ($name) = grep {/^$op$/} keys %cost or die "measured.pl: no row $op\n";
        push @rows, map { [ "$name, $_", @{ $cost{$name}{$_} }, $cost{$name}{native} ] } qw(annotated found);
    }
    my ($all) = grep { $_->[0] =~ /templates, annotated/ } @rows;
    draw("$to/7-found.svg", bars(title => 'Annotated or found, it is the template that pays: of the ops that have one a call takes ' . number($all->[3])
            . ' instructions in the mean, and ' . number($all->[2]) . ' by direct calls alone',
        unit => 'instructions of one call', mark => [ 'the bare instructions', [ map { $_->[4] } @rows ] ], series => [ 'as linked', 'direct calls, no template', 'patched' ],
        rows => [ map { [ @$_[ 0 .. 3 ] ] } @rows ]));
    return;
}

# ---- what an op costs in a guest, the host's instructions with them ----

sub guest_ops {
    my @rows;
    for my $op (qw(irq_disable irq_enable save_fl restore_fl read_cr2 iret clts flush_tlb_single write_cr3)) {
        my ($line) = grep {/^  $op /} figures('docs/guest.md', '<!-- figures: guest-ops -->') or die "measured.pl: $op?\n";
        my ($machine, $patched, $linked, $rest) = $line =~ /^  \w+ +([\d.]+) +([\d.]+) +[\d.]+ +([\d.]+) +[\d.]+(.*)/;
        my ($bare) = $rest =~ /^ +([\d.]+) +[\d.]+/;
        push @rows, [ $op . ($rest =~ /wrong/ ? ' (bare: wrong)' : ''), map { $_ ? $_ : undef } $machine, $patched, $linked, $bare ];
    }
    my ($off) = @rows;
    draw("$to/8-guest-ops.svg", dots(title => 'To turn interrupts off costs a guest ' . number($off->[2]) . ' instruction' . ($off->[2] == 1 ? '' : 's') . ' patched, ' . number($off->[3])
            . ' as linked, and as an instruction of its own, which traps, ' . number($off->[4]),
        unit => "instructions of one call, the host's with them (logarithmic)", log => 1, baseline => [ 1, 'one instruction' ],
        series => [ 'on the machine', 'guest, patched', 'guest, as linked', 'guest, the bare instruction' ], rows => \@rows));
    return;
}

# ---- the seed's table ----

sub seed {
    my @rows;
    for (figures('docs/benchmarks.md', '<!-- figures: table-instructions -->')) {
        push @rows, [ "$1, of " . number($2), $3 + 0, $4 + 0 ] if /^  (\S.*?) {2,}([\d.]+) +([-+][\d.]+) +([-+][\d.]+) /;
    }
    @rows >= 10 or die 'measured.pl: ' . @rows . " workloads\n";
    draw("$to/9-seed.svg", bars(title => 'Patching takes back most of what a table of ops costs: unpatched up to ' . max(map { $_->[1] } @rows) . ' % more instructions, patched up to '
            . max(map { $_->[2] } @rows) . ' %',
        unit => '% more instructions for one operation than the same kernel without ops', baseline => [ 0, 'without ops' ], series => [ 'as linked: calls through the table', 'patched' ],
        rows => \@rows));
    return;
}

litmus();
found();
guest_ops();
seed();
