#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Damages .altinstructions, .smp_locks, __jump_table and .static_call_sites, their ends, and the text that they describe, in a copy of the image
# without an index, and boots that: what is damaged is refused with a line and an event, every other site is
# patched, other families are as always, and the run fails for it. (The table of paravirt sites: damage.t. With
# an index: damage_index.t, damage_facts.t.)
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex qw(victim group);
use Pedant::Families;
use Pedant::Share;

my $elf      = kernel_elf();
my $no_index = [ $elf->symbol('__pv_index') => "\0" x 4 ];
my %ends     = (alternatives => [ map { $elf->symbol($_) } qw(__alt_instructions __alt_instructions_end) ],
    smp_locks => [ map { $elf->symbol($_) } qw(__smp_locks __smp_locks_end) ],
    jump_label => [ map { $elf->symbol($_) } qw(__jump_table __jump_table_end) ],
    static_call => [ map { $elf->symbol($_) } qw(__static_call_sites __static_call_sites_end) ]);
my %size = (alternatives => 12, smp_locks => 4, jump_label => 12, static_call => 8);
my ($text, $init_end, $engine) = map { $elf->symbol($_) } qw(_text _init_text_end _pv_text);
my @FAMILIES = qw(paravirt alternatives smp_locks jump_label static_call);

# ---- what a boot without index says of each family, and how a damaged one differs

sub passes {
    my ($run) = @_;
    return map { my %pass = %$_; delete @pass{qw(event ns)}; ($pass{family} => \%pass) }
        grep { !defined $_->{to} } $run->events('pass');
}

sub done { my ($pass) = @_; my $n = 0; $n += $pass->{$_} for qw(inline call jmp nop trap kept gone); return $n }

my $plain = boot(name => 'without-index', image => $elf->write_copy(log_dir() . '/damage_tables-plain.elf', $no_index));
my %good  = passes($plain);
is(join(' ', map {"$_->{suite}.$_->{name}"} grep { $_->{result} eq 'fail' } $plain->events('test')), 'boot.index',
    'without an index nothing fails but that there is none') or diag $plain->describe;

# A CPU that is gathered leaves its site by the records alone.
my $two = boot(name => 'without-index-two', image => log_dir() . '/damage_tables-plain.elf', smp => 2,
    cmdline => 'selftest=*');
is(join(' ', map {"$_->{suite}.$_->{name}"} grep { $_->{result} eq 'fail' } $two->events('test')), 'boot.index',
    'nor with two CPUs') or diag $two->describe;
cmp_ok(scalar(grep { $_->{suite} eq 'gather' && $_->{result} eq 'ok' } $two->events('test')), '>', 4, 'which are gathered');

