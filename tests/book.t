#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# docs/book/ without running anything and without pandoc: each marker is found, and what it stands for is short; each
# file of pv/ is read in one chapter; pictures, links and commands are such. What the commands print is
# tests/long/shown.t's, and the pages are tests/long/book.t's.

use strict;
use warnings;
use lib qw(tests/lib tools/book);
use File::Temp qw(tempdir);
use Test::More;
use Book;
use Pedant::File qw(slurp spew);
use Pedant::Picture;
use Pedant::Shown qw(commands);

my @chapters = Book::chapters();
my @pages    = ('docs/book/index.md', @chapters);

is_deeply([ map { Book::number($_) } @chapters ], [ 1 .. @chapters ], 'the chapters are numbered as they follow each other');
is(scalar @chapters, 9, 'there are nine');

for my $chapter (@chapters) {
    my $n = Book::number($chapter);
    subtest $chapter => sub {
        my $text = slurp($chapter);
        is_deeply([ $text =~ /^# (.*)$/mg ], [ $text =~ /\A# ($n\. \S.*)\n\n/ ], 'it has one title, with its number');
        is_deeply([ ($text =~ /^## (.*)$/mg)[ -2, -1 ] ], [qw(Read Exercise)], 'it ends with what to read, and an exercise');
        my ($exercise) = $text =~ /^## Exercise\n(.*)/ms;
        like($exercise // '', qr/`make exercise N=$n`/, 'which has its command');
        cmp_ok(scalar Book::markers($chapter), '>=', 3, 'it has three pieces of the tree, or more');
        my (undef, @errors) = Book::filled($chapter);
        is_deeply(\@errors, [], 'each marker is found');
        for my $marker (Book::markers($chapter)) {
            my ($first, @lines) = eval { Book::taken($marker) };
            cmp_ok(scalar @lines, '<=', 40, Book::words($marker) . ' is short');
        }
        cmp_ok(scalar commands($text), '>=', 1, 'something is run');
    };
}

# A command is one that is cheap, and what it says stands below it.
for my $chapter (@pages) {
    for my $job (commands(slurp($chapter))) {
        my ($command, $what) = ($job->{command}, "$chapter: $job->{command}");
        cmp_ok(scalar @{ $job->{shown} }, '>', 0, "$what: something is shown");
        like($command, qr{^(?:sh docs/book/scripts/\w|make (?:sites|diff|shell|museum|run|run-small|small|module|dist|help)\b|build/tools/pvtool |objdump |nm |wc |grep |awk )}, "$what: is one of those that are cheap");
        unlike($command, qr/'/, "$what: has no quotes, which the test has around it");
        system('sh', '-n', '-c', $command);
        is($?, 0, "$what: the shell reads it");
        my ($script) = $command =~ /\bSCRIPT=(\S+)/;
        ok(-f $script, "$what: there is such a script") if defined $script;
    }
}

# All of pv/, each file once.
my %read_in;
for my $chapter (@chapters) {
    my ($read) = slurp($chapter) =~ /^## Read\n(.*?)^## /ms;
    my %once = map { $_ => 1 } grep {-f} map { (Book::target($chapter, $_))[0] } ($read // '') =~ /\]\((\S+?)\)/g;
    push @{ $read_in{$_} }, Book::number($chapter) for keys %once;
}
my @files = grep {-f} glob 'pv/* pv/backend/*';
my %is = map { $_ => 1 } @files;
is_deeply([ grep { !$read_in{$_} } @files ], [], 'each file of pv/ is read in a chapter');
is_deeply([ map {"$_: @{ $read_in{$_} }"} grep { @{ $read_in{$_} || [] } > 1 } @files ], [], 'and in one only');
is_deeply([ grep { /^pv\// && !$is{$_} && !/^pv\/made\// } sort keys %read_in ], [], 'and nothing of pv/ that is not there');

for my $page (@pages) {
    for my $link (Book::links($page)) {
        my ($path, $anchor) = Book::target($page, $link->{to});
        next if !defined $path;
        ok(-e $path && (!defined $anchor || $path !~ /\.md$/ || grep { $_ eq $anchor } Book::anchors($path)),
            "$page:$link->{line}: $link->{to} leads somewhere");
    }
}

my $all = join '', map { slurp($_) } @pages;
my @mistakes = slurp('docs/museum.md') =~ /^\| `([\w-]+)` \| \d+ \|/mg;
cmp_ok(scalar @mistakes, '>=', 25, 'mistakes of the museum');
is_deeply([ grep { $all !~ /`(?:break )?\Q$_\E`/ } @mistakes ], [], 'each is named in the chapter that is about it');
for my $picture (glob 'docs/book/pictures/*.svg') {
    my $name = $picture =~ s/^docs\/book\///r;
    like($all, qr/!\[[^\]]{20,}\]\(\Q$name\E\)/, "$picture is shown, with words for who does not see it");
    is_deeply([ Pedant::Picture::problems(slurp($picture)) ], [], 'and is a picture for all');
}

# What is wrong is said, with where it is.
subtest 'a marker that is not found' => sub {
    my $path = tempdir(CLEANUP => 1) . '/3-x.md';
    my %wrong = (
        '{.c from="pv/no.c" of="x"}'                                => 'there is no file pv/no.c',
        '{.c from="pv/types.h" of="nobody"}'                        => 'of="nobody": no such definition',
        '{.c from="pv/paravirt.h" of="cpuid"}'                      => 'of="cpuid": defined in lines 29 and 35',
        '{.c from="pv/types.h" lines="#define..#endif"}'            => 'lines="#define..#endif": "#define" is in lines ',
        '{.c from="pv/types.h" lines="struct tss..no such line"}'   => 'no line behind it has "no such line"',
        '{.c from="pv/types.h" lines="PV_EFLAGS_IF" of="PV_WORD"}'  => 'of= or lines=, one of them',
        '{.c from="pv/types.h"}'                                    => 'of= or lines=, one of them',
        '{.c from="pv/types.h" fo="PV_WORD"}'                       => 'fo=: no such word',
        'c'                                                         => 'no block of code but markers',
    );
    for my $words (sort keys %wrong) {
        spew($path, "# 3. X\n\n```$words\n```\n");
        my (undef, @errors) = Book::filled($path);
        is(scalar @errors, 1, "$words is wrong");
        like($errors[0], qr/^\Q$path\E:3: .*\Q$wrong{$words}\E/, 'and where, and why, is said');
    }
};

done_testing;
