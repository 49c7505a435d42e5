# SPDX-License-Identifier: MIT
#
# What an SVG has that can be read by all, whoever drew it: a title and a description for who does not see it, and colours that
# all can tell apart, Okabe and Ito's, which follow the reader's light or dark scheme.
#
#     my $is = colour('orange');                            as gnuplot draws it; what else draws says var(--orange)
#     spew($path, accessible($svg, $title, $description));  as it is shown
package Pedant::Scheme;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(accessible colour escaped);

# name => as gnuplot draws it, by light, by dark. Those that it does not draw are of boxes, with text of the colour `print` in them, and
# of parts of a map.
my %COLOUR = (
    ink      => [ '#000000', '#1f2328', '#e6edf3' ],
    ground   => [ '#FFFFFF', '#ffffff', '#0d1117' ],
    pale     => [ '#D3D3D3', '#d1d9e0', '#3d444d' ],
    baseline => [ '#1F2328', '#1f2328', '#e6edf3' ],
    blue     => [ '#0072B2', '#0072B2', '#56B4E9' ],
    orange   => [ '#D55E00', '#D55E00', '#E69F00' ],
    green    => [ '#009E73', '#009E73', '#009E73' ],
    pink     => [ '#CC79A7', '#CC79A7', '#CC79A7' ],
    print    => [ '', '#1f2328', '#1f2328' ],
    grey     => [ '', '#d9d9d9', '#8b949e' ],
    sky      => [ '', '#56B4E9', '#56B4E9' ],
    amber    => [ '', '#E69F00', '#E69F00' ],
    red      => [ '', '#D55E00', '#D55E00' ],
    yellow   => [ '', '#F0E442', '#F0E442' ],
    lit      => [ '', '#F0E442', '#7a7220' ],
);
my %NAME  = map { $COLOUR{$_}[0] => $_ } grep { $COLOUR{$_}[0] } keys %COLOUR;
my %KNOWN = (black => 'ink', white => 'ground', lightgrey => 'pale');

sub colour { my ($name) = @_; return ($COLOUR{$name} || die "no colour $name\n")->[0] }
sub escaped { my ($text) = @_; return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr }

sub accessible {
    my ($svg, $title, $description) = @_;
    $svg =~ s/\brgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)/sprintf '#%02X%02X%02X', $1, $2, $3/ge;
    $svg =~ s/(#[0-9A-Fa-f]{6})\b/'var(--' . ($NAME{ uc $1 } || die "$title: no colour of ours: $1\n") . ')'/ge;
    $svg =~ s/(=\s*["'])(black|white|lightgrey)(?=["'])/$1var(--$KNOWN{$2})/g;
    $svg =~ s/<title>(?:Gnuplot|gnuplot_plot_\w+)<\/title>\n?|<desc>Produced[^<]*<\/desc>\n?//g;
    my %used = map { $_ => $COLOUR{$_} || die "$title: no colour of ours: $_\n" } $svg =~ /var\(--(\w+)\)/g;
    my ($light, $dark) = map { my $n = $_; join ' ', map {"--$_: $used{$_}[$n];"} sort keys %used } 1, 2;
    my $words = '<title id="title">' . escaped($title) . "</title>\n<desc id=\"desc\">" . escaped($description) . "</desc>\n";
    $svg =~ s/<svg\s+([^>]*?)\s*>/<!-- SPDX-License-Identifier: MIT -->\n<svg $1 role="img" aria-labelledby="title desc">\n$words<style>\n:root { $light }
\@media (prefers-color-scheme: dark) {\n:root { $dark }\n}\n[font-size="16.00"] { font-weight: 600 }\n<\/style>/;
    return $svg;
}

1;
