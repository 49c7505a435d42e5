# SPDX-License-Identifier: MIT
#
# The book's pictures from data: SVG with a ground of its own, for dark pages, and colours that all can tell apart.
#
#     my $p = Drawn->new(760, 300, 'What it shows', 'The same in words, for who does not see it.');
#     $p->box(80, 36, 120, 26, 'orange', 'text in it');
#     $p->text(16, 24, 'bold words', 'bold');
#     $p->save('docs/book/pictures/name.svg');
package Drawn;

use strict;
use warnings;

my %COLOUR = (white => '#fff', black => '#222', blue => '#56b4e9', orange => '#e69f00', green => '#009e73', red => '#d55e00',
    grey => '#d9d9d9', yellow => '#f0e442');

sub new {
    my ($class, $w, $h, $title, $desc) = @_;
    return bless { w => $w, h => $h, title => $title, desc => $desc, out => [] }, $class;
}

sub escaped { return $_[0] =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr }

# A number as short as it can be, so that two runs of the same data are the same file.
sub n { return sprintf('%.1f', $_[0]) =~ s/\.0$//r }

sub put {
    my ($self, $format, @values) = @_;
    push @{ $self->{out} }, sprintf $format, @values;
    return;
}

# How: any of bold, small, mono, middle, end.
sub text {
    my ($self, $x, $y, $text, @how) = @_;
    my %how = map { $_ => 1 } @how;
    $self->put('<text x="%s" y="%s"%s%s%s%s>%s</text>', n($x), n($y), $how{bold} ? ' font-weight="bold"' : '', $how{small} ? ' font-size="11"' : '',
        $how{mono} ? ' font-family="DejaVu Sans Mono, monospace"' : '',
        $how{middle} ? ' text-anchor="middle"' : $how{end} ? ' text-anchor="end"' : '', escaped($text));
    return;
}

sub box {
    my ($self, $x, $y, $w, $h, $colour, $text, @how) = @_;
    $self->put('<rect x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="#222"/>', n($x), n($y), n($w), n($h), $COLOUR{$colour});
    $self->text($x + $w / 2, $y + $h / 2 + 4.5, $text, 'middle', @how) if defined $text;
    return;
}

# A bar has no line around it.
sub bar {
    my ($self, $x, $y, $w, $h, $colour) = @_;
    $self->put('<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>', n($x), n($y), n($w), n($h), $COLOUR{$colour});
    return;
}

# How: any of arrow, dashed, thick.
sub line {
    my ($self, $x1, $y1, $x2, $y2, @how) = @_;
    my %how = map { $_ => 1 } @how;
    $self->put('<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="#222" stroke-width="%s"%s%s/>', n($x1), n($y1), n($x2), n($y2), $how{thick} ? 2.5 : $how{dashed} ? 0.5 : 1,
        $how{dashed} ? ' stroke-dasharray="4 3"' : '', $how{arrow} ? ' marker-end="url(#a)"' : '');
    return;
}

# A small box of each colour and what it says, in a row.
sub legend {
    my ($self, $x, $y, @pairs) = @_;
    while (my ($colour, $says) = splice @pairs, 0, 2) {
        $self->box($x, $y, 14, 14, $colour);
        $self->text($x + 20, $y + 11.5, $says, 'small');
        $x += 34 + 6.4 * length $says;
    }
    return;
}

sub save {
    my ($self, $path) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} map {"$_\n"} sprintf('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%1$d" height="%2$d" role="img" aria-labelledby="t d">',
        @$self{qw(w h)}), '<!-- SPDX-License-Identifier: MIT -->', '<title id="t">' . escaped($self->{title}) . '</title>',
        '<desc id="d">' . escaped($self->{desc}) . '</desc>',
        '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#222"/></marker></defs>',
        "<rect width=\"$self->{w}\" height=\"$self->{h}\" fill=\"#fff\"/>",
        '<g font-family="DejaVu Sans, Verdana, sans-serif" font-size="13" fill="#222">', @{ $self->{out} }, '</g>', '</svg>';
    close $out or die "$path: $!\n";
    return;
}

# The lines of the first block of output behind a text, as measured and committed in a document.
sub figures {
    my ($file, $after) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    my $text = do { local $/; <$in> };
    $text =~ /\Q$after\E(?s:.*?)\n((?:    .*\n)(?:(?:    .*)?\n)*)/ or die "$file: nothing behind $after\n";
    return map {s/^    //r} split /\n/, $1;
}

1;
