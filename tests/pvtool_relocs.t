#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pvtool relocs: which uses of the ops' plain functions are sites, what it counts and leaves, and what it writes. What
# check and sites say of that. And damaged images, by lot.

use strict;
use warnings;
use Test::More;
use Pedant::Elf;
use Pedant::File ();
use Pedant::Pvtool;

my $ld  = $ENV{LD} // 'ld';
my $dir = scratch('');

sub said { my $said = `LC_ALL=C $_[0] 2>&1`; return ($? >> 8, $said) }
sub run { my ($status, $said) = said(@_); $status and BAIL_OUT("$_[0]: $said"); return $said }

# Four slots, so that pvtool takes each for an op with sites.
spew('first.s', <<'END');
	.text
	.globl pv_plain, pv_a, pv_b, pv_c, foreign
	.balign 8
pv_plain: .quad 0xcccccccccccccccc
pv_a:	jmp *pv_ops + 4
	.balign 8, 0xcc
pv_b:	jmp *pv_ops + 8
	.balign 8, 0xcc
pv_c:	jmp *pv_ops + 12
	.balign 8, 0xcc
foreign: ret
END
spew('second.s', <<'END');
	.text
call:	call pv_a
tail:	jmp pv_b
if:	je pv_a
loop:	call call
inside:	call pv_a + 1
hook:	call pv_plain
beyond:	call pv_plain + 32
taken:	mov $pv_c, %eax
	jmp *%eax
pushed:	push $pv_c
prefix:	cs call pv_c
	.section .init.text, "ax", @progbits
init:	call pv_c
	.section .pv.text, "ax", @progbits
engine:	call pv_a
	.section .own, "ax", @progbits
own:	call pv_b
	.data
	.long pv_a, pv_b
	.globl pv_ops
	.type pv_ops, @object
pv_ops:	.long foreign, foreign, foreign, foreign
	.size pv_ops, 16
END

sub script { return spew('script', <<"END") }
SECTIONS {
	. = 0x100000;
	.text : { *(.text) }
	.init.text : { *(.init.text) }
	.pv.text : { *(.pv.text) }
	.own : { *(.own) }
	.pv_relocs ALIGN(4) : { __pv_relocs = .; $_[0] __pv_relocs_end = .; }
	.pv_index ALIGN(8) : { __pv_index = .; LONG(0) . += 400; __pv_index_end = .; }
	.data ALIGN(4096) : { *(.data) }
}
END
my $image = scratch('image');
run("gcc -m32 -c -o ${dir}first.o ${dir}first.s");
run("gcc -m32 -c -o ${dir}second.o ${dir}second.s");

sub linked {
    my ($room, $options) = @_;
    my $script = script($room);
    run("$ld -m elf_i386 -T $script -z noexecstack $options -o $image ${dir}first.o ${dir}second.o");
    return Pedant::Elf->new($image);
}
my $ROOM = 'LONG(0) . += 64;';

