# SPDX-License-Identifier: MIT
#
# Charts as SVG, which gnuplot draws. Colour is never the only mark: Okabe and Ito's colours, and with each a pattern, or a
# shape and a dash. Each of gnuplot's colours becomes a variable, and those follow the reader's light or dark scheme, also where
# the file is an <img>.
#
#     my $chart = bars(title => 'A sentence', unit => '% more', baseline => [ 0, 'without paravirt' ],
#         series => [ 'linked', 'patched' ], rows => [ [ 'null call', 5.7, 0 ], ... ]);
#     my $chart = dots(... log => 1, spread => [ [ [ $low, $high ], ... ], ... ]);     as bars; a dot a value
#     my $chart = lines(title => ..., x => 'sites', y => 'instructions', baseline => [ [ [ $x, $y ], ... ], 'linear' ],
#         series => [ [ 'paravirt', [ [ $x, $y ], ... ] ], ... ], log => 'xy');
#     draw('x.svg', $chart) if can_draw();               says what it shows, $chart->{title}; svg($chart) is its text
#
# bars and dots: mark => [ name, values ], a mark of each row that it is held against; stacked => 1, series one behind the other.
# A baseline is what all is held against; bars and dots may have none.
package Pedant::Chart;

use strict;
use warnings;
use Exporter qw(import);
use File::Temp;
use List::Util qw(max min sum0);
use POSIX qw(ceil floor);
use Text::Wrap ();
use Pedant::File qw(spew);
use Pedant::Scheme qw(accessible colour);

our @EXPORT = qw(bars can_draw dots draw lines number svg);

my ($WIDTH, $CHAR) = (860, 6.9);    # a letter's mean width at 13 pixels
my @COLOUR = map { quoted(colour($_)) } qw(blue orange green pink);
my ($INK, $BASE, $PALE) = map { quoted(colour($_)) } qw(ink baseline pale);
my @FILL   = ('solid', 'pattern 4', 'pattern 1', 'pattern 5');
my @DASH   = ('1', '(14,6)', '(4,6)', '(18,6,4,6)');
my @POINT  = (7, 5, 9, 13);

sub can_draw { return system('gnuplot --version > /dev/null 2>&1') == 0 }

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

