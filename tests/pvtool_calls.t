#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pvtool calls: which relocations are calls that a pass may write, and what it prints is what the second link takes.
# And damaged images, by lot.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::Elf;
use Pedant::File qw(slurp spew);
use Pedant::Pvtool qw(flip survives);

my $pvtool = $ENV{PVTOOL} // 'build/tools/pvtool';
my $ld     = $ENV{LD}     // 'ld';
my $dir    = tempdir(CLEANUP => 1);

sub said { my $said = `LC_ALL=C $_[0] 2>&1`; return ($? >> 8, $said) }
sub run { my ($status, $said) = said(@_); $status and BAIL_OUT("$_[0]: $said"); return $said }

spew("$dir/first.s", <<'END');
	.text
	.globl f, __SCK__one, __SCK__two
	.weak __SCT__one, __SCT__two
f:	ret
__SCT__one:
	.byte 0xe9
	.long f - . - 4
call:	call __SCT__one
tail:	jmp __SCT__one
two:	call __SCT__two
if:	je __SCT__one
inside:	call __SCT__one + 1
other:	call f
pointer: mov $__SCT__one, %eax
bytes:	.byte 0x90
	.long __SCT__one - . - 4
	.section .init.text, "ax", @progbits
init:	call __SCT__one
__SCT__two:
	.byte 0xe9
	.long __SCT__one - . - 4
	.section .pv.text, "ax", @progbits
engine:	call __SCT__one
	.section .own, "ax", @progbits
own:	call __SCT__two
	.data
__SCK__one: .long 0, 0, 0, 0, 0
__SCK__two: .long 0, 0, 0, 0, 0
	.long __SCT__one - .
END
spew("$dir/script", <<'END');
SECTIONS {
	. = 0x100000;
	.text : { *(.text) }
	.init.text : { *(.init.text) }
	.pv.text : { *(.pv.text) }
	.own : { *(.own) }
	.static_call_sites : { *(.static_call_sites) }
	.data ALIGN(4096) : { *(.data) }
}
END
my $link = "$ld -m elf_i386 -T $dir/script -z noexecstack";
run("gcc -m32 -c -o $dir/first.o $dir/first.s");
run("$link --emit-relocs -o $dir/first $dir/first.o");
my %at = map { /^(\w+) \w (\S+)$/ ? ($2 => hex $1) : () } split /\n/, run("nm $dir/first");

# Records of the second link: site and key, by their addresses.
sub records {
    my $options = shift;
    my $source  = run("$pvtool calls $dir/first $options");
    spew("$dir/calls.s", $source);
    run("gcc -m32 -c -o $dir/calls.o $dir/calls.s");
    run("$link -o $dir/second $dir/first.o $dir/calls.o");
    run("objcopy -O binary -j .static_call_sites $dir/second $dir/table");
    my ($base) = run("objdump -h $dir/second") =~ /\.static_call_sites\s+\w+\s+(\w+)/ or return [];
    open my $in, '<:raw', "$dir/table" or die "$dir/table: $!\n";
    my @words = unpack 'l<*', do { local $/; <$in> };
    my %now = map { /^(\w+) \w (\S+)$/ ? ($2 => hex $1) : () } split /\n/, run("nm $dir/second");
    my %name = map { $now{$_} => $_ } grep {/^(?:__SCK__)?[a-z]+$/} keys %now;
    is_deeply([ @now{qw(call tail init engine own)} ], [ @at{qw(call tail init engine own)} ], 'the second link moves no code');
    return [ map { join ' ', map { $name{ hex($base) + 4 * $_ + $words[$_] } // 'nothing' } 2 * $_, 2 * $_ + 1 } 0 .. @words / 2 - 1 ];
}

is_deeply([ sort @{ records('') } ], [ sort 'call __SCK__one', 'tail __SCK__one', 'two __SCK__two', 'init __SCK__one' ],
    'calls and jumps to trampolines, where sites may be, and nothing else');
is_deeply([ sort @{ records('--sections .own=text') } ],
    [ sort 'call __SCK__one', 'tail __SCK__one', 'two __SCK__two', 'init __SCK__one', 'own __SCK__two' ], 'a section of one\'s own has some, too');

# What compilers make of calls, in the file that has the trampoline as well.
spew("$dir/c.c", <<'END');
#include "pv/static_call.h"
volatile uint32_t pv_present;
uint64_t __static_call_return0(void) { return 0; }
int f(int x) { return x; }
DEFINE_STATIC_CALL(own, f);
DEFINE_STATIC_CALL_NULL(none, f);
int call(int x) { return static_call(own)(x) + 1; }
int tail(int x) { return static_call(own)(x); }
int tail_if(int x) { return x ? static_call(own)(x) : 1; }
int null(int x) { return static_call_cond(none)(x) + 1; }
END
for my $compiler (grep { !system "command -v $_ > $dir/where" } qw(gcc clang)) {
    run("$compiler -m32 -march=i486 -O2 -ffreestanding -fno-pic -fomit-frame-pointer -I. -c -o $dir/c.o $dir/c.c");
    run("$link --emit-relocs -o $dir/first $dir/c.o");
    my $jumps = () = run("objdump -dr $dir/c.o") =~ /\bj(?!mp)\w+ +\S+ <tail_if.*\n.*R_386_P\w+\s+__SCT__own/g;
    my $records = () = run("$pvtool calls $dir/first") =~ /^\s\.long /mg;
    is($records, 4 - $jumps, "$compiler: each call and each tail call of its own file");
}

run("$link -o $dir/first $dir/first.o");
unlike(run("$pvtool calls $dir/first"), qr/\.long/, 'without relocations there is nothing to be found');
my ($status, $said) = said("$pvtool calls $dir/script");
ok($status == 2 && $said =~ /no ELF file/, 'what is no image is said') or diag $said;

# Damage: it ends, and not by a signal.
{
    run("$link --emit-relocs -o $dir/first $dir/first.o");
    my $whole = slurp("$dir/first");
    my ($headers, $n) = unpack 'x32 V x12 v', $whole;
    my %at = map { $_->{name} => $_ } Pedant::Elf->new("$dir/first")->sections;
    srand 47;
    survives('images cut short', 40, sub { substr $whole, 0, int rand length $whole }, 'calls %s');
    survives('bits in the ELF header', 40, sub { flip($whole, 0, 52, 1 + int rand 3) }, 'calls %s');
    survives('bits in the section headers', 80, sub { flip($whole, $headers, $headers + 40 * $n, 1 + int rand 8) }, 'calls %s');
    for my $name (qw(.rel.text .symtab .strtab .text)) {
        survives("bits in $name", 40, sub { flip($whole, $at{$name}{offset}, $at{$name}{offset} + $at{$name}{size}, 40) }, 'calls %s');
    }
}

done_testing;
