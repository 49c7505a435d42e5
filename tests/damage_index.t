# SPDX-License-Identifier: MIT
#
# Damages .pv_index in a copy of the image, its header and entries, and boots that. A header that does not fit
# costs the index: a line says so, every site is patched without it. An entry costs the site that it is about,
# and every other one is patched. No hang, no reset, no panic. Facts are damaged in damage_facts.t.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex;
use Pedant::Families;
use Pedant::Index;

my $elf   = kernel_elf();
my $index = Pedant::Index->new($elf);
my @alts  = Pedant::Families::alternatives($elf);

sub unique { return keys %{ { map { $_ => 1 } @_ } } }

# ---- the header ----

my %part = %{ $index->{part} };

no_index('magic', [families()], word(0, 0x32495651));
no_index('size beyond the section', [families()], word(4, $index->{room} + 4));
no_index('size below the header', [families()], word(4, 132));
no_index('size without the long bytes and the last entries', [qw(smp_locks jump_label static_call)], word(4, $part{smp_locks}{entries} + 8));
no_index('an index of zeros', [families()], [ $index->{at} => "\0" x $index->{room} ]);
for my $family (families()) {
    my $part = $part{$family};
    no_index("$family: first", [$family], word($part->{at}, $part->{first} + 4));
    no_index("$family: records", [$family], word($part->{at} + 4, $part->{records} - 1));
    no_index("$family: entries unaligned", [$family], word($part->{at} + 8, $part->{entries} + 2));
    no_index("$family: entries beyond", [$family], word($part->{at} + 8, 0xfffffff0));
}
no_index('facts beyond', ['alternatives'], word($part{alternatives}{at} + 12, $index->{size} - 20));
no_index('facts unaligned', ['alternatives'], word($part{alternatives}{at} + 12, $part{alternatives}{facts} + 1));
no_index('no facts', ['alternatives'], word($part{alternatives}{at} + 12, 0));
no_index('facts where there are none', ['paravirt'], word($part{paravirt}{at} + 12, $part{alternatives}{facts}));

# ---- entries ----

for my $family (families()) {
    my $at = victim($family);
    my ($i, undef, $record) = entry_of($family, $at);
    my $entry = $index->entry_at($family, $i);
    my $next  = (($index->entries($family))[ $i + 1 ])->[1];
    my %case  = (family => $family, why => 'index');
    costs("$family: entry's address", %case, at => $at + 1, changes => [ word($entry, $at + 1) ]);
    costs("$family: entry's address far away", %case, at => 0xfffffffe, changes => [ word($entry, 0xfffffffe) ]);
    costs("$family: record beyond the table", %case, at => $at, changes => [ word($entry + 4, $part{$family}{records}) ]);
    costs("$family: record at the end of memory", %case, at => $at, changes => [ word($entry + 4, 0xffffffff) ]);
    costs("$family: another record", %case, at => $at, changes => [ word($entry + 4, $next) ]);
    costs("$family: swapped entries", %case, at => $at, changes => [ [ $index->{at} + $entry =>
            bytes_at($entry + 8, 8) . bytes_at($entry, 8) ] ], $family eq 'alternatives'
        ? (why => 'any', at => [ $at, ($index->entries($family))[ $i + 1 ][0] ], refused => 2, lost => 2) : ());
}
my $shifted = word($part{paravirt}{at} + 8, $part{paravirt}{entries} + 8);
costs('paravirt: entries one too far', family => 'paravirt', why => 'index', at => [], changes => [$shifted], lost => 1);
costs('facts one too far', family => 'alternatives', why => 'any', at => [ map { $_->{at} } @alts ], refused => scalar @alts,
    lost => scalar(unique(map { $_->{at} } @alts)), changes =>
    [ word($part{alternatives}{at} + 12, $part{alternatives}{facts} + 20) ]);

done_testing;
