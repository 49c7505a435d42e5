#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# docs/learn.md without running anything: a command for each question, pictures that are well formed and have a
# ground of their own, links that lead somewhere, and each word of its list in one line. What its commands
# print is tests/long/shown.t's.

use strict;
use warnings;
use lib qw(tests/lib tools/book);
use Test::More;
use Book;
use Pedant::File qw(slurp);
use Pedant::Picture;
use Pedant::Shown qw(commands);

my $text = slurp('docs/learn.md');

cmp_ok(scalar commands($text), '>=', 15, 'there is a command for each question');
is(scalar(() = $text =~ /^### \d+\. .*\?$/mg), 15, 'and there are fifteen questions');

# The arithmetic, of what the picture has as well.
for my $sum ($text =~ /^ {4}(0x\w+ \+ \d \+ 0x\w+ = 0x\w+)$/mg) {
    my ($at, $len, $way, $to) = $sum =~ /(\w+)/g;
    is((hex($at) + $len + hex $way) & 0xffffffff, hex $to, $sum);
    like(slurp('docs/learn/moved.svg'), qr/\Q$sum\E/, 'and the picture says so');
}

my @pictures = $text =~ /^!\[[^\]]{20,}\]\((learn\/\w+\.svg)\)$/mg;
is_deeply([ sort map {"docs/$_"} @pictures ], [ sort glob 'docs/learn/*.svg' ], 'each picture is shown, with words for who does not see it');
is_deeply([ Pedant::Picture::problems(slurp("docs/$_")) ], [], "$_ is a picture for all") for @pictures;
is(Pedant::Picture::malformed('<a><b></a>'), 'a is closed, and is not open', 'one that is not closed is seen');

# Links, in the file itself and to others.
for my $link (map { $_->{to} } Book::links('docs/learn.md')) {
    my ($path, $anchor) = Book::target('docs/learn.md', $link);
    ok(-e $path && (!defined $anchor || grep { $_ eq $anchor } Book::anchors($path)), "$link leads somewhere");
}
my ($words) = $text =~ /^## Words\n(.*)/ms;
like($words, qr/^\| $_ \| \S/m, "the word $_ is said") for
    qw(site slot op template clobber family state record padding group kept gone gather serialize);

done_testing;