# A text of gnuplot's.
sub quoted { my ($text) = @_; return '"' . ($text =~ s/(["\\])/\\$1/gr =~ s/\n/\\n/gr) . '"' }

# What is plotted: rows of numbers and texts, and how.
sub plot { my ($how, @rows) = @_; return { how => $how, rows => [ map { [ map { /^-?[\d.]+(?:e[-+]?\d+)?$/ ? $_ : quoted($_) } @$_ ] } @rows ] } }

# The settings of an axis, and what it reaches from and to: decades, or what gnuplot makes of the values.
sub axis {
    my ($axis, $log, @values) = @_;
    return ("set ${axis}range [@{[ $axis eq 'y' ? 0 : '*' ]}:*]\n", 0, max(@values)) if !$log;
    my ($low, $high) = (sort { $a <=> $b } grep { $_ > 0 } @values)[ 0, -1 ];
    my ($first, $last) = (floor(log($low) / log(10) + 0.01), ceil(log($high) / log(10) - 0.01));
    $last++ if $last <= $first;
    my $tics = join ', ', map { quoted(number(10**$_)) . " 1e$_" } $first .. $last;
    my ($from, $to) = (0.999 * min(10**$first, $low), 1.001 * max(10**$last, $high));
    return ("set logscale $axis; set ${axis}range [$from:$to]; set ${axis}tics ($tics)\n", log $from, log $to);
}

# What all charts have in common: a title above what is plotted, and what is plotted, so many pixels high.
sub chart {
    my ($chart, $above, $high, $said, $settings, @plots) = @_;
    local $Text::Wrap::columns = 89;
    my $title   = quoted(Text::Wrap::wrap('', '', $chart->{title}));
    my @named   = map { $_->{how} =~ / title "(.*)"$/ ? length $1 : () } @plots;
    my $longest = max(0, @named);
    my $keys    = @named * ($CHAR * $longest + 55) > $WIDTH ? 2 : 1;    # lines of the legend, whose columns are of one width
    my $key     = 36 + 24 * (() = $title =~ /\\n/g);
    my $top     = $key + 19 * ($keys - 1) + $above;
    my $height  = $top + $high + 50;
    my $data    = join '', map { "\$d$_ << END\n" . join('', map {"@$_\n"} @{ $plots[$_]{rows} }) . "END\n" } 0 .. $#plots;
    my $plot    = join ', ', map {"\$d$_ $plots[$_]{how}"} 0 .. $#plots;
    return { title => $chart->{title}, said => join('; ', @$said, $chart->{baseline} ? "baseline: $chart->{baseline}[1]" : ()), script => <<"END" };
x(pixels) = pixels / $WIDTH.0
y(pixels) = 1 - pixels / $height.0
set terminal svg noenhanced size $WIDTH,$height font "sans-serif,13" background "white"
set label $title at screen x(16), screen y(21) font ",16"
set key at screen x(8), screen y($key) left top vertical maxrows $keys Left reverse samplen 1.5 width (-0.22 * $longest)
set tmargin at screen y($top); set bmargin at screen y($top + $high); set style textbox opaque noborder margins 0.3,0.2
set grid lt 1 lc rgb $PALE; unset border; set tics scale 0; set xtics offset 0,0.3; set xlabel offset 0,0.7
$settings${data}plot $plot
END
}

# Rows from above to below; values from left to right.
sub rows_chart {
    my ($dot, %chart) = @_;
    my ($base, $mark, $stacked, @rows) = (@chart{qw(baseline mark stacked)}, @{ $chart{rows} });
    my @series = @{ $chart{series} };
    my $thick  = $dot ? (@series > 1 ? 9 : 12) : $stacked ? 18 : 14;
    my $each   = ($stacked ? 1 : @series) * $thick + 10;
    my @values = grep {defined} $base ? $base->[0] : (), $mark ? @{ $mark->[1] } : (), map { my (undef, @of) = @$_; $stacked ? sum0(@of) : @of } @rows;
    my ($half, @plots, @ends, @inside) = (($thick - 3) / 2 / $each);
    for my $n (0 .. $#series) {
        my @of;
        for my $i (grep { defined $rows[$_][ $n + 1 ] } 0 .. $#rows) {
            my ($value, $y) = ($rows[$i][ $n + 1 ], $stacked ? $i : $i + ($n - $#series / 2) * $thick / $each);
            my $from = $stacked ? sum0(@{ $rows[$i] }[ 1 .. $n ]) : $base ? $base->[0] : 0;
            my $to   = $stacked ? $from + $value : $value;
            push @of, [ $to, $y, $dot ? () : ($from, $to, $y - $half, $y + $half) ] if $value || !$stacked;
            push @inside, [ ($from + $to) / 2, $y, number($value) ] if $stacked && $value > 0.012 * max(@values) * (1 + length number($value));
            push @ends, [ $to, $y, number($to) ] if $stacked ? $n == $#series : !$dot || @series == 1;
        }
        push @plots, plot(($dot ? "with points pt $POINT[$n] ps 0.9" : "with boxxyerror fs $FILL[$n] border") . " lw 1.5 lc rgb $COLOUR[$n] title " . quoted($series[$n]), @of);
    }
    my $line = "with vectors nohead lc rgb $INK lw";
    unshift @plots, plot("$line 1 notitle", map { my $i = $_; map { [ $_->[0], $i, $_->[1] - $_->[0], 0 ] } @{ $chart{spread}[$i] } } 0 .. $#rows) if $chart{spread};
    push @plots, plot("$line 3 title " . quoted($mark->[0]), map { [ $mark->[1][$_], $_ - 0.5 + 2 / $each, 0, 1 - 4 / $each ] } 0 .. $#rows) if $mark;
    push @plots, plot('with labels boxed center font ",11" notitle', @inside) if @inside;
    push @plots, plot("with labels left offset character 0.8,0 @{[ $dot ? 'boxed' : '' ]} font \",11\" notitle", @ends) if @ends;
    my ($settings) = axis('x', $chart{log}, @values);
    $settings .= sprintf "set lmargin at screen x(%d); set rmargin at screen 1 - x(76); set yrange [%f:-0.5]; set grid noytics\nset ytics (%s); set xlabel %s\n",
        24 + $CHAR * max(map { length $_->[0] } @rows), $#rows + 0.5, join(', ', map { quoted($rows[$_][0]) . " $_" } 0 .. $#rows), quoted($chart{unit});
    $settings .= sprintf "set arrow from %s, graph 0 to %1\$s, graph 1 nohead %s lw 2 dt (6,4) lc rgb %s; set label %s at %1\$s, graph 1 center offset 0,0.6 font \",11\"\n",
        $base->[0], $dot ? 'back' : 'front', $BASE, quoted($base->[1]) if $base;
    my @said = map { my ($name, @of) = @$_; "$name: " . join ', ', map { defined $_ ? number($_) : 'none' } @of } @rows;
    return chart(\%chart, $base ? 50 : 34, $each * @rows, [ join(', ', @series) . " ($chart{unit})", @said ], $settings, @plots);
}

sub bars { my (%chart) = @_; return rows_chart(0, %chart) }
sub dots { my (%chart) = @_; return rows_chart(1, %chart) }

# Lines, each with its name at its right end; names that would overlap are moved apart, and none below the axis.
sub lines {
    my (%chart) = @_;
    my ($base, @series) = ($chart{baseline}, @{ $chart{series} });
    my ($x, $y) = map { my $n = $_; [ map { $_->[$n] } @{ $base->[0] }, map { @{ $_->[1] } } @series ] } 0, 1;
    my ($log_x, $log_y) = map { index($chart{log} // '', $_) >= 0 } qw(x y);
    my ($settings) = axis('x', $log_x, @$x);
    my ($of_y, $from, $to) = axis('y', $log_y, @$y);
    my @ends = sort { $a->[2] <=> $b->[2] } map { [ $_->[0], $_->[1], 300 * ($to - ($log_y ? log $_->[1][1] : $_->[1][1])) / ($to - $from) ] }
        map { [ $_->[0], $_->[1][-1] ] } [ @$base[ 1, 0 ] ], @series;
    my @moved = map { $_->[2] } @ends;
    $moved[$_] = max($moved[$_], $moved[ $_ - 1 ] + 15) for 1 .. $#ends;
    $moved[$_] = min($moved[$_], 300 - 15 * ($#ends - $_)) for reverse 0 .. $#ends;
    $settings .= sprintf "set label %s at %s, %s offset character 1.2, graph %f\n", quoted($ends[$_][0]), @{ $ends[$_][1] }, ($ends[$_][2] - $moved[$_]) / 300 for 0 .. $#ends;
    $settings .= sprintf "${of_y}unset key; set xlabel %s; set label %s at screen x(16), graph 1 offset 0,0.9; set rmargin at screen 1 - x(%d)\n", quoted($chart{x}), quoted($chart{y}),
        24 + $CHAR * max(map { length $_->[0] } @ends);
    return chart(\%chart, 26, 300, [ map {"$_->[0] ($chart{y})"} @series ], $settings, plot("with lines lw 8 lc rgb @{[ $BASE =~ s/#/#C0/r ]} notitle", @{ $base->[0] }),
        map { plot("with linespoints lw 2 dt $DASH[$_] pt $POINT[$_] ps 0.9 lc rgb $COLOUR[$_] notitle", @{ $series[$_][1] }) } 0 .. $#series);
}

# gnuplot's picture, with the chart's words and the reader's colours.
sub svg {
    my ($chart) = @_;
    my $script = File::Temp->new(SUFFIX => '.gnuplot');
    print {$script} $chart->{script};
    close $script or die "$script: $!\n";
    my $svg = qx(gnuplot $script);
    die "no picture by gnuplot (package gnuplot-nox): $chart->{title}\n" if $? || $svg !~ /<\/svg>/;
    return accessible($svg, $chart->{title}, $chart->{said});
}

# Into a file, with a line that says what is to be seen there.
sub draw {
    my ($path, $chart) = @_;
    spew($path, svg($chart));
    print "$path: $chart->{title}\n";
    return;
}

1;
