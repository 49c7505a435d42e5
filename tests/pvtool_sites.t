#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What pvtool says that a site becomes, in a little image with one op for each rule of the design: a
# column of `pvtool sites` against bytes that were worked out by hand. The kernel's own templates have no
# branches and all fit, so half of the rules show here only. PVTOOL names another pvtool.
use strict;
use warnings;
use Pedant::Native;
use Pedant::Pvtool;
use Test::More;

# Slot by slot: what stands in the table "native", its template, the site's instruction, and what must
# become of it at 0x100000 + 16 * slot. The functions lie at 0x100800, templates from 0x100900 on.
my @ops = (
	['a template that fills part of the site', 'f', 'cli', 'call', '3e 3e 3e 3e 3e fa'],
	['one that fills it', 'f', 'mov eax, [fs:0x123456]', 'call', '64 a1 56 34 12 00'],
	['one that is too long', 'f', "cli\nmov eax, [fs:0x123456]", 'call', undef],
	['one that is empty', 'f', '', 'call', undef],
	['one that is no instruction', 'f', 'db 0x0f, 0x24', 'call', undef],
	['one that is half an instruction', 'f', 'db 0xb8, 1', 'call', undef],
	['a call, which is moved', 'f', 'call f', 'call', undef, '3e e8 %s', 6],
	['a prefix before the call', 'f', "db 0x2e\ncall f", 'call', undef],
	['a call behind an instruction', 'f', "cli\ncall f", 'call', undef, 'fa e8 %s', 6],
	['a conditional jump', 'f', 'jz near f', 'call', undef, '0f 84 %s', 6],
	['a short jump inside', 'f', ".a: cli\njmp short .a", 'call', '3e 3e 3e fa eb fd'],
	['a short jump to the end', 'f', "jz short .b\nsti\n.b:", 'call', '3e 3e 3e 74 01 fb'],
	['a short jump out, which cannot be moved', 'f', 'jmp short $ + 8', 'call', undef],
	['a 16-bit branch, which nobody means', 'f', 'db 0x66, 0xe9, 0, 0', 'call', undef],
	['no template, a call', 'f', undef, 'call', undef],
	['no template, a jump', 'f', undef, 'jmp', undef, 'e9 %s 90', 5],
	['a template where control does not come back', 'f', 'iret', 'jmp', 'cf 0f 1f 44 00 00'],
	['a prefix before the first instruction', 'f', 'es lodsb', 'call', '26 ac 0f 1f 40 00'],
	['one before the second', 'f', "cli\nes lodsb", 'call', '3e 3e 3e fa 26 ac'],
	['memory by esp', 'f', 'mov eax, [esp + 4]', 'call', '8b 44 24 04 66 90'],
	['memory by ebp', 'f', 'mov eax, [ebp + 4]', 'call', '8b 45 04 0f 1f 00'],
	['memory by ebx and ebp', 'f', 'mov eax, [ebx + 4 * ebp]', 'call', '3e 3e 3e 8b 04 ab'],
	['memory by an address', 'f', 'mov eax, [0x123456]', 'call', '3e a1 56 34 12 00'],
	['an indirect branch', 'f', 'call ecx', 'call', 'ff d1 0f 1f 40 00'],
	['the function that does nothing', 'paravirt_nop', undef, 'call', '66 0f 1f 44 00 00'],
	['its callee-save twin', '__raw_callee_save_paravirt_nop', undef, 'call', '66 0f 1f 44 00 00'],
	['a function that returns its argument', 'paravirt_ident_32', undef, 'call', '66 0f 1f 44 00 00'],
	['and its twin', '__raw_callee_save_paravirt_ident_32', undef, 'call', '66 0f 1f 44 00 00'],
	['the same with 64 bits', 'paravirt_ident_64', undef, 'call', '66 0f 1f 44 00 00'],
	['an empty slot', '0', undef, 'call', '0f 0b 0f 1f 40 00'],
	['an empty slot of a jump', '0', undef, 'jmp', '0f 0b 0f 1f 40 00'],
	['the function that says what is missing', 'missing', undef, 'call', '0f 0b 0f 1f 40 00'],
	['an empty slot with a template', '0', 'cli', 'call', '0f 0b 0f 1f 40 00'],
);

# The table of a second back end, "other": every even slot is native's, every odd one its own, without
# templates.
sub other_slot { return $_[0] % 2 ? 'g' : $ops[$_[0]][1] }