# %case: family, changes, refused (how many), lost (sites, when not as many), at (an address that is named), why,
# and smp and cmdline for the boot.
sub costs {
    my ($what, %case) = @_;
    my $name = "$case{family} $what" =~ s/\W+/-/gr;
    my $image = $elf->write_copy(log_dir() . "/damage_tables-$name.elf", $no_index, @{ $case{changes} });
    my $family = $case{family};
    my $run = boot(name => $name, image => $image, smp => $case{smp},
        cmdline => $case{cmdline} // selftests("$family $case{refused} " . ($case{sites} // ($case{lost} // $case{refused}))), timeout => 30);
    unlink $image;
    checked($run, "$family: $what", sub {
        my %pass = passes($run);
        my $is   = $pass{$family} || {};
        is($run->outcome, 'failed', 'the exit code says failure');
        is($is->{refused}, $case{refused}, "refused: $case{refused}");
        is(done($is), defined $case{sites} ? $case{sites} : done($good{$family}) - ($case{lost} // $case{refused}), 'the others are patched');
        is_deeply($pass{$_}, $good{$_}, "$_ are as always") for grep { $_ ne $family } @{ $case{others} // \@FAMILIES };
        is_deeply([ sort map { $_->{name} } grep { $_->{result} eq 'fail' && $_->{suite} eq 'boot' } $run->events('test') ],
            [ sort 'index', $family ], 'the boot tests say it');
        if (my $at = $case{at}) {
            my $address = sprintf '%08x', $at;
            my @events = grep { $_->{site} eq "0x$address" && $_->{family} eq $family } $run->events('refused');
            ok(scalar @events, "an event names $address");
            like($events[0]{reason} // '', $case{why}, 'and the reason') if $case{why};
            ok(scalar $run->lines_like(qr/refused: .*$address/), 'and so does a line');
        }
        is_deeply([ $run->ktap->problems ], [], 'the KTAP output is whole');
    });
    return $run;
}

# ---- records

my ($first) = @{ group(victim('alternatives')) };
my ($record) = grep { my $r = $_; ($r + unpack('l<', $elf->bytes($r, 4))) == $first->{at} }
    map { $ends{alternatives}[0] + 12 * $_ } 0 .. ($ends{alternatives}[1] - $ends{alternatives}[0]) / 12 - 1;

# An alternative that would apply, or its damage might not be looked at: one of X86_FEATURE_ALWAYS.
sub alternative {
    my (%new) = @_;
    my %is = (%$first, feature => 3 * 32 + 21, %new);
    return [ $record => pack 'l< l< v C C', $is{at} - $record, $is{from} - $record - 4, @is{qw(feature len n)} ];
}

my %of_alternative = (
    'site 0'                      => [ { at => 0 },                      0,          qr/not in patchable text/ ],
    'site before text'            => [ { at => $text - 1 },              $text - 1,  qr/not in patchable text/ ],
    'site behind text'            => [ { at => $init_end },              $init_end,  qr/not in patchable text/ ],
    'site in the engine'          => [ { at => $engine + 16 },           $engine + 16, qr/engine's own section/ ],
    'site in the table'           => [ { at => $record },                $record,    qr/not in patchable text/ ],
    'no such feature'             => [ { feature => 10 * 32 },           $first->{at}, qr/no such CPU feature/ ],
    'no feature at all'           => [ { feature => 0x7fff },            $first->{at}, qr/no such CPU feature/ ],
    'length 0'                    => [ { len => 0 },                     $first->{at}, qr/bad length/ ],
    'replacement longer'          => [ { n => $first->{len} + 1 },       $first->{at}, qr/bad length/ ],
    'replacement from text'       => [ { from => $text },                $first->{at}, qr/not where replacements are/ ],
    'replacement across the end'  => [ { from => $elf->symbol('__alt_replacements_end') - $first->{n} + 1 }, $first->{at},
        qr/not where replacements are/ ],
    'replacement before the first' => [ { from => $elf->symbol('__alt_replacements') - 1 }, $first->{at}, qr/not where replacements are/ ],
);
for my $what (sort keys %of_alternative) {
    my ($new, $at, $why) = @{ $of_alternative{$what} };
    costs($what, family => 'alternatives', changes => [ alternative(%$new) ], refused => 1, $at ? (at => $at) : (), why => $why);
}

my $lock = victim('smp_locks');
my ($entry) = grep { (($_ + $elf->u32($_)) & 0xffffffff) == $lock }
    map { $ends{smp_locks}[0] + 4 * $_ } 0 .. ($ends{smp_locks}[1] - $ends{smp_locks}[0]) / 4 - 1;
sub lock_at { return [ $entry => pack 'V', ($_[0] - $entry) & 0xffffffff ] }

my %of_lock = (
    'nothing there'      => [ $lock + 1,                      qr/./ ],
    'before text'        => [ $text - 1,                      qr/not in patchable text/ ],
    'behind text'        => [ $init_end,                      qr/not in patchable text/ ],
    'in the engine'      => [ $engine + 16,                   qr/engine's own section/ ],
    'in the table'       => [ $entry,                         qr/not in patchable text/ ],
    'at the end of all'  => [ 0xffffffff,                     qr/not in patchable text/ ],
);
for my $what (sort keys %of_lock) {
    my ($at, $why) = @{ $of_lock{$what} };
    costs($what, family => 'smp_locks', changes => [ lock_at($at) ], refused => 1, at => $at, why => $why);
}
costs('the prefix is another byte', family => 'smp_locks', changes => [ [ $lock => "\x2e" ] ], refused => 1, at => $lock,
    why => qr/text is not what the record says/);

# What was expected is what the pass before left, and not what was linked.
{
    my $run = costs('the prefix is another byte, and another CPU', family => 'smp_locks', changes => [ [ $lock => "\x2e" ] ], refused => 1,
        at => $lock, smp => 2, cmdline => 'selftest=smp.*');
    my @said = map { /expected (\w\w), found (\w\w);/ ? "$1 $2" : '?' } $run->lines_like(sprintf 'refused: smp_locks site at %08x', $lock);
    is(join(', ', @said[ 0, 1 ]), 'f0 2e, 3e 2e', 'as linked at boot, the one CPU\'s when another comes');
}

my ($branch) = grep { $_->{at} == victim('jump_label') } Pedant::Families::branches($elf);

sub branch {
    my (%new) = @_;
    my ($at, %is) = ($branch->{record}, %$branch, %new);
    return [ $at => pack 'V3', map { $_ & 0xffffffff } $is{at} - $at, $is{target} - $at - 4, ($is{key} | $is{flags}) - $at - 8 ];
}

my $nowhere   = qr/not in patchable text/;
my %of_branch = (
    'site 0'             => [ { at => 0 },                        qr/^(?:not in patchable text|text is not what the record says)$/ ],
    'site before text'   => [ { at => $text - 1 },                $nowhere ],
    'site behind text'   => [ { at => $init_end },                $nowhere ],
    'site in the engine' => [ { at => $engine + 16 },             qr/engine's own section/ ],
    'site in the table'  => [ { at => $branch->{record} },        $nowhere ],
    'site one byte on'   => [ { at => $branch->{at} + 1 },        qr/text is not what the record says/ ],
    'target nowhere'     => [ { target => 0xfffffff0 },           qr/a branch that does not reach/ ],
    'target in data'     => [ { target => $branch->{key} },       qr/a branch that does not reach/ ],
    'target in the engine' => [ { target => $engine + 16 },       qr/a branch that does not reach/ ],
    'key nowhere'        => [ { key => 0 },                       qr/its key is not where keys are/ ],
    'key at the end of memory' => [ { key => 0xfffffff0 },        qr/its key is not where keys are/ ],
    'key in text'        => [ { key => $text + 0x100 & ~15 },     qr/its key is not where keys are/ ],
    'key in the table'   => [ { key => $branch->{record} & ~15 }, qr/its key is not where keys are/ ],
    'key that is none'   => [ { key => $elf->symbol('pv_ops') + 64 & ~15 }, qr/its key is not where keys are/ ],
);
for my $what (sort keys %of_branch) {
    my ($new, $why) = @{ $of_branch{$what} };
    my $at = $new->{at} // $branch->{at};
    costs($what, family => 'jump_label', changes => [ branch(%$new) ], refused => 1, $at ? (at => $at) : (), why => $why);
}
costs('the site is another byte', family => 'jump_label', changes => [ [ $branch->{at} => "\x2e" ] ], refused => 1,
    at => $branch->{at}, why => qr/text is not what the record says/);
{
    my ($start, $end) = @{ $ends{jump_label} };
    costs('an end three records late', family => 'jump_label', changes => [ ends_at('jump_label', $start, $end + 36) ], refused => 3, lost => 0);
}

my ($call) = grep { $_->{at} == victim('static_call') } Pedant::Families::calls($elf);

sub call {
    my (%new) = @_;
    my ($at, %is) = ($call->{record}, %$call, %new);
    return [ $at => pack 'V2', map { $_ & 0xffffffff } $is{at} - $at, ($is{key} | $is{flags}) - $at - 4 ];
}

my ($other) = grep { $_->{key} != $call->{key} } Pedant::Families::calls($elf);
my %of_call = (
    'site 0'             => [ { at => 0 },                     $nowhere ],
    'site before text'   => [ { at => $text - 1 },             $nowhere ],
    'site behind text'   => [ { at => $init_end },             $nowhere ],
    'site in the engine' => [ { at => $engine + 16 },          qr/engine's own section/ ],
    'site in the table'  => [ { at => $call->{record} },       $nowhere ],
    'site at the end of memory' => [ { at => 0xfffffffe },     $nowhere ],
    'site one byte on'   => [ { at => $call->{at} + 1 },       qr/text is not what the record says/ ],
    'key nowhere'        => [ { key => 0 },                    qr/its key is not where keys are/ ],
    'key at the end of memory' => [ { key => 0xfffffffc },     qr/its key is not where keys are/ ],
    'key in text'        => [ { key => $text & ~3 },           qr/its key is not where keys are/ ],
    'key in the table'   => [ { key => $call->{record} },      qr/its key is not where keys are/ ],
    'key that is none'   => [ { key => $elf->symbol('kernel_tables') }, qr/its key is not where keys are/ ],
    'key one word on'    => [ { key => $call->{key} + 4 },     qr/text is not what the record says|its key is not where keys are/ ],
    'key of another'     => [ { key => $other->{key} },        qr/text is not what the record says/ ],
);
for my $what (sort keys %of_call) {
    my ($new, $why) = @{ $of_call{$what} };
    my $at = $new->{at} // $call->{at};
    costs($what, family => 'static_call', changes => [ call(%$new) ], refused => 1, $at ? (at => $at) : (), why => $why);
}

# Where it should, but not by the trampoline.
costs('the site goes elsewhere', family => 'static_call', refused => 1, at => $call->{at}, why => qr/text is not what the record says/,
    changes => [ [ $call->{at} + 1 => pack 'V', ($elf->symbol('timer_ns_by_source') - $call->{at} - 5) & 0xffffffff ] ]);
costs('an end three records late', family => 'static_call', changes => [ ends_at('static_call', $ends{static_call}[0], $ends{static_call}[1] + 24) ],
    refused => 3, lost => 0);

# ---- the tables' ends: words in the data, side by side

sub ends_at {
    my ($family, $start, $end) = @_;
    my ($was, $was_end) = @{ $ends{$family} };
    my @at;
    for my $section (grep { $_->{name} =~ /^\.(?:rodata|data)$/ } $elf->sections) {
        my @words = unpack 'V*', $elf->bytes($section->{addr}, $section->{size} & ~3);
        push @at, map { $section->{addr} + 4 * $_ } grep { $words[$_] == $was && $words[ $_ + 1 ] == $was_end } 0 .. $#words - 1;
    }
    is(scalar @at, 2, "$family: the ends of the table are known in two places");
    return map { [ $_ => pack 'V2', $start, $end ] } @at;
}

for my $family (qw(alternatives smp_locks jump_label static_call)) {
    my ($start, $end) = @{ $ends{$family} };
    costs('an end in the middle of a record', family => $family, changes => [ ends_at($family, $start, $end + 2) ], refused => 1,
        lost => 0, at => $end + 2);
    costs('an end beyond memory', family => $family, changes => [ ends_at($family, $start, 0xfffffff0) ], refused => 1, sites => 0,
        at => 0xfffffff0, why => qr/not in the image/);
    costs('a start at 0', family => $family, changes => [ ends_at($family, 0, $end) ], refused => 1, sites => 0, at => $end,
        why => qr/not in the image/);
    costs('an empty table', family => $family, changes => [ ends_at($family, $start, $start) ], refused => 0, sites => 0);
}

# What cannot be walked at boot is not walked when a CPU comes, either.
my $run = costs('an end beyond memory, and another CPU', family => 'smp_locks', smp => 2, cmdline => 'selftest=smp.*',
    changes => [ ends_at('smp_locks', $ends{smp_locks}[0], 0xfffffff0) ], refused => 1, sites => 0, others => [qw(paravirt alternatives jump_label static_call)]);
my @later = grep { defined $_->{to} } $run->events('pass');
cmp_ok(scalar @later, '>', 0, 'a CPU comes');
is_deeply([ grep { $_->{sites} || $_->{refused} } @later ], [], 'and the table is not looked at again');

done_testing;
