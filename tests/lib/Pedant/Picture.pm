# SPDX-License-Identifier: MIT
#
# Pictures of the documents, as SVG: well formed, with a ground of their own for dark pages, and with colours that all can
# tell apart.
#
#     is_deeply([ Pedant::Picture::problems(slurp($path)) ], [], $path);
package Pedant::Picture;

use strict;
use warnings;

# White, black, a grey, and Okabe's and Ito's.
my %COLOURS = map {("#$_" => 1)} qw(fff 222 56b4e9 e69f00 009e73 d55e00 d9d9d9 f0e442 0072b2 cc79a7);

# A reader of XML that is small: what is open is closed, names and values are such. '' if it is well formed.
sub malformed {
    my ($xml) = @_;
    my @open;
    $xml =~ s/<!--.*?-->//gs;
    while ($xml =~ /\G([^<]*)<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gc) {
        my ($between, $close, $name, $empty) = ($1, $2, $3, $5);
        return "& or > in '$between'" if $between =~ /&(?!(?:amp|lt|gt|quot|#\d+|#39);)/;
        if    ($close)  { return "$name is closed, and is not open" if (pop @open // '') ne $name }
        elsif (!$empty) { push @open, $name }
    }
    return @open ? "@open not closed" : substr($xml, pos $xml // 0) =~ /\S/ ? 'what is no XML: ' . substr($xml, pos $xml // 0, 40) : '';
}

sub problems {
    my ($svg) = @_;
    my @problems = grep {length} malformed($svg);
    my ($w, $h) = $svg =~ /viewBox="0 0 (\d+) (\d+)"/;
    push @problems, 'it has no ground of its own' if !defined $w || $svg !~ /<rect width="$w" height="$h" fill="#fff"\/>/;
    push @problems, 'it has no title' if $svg !~ /<title id="t">[^<]{8,}</;
    my %others = map { $_ => 1 } grep { !$COLOURS{$_} } $svg =~ /(?:fill|stroke)="(#\w+)"/g;
    push @problems, map {"its colour $_ is none that all can tell apart"} sort keys %others;
    return @problems;
}

1;
