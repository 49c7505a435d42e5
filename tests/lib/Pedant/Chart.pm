# SPDX-License-Identifier: MIT
#
# Charts as SVG, in which colour is never the only mark: Okabe and Ito's colours, and with each a pattern or a shape and a
# dash of its own. Text, axes and ground follow the reader's light or dark scheme, also where the file is an <img>.
#
#     my $svg = bars(title => 'A sentence', unit => '% more', baseline => [ 0, 'without paravirt' ],
#         series => [ 'linked', 'patched' ], rows => [ [ 'null call', 5.7, 0 ], ... ]);
#     my $svg = dots(... log => 1, spread => [ [ [ $low, $high ], ... ], ... ]);     as bars; a dot a value
#     my $svg = lines(title => ..., x => 'sites', y => 'instructions', baseline => [ [ [ $x, $y ], ... ], 'linear' ],
#         series => [ [ 'paravirt', [ [ $x, $y ], ... ] ], ... ], log => 'xy');
#
# bars and dots: mark => [ name, values ], a mark of each row that it is held against; stacked => 1, series one behind the other.
package Pedant::Chart;

use strict;
use warnings;
use Exporter qw(import);
use List::Util qw(max min sum0);
use POSIX qw(ceil floor);

our @EXPORT = qw(bars dots lines number);

my $WIDTH = 860;
my $CHAR  = 6.9;                                                  # the mean width of a letter at 13 pixels
my @LIGHT = ('#0072B2', '#D55E00', '#009E73', '#CC79A7');
my @DARK  = ('#56B4E9', '#E69F00', '#009E73', '#CC79A7');
my @DASH  = ('none', '7 3', '2 3', '9 3 2 3');

# 1234567.8 -> 1,234,568; 0.1234 -> 0.12: two or three digits that count, and no zeros behind them.
sub number {
    my ($n) = @_;
    my $digits = abs $n >= 100 ? 0 : abs $n >= 10 ? 1 : abs $n >= 0.1 ? 2 : 3;
    my $text = sprintf "%.${digits}f", $n;
    $text =~ s/\.?0+$// if $digits;
    $text = '0' if $text eq '-0';
    1 while $text =~ s/^(-?\d+)(\d{3})/$1,$2/;
    return $text;
}

sub escaped { my ($text) = @_; return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr }

sub text {
    my ($x, $y, $text, $more) = @_;
    return sprintf qq(<text x="%.1f" y="%.1f"%s>%s</text>\n), $x, $y, $more ? " $more" : '', escaped($text);
}

sub rule {
    my ($class, $x1, $y1, $x2, $y2) = @_;
    return sprintf qq(<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>\n), $class, $x1, $y1, $x2, $y2;
}

# Lines of at most so many letters.
sub wrapped {
    my ($text, $letters) = @_;
    my @lines = ('');
    for my $word (split / /, $text) {
        if (length("$lines[-1] $word") > $letters) { push @lines, $word }
        else                                       { $lines[-1] .= ($lines[-1] eq '' ? '' : ' ') . $word }
    }
    return @lines;
}

sub scheme {
    my ($ink, $pale, $ground, @colors) = @_;
    return join '', "text { fill: $ink } .ground { fill: $ground } .axis { stroke: $ink } .grid { stroke: $pale }\n",
        ".baseline, .mark, .spread { stroke: $ink } .halo { stroke: $ground }\n",
        map { my $n = $_ + 1; ".f$n { fill: $colors[$_] } .l$n { stroke: $colors[$_] }\n" } 0 .. $#colors;
}

