# SPDX-License-Identifier: MIT
#
# Damages what pvtool left of alternatives, each member of a fact and the bytes behind, in a copy of the image, or
# the record, the replacement or the text that it is about, and boots that: the site is refused, and every other
# one is patched. No hang, no reset, no panic.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex;
use Pedant::Families;
use Pedant::Index;
use Pedant::Native;

my $elf   = kernel_elf();
my $index = Pedant::Index->new($elf);
my @alts  = Pedant::Families::alternatives($elf);
my ($single, $several, $long) = map { victim($_) } qw(alternatives several long);

# ---- facts ----

for my $field (@Pedant::Index::FACT) {
    my ($name, $offset, $size) = @$field;
    my %case = (family => 'alternatives', why => 'facts');
    my $fact = $index->fact_at((entry_of('alternatives', $single))[0]);
    costs("a site's $name", %case, at => $single, changes => [ flip_at($fact + $offset + $size - 1, 0x80) ]);
}

# Of a group each record may be refused, for itself or since it is not the whole; of a long site all of its bytes
# are behind the facts.
for my $case ([ 'a group', $several ], [ 'a long site', $long ]) {
    my ($what, $at) = @$case;
    my ($first) = entry_of('alternatives', $at);
    my %case = (family => 'alternatives', at => $at, group => 1, why => 'any');
    for my $k (0, 1) {
        for my $field (@Pedant::Index::FACT) {
            my ($name, $offset, $size) = @$field;
            next if $at == $long && $name !~ /linked|^n$/;
            costs("$what: $name of record $k", %case,
                changes => [ flip_at($index->fact_at($first + $k) + $offset + $size - 1, 0x40) ]);
        }
    }
    costs("$what: entries swapped", %case, changes => [ [ $index->{at} + $index->entry_at('alternatives', $first) =>
            bytes_at($index->entry_at('alternatives', $first + 1), 8)
            . bytes_at($index->entry_at('alternatives', $first), 8) ] ]);
    costs("$what: first entry lost", %case, changes => [ word($index->entry_at('alternatives', $first) + 4, 0xffff) ]);
}
{
    my ($i)   = entry_of('alternatives', $long);
    my ($at)  = unpack 'V', bytes_at($index->fact_at($i) + 12, 4);
    my $bytes = $index->{part}{alternatives}{facts} + $at;
    my $len   = group($long)->[0]{len};
    costs("linked byte $_", family => 'alternatives', at => $long, group => 1, why => 'facts',
        changes => [ flip_at($bytes + $_, 1) ]) for 0, $len - 1;
}

# ---- what it was made of ----

{
    my (undef, undef, $number) = entry_of('alternatives', $single);
    my $record  = $elf->symbol('__alt_instructions') + 12 * $number;
    my %case    = (family => 'alternatives', at => $single);
    my %why     = (0 => 'index', 4 => 'any', 8 => 'facts', 9 => 'any', 10 => 'any', 11 => 'any');
    my $flip    = sub { [ $_[0] => chr(ord($elf->bytes($_[0], 1)) ^ $_[1]) ] };
    for my $offset (sort { $a <=> $b } keys %why) {
        costs("record: byte $offset", %case, why => $why{$offset}, changes => [ $flip->($record + $offset, 1) ]);
    }
    my $from = $alts[$number]{from};
    costs('replacement: first byte', %case, why => 'any', changes => [ $flip->($from, 0x20) ]);
    costs('replacement: last byte', %case, why => 'any',
        changes => [ $flip->($from + $alts[$number]{n} - 1, 1) ]);
    costs('text of a group', %case, at => $several, group => 1, why => 'bytes',
        changes => [ $flip->($several + group($several)->[0]{len} - 1, 1) ]);
    costs('text of a long site', %case, at => $long, group => 1, why => 'bytes',
        changes => [ $flip->($long + group($long)->[0]{len} - 1, 1) ]);
}

# ---- byte by byte ----

# Some of everything in one image: what is not refused holds what it must, and what is, what was linked.
{
    my $fact    = $index->fact_at((entry_of('alternatives', $single))[0]);
    my $entry   = $index->entry_at('paravirt', (entry_of('paravirt', victim('paravirt')))[0]);
    my $lock    = $index->entry_at('smp_locks', (entry_of('smp_locks', victim('smp_locks')))[0]);
    my $long_at = $index->fact_at((entry_of('alternatives', $long))[0]);
    my $image   = $elf->write_copy(log_dir() . '/index-memory.elf', flip_at($fact + 4, 1), word($entry + 4, 0xffffffff),
        word($lock, 0), word($long_at + 12, 0x7fffffff));
    my $held = boot_and_hold(name => 'index-memory', image => $image);
    ok($held->reached, 'it comes to its end without a debug exit, too') or diag $held->describe;
    my ($text, $end) = map { $elf->symbol($_) } qw(_text _init_text_end);
    my $boot   = $held->event('boot') || {};
    my $found  = $held->pmemsave($text, $end - $text);
    my %len    = ($single => group($single)->[0]{len}, $long => group($long)->[0]{len}, victim('smp_locks'), 1);
    my @linked = grep { substr($found, $_ - $text, $len{$_}) ne $elf->bytes($_, $len{$_}) } sort keys %len;
    is_deeply(\@linked, [], 'the refused sites are as linked');
    my $refused = join '|', map { sprintf '%08x', $_ } keys %len;
    my @wrong   = grep { !/^(?:$refused) / } Pedant::Families::judge($elf, $held, $text, \$found);
    push @wrong, Pedant::Native::differences($elf, $text, $found,
        nops   => Pedant::Native::nops_for($boot->{vendor}, $boot->{family}),
        ops    => { Pedant::Native::ops_by_type('pv/ops.def') },
        slots  => $held->pmemsave($elf->symbol('pv_ops'), $elf->symbol_size('pv_ops')),
        linked => { victim('paravirt'), 1 });
    is_deeply(\@wrong, [], 'and each other one is patched');
    unlink $image;
}

done_testing;
