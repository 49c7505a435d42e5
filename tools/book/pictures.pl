#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The book's pictures that are made of data: of the manifest (pvtool manifest), which has all sites and all that they may
# hold; and of what the kernel says on its second port, booted on several CPUs.
#
#	BUILD=build perl -Itests/lib tools/book/pictures.pl docs/book/pictures

use strict;
use warnings;
use JSON::PP qw(decode_json);
use Pedant;
use Pedant::File qw(slurp spew);

my $to = shift @ARGV or die "pictures.pl: where to?\n";
my $pvtool = build_dir() . '/tools/pvtool';
my $file   = build_dir() . '/manifest.json';
system($pvtool, 'manifest', kernel_path(), '-o', $file) == 0 or die "pictures.pl: $pvtool manifest fails\n";
my $manifest = decode_json(slurp($file));
my @sites    = @{ $manifest->{sites} };

# Okabe's and Ito's colours, which all can tell apart; a grey for what is left as it is.
my %COLOUR = (orange => '#e69f00', sky => '#56b4e9', green => '#009e73', yellow => '#f0e442', blue => '#0072b2', red => '#d55e00', pink => '#cc79a7',
    grey => '#d9d9d9', black => '#222');

sub escaped { return $_[0] =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr }

sub text {
    my ($x, $y, $text, %is) = @_;
    my $more = join '', map {" $_=\"$is{$_}\""} sort keys %is;
    return "<text x=\"$x\" y=\"$y\"$more>" . escaped($text) . "</text>\n";
}

sub rect {
    my ($x, $y, $w, $h, $colour, $title) = @_;
    my $shape = sprintf '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"', $x, $y, $w, $h, $COLOUR{$colour};
    return defined $title ? "$shape><title>" . escaped($title) . "</title></rect>\n" : "$shape/>\n";
}

sub picture {
    my ($name, $w, $h, $title, $description, @shapes) = @_;
    spew("$to/$name.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 $w $h\" width=\"$w\" height=\"$h\" role=\"img\" aria-labelledby=\"t d\">\n",
        "<!-- SPDX-License-Identifier: MIT -->\n<!-- Made by tools/book/pictures.pl; what is changed here is lost. -->\n",
        '<title id="t">', escaped($title), "</title>\n", '<desc id="d">', escaped($description), "</desc>\n",
        "<rect width=\"$w\" height=\"$h\" fill=\"#fff\"/>\n",
        "<g font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"13\" fill=\"#222\">\n",
        text(16, 26, $title, 'font-weight' => 'bold', 'font-size' => 15), @shapes, "</g>\n</svg>\n");
    print "$to/$name.svg\n";
    return;
}

# [ colour, words ] each, in a row.
sub legend {
    my ($x, $y, @of) = @_;
    my @shapes;
    for my $entry (@of) {
        my ($colour, $words) = @$entry;
        push @shapes, rect($x, $y - 11, 12, 12, $colour), text($x + 18, $y, $words);
        $x += 34 + 7.4 * length $words;
    }
    return @shapes;
}

# Bars that begin at the left: { name, parts => [ [ colour, n, words ] ... ] } each; in a part that is wide enough stands its number.
sub bars {
    my ($x, $y, $width, $most, @bars) = @_;
    my @shapes;
    for my $bar (@bars) {
        my $at = $x;
        push @shapes, text($x - 8, $y + 17, $bar->{name}, 'text-anchor' => 'end');
        for my $part (@{ $bar->{parts} }) {
            my ($colour, $n, $words) = @$part;
            next if !$n;
            my $w = $width * $n / $most;
            push @shapes, rect($at, $y, $w, 24, $colour, "$bar->{name}: $n $words");
            push @shapes, text(sprintf('%.1f', $at + $w / 2), $y + 17, $n, 'text-anchor' => 'middle') if $w > 8 * length($n) + 4;
            $at += $w;
        }
        $y += 34;
    }
    return @shapes;
}

sub sum { my $sum = 0; $sum += $_ for @_; return $sum }

# ---- how often which op is called ----