# What all charts have in common: the schemes, and a pattern for each series of bars.
sub head {
    my ($height, $title, $desc) = @_;
    my ($width, $name, $what) = ($WIDTH, map { escaped($_) } $title, $desc);
    my $dashes = join ' ', map { ".d$_ { stroke-dasharray: $DASH[$_ - 1] }" } 1 .. @DASH;
    my ($light, $dark) = (scheme('#1f2328', '#d1d9e0', '#ffffff', @LIGHT), scheme('#e6edf3', '#3d444d', '#0d1117', @DARK));
    return <<"END";
<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="$height" viewBox="0 0 $width $height" role="img" aria-labelledby="title desc">
<title id="title">$name</title>
<desc id="desc">$what</desc>
<style>
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif } .title { font-size: 16px; font-weight: 600 } .small { font-size: 11px }
.end { text-anchor: end } .middle { text-anchor: middle } .grid { stroke-width: 1 } .axis { stroke-width: 1 } .baseline { stroke-width: 2; fill: none; stroke-dasharray: 6 4 }
.wide { stroke-width: 8; stroke-dasharray: none; stroke-opacity: 0.25 } .mark { stroke-width: 3 } .spread { stroke-width: 1 } .line { fill: none; stroke-width: 2 } .edge { stroke-width: 1 } .halo { stroke-width: 4; paint-order: stroke }
$dashes
$light\@media (prefers-color-scheme: dark) {
$dark}
</style>
<defs>
<pattern id="p2" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/><rect class="f2" width="3" height="6"/></pattern>
<pattern id="p3" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="ground" width="5" height="5"/><circle class="f3" cx="2.5" cy="2.5" r="1.7"/></pattern>
<pattern id="p4" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="ground" width="6" height="6"/><rect class="f4" width="6" height="2"/></pattern>
</defs>
<rect class="ground" width="$width" height="$height"/>
END
}

