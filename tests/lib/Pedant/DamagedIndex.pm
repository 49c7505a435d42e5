# SPDX-License-Identifier: MIT
#
# Boots images whose .pv_index, or what it was made of, is damaged, and looks what that costs: the index of some
# tables, or some sites. Everything else is as in a boot without damage.
#
#     no_index('magic', [families()], word(0, 1));
#     costs('an entry', family => 'paravirt', at => $at, why => 'index', changes => [ word($offset, 0) ]);
package Pedant::DamagedIndex;

use strict;
use warnings;
use Exporter qw(import);
use Pedant;
use Pedant::Families;
use Pedant::Index;
use Pedant::Share;
use Test::More;

our @EXPORT = qw(families no_index costs word flip_at bytes_at entry_of group victim stays);

my $elf   = kernel_elf();
my $index = Pedant::Index->new($elf);
my @alts  = Pedant::Families::alternatives($elf);

# The reasons, in the kernel's words.
my %WHY = (
    index  => qr/^the index has another place for it$/,
    facts  => qr/^not what was linked$/,
    bytes  => qr/^text is not what the record says$/,
    key    => qr/^its key is not where keys are$/,
    branch => qr/^a branch that does not reach from there$/,
    any    => qr/./,
);

sub passes {
    my ($run) = @_;
    my %passes;
    for my $pass (map { +{ %$_ } } $run->events('pass')) {
        next if defined $pass->{to};
        delete @$pass{qw(event ns)};
        $passes{ $pass->{family} } //= $pass;
    }
    return \%passes;
}

# What a good boot says: the pass of each family.
my $wanted;

sub wanted {
    return $wanted if $wanted;
    my $good = boot(name => 'index-good');
    expect_pass($good, 'the image is good');
    return $wanted = passes($good);
}

sub families { return qw(alternatives jump_label paravirt smp_locks static_call) }

sub damaged {
    my ($what, $kind, @changes) = @_;
    my $name  = 'index-' . $what =~ s/\W+/-/gr;
    my $image = $elf->write_copy(log_dir() . "/$name.elf", @changes);
    my $run   = boot(name => $name, image => $image, cmdline => selftests($kind));
    unlink $image;
    return $run;
}

sub expect_rest {
    my ($run) = @_;
    is($run->outcome, 'failed', 'the exit code says failure');
    is_deeply([ $run->ktap->problems ], [], 'the KTAP output is whole');
    like($run->last_line, qr/^pedant: \d+ passed, [1-9]\d* failed, \d+ skipped$/, 'the last line is there');
    return;
}

# The families lose their index and nothing else.
sub no_index {
    my ($what, $families, @changes) = @_;
    my $run = damaged($what, "no index: @$families", @changes);
    checked($run, $what, sub {
        expect_rest($run);
        is(scalar $run->lines_like(qr/^\w+: no index: the image is damaged$/), @$families, 'so many lines say it');
        is(scalar $run->lines_like(qr/^$_: no index: the image is damaged$/), 1, "$_ has one") for @$families;
        ok($run->event('test', suite => 'boot', name => 'index', result => 'fail'), 'the self-test of the boot fails');
        is_deeply([ map {"$_->{suite}.$_->{name}"} grep { $_->{result} eq 'fail' } $run->events('test') ],
            ['boot.index'], 'and no other one');
        is_deeply(passes($run), wanted(), 'every site is what it is with an index');
    });
    return;
}

