# SPDX-License-Identifier: MIT
#
# The book's pictures that are no charts: a map, a table, a time line. Colours are those of Pedant::Scheme, which has them follow the
# reader's scheme; bars and axes are Pedant::Chart's.
#
#     my $p = Drawn->new(760, 300, 'What it shows', 'The same in words, for who does not see it.');
#     $p->box(80, 36, 120, 26, 'amber', 'text in it');
#     $p->text(16, 24, 'bold words', 'bold');
#     $p->save('docs/book/pictures/name.svg');
package Drawn;

use strict;
use warnings;
use Pedant::File qw(spew);
use Pedant::Scheme qw(accessible escaped);

sub new {
    my ($class, $w, $h, $title, $desc) = @_;
    return bless { w => $w, h => $h, title => $title, desc => $desc, out => [] }, $class;
}

# A number as short as it can be, so that two runs of the same data are the same file.
sub n { return sprintf('%.1f', $_[0]) =~ s/\.0$//r }

sub put {
    my ($self, $format, @values) = @_;
    push @{ $self->{out} }, sprintf $format, @values;
    return;
}

# How: any of bold, small, mono, middle, end, print, which is text in a coloured box.
my %HOW = (bold => 'font-weight="bold"', small => 'font-size="11"', mono => 'font-family="DejaVu Sans Mono, monospace"', middle => 'text-anchor="middle"',
    end => 'text-anchor="end"', print => 'fill="var(--print)"');

sub text {
    my ($self, $x, $y, $text, @how) = @_;
    $self->put('<text x="%s" y="%s"%s>%s</text>', n($x), n($y), join('', map {" $HOW{$_}"} @how), escaped($text));
    return;
}

sub box {
    my ($self, $x, $y, $w, $h, $colour, $text, @how) = @_;
    $self->put('<rect x="%s" y="%s" width="%s" height="%s" fill="var(--%s)" stroke="var(--ink)"/>', n($x), n($y), n($w), n($h), $colour);
    $self->text($x + $w / 2, $y + $h / 2 + 4.5, $text, 'middle', $colour eq 'ground' ? () : 'print', @how) if defined $text;
    return;
}

# What has no line around it.
sub area {
    my ($self, $x, $y, $w, $h, $colour) = @_;
    $self->put('<rect x="%s" y="%s" width="%s" height="%s" fill="var(--%s)"/>', n($x), n($y), n($w), n($h), $colour);
    return;
}

# Strokes of one colour: [ x, y, how far down ] each.
sub strokes {
    my ($self, $colour, $width, @of) = @_;
    $self->put('<path d="%s" stroke="var(--%s)" stroke-width="%s"/>', join('', map { 'M' . n($_->[0]) . " $_->[1]v$_->[2]" } @of), $colour, $width);
    return;
}

# How: any of arrow, thick.
sub line {
    my ($self, $x1, $y1, $x2, $y2, @how) = @_;
    my %how = map { $_ => 1 } @how;
    $self->put('<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="var(--ink)" stroke-width="%s"%s/>', n($x1), n($y1), n($x2), n($y2), $how{thick} ? 2.5 : 1,
        $how{arrow} ? ' marker-end="url(#a)"' : '');
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
    my ($w, $h) = @$self{qw(w h)};
    spew($path, accessible(join("\n", qq(<svg width="$w" height="$h" viewBox="0 0 $w $h" xmlns="http://www.w3.org/2000/svg">),
        '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="var(--ink)"/></marker></defs>',
        qq(<rect width="$w" height="$h" fill="var(--ground)"/>), '<g font-family="sans-serif" font-size="13" fill="var(--ink)">', @{ $self->{out} }, '</g>', "</svg>\n"),
        @$self{qw(title desc)}));
    print "$path: $self->{title}\n";
    return;
}

1;