sub calls {
    my $shown = 14;
    my $run   = boot(name => 'book-calls', cpu => 'qemu32', cmdline => 'selftest=off pv=trace run=hello');
    my @calls = sort { $b->{calls} <=> $a->{calls} || $a->{op} cmp $b->{op} } grep { $_->{calls} } $run->events('calls');
    die "pictures.pl: the kernel counts no calls\n" if @calls < $shown;
    my $all  = sum(map { $_->{calls} } @calls);
    my $rest = sum(map { $_->{calls} } @calls[ $shown .. $#calls ]);
    my @shapes;
    for my $n (0 .. $shown - 1) {
        my ($y, $w) = (44 + 24 * $n, 500 * $calls[$n]{calls} / $calls[0]{calls});
        push @shapes, text(150, $y + 14, $calls[$n]{op}, 'text-anchor' => 'end'), rect(158, $y, $w, 18, 'blue'), text(sprintf('%.0f', 166 + $w), $y + 14, $calls[$n]{calls});
    }
    my $foot = 44 + 24 * $shown + 18;
    picture('1-calls', 740, $foot + 14, "$all calls of ops in one boot that runs one program",
        'The most called ones: ' . join(', ', map {"$_->{op} $_->{calls}"} @calls[ 0 .. $shown - 1 ]) . '.', @shapes,
        text(16, $foot, @calls - $shown . " more ops are called $rest times. Counted by the back end trace, without self-tests."));
    return;
}

# ---- where the sites are ----

sub places {
    my ($row, $w, $x, $top) = (32768, 620, 96, 76);
    my %colour = (paravirt => 'blue', alternatives => 'orange', smp_locks => 'green', jump_label => 'pink', static_call => 'red');
    my @order  = qw(paravirt alternatives smp_locks jump_label static_call);
    my ($text, $init) = map { my $name = $_; grep { $_->{name} eq $name } @{ $manifest->{text} } } qw(.text .init.text);
    my $first = hex($text->{start}) - hex($text->{start}) % $row;
    my $last  = hex($init->{start}) + $init->{size};
    my $tests = kernel_elf()->symbol('_tests_text');
    my $rows  = int(($last - $first + $row - 1) / $row);
    my @shapes = legend(16, 52, map { [ $colour{$_}, $_ ] } @order);
    for my $n (0 .. $rows - 1) {
        my $begin = $first + $n * $row;
        push @shapes, text(16, $top + $n * 26 + 15, sprintf('0x%06x', $begin), 'font-size' => 12);
        for my $part ([ hex $text->{start}, $tests, 'grey' ], [ $tests, hex($text->{start}) + $text->{size}, 'grey' ], [ hex $init->{start}, $last, 'yellow' ]) {
            my ($from, $end, $ground) = @$part;
            $from = $begin if $from < $begin;
            $end = $begin + $row if $end > $begin + $row;
            push @shapes, rect($x + $w * ($from - $begin) / $row, $top + $n * 26, $w * ($end - $from) / $row, 20, $ground) if $from < $end;
        }
    }
    for my $family (reverse @order) {
        my ($above, $high) = $family eq 'paravirt' ? (0, 20) : (3, 14);
        my $lines = '';
        for my $site (sort { $a->{at} cmp $b->{at} } grep { $_->{family} eq $family } @sites) {
            my $at = hex($site->{at}) - $first;
            $lines .= sprintf 'M%.1f %dv%d', $x + $w * ($at % $row) / $row, $top + 26 * int($at / $row) + $above, $high;
        }
        push @shapes, "<path d=\"$lines\" stroke=\"$COLOUR{ $colour{$family} }\" stroke-width=\"1\"/>\n";
    }
    my $mark = $tests - $first;
    my ($mx, $my) = ($x + $w * ($mark % $row) / $row, $top + 26 * int($mark / $row));
    push @shapes, sprintf "<path d=\"M%.1f %dv24\" stroke=\"#222\" stroke-width=\"2\"/>\n", $mx, $my - 2;
    my $foot = $top + $rows * 26 + 18;
    push @shapes, text(16, $foot, 'Grey is text, yellow what is given up after boot; from the black mark on it is the self-tests\'.');
    my %n;
    $n{ $_->{family} }++ for @sites;
    picture('2-places', 740, $foot + 16, scalar(@sites) . ' sites in ' . int(sum(map { $_->{size} } $text, $init) / 1024) . ' KiB of text',
        'Each site is a line at its address: ' . join(', ', map {"$n{$_} of $_"} @order) . '. A row is 32 KiB.', @shapes);
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
    my @of = ([ 'template', 'green', 'the instructions' ], [ 'call', 'orange', 'a direct call' ], [ 'jmp', 'pink', 'a jump' ], [ 'nothing', 'grey', 'padding only' ]);
    my $most = grep { $_->{family} eq 'paravirt' } @sites;
    my @bars;
    for my $backend (qw(native lguest soft trace)) {
        my %n;
        $n{ $_->{is} eq 'jump' ? 'jmp' : $_->{is} }++ for values_under($backend, 'p6');
        sum(values %n) == $most or die "pictures.pl: $backend has " . sum(values %n) . " of $most sites\n";
        push @bars, { name => $backend, parts => [ map { [ $_->[1], $n{ $_->[0] } // 0, $_->[2] ] } @of ] };
    }
    picture('3-became', 740, 222, "What $most sites become: four states of one family",
        join('; ', map { my $bar = $_; "$bar->{name}: " . join ', ', map {"$_->[1] $_->[2]"} grep { $_->[1] } @{ $bar->{parts} } } @bars) . '.',
        legend(16, 52, map { [ @$_[ 1, 2 ] ] } @of), bars(80, 74, 640, $most, @bars));
    return;
}

# ---- how much is left over, and what fills it ----

sub padding {
    my @names = ([ 'p6', 'a CPU that takes prefixes' ], [ 'k10', 'one that does not' ]);
    my (%n, $most);
    for my $name (map { $_->[0] } @names) {
        for my $value (values_under('native', $name)) {
            my $pad = $value->{is} eq 'call' ? 1 : $value->{pad} // 0;
            my $by  = !$pad ? 'none' : $value->{is} eq 'call' || $value->{lead} ? 'prefixes' : 'nop';
            $n{$name}{$pad}{$by}++;
        }
        for my $pad (0 .. 6) {
            my $all = sum(values %{ $n{$name}{$pad} || {} });
            $most = $all if $all > ($most // 0);
        }
    }
    my @shapes = legend(16, 52, [ 'grey', 'nothing is left' ], [ 'sky', 'prefixes of the same instruction' ], [ 'orange', 'one NOP' ]);
    for my $k (0 .. 1) {
        my ($name, $words) = @{ $names[$k] };
        my @bars = map {
            my $n = $n{$name}{$_} || {};
            { name => $_ == 1 ? '1 byte' : "$_ bytes", parts => [ [ 'grey', $n->{none} // 0, 'sites' ], [ 'sky', $n->{prefixes} // 0, 'sites' ], [ 'orange', $n->{nop} // 0, 'sites' ] ] }
        } 0 .. 6;
        my $nops = sum(map { $n{$name}{$_}{nop} // 0 } 0 .. 6);
        push @shapes, text(16, 84 + 270 * $k, "$name, $words: $nops sites have a NOP", 'font-weight' => 'bold'), bars(80, 94 + 270 * $k, 620, $most, @bars);
    }
    picture('4-padding', 740, 612, 'What is left of six bytes, and what fills it', 'For each length of padding from 0 to 6 bytes how many sites have it, '
        . 'by what it is: on a CPU of the table p6 nearly all of it are prefixes, on one of k10 NOPs.', @shapes);
    return;
}

# ---- alternatives, on several CPUs ----

sub features {
    my (@bars, $most);
    for my $cpu ([ '486', '486' ], [ 'pentium', 'Pentium' ], [ 'qemu32', 'qemu32' ], [ 'max', 'max' ]) {
        my $run = boot(name => "book-$cpu->[0]", cpu => $cpu->[0], cmdline => 'selftest=boot');
        my ($of) = grep { $_->{family} eq 'alternatives' && $_->{of} eq 'kernel' && $_->{when} eq 'boot' } $run->events('sites');
        die "pictures.pl: $cpu->[0]: the kernel does not say what its alternatives became\n" if !$of;
        my $new = sum(map { $of->{$_} // 0 } qw(inline call jmp nop));
        push @bars, { name => $cpu->[1], parts => [ [ 'green', $new, 'replaced' ], [ 'grey', $of->{kept}, 'as linked' ] ] };
        $most = $of->{sites};
    }
    picture('5-features', 740, 222, "The kernel's own alternatives on four CPUs", join('; ', map {"$_->{name}: $_->{parts}[0][1] replaced, $_->{parts}[1][1] as linked"} @bars)
        . '.', legend(16, 52, [ 'green', 'replaced' ], [ 'grey', 'as linked, with the CPU\'s own padding' ]), bars(80, 74, 640, $most, @bars));
    return;
}

calls();
places();
became();
padding();
features();
