#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pv/ in a kernel that is not ours: tests/adopt/ is small, takes nothing but pv/, and what stands at its
# sites after boot is what each CPU wants, byte for byte and judged here, not by pv/.

use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Elf;
use Test::More;

my $MAX_LINES = 200;    # of code: neither blank nor comment alone
my $image     = build_dir() . '/tests/adopt.elf';
my %headers   = map { $_ => 1 } qw(stdarg.h stdbool.h stddef.h stdint.h);

# What an op's site becomes under native; undef: a direct call of native_OP.
my %becomes = (
    save_fl     => '9c 58', restore_fl => '50 9d',    irq_disable => 'fa', irq_enable => 'fb',
    iret        => 'cf',    read_cr0   => '0f 20 c0', make_pte    => '',   pte_val    => '',
    cpuid       => undef,
);

# NOPs by CPU and length: SDM volume 2B, NOP; AMD 25112, 4.12; what a 386 has.
my %padding = (
    qemu32 => { 3 => '0f 1f 00', 4 => '0f 1f 40 00', 5 => '0f 1f 44 00 00', 6 => '66 0f 1f 44 00 00' },
    486    => { 3 => '8d 76 00', 4 => '8d 74 26 00', 5 => '3e 8d 74 26 00', 6 => '8d b6 00 00 00 00' },
    Opteron_G1 => { 3 => '66 66 90', 4 => '66 66 66 90', 5 => '66 66 66 66 90', 6 => '66 66 66 66 66 90' },
);

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return <$in>;
}

sub code_lines {
    my ($path) = @_;
    my $text = slurp($path);
    $text =~ s{/\*.*?\*/|//[^\n]*}{}gs if $path !~ /\.asm$/;
    $text =~ s{;[^\n]*}{}g             if $path =~ /\.asm$/;
    return scalar grep {/\S/} split /\n/, $text;
}

# Names that a source includes and may not.
sub foreign_includes {
    my ($path) = @_;
    my @names = slurp($path) =~ /^\s*[#%]\s*include\s*(\S+)/mg;
    return grep { !m{^"pv/[\w/]+\.(?:h|inc|def)"$} && !(/^<(.*)>$/ && $headers{$1}) } @names;
}

subtest 'the sources' => sub {
    my @sources = glob 'tests/adopt/*';
    my $lines   = 0;
    $lines += code_lines($_) for @sources;
    cmp_ok($lines, '>',  0,          'there are some');
    cmp_ok($lines, '<=', $MAX_LINES, "they are at most $MAX_LINES lines, blank ones and comments apart");
    is_deeply([ map { foreign_includes($_) } @sources ], [], 'they include pv/ and the compiler only');
};

# docs/adopt.md quotes these sources: each line of its blocks of code stands in one of them.
subtest 'the guide' => sub {
    my %line   = map { s/^\s+|\s+$//gr => 1 } map { split /\n/, slurp($_) } glob 'tests/adopt/*';
    my @quoted = map {s/^\s+|\s+$//gr} map { split /\n/ } slurp('docs/adopt.md') =~ /^```(?:c|nasm|ld)\n(.*?)^```$/msg;
    cmp_ok(scalar @quoted, '>', 20, 'it quotes');
    is_deeply([ grep { !$line{$_} } @quoted ], [], 'what it quotes is there');
};

# A host's printing needs to know no more than tests/adopt/ does, as the guide says.
subtest 'what pv/ prints' => sub {
    my @calls = map { slurp($_) =~ /\bpv_host_(?:say|panic)\((.*?)\);/sg } glob 'pv/*.c pv/backend/*.c';
    cmp_ok(scalar @calls, '>', 0, 'it prints');
    is_deeply([ grep {/%[^sux]/} @calls ], [], 'it uses %s, %u and %x');
};

my $elf     = Pedant::Elf->new($image);
my @records = $elf->records;

subtest 'the image' => sub {
    my %ours = map { s{.*/}{}r => 1 } glob 'pv/* pv/backend/* tests/adopt/*';
    my @files = map { $_->{name} =~ s{.*/}{}r } grep { $_->{type} == 4 } $elf->symbols;
    cmp_ok(scalar @files, '>', 5, 'it names its source files');
    is_deeply([ grep { !$ours{$_} } @files ], [], 'they are those of pv/ and of tests/adopt/');
};

# The site lines of a log that begin with $word: address => [ op, bytes ].
sub sites {
    my ($run, $word) = @_;
    my $line = qr/^\Q$word\E 0x([0-9a-f]+) (\w+): ((?:[0-9a-f]{2} ){5}[0-9a-f]{2}) $/;
    return map { /$line/ ? (hex $1 => [ $2, $3 ]) : () } $run->lines;
}

sub hex_bytes { return join ' ', map { sprintf '%02x', $_ } unpack 'C*', $_[0] }

sub wanted {
    my ($op, $address, $cpu) = @_;
    return "no site of $op is known here" if !exists $becomes{$op};
    return '2e e8 ' . hex_bytes(pack 'V', $elf->symbol("native_$op") - $address - 6 & 0xffffffff)
        if !defined $becomes{$op};
    my $n = () = $becomes{$op} =~ /\w+/g;
    return join ' ', grep {length} $becomes{$op}, $padding{$cpu}{ 6 - $n };
}

for my $cpu (sort keys %padding) {
    my $run = boot(name => $cpu, image => $image, cpu => $cpu, serial => 1, timeout => 10);
    checked($run, "on $cpu", sub {
        is($run->outcome,   'passed',             'the exit code says that all is well');
        is($run->last_line, 'adopt: all is well', 'and so does the last line');
        is(scalar $run->lines_like(qr/^FAILED/), 0, 'no check failed');
        cmp_ok(scalar $run->lines_like(qr/^ok: /), '>=', 12, 'the sites were used before and after');
        my %before = sites($run, 'before');
        my %after  = sites($run, 'after');
        is_deeply([ sort keys %after ], [ sort map { $_->{instr} } @records ], 'every site was looked at');
        is_deeply({ map { $_ => $before{$_}[1] } keys %before },
            { map { $_->{instr} => hex_bytes($elf->bytes($_->{instr}, 6)) } @records },
            'before the pass they are what the file says');
        is_deeply({ map { $_ => $after{$_}[1] } keys %after },
            { map { $_ => wanted($after{$_}[0], $_, $cpu) } keys %after },
            'after it they are what this CPU wants');
    });
}

# Damage: the site is named, stays as it was, and nothing else does.
sub damaged {
    my ($what, $why, $at, $change) = @_;
    my $copy = $elf->write_copy(build_dir() . "/tests/adopt-$what.elf", $change);
    my $run  = boot(name => $what, image => $copy, serial => 1, timeout => 10);
    checked($run, "a record with a wrong $what", sub {
        is($run->outcome,   'failed',        'the exit code says that something failed');
        is($run->last_line, 'adopt: FAILED', 'and so does the last line');
        my %refused = sites($run, $why);
        is_deeply([ keys %refused ], [$at], "one site is refused: $why");
        my %after = sites($run, 'after');
        is(scalar keys %after, @records - 1, 'the others are patched');
        is(scalar $run->lines_like(qr/^FAILED/), 0, 'and everything works still');
    });
    return;
}

my $record = $records[-1];
damaged('length', 'bad length', $record->{instr}, [ $record->{record} + 5 => "\x05" ]);
damaged('address', 'text is not what the record says', $record->{instr} + 1,
    [ $record->{record} => pack 'V', $record->{instr} + 1 ]);

done_testing;
