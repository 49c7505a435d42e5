#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The book as pages: a folder that works from a disk and from any web server. A page for each chapter, for each of
# docs/*.md that a page leads to, and for each file of the tree that one leads to, with a name for each of its lines.
# What a link leads to is where the page has it; nothing is asked of anybody else.
#
#	perl tools/book/make.pl build/book

use strict;
use warnings;
use lib 'tools/book';
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use File::Spec::Functions qw(abs2rel);
use Book;

my $to = shift @ARGV or die "make.pl: where to?\n";
my @chapters = Book::chapters();
my @pages    = ("$Book::DIR/index.md", @chapters);

# Everything that is wrong is said, and then nothing is made.
my (%text, @errors);
for my $page (@pages) {
    ($text{$page}, my @wrong) = Book::filled($page);
    my @nowhere = grep { my ($path) = Book::target($page, $_->{to}); defined $path && !-e $path } Book::links($page);
    push @errors, @wrong, map {"$page:$_->{line}: $_->{to} leads nowhere\n"} @nowhere;
}
die map({"book: $_"} @errors) if @errors;

# Where the tree's files are in the folder: the book's own at its top.
sub place {
    my ($path) = @_;
    return $1 if $path =~ /^\Q$Book::DIR\E\/(pictures\/.*)$/;
    return "$1.html" if $path =~ /^\Q$Book::DIR\E\/([^\/]*)\.md$/;
    return $path if $path =~ /\.(?:svg|png)$/;
    return $path =~ s/\.md$/.html/r if $path =~ /\.md$/;
    return -d $path ? "$path/index.html" : "$path.html";
}

sub spew {
    my ($path, @text) = @_;
    make_path(dirname("$to/$path"));
    open my $out, '>:raw', "$to/$path" or die "$to/$path: $!\n";
    print {$out} @text;
    close $out or die "$to/$path: $!\n";
    return;
}

sub copy_of {
    my ($from, $place) = @_;
    make_path(dirname("$to/$place"));
    copy($from, "$to/$place") or die "$to/$place: $!\n";
    return;
}

# What a text is as HTML, by pandoc; it reads a file, since a pipe to it and from it may be full at both ends.
sub pandoc {
    my ($text, @words) = @_;
    spew('.text', $text);
    open my $out, '-|:raw', 'pandoc', '-t', 'html5', '--wrap=preserve', '--tab-stop=8', @words, "$to/.text" or die "pandoc: $!\n";
    my $html = do { local $/; <$out> };
    close $out or die "book: pandoc @words fails\n";
    unlink "$to/.text";
    return $html;
}

# The pages that are wanted and are not yet made: paths of the tree.
my (%known, @wanted);

sub want {
    my ($path) = @_;
    push @wanted, $path if !$known{$path}++;
    return;
}

# Links are the tree's in a file of the tree; here they are the folder's.
sub linked {
    my ($path, $html) = @_;
    my $here = dirname('/' . place($path));
    $html =~ s{(<(?:a|img)\b[^>]*?\b(?:href|src)=")([^"]+)"}{
        my ($begin, $link) = ($1, $2);
        my ($target, $anchor) = Book::target($path, $link);
        if (!defined $target || $link =~ /^#/) { "$begin$link\"" }
        else {
            die "book: $path: $link leads nowhere\n" if !-e $target;
            want($target);
            $begin . abs2rel('/' . place($target), $here) . (defined $anchor ? "#$anchor" : '') . '"';
        }
    }ge;
    return $html;
}

sub escaped { return $_[0] =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr }

# around: [ path, words ] of the pages before and behind, or nothing.
sub page {
    my ($path, $title, $body, @around) = @_;
    my $up = abs2rel('/', dirname('/' . place($path)));
    my $top = $up eq '.' ? '' : "$up/";
    my $row = join "\n", map { defined $_->[0] ? "<a rel=\"$_->[2]\" href=\"$top" . place($_->[0]) . '">' . escaped($_->[1]) . '</a>' : '<span></span>' }
        [ @{ $around[0] || [] }[ 0, 1 ], 'prev' ], [ $pages[0], 'Contents', 'up' ], [ @{ $around[1] || [] }[ 0, 1 ], 'next' ];
    $title = escaped($title);
    my $class = $body =~ /class="[^"]*numberSource/ ? ' class="source"' : '';
    spew(place($path), <<"END");
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${top}book.css">
</head>
<body$class>
<nav>$row</nav>
<main>
$body</main>
<nav>$row</nav>
</body>
</html>
END
    return;
}

