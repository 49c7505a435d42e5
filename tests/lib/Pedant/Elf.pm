# SPDX-License-Identifier: MIT
#
# Reads an ELF32 i386 file without any tool: sections, symbols, the bytes at an address, the records
# of .parainstructions; writes a copy with bytes changed, for the tests that damage the image.
#
#     my $elf = Pedant::Elf->new('build/pedant.elf');
#     my $text = $elf->bytes($elf->symbol('_text'), 16);
#     $elf->write_copy('build/bad.elf', [ $address => "\xff" ], ...);
package Pedant::Elf;

use strict;
use warnings;

use constant { SHT_SYMTAB => 2, SHT_NOBITS => 8, PT_LOAD => 1, SHF_ALLOC => 2, SHN_ABS => 0xfff1, RECORD_SIZE => 8 };

sub new {
    my ($class, $path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    my $self = bless { path => $path, data => do { local $/; <$in> } }, $class;
    die "$path is not an ELF32 little-endian i386 file\n"
        if length $self->{data} < 52 || substr($self->{data}, 0, 6) ne "\x7fELF\x01\x01"
        || unpack('v', substr $self->{data}, 18, 2) != 3;
    $self->_read_segments;
    $self->_read_sections;
    $self->_read_symbols;
    return $self;
}

sub _at {
    my ($self, $offset, $size) = @_;
    my $bytes = substr $self->{data}, $offset, $size;
    die sprintf("%s is truncated: %d bytes at offset %d, file has %d\n", $self->{path}, $size,
        $offset, length $self->{data})
        if length($bytes // '') != $size;
    return $bytes;
}

sub _read_segments {
    my ($self) = @_;
    my ($offset, $size, $count) = unpack 'x28 V x10 v v', $self->_at(0, 52);
    for my $i (0 .. $count - 1) {
        my %segment;
        @segment{qw(type offset vaddr paddr filesz memsz flags align)} =
            unpack 'V8', $self->_at($offset + $i * $size, 32);
        push @{ $self->{segments} }, \%segment if $segment{type} == PT_LOAD;
    }
    return;
}

sub _read_sections {
    my ($self) = @_;
    my ($offset, $size, $count, $names) = unpack 'x32 V x10 v3', $self->_at(0, 52);
    for my $i (0 .. $count - 1) {
        my %section;
        @section{qw(name type flags addr offset size link info align entsize)} =
            unpack 'V10', $self->_at($offset + $i * $size, 40);
        push @{ $self->{sections} }, \%section;
    }
    my $strings = $self->_contents($self->{sections}[$names]);
    $_->{name} = unpack 'Z*', substr $strings, $_->{name} for @{ $self->{sections} };
    return;
}

sub _contents {
    my ($self, $section) = @_;
    return '' if $section->{type} == SHT_NOBITS;
    return $self->_at($section->{offset}, $section->{size});
}

sub _read_symbols {
    my ($self) = @_;
    $self->{symbols} = [];
    for my $table (grep { $_->{type} == SHT_SYMTAB } @{ $self->{sections} }) {
        my $strings = $self->_contents($self->{sections}[ $table->{link} ]);
        my @words   = unpack '(V V V C C v)*', $self->_contents($table);
        while (my ($name, $value, $size, $info, undef, $section) = splice @words, 0, 6) {
            my $text = unpack 'Z*', substr $strings, $name;
            next if $text eq '' || $section == 0;
            push @{ $self->{symbols} }, { name => $text, addr => $value, size => $size,
                type => $info & 15, section => $section };
        }
    }
    $self->{by_name} = { map { $_->{name} => $_->{addr} } @{ $self->{symbols} } };
    return;
}

sub path     { return $_[0]{path} }
sub sections { return @{ $_[0]{sections} } }
sub segments { return @{ $_[0]{segments} } }
sub symbols  { return @{ $_[0]{symbols} } }

# The section named $name, or undef.
sub section {
    my ($self, $name) = @_;
    my ($section) = grep { $_->{name} eq $name } $self->sections;
    return $section;
}

sub has_symbol { return exists $_[0]{by_name}{ $_[1] } }

# The address of the symbol $name.
sub symbol {
    my ($self, $name) = @_;
    return $self->{by_name}{$name} // die "$self->{path} has no symbol $name\n";
}

# All addresses that go by that name: static functions of two files may share one.
sub addresses {
    my ($self, $name) = @_;
    return map { $_->{addr} } grep { $_->{name} eq $name } $self->symbols;
}

# The size of the function or object $name.
sub symbol_size {
    my ($self, $name) = @_;
    my ($symbol) = grep { $_->{name} eq $name } $self->symbols;
    die "$self->{path} has no symbol $name\n" if !$symbol;
    return $symbol->{size};
}

# The name of the function that $address lies in, or undef: the last symbol at or before it within
# its section, as a backtrace would name it; a number is no place.
sub function_at {
    my ($self, $address) = @_;
    $self->{functions} //= [ sort { $a->{addr} <=> $b->{addr} } grep { $_->{type} <= 2 && $_->{section} != SHN_ABS }
        $self->symbols ];
    my $found;
    for my $symbol (@{ $self->{functions} }) {
        last if $symbol->{addr} > $address;
        $found = $symbol if !$symbol->{size} || $address < $symbol->{addr} + $symbol->{size};
    }
    return $found && $found->{name};
}

# Is it in init text, which is given up before the self-tests?
sub is_init {
    my ($self, $address) = @_;
    return $address >= $self->symbol('_init_text') && $address < $self->symbol('_init_text_end');
}

# Where in the file the byte of virtual address $address is; undef for .bss and beyond the image.
sub offset_of {
    my ($self, $address) = @_;
    for my $s ($self->segments) {
        return $s->{offset} + $address - $s->{vaddr}
            if $address >= $s->{vaddr} && $address < $s->{vaddr} + $s->{filesz};
    }
    return undef;
}

# $size bytes at virtual address $address.
sub bytes {
    my ($self, $address, $size) = @_;
    my $offset = $self->offset_of($address)
        // die sprintf("%s has no bytes at 0x%08x\n", $self->{path}, $address);
    return $self->_at($offset, $size);
}

# Memory from $base on as a loader leaves it: the segments' bytes, and zeros where the file has none.
sub memory {
    my ($self, $base) = @_;
    my @segments = $self->segments;
    my $memory   = "\0" x ($segments[-1]{vaddr} + $segments[-1]{memsz} - $base);
    substr($memory, $_->{vaddr} - $base, $_->{filesz}) = $self->bytes(@$_{qw(vaddr filesz)}) for @segments;
    return $memory;
}

sub u32 { return unpack 'V', $_[0]->bytes($_[1], 4) }

# A copy of the file in $path, with each [ address => bytes ] written over what is there.
sub write_copy {
    my ($self, $path, @changes) = @_;
    my $data = $self->{data};
    for my $change (@changes) {
        my ($address, $bytes) = @$change;
        my $offset = $self->offset_of($address)
            // die sprintf("%s has no bytes at 0x%08x to change\n", $self->{path}, $address);
        substr($data, $offset, length $bytes) = $bytes;
    }
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} $data;
    close $out or die "$path: $!\n";
    return $path;
}

# The records of .parainstructions, in the table's order: { record, instr, type, len, clobbers },
# record being the record's own address.
sub records {
    my ($self) = @_;
    my ($start, $end) = map { $self->symbol($_) } qw(__parainstructions __parainstructions_end);
    die sprintf("%s: .parainstructions has %d bytes, no whole number of records\n", $self->{path},
        $end - $start)
        if $end < $start || ($end - $start) % RECORD_SIZE;
    return if $end == $start;
    my @fields = unpack '(V C C v)*', $self->bytes($start, $end - $start);
    my @records;
    while (my ($instr, $type, $len, $clobbers) = splice @fields, 0, 4) {
        push @records, { record => $start + RECORD_SIZE * @records, instr => $instr, type => $type,
            len => $len, clobbers => $clobbers };
    }
    return @records;
}

1;
