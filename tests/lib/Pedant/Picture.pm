# SPDX-License-Identifier: MIT
#
# Pictures of the documents, as SVG: well formed, with a ground of their own for dark pages, or one by the reader's scheme with
# all of their colours, and with such that all can tell apart.
#
#     is_deeply([ Pedant::Picture::problems(slurp($path)) ], [], $path);
package Pedant::Picture;

use strict;
use warnings;

# White, black, greys, and Okabe's and Ito's; what they are in the dark.
my %COLOURS = map {("#$_" => 1)} qw(fff 222 56b4e9 e69f00 009e73 d55e00 d9d9d9 f0e442 0072b2 cc79a7), qw(ffffff 1f2328 d1d9e0 0d1117 e6edf3 3d444d 8b949e 7a7220);

# A reader of XML that is small: what is open is closed, names and values are such. '' if it is well formed.
sub malformed {
    my ($xml) = @_;
    my @open;
    $xml =~ s/^<\?xml[^?]*\?>|<!--.*?-->//gs;
    while ($xml =~ /\G([^<]*)<(\/?)([\w:]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/gc) {
        my ($between, $close, $name, $empty) = ($1, $2, $3, $5);
        return "& or > in '$between'" if $between =~ /&(?!(?:amp|lt|gt|quot|#\d+|#39);)/;
        if    ($close)  { return "$name is closed, and is not open" if (pop @open // '') ne $name }
        elsif (!$empty) { push @open, $name }
    }
    return @open ? "@open not closed" : substr($xml, pos $xml // 0) =~ /\S/ ? 'what is no XML: ' . substr($xml, pos $xml // 0, 40) : '';
}

# What is not as it should be. With a scheme each colour is a variable that both the light and the dark have.
sub problems {
    my ($svg) = @_;
    my @problems = grep {length} malformed($svg);
    my ($w, $h) = $svg =~ /viewBox="0 0 (\d+) (\d+)"/;
    my ($light, $dark) = map { { /(--\w+): (#\w+);/g } } $svg =~ /:root \{(.*)\}/g;
    my $scheme = $dark && $svg =~ /^\@media \(prefers-color-scheme: dark\) \{$/m;
    my $ground = $scheme ? 'var(--ground)' : '#fff';
    push @problems, 'it has no ground of its own' if !defined $w || $svg !~ /<rect (?:x="0" y="0" )?width="$w" height="$h" fill="\Q$ground\E"\/>/;
    push @problems, 'it has no title' if $svg !~ /<title id="t(?:itle)?">[^<]{8,}</;
    my %of = map { $_ => 1 } grep { !/^(?:none|currentColor|url\(#\w+\))$/ } $svg =~ /\b(?:fill|stroke|(?:flood-)?color)(?:\s*=\s*["']|:)([^"';]+)["';]/g;
    my @fixed = grep { !/^var\((--\w+)\)$/ || !$light->{$1} || !$dark->{$1} } keys %of;
    push @problems, map {"its colour $_ is by no scheme"} sort @fixed if $scheme;
    my %others = map { $_ => 1 } grep { !$COLOURS{ lc $_ } } ($scheme ? (values %$light, values %$dark) : keys %of);
    push @problems, map {"its colour $_ is none that all can tell apart"} sort keys %others;
    return @problems;
}

1;