sub assembly
{
	my $n = @ops;
	my $text = "bits 32\nsection .text\n";
	$text .= sprintf "align 16\nsite%d: %s [pv_ops + %d]\n", $_, $ops[$_][3], 4 * $_ for 0 .. $#ops;
	$text .= "times 0x800 - (\$ - \$\$) nop\nf: ret\ng: ret\nmissing: ret\nglobal paravirt_nop\n"
		. "paravirt_nop:\n__raw_callee_save_paravirt_nop: ret\n"
		. "paravirt_ident_32: ret\n__raw_callee_save_paravirt_ident_32: ret\nparavirt_ident_64: ret\n"
		. "times 0x900 - (\$ - \$\$) nop\n";
	$text .= "t$_:\n" . ($ops[$_][2] // '') . "\nt${_}_end:\n" for 0 .. $#ops;
	$text .= "section .parainstructions progbits alloc noexec nowrite\n";
	$text .= "dd site$_\ndb $_, 6\ndw 7\n" for 0 .. $#ops;
	$text .= "section .data\nglobal pv_ops:data (4 * $n)\npv_ops: times $n dd f\nsection .rodata\npv_native_ops:\n";
	$text .= "dd $_->[1]\n" for @ops;
	$text .= "pv_other_ops:\n" . join '', map { 'dd ' . other_slot($_) . "\n" } 0 .. $#ops;
	$text .= "pv_missing: times $n dd missing\npv_native_templates:\n";
	$text .= defined $ops[$_][2] ? "dd t$_, t${_}_end\n" : "dd 0, 0\n" for 0 .. $#ops;
	return $text;
}

my $image = image_of(assembly(), <<'END');
SECTIONS {
	. = 0x100000;
	.text : { *(.text) }
	.parainstructions : { __parainstructions = .; *(.parainstructions) __parainstructions_end = .; }
	.data : { *(.data) }
	.rodata : { *(.rodata) }
}
END
# The cells of each line, by slot. Three or more blanks never stand inside a cell.
sub cells
{
	my ($options) = @_;
	my ($status, $said) = pvtool("sites $image $options");
	is($status, 0, "pvtool sites $options") or diag($said);
	my @lines = grep { /^0x/ } split /\n/, $said;
	is(scalar @lines, scalar @ops, 'a line for each site');
	return map { [ /((?:[0-9a-f]{2} ){5}[0-9a-f]{2})  /g ] } @lines;
}

sub displacement
{
	my ($slot, $len, $to) = @_;
	my $site = 0x100000 + 16 * $slot;
	return join ' ', map { sprintf '%02x', $_ } unpack 'C4', pack 'V', $to - $site - $len & 0xffffffff;
}

sub direct_call { return '2e e8 ' . displacement($_[0], 6, $_[1]) }

sub native_bytes
{
	my ($slot) = @_;
	my (undef, undef, undef, undef, $bytes, $form, $len) = @{ $ops[$slot] };
	return $bytes // ($form ? sprintf $form, displacement($slot, $len, 0x100800)
		: direct_call($slot, 0x100800));
}

my @p6 = cells('');
is($p6[$_][0], native_bytes($_), "native: $ops[$_][0]") for 0 .. $#ops;
for my $slot (0 .. $#ops) {
	my $want = $slot % 2 == 0 ? native_bytes($slot)
		: $ops[$slot][3] eq 'jmp' ? 'e9 ' . displacement($slot, 5, 0x100801) . ' 90'
		: direct_call($slot, 0x100801);
	is($p6[$slot][1], $want, "a back end with native's function or its own: $ops[$slot][0]");
}

# Padding of 5, 3, 6 and 4 bytes, in the other tables; from the manuals.
my %padding = (
	486 => ['3e 8d 74 26 00', '8d 76 00', '8d b6 00 00 00 00', '8d 74 26 00'],
	p6 => ['0f 1f 44 00 00', '0f 1f 00', '66 0f 1f 44 00 00', '0f 1f 40 00'],
	k7 => ['3e 8d 44 20 00', '8d 04 20', '8d 80 00 00 00 00', '8d 44 20 00'],
	k8 => ['66 66 66 66 90', '66 66 90', '66 66 66 66 66 90', '66 66 66 90'],
);
$padding{k10} = $padding{p6};
my @padded = map { my $name = $_; grep { $ops[$_][0] eq $name } 0 .. $#ops } 'a template that fills part of the site',
	'a short jump inside', 'the function that does nothing', 'an empty slot', 'a template where control does not come back';
for my $name (sort keys %padding) {
	my @got = map { $_->[0] } (cells("--nops $name"))[@padded];
	my ($five, $three, $six, $four) = @{ $padding{$name} };
	my @led = $name eq 'p6' ? ('3e 3e 3e 3e 3e fa', '3e 3e 3e fa eb fd') : ("fa $five", "fa eb fd $three");
	is_deeply(\@got, [@led, $six, "0f 0b $four", "cf $five"], "padding of $name");
}
# Padding of every length, of alternatives that are replaced by nothing; by the manuals, too.
{
	my @lengths = 1 .. 15;
	my $text = "bits 32\nsection .text\nsite: call [pv_ops]\nf: ret\n" . join('', map { "align 32\nalt$_: times $_ inc eax\n" } @lengths)
		. "section .altinstructions progbits alloc noexec nowrite\n" . join('', map { "dd alt$_ - \$\ndd new - \$\ndw 26\ndb $_, 0\n" } @lengths)
		. "section .altinstr_replacement progbits alloc noexec nowrite\nnew: nop\n"
		. "section .parainstructions progbits alloc noexec nowrite\ndd site\ndb 0, 6\ndw 7\n"
		. "section .data\nglobal pv_ops:data 4\npv_ops: dd f\npv_native_ops: dd f\n";
	my $padded = image_of($text, <<'END');
SECTIONS {
	. = 0x100000;
	.text : { *(.text) }
	.altinstructions : { __alt_instructions = .; *(.altinstructions) __alt_instructions_end = .; }
	.altinstr_replacement : { *(.altinstr_replacement) }
	.parainstructions : { __parainstructions = .; *(.parainstructions) __parainstructions_end = .; }
	.data : { *(.data) }
}
END
	for my $name (qw(486 p6 k7 k8 k10)) {
		my ($status, $said) = pvtool("sites $padded --nops $name");
		my @found = map { /^0x.* xmm2: ((?:[0-9a-f]{2} )+) / ? $1 =~ s/ //gr : () } split /\n/, $said;
		is_deeply(\@found, [map { unpack 'H*', Pedant::Native::padding($_, $name) } @lengths], "padding of $name, 1 to 15 bytes") or diag($said);
	}
}
is((pvtool("sites $image --nops p5"))[0], 2, 'no padding of that name');

done_testing;