# A word of the index, by its offset.
sub word { return [ $index->{at} + $_[0] => pack 'V', $_[1] ] }
# One site, or so many, are lost: what a case says: family, at (the address, or more), refused, why, changes.
sub costs {
    my ($what, %case) = @_;
    my @at  = ref $case{at} ? @{ $case{at} } : $case{at};
    my $run = damaged($what, join(' ', $case{family}, $case{refused} // 1, $case{lost} // 1), @{ $case{changes} });
    checked($run, $what, sub {
        expect_rest($run);
        my $pass = passes($run);
        my ($is, $should) = ($pass->{ $case{family} }, wanted()->{ $case{family} });
        is($is->{refused}, $case{refused} // 1, 'refused: ' . ($case{refused} // 1)) if !$case{group};
        cmp_ok($is->{refused}, '>', 0, 'refused');
        my %at = map { sprintf('0x%08x', $_) => 1 } @at;
        my @refused = $run->events('refused');
        is_deeply([ grep { !$at{ $_->{site} } || $_->{family} ne $case{family} } @refused ], [], 'no other one')
            if @at;
        is_deeply([ grep { $_->{reason} !~ $WHY{ $case{why} } } @refused ], [], "for the reason: $case{why}");
        my ($patched, $all) = map { my $p = $_; my $n = 0; $n += $p->{$_} for qw(inline call jmp nop trap kept gone); $n }
            $is, $should;
        is($patched, $all - ($case{lost} // 1), 'the others are patched');
        is_deeply($pass->{$_}, wanted()->{$_}, "$_ are as always")
            for grep { $_ ne $case{family} } families();
        ok($run->event('test', suite => 'boot', name => $case{family}, result => 'fail'), 'the boot test says it');
        ok($run->event('test', suite => 'boot', name => 'index', result => 'ok'), 'the index is there');
    });
    return;
}

# Entry $i's number by address and record.
sub entry_of {
    my ($family, $at) = @_;
    my @entries = $index->entries($family);
    my ($i) = grep { $entries[$_][0] == $at } 0 .. $#entries;
    return ($i, @{ $entries[$i] });
}

sub bytes_at { my ($offset, $size) = @_; return $elf->bytes($index->{at} + $offset, $size) }

sub flip_at {
    my ($offset, $bit) = @_;
    return [ $index->{at} + $offset => chr(ord(bytes_at($offset, 1)) ^ $bit) ];
}

sub outside_tests { return $_[0] < $elf->symbol('_tests_text') || $_[0] >= $elf->symbol('_tests_text_end') }
sub stays { return outside_tests($_[0]) && !$elf->is_init($_[0]) }

# Records by the address of their site.
my %group;
push @{ $group{ $_->{at} } }, $_ for @alts;
sub group { return $group{ $_[0] } }

my @places = sort { $a <=> $b } keys %group;

sub _first { return (grep { $_[0]->() } @places)[0] // die "no such site\n" }
sub _in_group { my ($lock) = @_; return grep { $lock >= $_ && $lock < $_ + $group{$_}[0]{len} } @places }

# The address of a site of each family outside of tests (of alternatives a short one with one record, of branches one
# of five bytes that is linked as a NOP), or one of
# alternatives with three records, or a long one.
sub victim {
    my ($what) = @_;
    return (grep { stays($_) } map { $_->{instr} } $elf->records)[5] if $what eq 'paravirt';
    return (grep { stays($_) && !_in_group($_) } Pedant::Families::locks($elf))[3] if $what eq 'smp_locks';
    return (map { $_->{at} } grep { stays($_->{at}) && $_->{len} == 5 && !($_->{flags} & 8) } Pedant::Families::branches($elf))[0] if $what eq 'jump_label';
    return (map { $_->{at} } grep { stays($_->{at}) && !$_->{flags} } Pedant::Families::calls($elf))[0] if $what eq 'static_call';
    return _first(sub { stays($_) && @{ $group{$_} } == 1 && $group{$_}[0]{len} <= 8 }) if $what eq 'alternatives';
    return _first(sub { !$elf->is_init($_) && @{ $group{$_} } == 3 && $group{$_}[0]{len} <= 8 }) if $what eq 'several';
    return _first(sub { !$elf->is_init($_) && @{ $group{$_} } > 1 && $group{$_}[0]{len} > 8 });
}

1;
