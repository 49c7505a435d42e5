# SPDX-License-Identifier: MIT
#
# Starts the kernel by a loader of our own (tests/loader/) with multiboot information that is missing,
# truncated, absurd or hostile: each lie costs a clear line on the log, and the kernel goes on and passes.
# Only a wrong magic number stops it, since then nothing at all is known. Source: Multiboot
# Specification 0.6.96, 3.2 and 3.3.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Loader;
use Pedant::Share;

my $COMPLAINTS = qr/^(?:multiboot|memory map|command line): /;
my $MANY       = 6;    # complaints about one lie are few, however often it is repeated

# What a lie is answered by: lines => patterns that must each be on the log; and nothing else must be
# wrong. memory => bytes that the kernel believes in.
sub try {
    my ($what, $blob, %expected) = @_;
    my $run = boot(loader_args($what, $blob));
    expect_pass($run, "$what: the kernel goes on and passes");
    expect_line($run, $_, "$what: a line says so") for @{ $expected{lines} || [] };
    my @complaints = $run->lines_like($COMPLAINTS);
    cmp_ok(scalar @complaints, '<=', $expected{lines} ? $MANY : 0, "$what: no more lines than needed")
        or diag map {"$_\n"} @complaints;
    is(($run->event('boot') || {})->{memory}, $expected{memory}, "$what: the memory it believes in")
        if defined $expected{memory};
    return $run;
}

# A case with sane registers, and the information changed. The first one of those that leave the kernel as much
# memory runs all self-tests.
sub try_info {
    my ($what, $expected, %changes) = @_;
    $changes{cmdline_text} //= selftests($expected->{memory} // 'any memory', 'multiboot.*');
    return try($what, blob(MAGIC, INFO, information(%changes)), %$expected);
}

my $MISSING  = qr/memory map is missing/;
my $NOTHING  = qr/without knowing any/;
my $UNUSABLE = qr/memory map: no usable memory/;
my $SIZE     = qr/memory map: entry \d+ has a size of \d+/;
my $OUTSIDE  = qr/outside memory/;
my $SANE     = 0x9fc00 + 63 * MIB;

# Nothing wrong: the loader itself tells no lie that this file does not make it tell.
{
    my $run = try_info('sane', { memory => $SANE }, cmdline_text => 'maxcpus=1');
    is(($run->event('boot') || {})->{cmdline}, 'maxcpus=1', 'sane: the command line arrives');
}

