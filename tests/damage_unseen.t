# SPDX-License-Identifier: MIT
#
# Damage that a pass does not meet by comparing bytes: a lock record that points at an f0 which is no prefix, a site
# in the gap between two sections, and alternatives that this CPU does not want. Each is refused, and nothing else
# changes; with an index and without one.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex;
use Pedant::Families;
use Pedant::Index;
use Pedant::Share;

my $elf   = kernel_elf();
my $index = Pedant::Index->new($elf);
my @alts  = Pedant::Families::alternatives($elf);
my @locks = Pedant::Families::locks($elf);
my $no_index = [ $elf->symbol('__pv_index') => "\0" x 4 ];

# A boot without an index, whose only refusals are those: an address, or a record's, to a reason.
sub raw_costs {
    my ($what, $family, $refused, @changes) = @_;
    my $name  = 'unseen-' . $what =~ s/\W+/-/gr;
    my $image = $elf->write_copy(log_dir() . "/$name.elf", $no_index, @changes);
    my $run   = boot(name => $name, image => $image, cmdline => selftests(join ' ', sort values %$refused));
    unlink $image;
    checked($run, $what, sub {
        is($run->outcome, 'failed', 'the exit code says failure');
        is_deeply({ map { ($_->{site} => $_->{reason}) } grep { $_->{family} eq $family } $run->events('refused') },
            $refused, 'it is refused, for its reason');
        is(scalar(grep { $_->{family} ne $family } $run->events('refused')), 0, 'and nothing else');
        is_deeply([ $run->ktap->problems ], [], 'the KTAP output is whole');
        like($run->last_line, qr/^pedant: \d+ passed, [1-9]\d* failed, \d+ skipped$/, 'the last line is there');
    });
    return;
}

sub at { return sprintf '0x%08x', $_[0] }
sub self_relative { my ($record, $to) = @_; return [ $record => pack 'V', ($to - $record) & 0xffffffff ] }

# ---- lock prefixes ----

# Bytes f0 amid instructions: what a disassembler says of .text, up to where the tests' own begins. Not those of
# sites, as in the address of pv_ops: what has been patched there is refused for another reason.
my @inside;
{
    my %in_site = map { my $site = $_; map { $site->[0] + $_ => 1 } 0 .. $site->[1] - 1 }
        (map { [ @$_{qw(instr len)} ] } $elf->records), map { [ @$_{qw(at len)} ] } @alts;
    my ($from, $to) = map { $elf->symbol($_) } qw(_text _tests_text);
    my %starts = map { hex($_) => 1 } `objdump -d -j .text @{[$elf->path]}` =~ /^ *([0-9a-f]+):\t/mg;
    my $text   = $elf->bytes($from, $to - $from);
    while ($text =~ /\xf0/g) {
        my $at = $from + pos($text) - 1;
        push @inside, $at if !$starts{$at} && !$in_site{$at};
    }
}
cmp_ok(scalar @inside, '>', 20, 'there are bytes f0 inside of instructions: ' . @inside);
my $table    = $elf->symbol('__smp_locks');
my ($number) = grep { $locks[$_] == victim('smp_locks') } 0 .. $#locks;

# Many records at once: as many as there are in text that stays, each at another such byte.
{
    my @records = grep { stays($locks[$_]) } 0 .. $#locks;
    splice @records, 12;
    my @to = @inside[ map { int $_ * $#inside / $#records } 0 .. $#records ];
    raw_costs('locks inside of instructions', 'smp_locks', { map { (at($_) => 'not whole instructions') } @to },
        map { self_relative($table + 4 * $records[$_], $to[$_]) } 0 .. $#records);
}
{
    my ($i) = entry_of('smp_locks', $locks[$number]);
    costs('a byte behind a lock', family => 'smp_locks', at => $locks[$number], why => 'facts',
        changes => [ flip_at($index->behind_at($i), 0x10) ]);
}

# ---- gaps ----

{
    my ($end, $init) = map { $elf->symbol($_) } qw(_etext _init_text);
    my ($record) = grep { stays($_->{instr}) } $elf->records;
    my $why = 'not in patchable text';
    for my $case ([ 'across the end of text', $end - 3 ], [ 'in the gap', $end + 8 ], [ 'into init text', $init - 3 ]) {
        my ($what, $to) = @$case;
        raw_costs("a site $what", 'paravirt', { at($to) => $why }, [ $record->{record} => pack 'V', $to ]);
    }
}

# ---- alternatives that do not apply ----

# Of a feature that this CPU has not: smap is word 9, bit 20.
{
    my ($absent) = grep { $alts[$_]{feature} == 9 * 32 + 20 && @{ group($alts[$_]{at}) } == 1 && $alts[$_]{n} }
        0 .. $#alts;
    my $alt    = $alts[$absent];
    my $record = $elf->symbol('__alt_instructions') + 12 * $absent;
    my $byte   = ord $elf->bytes($alt->{from}, 1);
    raw_costs('an absent feature: its replacement elsewhere', 'alternatives',
        { at($alt->{at}) => 'its replacement is not where replacements are' },
        self_relative($record + 4, $elf->symbol('pv_ops')));
    raw_costs('an absent feature: its replacement no instruction', 'alternatives',
        { at($alt->{at}) => 'not whole instructions' }, [ $alt->{from} => "\x0f\x04" ]);
    costs('an absent feature: its replacement is other', family => 'alternatives', at => $alt->{at}, why => 'facts',
        changes => [ [ $alt->{from} => chr($byte ^ 1) ] ]);
}
{
    my ($offset) = map { 8 + 4 * $_ } 2;
    my $image = $elf->write_copy(log_dir() . '/unseen-sum.elf', flip_at($offset, 1));
    my $run   = boot(name => 'unseen-sum', image => $image);
    expect_pass($run, 'when only the sum of all replacements is wrong each one is looked at, and good');
    unlink $image;
}

done_testing;
