# SPDX-License-Identifier: MIT
#
# Pieces of the tree's files, by what is in them: the book has markers and no copies.
#
#     my ($first, @lines) = Excerpt::take(\@lines_of_the_file, of => 'pv_apply');
#     ... Excerpt::take(\@lines, lines => 'FIRST..LAST', skip => 'comment');
#
# of: the definition of a function, a macro, a structure, a variable, whatever of these the file's language has, with
# the comment right above it. lines: from the line that has FIRST to the next one that has LAST, or the one
# line that has FIRST. $first is its number, from 1 on. Dies with what is not there, or is there twice.
package Excerpt;

use strict;
use warnings;

sub take {
    my ($lines, %is) = @_;
    my ($from, $to) = defined $is{of} ? definition($lines, $is{of}) : between($lines, $is{lines});
    ($from, $to) = (above($lines, $from, $is{skip}), $to) if defined $is{of};
    my @taken = @$lines[ $from .. $to ];
    my ($common) = sort { length $a <=> length $b } map {/^(\s*)/} grep {/\S/} @taken;
    return ($from + 1, map {s/^\Q$common\E//r} @taken);
}

# How a definition of NAME may begin, and the line that ends it; at the left margin, as all of this tree's are.
my @FORMS = (
    [ sub {qr/^\#\s*define $_[0]\b/},                                     sub { $_[0] !~ /\\$/ } ],
    [ sub {qr/^(?:typedef )?(?:struct|union|enum) $_[0] \{/},             qr/^\}/ ],
    [ sub {qr/^\s*\.macro $_[0]\b/},                                      qr/^\s*\.endm\b/ ],
    [ sub {qr/^\s*%macro $_[0]\b/},                                       qr/^\s*%endmacro\b/ ],
    [ sub {qr/^(?:TEMPLATE|FUNCTION|CALLEE_SAVE) $_[0]\b/},               sub { $_[0] =~ /^END[TFC]\w* / } ],
    [ sub {qr/^(?:function|sub) $_[0]\b/},                                qr/^\}/ ],
    [ sub {qr/^$_[0]:(?!=)/},                                             undef ],
);

# The last line of what C defines from line $at on: a function's `}` or a variable's `;`. Nothing of a prototype, or of
# what is only declared.
sub c_end {
    my ($lines, $at, $name) = @_;
    my ($depth, $head, $braces) = (0, '', 0);
    for my $to ($at .. $#$lines) {
        my $line = $lines->[$to] =~ s/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\*.*?\*\/|\/\/.*//gr;
        for my $c (split //, $line =~ s/^#.*//r) {
            $head .= $c if !$braces;
            if ($c =~ /[({[]/) { $depth++; $braces += $c eq '{' }
            if ($c =~ /[)}\]]/) { $depth-- }
            next if $depth;
            my $is_function = $head !~ /=/ && $head =~ /\b\Q$name\E\s*\(/;
            return $to if $c eq '}' && $is_function;
            return $is_function && $head !~ /^[A-Z_]+\(/ ? undef : $to if $c eq ';';
        }
    }
    return;
}

sub definition {
    my ($lines, $name) = @_;
    my @found;
    for my $at (0 .. $#$lines) {
        for my $form (@FORMS) {
            my ($begin, $end) = @$form;
            next if $lines->[$at] !~ $begin->(quotemeta $name);
            my $ends = ref $end eq 'Regexp' ? sub { $_[0] =~ $end } : $end || sub { $_[0] !~ /\S/ };
            my ($to) = grep { $ends->($lines->[$_]) } $at .. $#$lines;
            $to = $#$lines if !defined $to;
            push @found, [ $at, $end ? $to : $to == $#$lines ? $to : $to - 1 ];
        }
        next if $lines->[$at] !~ /^(?!extern|PV_OP|function|sub)[A-Za-z_].*?\b\Q$name\E\b\s*(?:\(|\[|=|;|__attribute__)/;
        my $to = c_end($lines, $at, $name);
        push @found, [ $at, $to ] if defined $to;
    }
    die "of=\"$name\": no such definition\n" if !@found;
    die "of=\"$name\": defined in lines " . join(' and ', map { $_->[0] + 1 } @found) . "\n" if @found > 1;
    return @{ $found[0] };
}

# The comment that ends right above line $at.
sub above {
    my ($lines, $at, $skip) = @_;
    return $at if ($skip // '') eq 'comment' || !$at;
    my $from = $at;
    if ($lines->[ $at - 1 ] =~ /\*\/$/) {
        $from-- while $from && $lines->[ $from - 1 ] !~ /^\s*\/\*/;
        return $from - 1;
    }
    $from-- while $from > 1 && $lines->[ $from - 1 ] =~ /^(?:\/\/|;|#(?!\w))/;
    return $from;
}

sub between {
    my ($lines, $what) = @_;
    my ($first, $last) = split /\.\.(?!\.)/, $what, 2;
    my @at = grep { index($lines->[$_], $first) >= 0 } 0 .. $#$lines;
    die "lines=\"$what\": \"$first\" is in " . (@at ? 'lines ' . join ' and ', map { $_ + 1 } @at : 'no line') . "\n" if @at != 1;
    return ($at[0], $at[0]) if !defined $last;
    my ($to) = grep { index($lines->[$_], $last) >= 0 } $at[0] + 1 .. $#$lines;
    die "lines=\"$what\": no line behind it has \"$last\"\n" if !defined $to;
    return ($at[0], $to);
}

1;