# Wrong magic: only the screen, in white on red, and the end.
{
    my $held = boot_and_hold(loader_args('wrong magic', blob(0x12345678, INFO, information())), timeout => 10,
        until_vga => qr/not started by a multiboot loader/);
    ok($held->reached, 'wrong magic: the screen says that this was no multiboot loader') or diag $held->describe;
    is($held->pmemsave(0xb8000, 16), join('', map {"$_\x4f"} split //, ' Pedant '), 'wrong magic: white on red');
    ok($held->reached && $held->stands_still(2), 'wrong magic: and the machine stands still');
    is($held->log, '', 'wrong magic: nothing else is touched');
}

# The structure itself.
my @wild = ([ 'at 0', 0 ], [ 'near 4 GiB', 0xfffffff0 ], [ 'among devices', 0xfee00000 ]);
try("information $_->[0]", blob(MAGIC, $_->[1], information()), lines => [$OUTSIDE]) for @wild;
try('information cut by the end of memory', blob(MAGIC, 64 * MIB - 8), lines => [$MISSING]);
try_info('no flags', { lines => [ $MISSING, $NOTHING ], memory => 0 }, flags => 0);
try('all ones', blob(MAGIC, INFO, INFO, "\xff" x 120), lines => [$OUTSIDE]);

# The map as a whole.
try_info('map missing, sizes there', { lines => [$MISSING], memory => 63 * MIB }, flags => HAS_MEMORY);
try_info('map missing, size absurd', { lines => [$MISSING] }, flags => HAS_MEMORY, mem_upper => 0xffffffff);
try_info('map of length 0', { lines => [$UNUSABLE], memory => 63 * MIB }, map_length => 0);
try_info('map near 4 GiB', { lines => [$OUTSIDE] }, map_addr => 0xfffffff0, map_length => 0x1000);
try_info('map that wraps around', { lines => [$OUTSIDE] }, map_length => 0xffffffff);
try_info('map at 0', { lines => [$OUTSIDE] }, map_addr => 0);
try_info('map cut in an entry', { lines => [$SIZE] }, map_length => 30);

# Its entries.
try_info("entry size $_", { lines => [$SIZE] }, map => entry(0, 0x9fc00, 1, $_) . $HIGH) for 0, 4, 19, 0xffffffff;
try_info('entry of 24 bytes', { memory => $SANE },
    map => entry(0, 0x9fc00, 1, 24) . "\0" x 4 . entry(MIB, 63 * MIB, 1, 24) . "\0" x 4);
try_info('ranges overlap', { lines => [qr/memory map: .*overlap/] }, map => $LOW . $HIGH . entry(2 * MIB, 8 * MIB));
try_info('range wraps around', { lines => [qr/memory map: .*wrap/] }, map => $LOW . $HIGH . entry(1 << 63, (1 << 63) + 5));
try_info('ranges of length 0', { memory => $SANE }, map => entry(MIB, 0) x 8 . $LOW . $HIGH);
try_info('all reserved', { lines => [$UNUSABLE] }, map => entry(0, 0x9fc00, 2) . entry(MIB, 63 * MIB, 2));
try_info('types that nobody knows', { lines => [$UNUSABLE] }, map => entry(MIB, 63 * MIB, 0xdeadbeef));
try_info('a range near 2^64', { memory => $SANE + 0x50 }, map => $LOW . $HIGH . entry(~0 - 254, 0x50));
try_info('reserved inside of usable', { lines => [qr/memory map: 400000 bytes at 1800000 are usable and reserved/],
    memory => $SANE - 4 * MIB }, map => entry(24 * MIB, 4 * MIB, 2) . $LOW . $HIGH);
try_info('reserved to beyond 2^64', { lines => [qr/memory map: .* are usable and reserved/],
    memory => $SANE - 32 * MIB }, map => $LOW . $HIGH . entry(32 * MIB, ~0, 3));
try_info('range beyond 4 GiB', { memory => $SANE + 2**30 }, map => $LOW . $HIGH . entry(2**32, 2**30));
try_info('nothing below 4 GiB', { lines => [qr/kernel .* is not in usable memory/] }, map => entry(2**32, 2**30));
try_info('only 1 MiB', { lines => [qr/kernel .* is not in usable memory/] }, map => entry(0, MIB));
try_info('10000 entries', { lines => [qr/memory map: more than \d+/] }, map => $LOW . $HIGH . entry(2**33, 0) x 9998);
try_info('100 ranges', { lines => [qr/memory map: .*(?:more than|too many)/] },
    map => $LOW . $HIGH . join '', map { entry(2**33 + 2**20 * $_, 4096) } 1 .. 100);

# Strings and modules.
try_info('command line at 0', { lines => [qr/command line at 00000000 is outside/] }, cmdline => 0);
try_info('command line among devices', { lines => [qr/command line at fffffff0 is outside/] }, cmdline => 0xfffffff0);
try_info('command line without an end', { lines => [qr/command line has at least 65536 characters/] },
    cmdline => 0x20000, map => "$LOW$HIGH" . "\0" x (0x20000 - MAP - 48) . 'A' x 0x11000, map_length => 48);
try_info('command line of 5000 characters', { lines => [qr/command line has 5000 characters/] },
    cmdline => 0x20000, map => "$LOW$HIGH" . "\0" x (0x20000 - MAP - 48) . 'maxcpus=1 ' x 500, map_length => 48);
try_info('modules beyond count', { lines => [qr/multiboot: 4294967295 modules cannot be/] },
    flags => HAS_MEMORY | HAS_MAP | HAS_MODULES, mods_count => 0xffffffff, mods_addr => 0xfffffff0);
# An empty one first, as some loaders leave it, one turned around, and one that is there: it is known.
{
    my $list = join '', map { pack 'V4', @$_, 0, 0 } [ 0, 0 ], [ 40 * MIB, 39 * MIB ], [ 48 * MIB, 48 * MIB + 5000 ];
    my $run  = try('modules, an empty one first', blob(MAGIC, INFO,
            information(flags => HAS_MEMORY | HAS_MAP | HAS_MODULES, mods_count => 3, mods_addr => 0xa000), 0xa000 => $list),
        lines => [ qr/multiboot: module 0 from 00000000 to 00000000 is empty/, qr/multiboot: module 1 .* cannot be/ ]);
    is(($run->event('test', name => 'modules_are_never_free') || {})->{result}, 'ok',
        'modules, an empty one first: the next keeps its memory');
}
try_info('name among devices', { lines => [qr/loader's name at f0000000 is outside/] }, name => 0xf0000000);

done_testing;
