# SPDX-License-Identifier: MIT
#
# docs/book/: its chapters, what their markers are filled with, and where their links lead.
#
#     for my $chapter (Book::chapters()) {             'docs/book/1-the-table.md', ..., in their order
#         my ($text, @errors) = Book::filled($chapter);
#
# A marker is an empty block of code:
#
#     ```{.c from="pv/engine.c" of="pv_apply"}
#     ```
#
# What of=, lines= and skip= are is said in Excerpt.pm. Paths are those of the tree, where this runs.
package Book;

use strict;
use warnings;
use Excerpt;

our $DIR = 'docs/book';

# By their numbers, whatever the names of those that have more than one digit.
sub chapters { return sort { number($a) <=> number($b) } glob "$DIR/[0-9]*.md" }
sub number   { return $_[0] =~ /(\d+)-[^\/]*$/ ? $1 : 0 }
sub title    { return lines($_[0])->[0] =~ s/^# //r }

sub lines {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    chomp(my @all = <$in>);
    return \@all;
}

# { line, language, from, of or lines, skip, body } of each block that says where it is from; first line: 1.
sub markers {
    my ($path) = @_;
    my ($lines, @all, $open) = (lines($path));
    for my $at (0 .. $#$lines) {
        if ($open) {
            if ($lines->[$at] =~ /^```$/) { push @all, $open; $open = undef }
            else                         { push @{ $open->{body} }, $lines->[$at] }
        }
        elsif ($lines->[$at] =~ /^```\{\.(\w+)((?: \w+="[^"]*")+)\}$/) {
            my ($language, $words) = ($1, $2);
            $open = { language => $language, $words =~ /(\w+)="([^"]*)"/g, line => $at + 1, body => [] };
        }
        elsif ($lines->[$at] =~ /^```(.*)/) { $open = { odd => $1, line => $at + 1, body => [] } }
    }
    push @all, { %$open, odd => 'never closed' } if $open;
    return @all;
}

# Its marker as one types it, for who has to find it.
sub words {
    my ($marker) = @_;
    return join ' ', map {"$_=\"$marker->{$_}\""} grep { defined $marker->{$_} } qw(from of lines skip);
}

# What it stands for: the number of its first line, and the lines. Dies with the reason.
sub taken {
    my ($marker) = @_;
    die "```$marker->{odd}: no block of code but markers\n" if defined $marker->{odd};
    die "$_=: no such word\n" for grep { !/^(?:language|from|of|lines|skip|line|body)$/ } sort keys %$marker;
    die "no from=\n" if !defined $marker->{from};
    die "of= or lines=, one of them\n" if defined $marker->{of} == defined $marker->{lines};
    die "it is filled by this tool, and has nothing in it\n" if @{ $marker->{body} };
    die "there is no file $marker->{from}\n" if !-f $marker->{from};
    return Excerpt::take(lines($marker->{from}), map { $_ => $marker->{$_} } qw(of lines skip));
}

# What pandoc calls the languages.
my %LANGUAGE = (asm => 'gnuassembler', S => 'gnuassembler', make => 'makefile', sh => 'bash', ld => 'c');

# The chapter with its markers filled, each in a division with a line that says where it is from; and what is wrong,
# a line each.
sub filled {
    my ($path) = @_;
    my (@out, @errors);
    my %at = map { $_->{line} => $_ } markers($path);
    my $lines = lines($path);
    for (my $at = 0; $at <= $#$lines; $at++) {
        my $marker = $at{ $at + 1 };
        if (!$marker) { push @out, $lines->[$at]; next }
        my ($first, @code) = eval { taken($marker) };
        push @errors, "$path:$marker->{line}: " . words($marker) . ": $@" if $@;
        $at += 1 + @{ $marker->{body} };
        next if $@;
        my $fence = '`' x 5;
        my $language = $LANGUAGE{ $marker->{language} } // $marker->{language};
        push @out, '<div class="excerpt">', '', "[$marker->{from}, line $first](" . up($path) . $marker->{from} . ($marker->{from} =~ /\.md$/ ? ')' : "#l$first)"), '',
            "$fence $language", @code, $fence, '', '</div>';
    }
    return (join("\n", @out) . "\n", @errors);
}

# The way from a file's folder to the top.
sub up { return '../' x ($_[0] =~ tr/\///) }

# Where a link of a file leads, as a path of the tree and what is behind #; undef: out of the tree, to the web.
sub target {
    my ($path, $link) = @_;
    return if $link =~ /^[a-z]+:/;
    my ($to, $anchor) = split /#/, $link, 2;
    return ($path, $anchor) if !length $to;
    my @parts = split /\//, $path;
    pop @parts;
    for my $part (split /\//, $to) {
        if    ($part eq '..') { pop @parts }
        elsif ($part ne '.')  { push @parts, $part }
    }
    return (join('/', @parts), $anchor);
}

# The names that GitHub and pandoc give to headings, and those that stand there.
sub anchors {
    my ($path) = @_;
    my @lines = @{ lines($path) };
    return ((map { lc($_) =~ s/[^\w\s-]//gr =~ s/ /-/gr } map {/^#+ (.*)$/} @lines), map {/<a id="([^"]+)"/g} @lines);
}

# Links and pictures, with their lines; not those in code.
sub links {
    my ($path) = @_;
    my ($lines, @all) = (lines($path));
    for my $at (0 .. $#$lines) {
        next if $lines->[$at] =~ /^ {4}/;
        my $text = $lines->[$at] =~ s/`[^`]*`//gr;
        push @all, map { { line => $at + 1, to => $_ } } $text =~ /\]\(([^)\s]+)\)/g;
    }
    return @all;
}

1;