# The title's lines, and how far down they reach.
sub title {
    my ($title) = @_;
    my @lines = wrapped($title, 88);
    return (join('', map { text(16, 26 + 20 * $_, $lines[$_], 'class="title"') } 0 .. $#lines), 26 + 20 * $#lines);
}

sub bar {
    my ($n, $x, $y, $width, $height) = @_;
    my $fill = $n == 1 ? 'class="f1 l1 edge"' : qq(class="l$n edge" fill="url(#p$n)");
    return sprintf qq(<rect %s x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>\n), $fill, $x, $y, max($width, 0.5), $height;
}

# A circle, a square, a triangle, a diamond.
sub dot {
    my ($n, $x, $y) = @_;
    return sprintf qq(<circle class="f1" cx="%.1f" cy="%.1f" r="4.5"/>\n), $x, $y if $n == 1;
    my @path = (undef, 'm-4 -4h8v8h-8z', 'm0 -5.5l5 9h-10z', 'm0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z');
    return sprintf qq(<path class="f%d" d="M%.1f %.1f%s"/>\n), $n, $x, $y, $path[ $n - 1 ];
}

# Where a value stands between two places, and the values at which there are lines.
sub axis {
    my ($low, $high, $from, $to, $log) = @_;
    if ($log) {
        my ($first, $last) = (floor_log($low), -floor_log(1 / $high));
        $last++ if $last <= $first;
        my $place = sub { my ($v) = @_; return $from + ($to - $from) * ((log($v > 0 ? $v : 10**$first) / log 10) - $first) / ($last - $first) };
        return ($place, map { 10**$_ } $first .. $last);
    }
    my $rough = ($high - $low || 1) / 5;
    my $power = 10**floor_log($rough);
    my ($step) = grep { $_ >= $rough } map { $_ * $power } 1, 2, 5, 10;
    my ($first, $last) = (floor($low / $step), ceil($high / $step));
    my $place = sub { my ($v) = @_; return $from + ($to - $from) * ($v / $step - $first) / ($last - $first) };
    return ($place, map { $_ * $step } $first .. $last);
}

# The power of ten below it, or just above it: 99 is 100 on an axis.
sub floor_log { my ($n) = @_; return floor(log($n) / log(10) + 0.01) }

# The names of the series from left to right, each behind what its bars, dots or marks look like.
sub legend {
    my ($y, $shape, $series, $mark) = @_;
    my ($x, $out) = (16, '');
    for my $n (1 .. @$series) {
        $out .= $shape eq 'dot' ? dot($n, $x + 7, $y - 4) : bar($n, $x, $y - 10, 16, 11);
        $out .= text($x + 22, $y, $series->[ $n - 1 ]);
        $x += 46 + $CHAR * length $series->[ $n - 1 ];
    }
    return $out if !$mark;
    return $out . rule('mark', $x + 7, $y - 11, $x + 7, $y + 2) . text($x + 18, $y, $mark);
}

sub described { my ($chart, @series) = @_; return join '; ', (map {"$_->[0] ($_->[1])"} @series), "baseline: $chart->{baseline}[1]" }

# Rows from above to below; values from left to right.
sub rows_chart {
    my ($shape, %chart) = @_;
    my @rows    = @{ $chart{rows} };
    my @series  = @{ $chart{series} };
    my ($head, $y) = title($chart{title});
    my $thick   = $shape eq 'dot' ? (@series > 1 ? 9 : 12) : $chart{stacked} ? 18 : 14;
    my $inside  = $chart{stacked} ? 1 : @series;
    my $each    = $inside * $thick + 10;
    my $left    = 24 + $CHAR * max(map { length $_->[0] } @rows);
    my ($top, $right) = ($y + 62, $WIDTH - 76);
    my $bottom  = $top + $each * @rows;
    my $base    = $chart{baseline}[0];
    my @values  = grep {defined} $base, ($chart{mark} ? @{ $chart{mark}[1] } : ()),
        map { my (undef, @of) = @$_; $chart{stacked} ? sum0(@of) : @of } @rows;
    my @counted = $chart{log} ? grep { $_ > 0 } @values : @values;
    my ($at, @ticks) = axis(min(@counted), max(@counted), $left, $right, $chart{log});
    my $out = $head . legend($y + 26, $shape, \@series, $chart{mark} ? $chart{mark}[0] : undef);
    $out .= rule('grid', $at->($_), $top, $at->($_), $bottom) . text($at->($_), $bottom + 16, number($_), 'class="middle"') for @ticks;
    $out .= text(($left + $right) / 2, $bottom + 36, $chart{unit}, 'class="middle"');
    my $place = $at->($base);
    my ($anchor, $beside) = $place > ($left + $right) / 2 ? ('end', -6) : ('start', 6);
    $out .= rule('baseline', $place, $top - 12, $place, $bottom) . text($place + $beside, $top - 6, $chart{baseline}[1], qq(class="small" text-anchor="$anchor"));

    for my $i (0 .. $#rows) {
        my ($name, @of) = @{ $rows[$i] };
        my $row_y = $top + $each * $i + 5;
        $out .= text($left - 8, $row_y + $inside * $thick / 2 + 4, $name, 'class="end"');
        $out .= row($shape, \%chart, $at, $row_y, $thick, $i, @of);
        my $mark = $chart{mark} ? $at->($chart{mark}[1][$i]) : undef;
        $out .= rule('mark', $mark, $row_y - 3, $mark, $row_y + $inside * $thick + 3) if defined $mark;
    }
    return head($bottom + 50, $chart{title}, described(\%chart, map { [ $_, $chart{unit} ] } @series)) . $out . "</svg>\n";
}

sub row {
    my ($shape, $chart, $at, $y, $thick, $i, @of) = @_;
    my ($out, $before, $base) = ('', 0, $chart->{baseline}[0]);
    for my $n (grep { defined $of[ $_ - 1 ] } 1 .. @of) {
        my $value  = $of[ $n - 1 ];
        my $spread = $chart->{spread} ? $chart->{spread}[$i][ $n - 1 ] : undef;
        if ($shape eq 'dot') {
            my ($x, $dot_y) = ($at->($value), $y + ($n - 0.5) * $thick);
            $out .= rule('spread', $at->($spread->[0]), $dot_y, $at->($spread->[1]), $dot_y) if $spread;
            $out .= dot($n, $x, $dot_y);
            $out .= text($x + 9, $dot_y + 4, number($value), 'class="small halo"') if @of == 1;
        }
        elsif ($chart->{stacked}) {
            $out .= bar($n, $at->($before), $y, $at->($before + $value) - $at->($before), $thick) if $value;
            $before += $value;
            $out .= text($at->($before) + 5, $y + $thick / 2 + 4, number($before), 'class="small"') if $n == @of;
        }
        else {
            my ($from, $to) = sort { $a <=> $b } $at->($base), $at->($value);
            my $bar_y = $y + ($n - 1) * $thick;
            $out .= bar($n, $from, $bar_y + 1, $to - $from, $thick - 3);
            $out .= text($to + 5, $bar_y + $thick - 4, number($value), 'class="small"');
        }
    }
    return $out;
}

sub bars { my (%chart) = @_; return rows_chart('bar', %chart) }
sub dots { my (%chart) = @_; return rows_chart('dot', %chart) }

sub polyline {
    my ($class, $x, $y, @points) = @_;
    return sprintf qq(<polyline class="%s" points="%s"/>\n), $class, join ' ', map { sprintf '%.1f,%.1f', $x->($_->[0]), $y->($_->[1]) } @points;
}

# Labels at the right ends of the lines, moved apart where they would overlap, and none below the axis: [ name, place ] -> [ name, place ].
sub apart {
    my ($bottom, @labels) = @_;
    my @sorted = sort { $a->[1] <=> $b->[1] } @labels;
    for my $i (1 .. $#sorted) {
        my $least = $sorted[ $i - 1 ][1] + 15;
        $sorted[$i][1] = $least if $sorted[$i][1] < $least;
    }
    for my $i (reverse 0 .. $#sorted) {
        my $most = $bottom - 15 * ($#sorted - $i);
        $sorted[$i][1] = $most if $sorted[$i][1] > $most;
    }
    return @sorted;
}

sub lines {
    my (%chart) = @_;
    my ($log_x, $log_y) = map { index($chart{log} // '', $_) >= 0 } qw(x y);
    my @series = @{ $chart{series} };
    my @base   = @{ $chart{baseline}[0] };
    my @points = (@base, map { @{ $_->[1] } } @series);
    my ($head, $y) = title($chart{title});
    my $right = $WIDTH - 24 - $CHAR * max(map { length $_ } $chart{baseline}[1], map { $_->[0] } @series);
    my $top    = $y + 36;
    my $bottom = $top + 300;
    my ($from_y, $to_y) = (min(map { $_->[1] } @points), max(map { $_->[1] } @points));
    my (undef, @y) = axis($log_y ? $from_y : min(0, $from_y), $to_y, 1, 0, $log_y);
    my $left = 24 + $CHAR * max(map { length number($_) } @y);
    my ($x_at, @x) = axis(min(map { $_->[0] } @points), max(map { $_->[0] } @points), $left, $right, $log_x);
    my ($y_at) = axis($log_y ? $from_y : min(0, $from_y), $to_y, $bottom, $top, $log_y);
    my $out = $head . text(16, $top - 12, $chart{y});
    $out .= rule('grid', $x_at->($_), $top, $x_at->($_), $bottom) . text($x_at->($_), $bottom + 18, number($_), 'class="middle"') for @x;
    $out .= rule('grid', $left, $y_at->($_), $right, $y_at->($_)) . text($left - 8, $y_at->($_) + 4, number($_), 'class="end"') for @y;
    $out .= text(($left + $right) / 2, $bottom + 38, $chart{x}, 'class="middle"');
    $out .= polyline('baseline wide', $x_at, $y_at, @base);

    for my $n (1 .. @series) {
        my @of = @{ $series[ $n - 1 ][1] };
        $out .= polyline("line l$n d$n", $x_at, $y_at, @of) . join '', map { dot($n, $x_at->($_->[0]), $y_at->($_->[1])) } @of;
    }
    my %end = map { $_->[0] => $_->[1][-1] } @series, [ $chart{baseline}[1], \@base ];
    $out .= text($x_at->($end{ $_->[0] }[0]) + 12, $_->[1] + 4, $_->[0], 'class="halo"') for apart($bottom, map { [ $_, $y_at->($end{$_}[1]) ] } sort keys %end);
    return head($bottom + 52, $chart{title}, described(\%chart, map { [ $_->[0], $chart{y} ] } @series)) . $out . "</svg>\n";
}

1;
