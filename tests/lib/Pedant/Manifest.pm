# SPDX-License-Identifier: MIT
#
# Two ways to judge a dump: by the ELF file, byte by byte, and by its manifest, which has lists of values and hashes of
# pages. What is different in what they say, but for what a hash cannot tell: a page's rest is one line there, and a
# line for each run of bytes here.
#
#     use Pedant::Manifest;
#     my ($status, $said) = verify_by_both($image, $dump, '--nops p6');    # as pvtool verify $image $dump --nops p6
#     both_agree('each of these dumps');                  # at the end: a test
package Pedant::Manifest;

use strict;
use warnings;
use Exporter qw(import);
use Pedant::Pvtool;
use Test::More;

our @EXPORT = qw(manifest_of verify_by_both both_agree);

my (%path, @differ);
my $asked = 0;

# The path of an image's manifest, which is made once.
sub manifest_of {
    my ($image) = @_;
    return $path{$image} if $path{$image};
    my $path = scratch(keys(%path) . '.json');
    my ($status, $said) = pvtool("manifest $image -o $path");
    -e $path or BAIL_OUT("no manifest of $image: status $status: $said");
    return $path{$image} = $path;
}

# In lines that both can say: what is no site is its page's.
sub _lines {
    my ($said, $path) = @_;
    my (@lines, %page);
    for my $line (split /\n/, $said =~ s/\Q$path\E/FILE/gr) {
        $line =~ s/: \d+ violations?$/: violations/;
        $line =~ s/ holds (0x\w+) \(.*?\)/ holds $1/;    # whose name a manifest need not have
        if ($line =~ /^0x([0-9a-f]{8}) \S+: (?:no site|given up): expected /) {
            my $page = hex($1) >> 12;
            push @lines, sprintf 'page 0x%08x', $page << 12 if !$page{$page}++;
            next;
        }
        push @lines, $line;
    }
    return @lines;
}

# Status and text by the image, and by the manifest.
# pvtool lists 200 violations and counts the rest, which are not as many by pages: then the state is compared.
sub verify_by_both {
    my ($image, $dump, $options) = @_;
    my @path = ($image, manifest_of($image));
    my @said = map { [ pvtool("verify $_ $dump " . ($options // '')) ] } @path;
    my $all  = !grep { $_->[1] =~ /^\.\.\. and \d+ more$/m } @said;
    my @text = map {
        join "\n", "status $said[$_][0]", grep { $all || /^pvtool: / } _lines($said[$_][1], $path[$_])
    } 0, 1;
    $asked++;
    push @differ, "$text[0]\nand by the manifest $text[1]\n" if $text[0] ne $text[1];
    return map {@$_} @said;
}

sub both_agree {
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    cmp_ok($asked, '>', 0, "$what: by image and manifest, $asked times");
    is(scalar @differ, 0, "$what: both say the same") or diag(map { substr $_, 0, 3000 } @differ[ 0 .. ($#differ < 2 ? $#differ : 2) ]);
    ($asked, @differ) = (0);
    return;
}

1;