# A command and what it prints; and the pictures' words, for who looks.
sub dressed {
    my ($html) = @_;
    $html =~ s{<pre><code>((?:\$ ).*?)</code></pre>}{
        '<pre class="shown"><code>' . join("\n", map { /^\$ / ? "<b>$_</b>" : $_ } split /\n/, $1) . "\n</code></pre>"
    }gse;
    $html =~ s{<table>}{<div class="table"><table>}g;
    $html =~ s{</table>}{</table></div>}g;
    return $html =~ s{<(img|embed) }{<$1 loading="lazy" }gr;
}

sub markdown_page {
    my ($path, $text, @around) = @_;
    my ($title) = $text =~ /^# (.*)$/m;
    page($path, $title, dressed(linked($path, pandoc($text, '-f', 'gfm'))), @around);
    return;
}

# All sources in one run of pandoc: the languages are read once.
my %LANGUAGE = (c => 'c', h => 'c', def => 'c', S => 'gnuassembler', asm => 'nasm', inc => 'nasm', awk => 'awk', sh => 'bash', pl => 'perl', pm => 'perl',
    t => 'perl', mk => 'makefile', js => 'javascript', ld => 'c', mjs => 'javascript', py => 'python', css => 'css');

sub source_pages {
    my @paths = @_;
    my $mark  = '<hr class="source">';
    my $text  = '';
    for my $path (@paths) {
        my ($end) = $path =~ /\.(\w+)$/;
        my $language = $path =~ /Makefile$/ ? 'makefile' : $LANGUAGE{ $end // '' } // 'default';
        $text .= join "\n", "\n$mark\n", '`' x 12 . "{#l .$language .numberLines .lineAnchors}", @{ Book::lines($path) }, '`' x 12, '';
    }
    my (undef, @html) = split /\Q$mark\E/, pandoc($text, '-f', 'markdown-smart');
    for my $path (@paths) {
        my $html = shift @html;
        $html =~ s/\b(id="|href="#)l-(\d+)"/$1l$2"/g;
        page($path, $path, '<h1>' . escaped($path) . "</h1>\n" . $html);
    }
    return;
}

sub folder_page {
    my ($path) = @_;
    my $list = join "\n", map { '<li><a href="' . escaped(s/.*\///r) . '">' . escaped($_) . '</a></li>' } grep {-f} glob "$path/*";
    page($path, $path, '<h1>' . escaped($path) . "</h1>\n<ul>\n" . linked("$path/x", $list) . "\n</ul>\n");
    return;
}

remove_tree($to);
$known{$_} = 1 for @pages;
copy_of('tools/book/book.css', 'book.css');
for my $n (0 .. $#pages) {
    markdown_page($pages[$n], $text{ $pages[$n] }, map { $_ >= 0 && $_ < @pages ? [ $pages[$_], Book::title($pages[$_]) ] : undef } $n - 1, $n + 1);
}

# Of what the chapters lead to: documents and folders, which lead on; pictures; and files.
my @sources;
while (defined(my $path = shift @wanted)) {
    if    ($path =~ /\.(?:svg|png)$/) { copy_of($path, place($path)) }
    elsif ($path =~ /\.md$/)         { markdown_page($path, join("\n", @{ Book::lines($path) }) . "\n") }
    elsif (-d $path)                 { folder_page($path) }
    else                             { push @sources, $path }
}
source_pages(@sources);
printf "%s: %d chapters, and %d pages of what they lead to: open %s/index.html\n", $to, scalar @chapters, keys(%known) - @pages, $to;
