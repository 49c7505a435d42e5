# SPDX-License-Identifier: MIT
#
# Damages branches of static keys in a copy of the image: each member of a record, each flag, its sum, the text at
# its site. The branch is refused at boot, every other one follows its key; and it is refused, too, when its key
# changes later. (Entries of the index: damage_index.t; without an index: damage_tables.t.)
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex;
use Pedant::Families;
use Pedant::Index;

my $elf      = kernel_elf();
my $index    = Pedant::Index->new($elf);
my @branches = Pedant::Families::branches($elf);
my ($i)      = grep { $branches[$_]{at} == victim('jump_label') } 0 .. $#branches;
my $branch   = $branches[$i];

# The record with other members, which are relative to where they are.
sub record {
    my ($is, %new) = @_;
    %new = (%$is, %new);
    my $at = $is->{record};
    return [ $at => pack 'V3', map { $_ & 0xffffffff } $new{at} - $at, $new{target} - $at - 4, ($new{key} | $new{flags}) - $at - 8 ];
}

sub sum_at { return $index->sum_at($_[0]) }

my ($other) = grep { $_->{key} != $branch->{key} } @branches;
my %case = (family => 'jump_label', at => $branch->{at}, why => 'facts');
my %damage = (
    'target one byte on'     => { target => $branch->{target} + 1 },
    'target of another'      => { target => $other->{target} },
    'target nowhere'         => { target => 0 },
    'key of another'         => { key => $other->{key} },
    'key in text'            => { key => $elf->symbol('_text') & ~15 },
    'key that is none'       => { key => $elf->symbol('pv_ops') & ~15 },
    'key behind the data'    => { key => $elf->symbol('_image_end') & ~15 },
    'key nowhere'            => { key => 0 },
    map { ("flag $_" => { flags => $branch->{flags} ^ $_ }) } 1, 2, 4, 8,
);
costs($_, %case, changes => [ record($branch, %{ $damage{$_} }) ]) for sort keys %damage;
my %site = ('one byte before' => $branch->{at} - 1, 'one byte on' => $branch->{at} + 1, 'of another' => $other->{at});
costs("site $_", %case, why => 'index', changes => [ record($branch, at => $site{$_}) ]) for sort keys %site;
costs("sum, byte $_", %case, changes => [ flip_at(sum_at($i) + $_, 1 << $_) ]) for 0, 3;
costs('sums exchanged', %case, at => [ $branch->{at}, $branches[ $i + 1 ]{at} ], refused => 2, lost => 2,
    changes => [ [ $index->{at} + sum_at($i) => bytes_at(sum_at($i + 1), 4) . bytes_at(sum_at($i), 4) ] ]);
costs('records exchanged', %case, why => 'index', at => [ $branch->{at}, $branches[ $i + 1 ]{at} ], refused => 2, lost => 2,
    changes => [ record({ %{ $branches[ $i + 1 ] }, record => $branch->{record} }), record({ %$branch, record => $branches[ $i + 1 ]{record} }) ]);
costs('a byte of text', %case, why => 'bytes',
    changes => [ [ $branch->{at} => "\x2e" ] ]);    # another prefix, as harmless

# Keys that change afterwards, and often: of their branches these are as linked for ever, and all others as the
# keys say. Each is damaged in another way.
{
    my %at    = map { my $name = $_; my $at = $elf->symbol($name); ($name => (grep { $branches[$_]{at} == $at } 0 .. $#branches)[0]) }
        qw(key_unlikely_off key_likely_off key_likely_on key_short_off key_line key_page);
    my %is    = map { $_ => $branches[ $at{$_} ] } keys %at;
    my ($entry) = entry_of('jump_label', $is{key_line}{at});
    my @changes = (
        record($is{key_unlikely_off}, target => $is{key_unlikely_off}{target} - 1),
        flip_at(sum_at($at{key_likely_off}), 4),
        record($is{key_likely_on}, flags => $is{key_likely_on}{flags} ^ 1),
        record($is{key_short_off}, key => $is{key_likely_on}{key}),
        word($index->entry_at('jump_label', $entry) + 4, 0xffff),
        [ $is{key_page}{at} + 4 => "\x01" ],
    );
    my $image = $elf->write_copy(log_dir() . '/damage-keys.elf', @changes);
    my $held  = boot_and_hold(name => 'damage-keys', image => $image, cmdline => 'selftest=keys', timeout => 60);
    ok($held->reached, 'it comes to its end') or diag $held->describe;
    is($held->event('pass', family => 'jump_label')->{refused}, 6, 'six branches are refused at boot');
    is(scalar(grep { $_->{family} eq 'jump_label' } $held->events('refused')), 6, 'each with its event');
    ok(scalar $held->lines_like(qr/^jump_label: site at 0x[0-9a-f]+: refused: /), 'changes of their keys say it, too');
    my ($text, $end) = map { $elf->symbol($_) } qw(_text _init_text_end);
    my $found   = $held->pmemsave($text, $end - $text);
    my $damaged = Pedant::Elf->new($image);
    is_deeply([ grep { my ($at, $len) = @{ $is{$_} }{qw(at len)}; substr($found, $at - $text, $len) ne $damaged->bytes($at, $len) }
            sort keys %is ], [], 'they are as linked, though their keys have changed');
    my $refused = join '|', map { sprintf '%08x', $_->{at} } values %is;
    is_deeply([ grep { !/^(?:$refused) / } Pedant::Families::judge($elf, $held, $text, \$found) ], [], 'and each other one is patched');
    like(join(' ', map { $_->{name} } grep { $_->{result} eq 'fail' } $held->events('test')), qr/jump_label.* forms /, 'the self-tests see it');
    unlink $image;
}

done_testing;
