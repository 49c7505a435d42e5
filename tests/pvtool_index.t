#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# .pv_index of the built image, worked out a second time from the file: every entry, every fact. Then single
# bytes of a copy changed, field by field: pvtool check names the field. Last, images that cannot have an
# index, and what pvtool index says of them. PVTOOL names another pvtool.
use strict;
use warnings;
use Pedant;
use Pedant::Families;
use Pedant::Index;
use Pedant::Pvtool;
use Test::More;

my $elf   = kernel_elf();
my $path  = kernel_path();
my $index = Pedant::Index->new($elf);
my %table = (
    paravirt     => [ map { { at => $_->{instr}, len => 6 } } $elf->records ],
    alternatives => [ Pedant::Families::alternatives($elf) ],
    smp_locks    => [ map { { at => $_, len => 1 } } Pedant::Families::locks($elf) ],
    jump_label   => [ Pedant::Families::branches($elf) ],
    static_call  => [ Pedant::Families::calls($elf) ],
);

# a. the header and the entries
sub sorted {
    my ($records) = @_;
    return sort { $records->[$a]{at} <=> $records->[$b]{at} || $a <=> $b } 0 .. $#$records;
}

subtest 'the header' => sub {
    is($index->{magic}, 0x32495650, 'the magic');
    cmp_ok($index->{size}, '<=', $index->{room}, 'it fits');
    is_deeply([ sort keys %{ $index->{part} } ], [ sort keys %table ], 'a part for each table');
    is($index->{part}{$_}{records}, @{ $table{$_} }, "$_: as many as records") for sort keys %table;
    my @spans = sort { $a->[0] <=> $b->[0] } $index->spans;
    is($spans[0][0], 148, 'the first thing is behind the header');
    is_deeply([ map { $spans[$_][1] } 0 .. $#spans ], [ (map { $_->[0] } @spans[ 1 .. $#spans ]), $index->{size} ],
        'each begins where the last one ends, and the index ends there');
    my $behind = $elf->bytes($index->{at} + $index->{size}, $index->{room} - $index->{size});
    ok($behind !~ /[^\0]/, 'nothing is behind it');
};

for my $family (sort keys %table) {
    my $records = $table{$family};
    is_deeply([ $index->entries($family) ], [ map { [ $records->[$_]{at}, $_ ] } sorted($records) ],
        "$family: an entry for each record, by address, then number");
}

# b. facts
sub rotate { return (($_[0] << 5 | $_[0] >> 27) + $_[1]) & 0xffffffff }

sub sum {
    my $sum = 0;
    $sum = rotate($sum, $_) for @_;
    return $sum;
}

sub words { return unpack 'V*', $_[0] . "\0" x ((8 - length $_[0]) * (length $_[0] < 8) || -length($_[0]) % 4) }

# Of a replacement: where its one displacement to elsewhere stands, and what it is as a whole. What has none of
# the opcodes that branch cannot have one; of others it is said by their first bytes.
sub plausible {
    my ($record, $fact, $new) = @_;
    my ($rel, $kind) = @$fact{qw(rel_at kind)};
    return $rel == 0 && $kind == 4 if $new eq '';
    if ($rel) {
        return if $rel + 4 > length $new || substr($new, 0, $rel) !~ /(?:[\xe8\xe9]|\x0f[\x80-\x8f])\z/;
        my $target = ($rel + 4 + unpack 'V', substr $new, $rel, 4) & 0xffffffff;
        return if $target <= length $new;
    }
    my $whole = $rel == 1 && length $new == 5;
    return $kind == 0xff && $rel if $kind == 0xff;
    return $kind == ($whole && $new =~ /^\xe8/ ? 2 : $whole && $new =~ /^\xe9/ ? 3 : 1);
}

subtest 'the facts' => sub {
    my @facts   = $index->facts;
    my @entries = $index->entries('alternatives');
    my (%n, %seen, @wrong, $long, $moved, $decoded);
    my $records = $table{alternatives};
    $n{ $_->{at} }++ for @$records;
    for my $i (0 .. $#facts) {
        my ($fact, $record) = ($facts[$i], $records->[ $entries[$i][1] ]);
        my $first  = !$seen{ $record->{at} }++;
        my $linked = $elf->bytes(@$record{qw(at len)});
        my $new    = $record->{n} ? $elf->bytes(@$record{qw(from n)}) : '';
        my $bytes  = $elf->bytes($elf->symbol('__alt_instructions') + 12 * $entries[$i][1], 12);
        my @is;
        push @is, 'sum'    if $fact->{sum} != sum(unpack('V3', $bytes), unpack('x4 V4', $fact->{bytes}));
        push @is, 'source' if $fact->{source} != sum(words($new));
        push @is, 'n'      if $fact->{n} != ($first ? $n{ $record->{at} } : 0);
        push @is, 'kind'   if !plausible($record, $fact, $new);
        $moved++   if $fact->{rel_at};
        $decoded++ if $fact->{kind} == 0xff;
        if (!$first) {
            push @is, 'run'    if $fact->{run};
            push @is, 'linked' if $fact->{linked} =~ /[^\0]/;
        } else {
            push @is, 'run' if $fact->{run} > $record->{len} || substr($linked, $fact->{run}) =~ /[^\x90]/
                || ($fact->{run} && $fact->{run} < $record->{len} && $linked =~ /[^\x90]\x90{2,}\z/
                    && substr($linked, $fact->{run} - 1, 1) eq "\x90");
            # No immediate has five bytes: these are NOPs, but for a branch that may go into them.
            push @is, 'no run' if $fact->{run} == $record->{len} && $linked =~ /\x90{5}\z/
                && $linked !~ /[\x70-\x7f\xe0-\xe3\xe9\xeb]|\x0f[\x80-\x8f]/;
            if ($record->{len} > 8) {
                $long++;
                my ($at, $sum) = unpack 'V2', $fact->{linked};
                push @is, 'linked bytes' if $index->linked($at, $record->{len}) ne $linked;
                push @is, 'their sum'    if $sum != sum(words($linked));
            } else {
                push @is, 'linked' if $fact->{linked} ne $linked . "\0" x (8 - $record->{len});
            }
        }
        push @wrong, sprintf '%d, 0x%x: %s', $i, $record->{at}, join ', ', @is if @is;
    }
    is_deeply(\@wrong, [], 'each is what the file says');
    cmp_ok($long    // 0, '>', 0, 'some sites are longer than a fact');
    cmp_ok($moved   // 0, '>', 0, 'some replacements have a branch to elsewhere');
    cmp_ok($decoded // 0, '>', 0, 'some have two');
};

subtest 'branches' => sub {
    my @branches = @{ $table{jump_label} };
    my @sorted   = sort { $a->{key} <=> $b->{key} || $a->{at} <=> $b->{at} } @branches;
    is_deeply(\@branches, \@sorted, 'the records are sorted by key, then by site');
    is_deeply([ $index->sums ], [ map { sum($_->{at}, $_->{target}, $_->{key} | $_->{flags}, 0) } @branches ],
        'each has its sum');
    my @flags = map {
        2 * !!$elf->is_init($_->{at}) + 4 * ($_->{len} == 2) + 8 * ($elf->bytes($_->{at}, 1) =~ /[\xe9\xeb]/)
    } @branches;
    is_deeply([ map { $_->{flags} & ~1 } @branches ], \@flags, 'and its flags');
    cmp_ok(scalar(grep { my $bit = $_; grep { $_->{flags} & $bit } @branches } 1, 4, 8), '==', 3, 'there are some of each kind');
};

subtest 'static calls' => sub {
    my @calls  = @{ $table{static_call} };
    my @sorted = sort { $a->{key} <=> $b->{key} || $a->{at} <=> $b->{at} } @calls;
    is_deeply(\@calls, \@sorted, 'the records are sorted by key, then by site');
    is_deeply([ $index->sums('static_call') ], [ map { sum($_->{at}, $_->{key} | $_->{flags}, 0, 0) } @calls ], 'each has its sum');
    is_deeply([ map { $_->{flags} } @calls ], [ map { ($elf->bytes($_->{at}, 1) eq "\xe9") + 2 * !!$elf->is_init($_->{at}) } @calls ],
        'and its flags');
};

# c. pvtool check finds each change, and says where
sub changed {
    my ($at, $bit) = @_;
    my $old = ord $elf->bytes($at, 1);
    my ($status, $said) = pvtool('check ' . $elf->write_copy(scratch('changed.elf'), [ $at => chr($old ^ $bit) ]));
    return ($status, $said);
}

my %named = (magic => qr/magic/, size => qr/size/);
subtest 'every field' => sub {
    my $n = 0;
    for my $place ($index->sample(6)) {
        my ($at, $len, $name) = @$place;
        my $bit = 1 << $n % 8;
        my ($status, $said) = changed($index->{at} + $at + $n++ % $len, $bit);
        ok($status == 1 && $said =~ /^(?:section|0x\w{8} .*?:) .*\.pv_index: \Q$name\E: expected .*, found /m
            && $said =~ /: 1 finding\n\z/, sprintf '0x%x: %s', $at, $name) or diag($status, ' ', $said);
    }
    cmp_ok($n, '>', 100, 'there were some');
};

subtest 'the whole' => sub {
    my $zeros = $elf->write_copy(scratch('zeros.elf'), [ $index->{at} => "\0" x $index->{room} ]);
    like((pvtool("check $zeros"))[1], qr/^section \.pv_index: empty: pvtool index fills it$/m, 'no index');
    my ($status, $said) = changed($index->{at} + $index->{room} - 1, 1);
    like($said, qr/^section \.pv_index: behind its end, at 0x\w+: expected 00, found 01$/m, 'a byte behind it');
    is((pvtool("index $zeros"))[0], 0, 'pvtool index fills it');
    ok(slurp($zeros) eq slurp($path), 'with the same bytes, and changes no other');
    my $reversed = $elf->write_copy(scratch('stale.elf'), [ $elf->symbol('__smp_locks') =>
            join '', map { pack 'V', $_ } reverse map { $_ - $elf->symbol('__smp_locks') } Pedant::Families::locks($elf) ]);
    ($status, $said) = pvtool("check $reversed");
    is($status, 1, 'an index of other records');
};

# d. what cannot be
my $body = <<'END';
bits 32
section .text
site: lock add dword [esp], 0
next: times 10 nop
ret
section .altinstructions progbits alloc noexec nowrite
dd site - $
dd new - $
dw 26
db LEN, 3
section .altinstr_replacement progbits alloc noexec nowrite
new:
REPLACEMENT
times 16 db 0
section .smp_locks progbits alloc noexec nowrite
dd site - $
END
my $script = <<'END';
SECTIONS {
	. = 0x100000;
	.text : { *(.text) }
	.altinstructions : { __alt_instructions = .; *(.altinstructions) __alt_instructions_end = .; }
	.altinstr_replacement : { *(.altinstr_replacement) }
	.smp_locks : { __smp_locks = .; *(.smp_locks) __smp_locks_end = .; }
	INDEX
}
END

sub little {
    my (%change) = @_;
    my %part = (LEN => 5, REPLACEMENT => 'mfence', INDEX =>
            '.pv_index ALIGN(8) : { __pv_index = .; LONG(0) . += 300; __pv_index_end = .; }', %change);
    my ($assembly, $ld) = ($body, $script);
    $assembly =~ s/LEN/$part{LEN}/;
    $assembly =~ s/REPLACEMENT/$part{REPLACEMENT}/;
    $ld =~ s/INDEX/$part{INDEX}/;
    return image_of($assembly, $ld);
}

# Without an index nothing of the file changes.
sub cannot {
    my ($name, $image, $want, $wanted) = @_;
    my $before = slurp($image);
    my ($status, $said) = pvtool("index $image");
    ok($status == $wanted && $said =~ $want && slurp($image) eq $before, $name) or diag($status, ' ', $said);
    return $said;
}

my ($status, $said) = pvtool('index ' . little());
is($status, 0, 'a little image') or diag($said);
like($said, qr/index of 1 alternatives records, 1 smp_locks records, \d+ of 304 bytes$/, 'and what it says');
my $lines = cannot('no section', little(INDEX => '', LEN => 9), qr/section \.pv_index: there is none; in the linker script/, 1);
my ($section) = $lines =~ /tables:\n(.*)\z/s;
($status, $said) = pvtool('index ' . little(INDEX => $section, LEN => 9));
is($status, 0, 'with the lines that it says there is one') or diag($said);
$lines = cannot('a small section', little(LEN => 9, INDEX =>
        '.pv_index ALIGN(8) : { __pv_index = .; LONG(0) . += 144; __pv_index_end = .; }'),
    qr/section \.pv_index: 148 bytes, and the index has 200; in the linker script, behind LONG\(0\):/, 1);
my ($line) = $lines =~ /:\n\t(.*)\n\z/;
($status, $said) = pvtool('index ' . little(LEN => 9,
        INDEX => ".pv_index ALIGN(8) : { __pv_index = .; LONG(0) $line __pv_index_end = .; }"));
like($said, qr/ 200 of 200 bytes$/, 'with the line that it says it fits') or diag($said);
cannot('a section without bytes', little(INDEX => '.pv_index : { __pv_index = .; . += 304; __pv_index_end = .; }'),
    qr/section \.pv_index: no bytes in the file/, 1);
cannot('a section without its symbols', little(INDEX => '.pv_index ALIGN(8) : { LONG(0) . += 304; }'),
    qr/section \.pv_index: __pv_index and __pv_index_end are not its ends/, 1);
cannot('a replacement that is too long', little(LEN => 2), qr/^0x00100000 \S+ alternatives record 0: /m, 1);
cannot('one that is no instruction', little(REPLACEMENT => 'db 0x0f, 0x24, 0xc0'),
    qr/^0x00100000 site\+0x0: alternatives record 0: its replacement cannot be moved.*\n.*no index, since the kernel/m, 1);
cannot('no ELF file', spew('text', "no ELF\n"), qr/no ELF file/, 2);
is((pvtool('index ' . scratch('none')))[0], 2, 'no file');
is((pvtool('index'))[0], 2, 'no name');
is((pvtool("index $path $path"))[0], 2, 'two names');

my $image = little();
chmod 0444, $image;
cannot('a read-only file', $image, qr/read-only, so it stays as it is/, 2);
chmod 0751, $image;
is((pvtool("index $image"))[0], 0, 'one that may be written');
is((stat $image)[2] & 07777, 0751, 'keeps its mode');
my $indexed = slurp($image);
is((pvtool("index $image"))[0], 0, 'once more');
ok(slurp($image) eq $indexed, 'makes no difference');
symlink $image, scratch('link.elf');
pvtool('index ' . scratch('link.elf'));
ok(-l scratch('link.elf'), 'a link stays one');
is_deeply([ glob scratch('*.elf.*') ], [], 'no other file is left');

my $whole = slurp($path);
survives('damaged images', 60, sub { flip($whole, 0, length $whole, 1 + int rand 30) }, 'index %s');

done_testing;
