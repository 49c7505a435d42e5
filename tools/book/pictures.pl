#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The book's pictures that are made of data of this kernel: of the manifest (pvtool manifest), which has all sites and all that they may
# hold; and of what the kernel says on its second port, booted on several CPUs.
#
#	BUILD=build perl -Itests/lib -Itools/book tools/book/pictures.pl docs/book/pictures

use strict;
use warnings;
use JSON::PP qw(decode_json);
use List::Util qw(max min sum0);
use Drawn;
use Pedant;
use Pedant::Chart;
use Pedant::File qw(slurp);

my $to = shift @ARGV or die "pictures.pl: where to?\n";
my $pvtool = build_dir() . '/tools/pvtool';
my $file   = build_dir() . '/manifest.json';
system($pvtool, 'manifest', kernel_path(), '-o', $file) == 0 or die "pictures.pl: $pvtool manifest fails\n";
my $manifest = decode_json(slurp($file));
my @sites    = @{ $manifest->{sites} };

# ---- how often which op is called ----

sub calls {
    my $shown = 14;
    my $run   = boot(name => 'book-calls', cpu => 'qemu32', cmdline => 'selftest=off pv=trace run=hello');
    my @calls = sort { $b->{calls} <=> $a->{calls} || $a->{op} cmp $b->{op} } grep { $_->{calls} } $run->events('calls');
    die "pictures.pl: the kernel counts no calls\n" if @calls < $shown;
    my $rest = sum0(map { $_->{calls} } @calls[ $shown .. $#calls ]);
    draw("$to/1-calls.svg", bars(title => number(sum0(map { $_->{calls} } @calls)) . ' calls of ops in one boot that runs one program; ' . (@calls - $shown)
            . " ops that are not shown are called $rest times",
        unit => 'calls, counted by the back end trace, without self-tests', series => ['calls'], rows => [ map { [ @$_{qw(op calls)} ] } @calls[ 0 .. $shown - 1 ] ]));
    return;
}

# ---- where the sites are ----

sub places {
    my ($row, $w, $x, $top) = (32768, 620, 96, 76);
    my %colour = (paravirt => 'blue', alternatives => 'amber', smp_locks => 'green', jump_label => 'pink', static_call => 'red');
    my @order  = qw(paravirt alternatives smp_locks jump_label static_call);
    my ($text, $init) = map { my $name = $_; grep { $_->{name} eq $name } @{ $manifest->{text} } } qw(.text .init.text);
    my $first = hex($text->{start}) - hex($text->{start}) % $row;
    my $last  = hex($init->{start}) + $init->{size};
    my $tests = kernel_elf()->symbol('_tests_text');
    my $rows  = int(($last - $first + $row - 1) / $row);
    my $at    = sub { my ($address) = @_; return ($x + $w * (($address - $first) % $row) / $row, $top + 26 * int(($address - $first) / $row)) };
    my $foot  = $top + $rows * 26 + 18;
    my %n;
    $n{ $_->{family} }++ for @sites;
    my $p = Drawn->new(740, $foot + 16, @sites . ' sites in ' . int(sum0(map { $_->{size} } $text, $init) / 1024) . ' KiB of text',
        'Each site is a line at its address: ' . join(', ', map {"$n{$_} of $_"} @order) . '. A row is 32 KiB.');
    $p->text(16, 26, $p->{title}, 'bold');
    $p->legend(16, 41, map { $colour{$_} => $_ } @order);
    for my $begin (map { $first + $_ * $row } 0 .. $rows - 1) {
        my (undef, $y) = $at->($begin);
        $p->text(16, $y + 15, sprintf('0x%06x', $begin), 'small');
        for my $part ([ hex $text->{start}, hex($text->{start}) + $text->{size}, 'pale' ], [ hex $init->{start}, $last, 'lit' ]) {
            my ($from, $end) = (max($part->[0], $begin), min($part->[1], $begin + $row));
            $p->area($x + $w * ($from - $begin) / $row, $y, $w * ($end - $from) / $row, 20, $part->[2]) if $from < $end;
        }
    }
    for my $family (reverse @order) {
        my ($above, $high) = $family eq 'paravirt' ? (0, 20) : (3, 14);
        my @at = map { [ $at->(hex $_->{at}) ] } sort { $a->{at} cmp $b->{at} } grep { $_->{family} eq $family } @sites;
        $p->strokes($colour{$family}, 1, map { [ $_->[0], $_->[1] + $above, $high ] } @at);
    }
    my ($mark_x, $mark_y) = $at->($tests);
    $p->strokes('ink', 2, [ $mark_x, $mark_y - 2, 24 ]);
    $p->text(16, $foot, 'Grey is text, yellow what is given up after boot; from the long mark on it is the self-tests\'.');
    $p->save("$to/2-places.svg");
    return;
}

# ---- what they become under each back end, on a CPU with this padding ----

sub values_under {
    my ($backend, $padding) = @_;
    return map {
        grep { ($_->{when}{backend} // '') eq $backend && (!$_->{when}{padding} || grep { $_ eq $padding } @{ $_->{when}{padding} }) } @{ $_->{values} }
    } grep { $_->{family} eq 'paravirt' } @sites;
}

sub became {
    my $most = grep { $_->{family} eq 'paravirt' } @sites;
    my @rows;
    for my $backend (qw(native lguest soft trace)) {
        my %n;
        $n{ $_->{is} eq 'jump' ? 'jmp' : $_->{is} }++ for values_under($backend, 'p6');
        sum0(values %n) == $most or die "pictures.pl: $backend has " . sum0(values %n) . " of $most sites\n";
        push @rows, [ $backend, map { $n{$_} // 0 } qw(template call jmp nothing) ];
    }
    my ($least, $best) = (sort { $a->[1] <=> $b->[1] } @rows)[ 0, -1 ];
    draw("$to/3-became.svg", bars(title => "What $most sites become: the back end $best->[0] makes $best->[1] of them the instructions themselves, $least->[0] " . ($least->[1] || 'none'),
        unit => 'sites of the family paravirt', stacked => 1, series => [ 'the instructions', 'a direct call', 'a jump', 'padding only' ], rows => \@rows));
    return;
}

# ---- how much is left over, and what fills it ----

sub padding {
    my (%n, %nops);
    for my $name (qw(p6 k10)) {
        for my $value (values_under('native', $name)) {
            my $pad = $value->{is} eq 'call' ? 1 : $value->{pad} // 0;
            my $by  = !$pad ? 'none' : $value->{is} eq 'call' || $value->{lead} ? 'prefixes' : 'nop';
            $n{$name}{$pad}{$by}++;
            $nops{$name}++ if $by eq 'nop';
        }
    }
    draw("$to/4-padding.svg", bars(title => 'What is left of six bytes, and what fills it: on a CPU that takes prefixes (p6) ' . ($nops{p6} // 0) . ' sites have a NOP, on one that does not (k10) '
            . ($nops{k10} // 0),
        unit => 'sites of the family paravirt', stacked => 1, series => [ 'nothing is left', 'prefixes of the same instruction', 'one NOP' ],
        rows => [ map { my $pad = $_; map { my $n = $n{$_}{$pad} || {}; [ ($pad == 1 ? '1 byte' : "$pad bytes") . ", $_", map { $n->{$_} // 0 } qw(none prefixes nop) ] } qw(p6 k10) } 0 .. 6 ]));
    return;
}

# ---- alternatives, on several CPUs ----

sub features {
    my @rows;
    for my $cpu ([ '486', '486' ], [ 'pentium', 'Pentium' ], [ 'qemu32', 'qemu32' ], [ 'max', 'max' ]) {
        my $run = boot(name => "book-$cpu->[0]", cpu => $cpu->[0], cmdline => 'selftest=boot');
        my ($of) = grep { $_->{family} eq 'alternatives' && $_->{of} eq 'kernel' && $_->{when} eq 'boot' } $run->events('sites');
        die "pictures.pl: $cpu->[0]: the kernel does not say what its alternatives became\n" if !$of;
        push @rows, [ $cpu->[1], sum0(map { $of->{$_} // 0 } qw(inline call jmp nop)), $of->{kept} ];
    }
    draw("$to/5-features.svg", bars(title => "The kernel's own alternatives on four CPUs: of " . ($rows[0][1] + $rows[0][2]) . " a $rows[0][0] has $rows[0][1] replaced, and $rows[-1][0] $rows[-1][1]",
        unit => 'sites of the family alternatives', stacked => 1, series => [ 'replaced', "as linked, with the CPU's own padding" ], rows => \@rows));
    return;
}

calls();
places();
became();
padding();
features();
