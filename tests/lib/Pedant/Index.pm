# SPDX-License-Identifier: MIT
#
# .pv_index of an image, read by its own words and judged by nobody here.
#
#     my $index = Pedant::Index->new($elf);
#     my ($address, $record) = @{ ($index->entries('paravirt'))[0] };
#     $elf->write_copy($path, [ $index->{at} + $index->fact_at(3) => "\0" ]);
package Pedant::Index;

use strict;
use warnings;

use constant { HEAD => 20, HEADER => 148, PARTS => 8, ENTRY => 8, FACT => 20 };

my %TABLE = (
    paravirt     => '__parainstructions',
    alternatives => '__alt_instructions',
    smp_locks    => '__smp_locks',
    jump_label   => '__jump_table',
    static_call  => '__static_call_sites',
);

# The members of a fact: name, offset, bytes.
our @FACT = (
    [ sum => 0, 4 ], [ source => 4, 4 ], [ n => 8, 1 ], [ run => 9, 1 ], [ rel_at => 10, 1 ], [ kind => 11, 1 ],
    [ 'linked[0]' => 12, 4 ], [ 'linked[1]' => 16, 4 ],
);
my @PART = qw(first records entries facts);

sub new {
    my ($class, $elf) = @_;
    my ($at, $end) = map { $elf->symbol($_) } qw(__pv_index __pv_index_end);
    my $self = bless { elf => $elf, at => $at, room => $end - $at, part => {} }, $class;
    @$self{qw(magic size)} = unpack 'V2', $elf->bytes($at, 8);
    for my $i (0 .. PARTS - 1) {
        my %part = (at => HEAD + 16 * $i);
        @part{@PART} = unpack 'V4', $elf->bytes($at + $part{at}, 16);
        my ($name) = grep { $elf->has_symbol($TABLE{$_}) && $elf->symbol($TABLE{$_}) == $part{first} } keys %TABLE;
        $self->{part}{ $name // "part $i" } = \%part if $part{first} || $part{records};
    }
    return $self;
}

sub _bytes {
    my ($self, $offset, $size) = @_;
    return $self->{elf}->bytes($self->{at} + $offset, $size);
}

# [ address, record ] for each entry of a family.
sub entries {
    my ($self, $family) = @_;
    my $part  = $self->{part}{$family};
    my @words = unpack 'V*', $self->_bytes($part->{entries}, ENTRY * $part->{records});
    return map { [ @words[ 2 * $_, 2 * $_ + 1 ] ] } 0 .. $part->{records} - 1;
}

# Where things stand, from the index's first byte on.
sub entry_at { return $_[0]{part}{ $_[1] }{entries} + ENTRY * $_[2] }
sub fact_at  { return $_[0]{part}{alternatives}{facts} + FACT * $_[1] }

# Of a lock prefix the byte behind it.
sub behind_at { return $_[0]{part}{smp_locks}{facts} + $_[1] }

# Of a branch, or a static call, its record's sum, by the record's number.
my @SUMS = qw(jump_label static_call);
sub sum_at { return $_[0]{part}{ $_[2] // 'jump_label' }{facts} + 4 * $_[1] }
sub sums   { return unpack 'V*', $_[0]->_bytes($_[0]->sum_at(0, $_[1]), 4 * $_[0]{part}{ $_[1] // 'jump_label' }{records}) }

# The facts of alternatives, as members, linked as its 8 bytes, and all bytes.
sub facts {
    my ($self) = @_;
    return map {
        my %fact = (bytes => $self->_bytes($self->fact_at($_), FACT));
        @fact{qw(sum source n run rel_at kind linked)} = unpack 'V V C4 a8', $fact{bytes};
        \%fact
    } 0 .. $self->{part}{alternatives}{records} - 1;
}

# Linked bytes that stand behind: offset from the facts' first byte.
sub linked {
    my ($self, $offset, $size) = @_;
    return $self->_bytes($self->{part}{alternatives}{facts} + $offset, $size);
}

# Where the bytes of long sites begin.
sub linked_at {
    my ($self) = @_;
    my ($last) = sort { $b->[1] <=> $a->[1] } $self->_parts_spans;
    return $last->[1];
}

sub _parts_spans {
    my ($self) = @_;
    return map {
        my ($part, $n) = ($self->{part}{$_}, $self->{part}{$_}{records});
        my $family = $_;
        my $size = $family eq 'alternatives' ? FACT * $n : (grep { $_ eq $family } @SUMS) ? 4 * $n : $n + -$n % 4;
        ([ $part->{entries}, $part->{entries} + ENTRY * $n ], $part->{facts} ? [ $part->{facts}, $part->{facts} + $size ] : ())
    } keys %{ $self->{part} };
}

# [ from, to ] of all things behind the header.
sub spans {
    my ($self) = @_;
    return ($self->_parts_spans, [ $self->linked_at, $self->{size} ]);
}

# [ offset, bytes, pvtool's name ] of every field of the header, and of every field of $n entries of each
# family, of $n facts, and of the long sites' bytes.
sub sample {
    my ($self, $n) = @_;
    my @places = ([ 0, 4, 'magic' ], [ 4, 4, 'size' ],
        map { [ 8 + 4 * $_, 4, 'sources, ' . (qw(at size sum))[$_] ] } 0 .. 2);
    for my $i (0 .. PARTS - 1) {
        push @places, map { [ HEAD + 16 * $i + 4 * $_, 4, "part $i, $PART[$_]" ] } 0 .. 3;
    }
    for my $family (sort keys %{ $self->{part} }) {
        for my $i (_some($n, $self->{part}{$family}{records})) {
            my $at = $self->entry_at($family, $i);
            push @places, [ $at, 4, "entry $i, at" ], [ $at + 4, 4, "entry $i, record" ];
        }
    }
    for my $i (_some($n, $self->{part}{alternatives}{records})) {
        push @places, map { [ $self->fact_at($i) + $_->[1], $_->[2], "fact $i, $_->[0]" ] } @FACT;
    }
    push @places, map { [ $self->behind_at($_), 1, "byte behind $_" ] } _some($n, $self->{part}{smp_locks}{records});
    for my $family (@SUMS) {
        push @places, map { [ $self->sum_at($_, $family), 4, "sum $_" ] } _some($n, $self->{part}{$family}{records});
    }
    push @places, map { [ $self->linked_at + 5 * $_, 1, 'linked bytes' ] } 0 .. $n - 1;
    return @places;
}

# The first, the last, and some between.
sub _some {
    my ($n, $of) = @_;
    return map { int $_ * ($of - 1) / ($n - 1) } 0 .. $n - 1;
}

1;
