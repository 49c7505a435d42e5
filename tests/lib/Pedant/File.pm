# SPDX-License-Identifier: MIT
#
# Whole files, as bytes. Both die with the path and the reason.
#
#     my $text = slurp($path);
#     spew($path, @texts);        returns $path
package Pedant::File;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(slurp spew);

sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return <$in>;
}

sub spew {
    my ($path, @text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} @text;
    close $out or die "$path: $!\n";
    return $path;
}

1;
