# SPDX-License-Identifier: MIT
#
# Damages static calls in a copy of the image: each member of a record, each flag, its sum, each word of a key that is
# looked at, the text at a site. The call is refused at boot and goes by what it was linked to, every other one to its
# key's function; and it is refused, too, when its key changes later. (Entries of the index: damage_index.t; without
# an index: damage_tables.t.)
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex;
use Pedant::Families;
use Pedant::Index;

my $elf   = kernel_elf();
my $index = Pedant::Index->new($elf);
my @calls = Pedant::Families::calls($elf);
my ($i)   = grep { $calls[$_]{at} == victim('static_call') } 0 .. $#calls;
my $call  = $calls[$i];

# The record with other members, which are relative to where they are.
sub record {
    my ($is, %new) = @_;
    %new = (%$is, %new);
    my $at = $is->{record};
    return [ $at => pack 'V2', map { $_ & 0xffffffff } $new{at} - $at, ($new{key} | $new{flags}) - $at - 4 ];
}

sub sum_at { return $index->sum_at($_[0], 'static_call') }

# ---- records, and what tells whether they are right ----

my ($other) = grep { $_->{key} != $call->{key} } @calls;
my %case = (family => 'static_call', at => $call->{at}, why => 'facts');
my %damage = (
    'key of another'      => { key => $other->{key} },
    'key one word on'     => { key => $call->{key} + 4 },
    'key in text'         => { key => $elf->symbol('_text') & ~3 },
    'key that is none'    => { key => $elf->symbol('pv_ops') & ~3 },
    'key in the table'    => { key => $call->{record} },
    'key behind the data' => { key => $elf->symbol('_image_end') & ~3 },
    'key nowhere'         => { key => 0 },
    map { ("flag $_" => { flags => $call->{flags} ^ $_ }) } 1, 2,
);
costs($_, %case, changes => [ record($call, %{ $damage{$_} }) ]) for sort keys %damage;
my %site = ('one byte before' => $call->{at} - 1, 'one byte on' => $call->{at} + 1, 'of another' => $other->{at});
costs("site $_", %case, why => 'index', changes => [ record($call, at => $site{$_}) ]) for sort keys %site;
costs("sum, byte $_", %case, changes => [ flip_at(sum_at($i) + $_, 1 << $_) ]) for 0 .. 3;
costs('sums exchanged', %case, at => [ $call->{at}, $calls[ $i + 1 ]{at} ], refused => 2, lost => 2,
    changes => [ [ $index->{at} + sum_at($i) => bytes_at(sum_at($i + 1), 4) . bytes_at(sum_at($i), 4) ] ]);
costs('records exchanged', %case, why => 'index', at => [ $call->{at}, $calls[ $i + 1 ]{at} ], refused => 2, lost => 2,
    changes => [ record({ %{ $calls[ $i + 1 ] }, record => $call->{record} }), record({ %$call, record => $calls[ $i + 1 ]{record} }) ]);

# ---- text: a call that goes where it should, but not by the trampoline

costs('text', %case, why => 'bytes',
    changes => [ [ $call->{at} + 1 => pack 'V', ($elf->symbol('timer_ns_by_source') - $call->{at} - 5) & 0xffffffff ] ]);

# ---- keys, of which only functions are ever written. Nobody calls this one but its suite.

my $key   = $elf->symbol('__SCK__calls_args2');
my $stays = $elf->symbol('__SCT__calls_args2');
my @all   = map { $_->{at} } grep { $_->{key} == $key } @calls;
cmp_ok(scalar @all, '>', 1, 'a key of several sites');
my %of_key = (
    'functions nowhere'         => [ 0, 'branch', pack('V2', (0xfffffff0) x 2) ],
    'functions in data'         => [ 0, 'branch', pack('V2', ($key) x 2) ],
    'functions in the engine'   => [ 0, 'branch', pack('V2', ($elf->symbol('_pv_text') + 16) x 2) ],
    'trampoline nowhere'        => [ 8, 'key', pack 'V', 0 ],
    'trampoline in data'        => [ 8, 'key', pack 'V', $key ],
    'trampoline one byte on'    => [ 8, 'bytes', pack 'V', $stays + 1 ],
    'trampoline of another'     => [ 8, 'bytes', pack 'V', $elf->symbol('__SCT__calls_args3') ],
    'what is linked is nowhere' => [ 12, 'key', pack 'V', 0xffffffff ],
    'what is linked is data'    => [ 12, 'key', pack 'V', $key ],
);
for my $what (sort keys %of_key) {
    my ($offset, $why, $bytes) = @{ $of_key{$what} };
    costs($what, %case, at => [@all], refused => scalar @all, lost => scalar @all, why => $why, changes => [ [ $key + $offset => $bytes ] ]);
}
costs('what is linked is another', %case, at => $stays, why => 'bytes', changes => [ [ $key + 12 => pack 'V', $elf->symbol('call_form_1') ] ]);

# ---- Calls that change afterwards, and often: these go by what they were linked to for ever, and all others to
# the functions that their keys have. Each is damaged in another way. (The suite's other tests set breakpoints of
# their own, which cannot stand for a refused call.)
{
    my %at = map { my $name = $_; my $at = $elf->symbol($name); ($name => (grep { $calls[$_]{at} == $at } 0 .. $#calls)[0]) }
        qw(call_line call_page call_tail_site __SCT__call_wide __SCT__calls_args3);
    my %is      = map { $_ => $calls[ $at{$_} ] } keys %at;
    my ($entry) = entry_of('static_call', $is{call_page}{at});
    my @changes = (
        flip_at(sum_at($at{call_line}), 4),
        word($index->entry_at('static_call', $entry) + 4, 0xffff),
        record($is{call_tail_site}, flags => $is{call_tail_site}{flags} ^ 1),
        record($is{__SCT__call_wide}, key => $is{__SCT__calls_args3}{key}),
        [ $is{__SCT__calls_args3}{at} + 1 => pack 'V', ($elf->symbol('args2_1') - $is{__SCT__calls_args3}{at} - 5) & 0xffffffff ],
    );
    my $image = $elf->write_copy(log_dir() . '/damage-calls.elf', @changes);
    my $held  = boot_and_hold(name => 'damage-calls', image => $image, cmdline => 'selftest=calls.a*', timeout => 60);
    ok($held->reached, 'it comes to its end') or diag $held->describe;
    is($held->event('pass', family => 'static_call')->{refused}, 5, 'five calls are refused at boot');
    is(scalar(grep { $_->{family} eq 'static_call' } $held->events('refused')), 5, 'each with its event');
    ok(scalar $held->lines_like(qr/^static_call: site at 0x[0-9a-f]+: refused: /), 'changes of their keys say it, too');
    my ($text, $end) = map { $elf->symbol($_) } qw(_text _init_text_end);
    my $found   = $held->pmemsave($text, $end - $text);
    my $damaged = Pedant::Elf->new($image);
    is_deeply([ grep { substr($found, $is{$_}{at} - $text, 5) ne $damaged->bytes($is{$_}{at}, 5) } sort keys %is ], [],
        'they are as linked, though their keys have changed');
    my $refused = join '|', map { sprintf '%08x', $_->{at} } values %is;
    is_deeply([ grep { !/^(?:$refused) / } Pedant::Families::judge($elf, $held, $text, \$found) ], [], 'and each other one is patched');
    like(join(' ', map { $_->{name} } grep { $_->{result} eq 'fail' } $held->events('test')), qr/static_call.* all_ways /, 'the self-tests see it');
    unlink $image;
}

done_testing;
