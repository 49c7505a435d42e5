#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Puts what the measurements printed and drew last (build/bench/) into the documentation: a block of code behind the line
#
#	<!-- figures: NAME -->
#
# becomes NAME.txt, indented, and charts become those of docs/charts/. What was not measured stays as it is, and is named.

use strict;
use warnings;
use Pedant;
use Pedant::File qw(slurp spew);

my $dir = build_dir() . '/bench';

# The block begins behind the marker and goes on to the first line that is neither empty nor indented.
sub replaced {
    my ($file, $text) = @_;
    $text =~ s{^(<!-- figures: ([\w-]+) -->\n\n)(?:(?:    .*)?\n)+}{
        my ($head, $name) = ($1, $2);
        my $new = -e "$dir/$name.txt" ? slurp("$dir/$name.txt") : undef;
        print "$file: $name: ", defined $new ? "put in\n" : "was not measured\n";
        defined $new ? $head . ($new =~ s/^(?=.)/    /gmr) . "\n" : $&;
    }gme;
    return $text;
}

for my $file (glob 'docs/*.md') {
    my $text = slurp($file);
    my $new  = replaced($file, $text);
    spew($file, $new) if $new ne $text;
}

my %drawn = map { m{([^/]+)$} ? ($1 => $_) : () } glob "$dir/*.svg";
for my $chart (sort keys %{ { %drawn, map { m{([^/]+)$} ? ($1 => 1) : () } glob 'docs/charts/*.svg' } }) {
    print "docs/charts/$chart: ", $drawn{$chart} ? "put in\n" : "was not measured\n";
    spew("docs/charts/$chart", slurp($drawn{$chart})) if $drawn{$chart};
}