# Records: name and byte.
sub records {
    my $elf  = Pedant::Elf->new($image);
    my %name = map { $_->{addr} => $_->{name} } grep { $_->{name} =~ /^[a-z]+$/ } $elf->symbols;
    my $at   = $elf->symbol('__pv_relocs');
    my $n    = $elf->u32($at);
    my @at   = unpack 'V*', $elf->bytes($at + 4, 4 * $n);
    my @byte = unpack 'C*', $elf->bytes($at + 4 + 4 * $n, $n);
    is($elf->bytes($at + 4 + 5 * $n, 64 - 5 * $n), "\0" x (64 - 5 * $n), 'zeros follow');
    return [ map { sprintf '%s %02x', $name{ $at[$_] } // $name{ $at[$_] - 1 } // 'nothing', $byte[$_] } 0 .. $n - 1 ];
}

my $elf = linked($ROOM, '--emit-relocs');
my ($status, $said) = pvtool("relocs $image");
is($status, 0, 'relocs: done') or diag $said;
is($said, "pvtool: $image: 5 sites found: 4 calls, 1 jumps; left: 1 conditional jumps, 4 addresses, 2 in text that is not patched\n",
    'it says what there is, and what it has left');
is_deeply(records(), [ 'call 01', 'tail 82', 'hook 00', 'prefix 03', 'init 03' ], 'calls and jumps, by address, with what they call');
is(Pedant::Elf->new($image)->bytes($elf->symbol('call'), 32), $elf->bytes($elf->symbol('call'), 32), 'code is as it was');

($status, $said) = pvtool("relocs $image --sections .own=text");
is($status, 0, 'a section of one\'s own') or diag $said;
is_deeply(records(), [ 'call 01', 'tail 82', 'hook 00', 'prefix 03', 'init 03', 'own 02' ], 'has some, too');

# An image with so many ops, and these calls of them: the records it gets.
sub expect_of {
    my ($what, $ops, $expected, $calls) = @_;
    spew('calls.s', <<"END");
	.text
	.globl pv_plain
	.balign 8
pv_plain: .fill $ops, 8, 0xcc
$calls
	.data
	.globl pv_ops
	.type pv_ops, \@object
pv_ops:	.fill $ops, 4, 0
	.size pv_ops, 4 * $ops
END
    run("gcc -m32 -c -o ${dir}calls.o ${dir}calls.s");
    run("$ld -m elf_i386 -T " . script($ROOM) . " -z noexecstack --emit-relocs -o $image ${dir}calls.o");
    my ($ended, $why) = pvtool("relocs $image");
    is($ended, 0, "$what: done") or diag $why;
    is_deeply(records(), $expected, $what);
    return;
}

# The byte's upper bit says that it is a jump. And of our own ops, known by their number, a hook and data have no sites.
expect_of('types have seven bits', 200, ['last 7f'], "last: call pv_plain + 8 * 127\nmore: jmp pv_plain + 8 * 128");
my $ours = grep {/^PV_OP\(/} split /^/, Pedant::File::slurp('pv/ops.def');
expect_of('each op with sites, of our own', $ours, ['third 02'], "first: call pv_plain\nsecond: call pv_plain + 8\nthird: call pv_plain + 16");
expect_of('others may have them all', $ours + 1, [ 'first 00', 'second 01' ], "first: call pv_plain\nsecond: call pv_plain + 8");
$elf = linked($ROOM, '--emit-relocs');
($status, $said) = pvtool("relocs $image");

# What check wants: all of them, and nothing else.
sub check_says {
    my ($what, $pattern, @change) = @_;
    my $copy = Pedant::Elf->new($image)->write_copy(scratch('changed'), @change);
    my (undef, $found) = pvtool("check --header none --sections .own $copy");
    like($found, $pattern, "check: $what");
    return;
}
pvtool("relocs $image");
my $table = $elf->symbol('__pv_relocs');
unlike((pvtool("check --header none --sections .own $image"))[1], qr/relocs|no record/, 'check has nothing to say of a good table');
check_says('none was made',      qr/section \.pv_relocs: at 0: expected 05, found 00: pvtool relocs fills it/, [ $table => "\0" ]);
check_says('one too few',        qr/section \.pv_relocs: at 0: expected 05, found 04/, [ $table => "\4" ]);
check_says('another place',      qr/section \.pv_relocs: at 0x4: expected/, [ $table + 4 => "\0" ]);
check_says('something behind it', qr/section \.pv_relocs: at 0x43: expected 00, found 01/, [ $table + 67 => "\1" ]);
check_says('too many to be there', qr/\.pv_relocs: has no such number of records/, [ $table => "\xff\xff" ]);
{
    my $call = $elf->symbol('tail');
    check_says('a site that calls something else', qr/relocs record 1: its site does not go to the op's function/, [ $call + 1 => "\0" ]);
}
check_says('a call that should be a jump', qr/relocs record 0: its site is a call, or is a jump, and its byte says otherwise/,
    [ $table + 4 + 5 * 4 => "\x81" ]);
check_says('a plain function through another slot', qr/jmp through pv_ops\+0xc has no record/, [ $elf->symbol('pv_b') + 2 => pack 'V', $elf->symbol('pv_ops') + 12 ]);

like((pvtool("sites --family relocs $image"))[1], qr/^0x\w+ +tail\+0x0 +relocs +jmp type 2 .*jmp 0x100010 <pv_b>/m, 'sites lists them, by what they call')
    or diag +(pvtool("sites --family relocs $image"))[1];

# What is missing.
sub refused {
    my ($room, $options, $pattern, $what) = @_;
    linked($room, $options);
    my $before = slurp($image);
    my ($status, $said) = pvtool("relocs $image");
    is($status, 1, "$what: refused");
    like($said, $pattern, "$what: and why");
    ok(slurp($image) eq $before, "$what: the file is as it was");
    return;
}
refused($ROOM, '', qr/the linker has kept no relocations: --emit-relocs/, 'no relocations');
refused('LONG(0) . += 24;', '--emit-relocs', qr/section \.pv_relocs: 28 bytes, and the table has 29; .*\n\t\. \+= 25;/, 'one byte too little');
refused('', '--emit-relocs', qr/section \.pv_relocs: there is none/, 'no section');
linked('LONG(0) . += 25;', '--emit-relocs');
is((pvtool("relocs $image"))[0], 0, 'with that byte it fits');
($status, $said) = pvtool("relocs ${dir}script");
ok($status == 2 && $said =~ /no ELF file/, 'what is no image is said') or diag $said;

# Damage: it ends, and not by a signal.
{
    linked($ROOM, '--emit-relocs');
    my $whole = slurp($image);
    my ($headers, $n) = unpack 'x32 V x12 v', $whole;
    my %at = map { $_->{name} => $_ } Pedant::Elf->new($image)->sections;
    srand 48;
    survives('images cut short', 40, sub { substr $whole, 0, int rand length $whole }, 'relocs %s');
    survives('bits in the section headers', 80, sub { flip($whole, $headers, $headers + 40 * $n, 1 + int rand 8) }, 'relocs %s', 'check %s');
    for my $name (qw(.rel.text .symtab .strtab .text)) {
        survives("bits in $name", 40, sub { flip($whole, $at{$name}{offset}, $at{$name}{offset} + $at{$name}{size}, 40) }, 'relocs %s', 'check %s');
    }
    pvtool("relocs $image");
    $whole = slurp($image);
    my $at = Pedant::Elf->new($image)->offset_of($table);
    survives('bits in the table', 80, sub { flip($whole, $at, $at + 40, 1 + int rand 4) }, 'check %s', 'sites %s', 'index %s');
}

done_testing;
