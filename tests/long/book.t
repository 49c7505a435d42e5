#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The pages of make book: each chapter has one, with its neighbours; every link leads to a file that is there, and to a name that
# is in it; nothing is asked of anybody else; no marker is left, and what the pieces show is what the tree has.

use strict;
use warnings;
use lib qw(tests/lib tools/book);
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Spec::Functions qw(canonpath);
use File::Temp qw(tempdir);
use Test::More;
use Text::Tabs qw(expand);
use Book;
use Pedant::File qw(slurp);

plan skip_all => 'there is no pandoc: tools/setup.sh book' if system('pandoc --version > /dev/null 2>&1') != 0;

my $dir  = tempdir(CLEANUP => 1) . '/book';
my $said = `perl tools/book/make.pl $dir 2>&1`;
is($?, 0, 'the book is made') or diag $said;

my %html;
find({ wanted => sub { $html{ $File::Find::name } = slurp($File::Find::name) if /\.html$/ }, no_chdir => 1 }, $dir);
my @chapters = Book::chapters();
my @names    = ('index', map {/([^\/]+)\.md$/} @chapters);

for my $n (0 .. $#names) {
    my $page = $html{"$dir/$names[$n].html"};
    ok(defined $page, "$names[$n] has a page") or next;
    my ($title) = $n ? Book::title($chapters[ $n - 1 ]) : 'The pedant';
    like($page, qr/<title>\Q$title\E/, 'and its title');
    my %beside = (prev => $n ? $names[ $n - 1 ] : undef, next => $names[ $n + 1 ]);
    for my $side (sort keys %beside) {
        my @wanted = defined $beside{$side} ? ("$beside{$side}.html") x 2 : ();
        is_deeply([ $page =~ /<a rel="$side" href="([^"]*)">/g ], \@wanted, "what is $side is one step away, above and below");
    }
    next if !$n;
    my @pieces = $page =~ /<div class="excerpt">\s*<p><a [^>]*>([^<]*)<\/a><\/p>\s*<div class="sourceCode".*?<code[^>]*>(.*?)<\/code>/gs;
    is(scalar @pieces / 2, scalar Book::markers($chapters[ $n - 1 ]), 'all of its pieces are there');
    for my $marker (Book::markers($chapters[ $n - 1 ])) {
        my ($first, @lines) = Book::taken($marker);
        my ($where, $code) = splice @pieces, 0, 2;
        is($where, "$marker->{from}, line $first", Book::words($marker) . ' says where it is from');
        my $plain = $code =~ s/<[^>]*>//gr =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&quot;/"/gr =~ s/&#39;/'/gr =~ s/&amp;/&/gr;
        is($plain, join("\n", map { expand($_) } @lines), 'and is what stands there');
    }
}

my (%names_in, @nowhere, @foreign);
for my $path (sort keys %html) {
    $names_in{$path} = { map { $_ => 1 } $html{$path} =~ /\bid="([^"]+)"/g };
}
for my $path (sort keys %html) {
    for my $link ($html{$path} =~ /<(?:a|img|embed|link|script)\b[^>]*?\b(?:href|src)="([^"]*)"/g) {
        next if $link =~ /^(?:https?:|mailto:|data:,$)/;
        my ($to, $name) = split /#/, $link, 2;
        my $target = length $to ? canonpath(dirname($path) . "/$to") : $path;
        1 while $target =~ s/[^\/]+\/\.\.\///;
        push @nowhere, "$path: $link"
            if !-f $target || (length($name // '') && $target =~ /\.html$/ && !$names_in{$target}{$name});
    }
    push @foreign, map {"$path: $_"} $html{$path} =~ /<(?:img|embed|link|script|iframe|source)\b[^>]*?"(?:https?:)?\/\/[^"]*"/g;
}
is_deeply(\@nowhere, [], 'every link leads somewhere');
is_deeply(\@foreign, [], 'nothing is asked of anybody else');
unlike(slurp("$dir/book.css"), qr/url\(|\@import/, 'nor by the style');
is_deeply([ grep { $html{$_} =~ /```\s*\{|\bfrom=&quot;/ } sort keys %html ], [], 'no marker is left');
cmp_ok(scalar(grep { m{/pv/} } keys %html), '>=', scalar(grep {-f} glob 'pv/* pv/backend/*'), 'each file of pv/ has a page');

done_testing;
