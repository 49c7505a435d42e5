#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/pvtool check finds what it says it finds, of all that is no site of alternatives, lock prefixes or
# static keys (pvtool_families.t). Each case takes one clean little image, breaks one thing in it and names the line
# that must appear; the clean image must pass. Then hundreds of damaged copies: whatever the file says,
# pvtool ends with 0, 1 or 2 and not by a signal.
use strict;
use warnings;
use Pedant::CleanImage;
use Pedant::Pvtool;
use Test::More;

like(passes('the clean image passes'),
	qr/^pvtool: \S+: \d+ instructions, sites: 3 paravirt, 1 alternatives, 2 smp_locks, 1 jump_label, 3 static_call, 1 other lock prefixes, \d+ bytes of text \(\d+ of them data\)\n\z/,
	'and its facts are one line');

# a. the multiboot header
finds('no header', qr/^multiboot header: no 0x1badb002/m, header => '');
finds('a wrong checksum', qr/^multiboot header at offset 0x\w+: checksum 0x5, should be 0xe4524ffb$/m,
	header => "dd 0x1badb002, 3, 5\n");
finds('a header at an odd place', qr/^multiboot header at offset .*: not at a multiple of 4$/m,
	header => "nop\ndd 0x1badb002, 3, -(0x1badb002 + 3)\n");
finds('a header beyond the first 8 KiB', qr/^multiboot header at .* 12 bytes end beyond the first 8192/m,
	before => '.rodata : { . = . + 8192; BYTE(1) }');
finds('a header that ends beyond them', qr/^multiboot header at offset 0x1ffc: /m,
	header => "times 0xffc nop\ndd 0x1badb002, 3, -(0x1badb002 + 3)\n");
passes('a header that ends with them',
	header => "times 0xff4 nop\ndd 0x1badb002, 3, -(0x1badb002 + 3)\n");
finds('the fields for graphics count too', qr/^multiboot header at .* 48 bytes end beyond/m,
	header => "times 0xff0 nop\ndd 0x1badb002, 4, -(0x1badb002 + 4)\ntimes 9 dd 0\n");
finds('flags no loader knows', qr/^multiboot header at .*: flags 0x13, a loader refuses 0x10$/m,
	header => "dd 0x1badb002, 0x13, -(0x1badb002 + 0x13)\n");
finds('a header that is not loaded', qr/^multiboot header at .*: in no section that is loaded$/m,
	header => '', extra => "section .comment progbits noalloc align=4\n$clean{header}");

# b. privileged instructions
for my $insn (sort keys %privileged) {
	my $bytes = join ', ', map { "0x$_" } split ' ', $privileged{$insn};
	finds("$insn in .text",
		qr/^0x\w{8} bad\+0x1: \w+ \($privileged{$insn}\) outside the native functions$/m,
		text => "$clean{text}bad: nop\ndb $bytes\nret\n");
}
finds('a label of a NASM macro names nothing', qr/^0x\w{8} bad\+0x1: cli \(fa\)/m,
	text => "$clean{text}bad: nop\n..\@7.site: cli\nret\n");
finds('cli in a section of its own', qr/^0x\w{8} odd\+0x0: cli \(fa\) outside/m,
	extra => "section .odd progbits alloc exec nowrite\nodd: cli\n");
finds('bytes that are no instruction', qr/^0x\w{8} bad\+0x1: 0f 24 c0 90 does not decode$/m,
	text => "$clean{text}bad: nop\ndb 0x0f, 0x24, 0xc0\nnop\n");
finds('an instruction cut by the next symbol', qr/^0x\w{8} bad\+0x0: mov \(b8 01 .*\) does not end/m,
	text => "$clean{text}bad: db 0xb8\ninside: dd 1\n");
finds('and after it the sweep goes on', qr/^0x\w{8} inside\+0x2: sti \(fb\)/m,
	text => "$clean{text}bad: db 0xb8\ninside: add [eax], eax\nsti\nret\n");
passes('an object in .text is not code',
	text => "$clean{text}global blob:data (b_end - blob)\nblob: db 0xfa, 0xfb, 0x0f, 0x24\nb_end: ret\n");
finds('but behind its end there is', qr/^0x\w{8} blob\+0x2: sti \(fb\)/m,
	text => "$clean{text}global blob:data 2\nblob: db 0x0f, 0x24\nsti\nret\n");
passes('zeros behind the code are padding', text => "$clean{text}last: ret\ntimes 7 db 0\n");
finds('no code at all', qr/^no instruction in any executable section$/m, boot => "_start: dd 0\n",
	data => '', map({ $_ => '' } qw(text traced called keys call_keys branches calls init exempt engine native table
		alternatives replacements locks)));

# c, d. the table and its sites
for my $section (qw(boot exempt engine native)) {
	my %name = (boot => '.boot', exempt => '.text.exempt', engine => '.pv.text',
		native => '.pv.native');
	finds("a site in $name{$section}",
		qr/^0x\w{8} away\+0x0: paravirt record 3: site in \Q$name{$section}\E, it must be in \.text or \.init\.text$/m,
		$section => "$clean{$section}\naway: call [pv_ops + 4]\n",
		table => "$clean{table}dd away\ndb 1, 6\ndw 0\n");
}
finds('a site nowhere', qr/^0x00000010 nowhere\+0x0: paravirt record 3: no bytes there$/m,
	table => "$clean{table}dd 0x10\ndb 1, 6\ndw 0\n");
finds('no begin of the table', qr/^__parainstructions at 0, .*: no table$/m, begin => '');
finds('no end of the table', qr/__parainstructions_end at 0: no table$/m, end => '');
finds('an empty table', qr/^__parainstructions: 0 bytes at 0x\w+: empty$/m, table => '');
finds('half a record', qr/^__parainstructions: 28 bytes are no whole number of 8-byte records$/m,
	table => "$clean{table}dd site1\n");
finds('records outside its symbols', qr/^\.parainstructions: 32 bytes .* symbols hold 24 at/m,
	end => '__parainstructions_end = .; QUAD(0)');
finds('a length other than 6', qr/^0x\w{8} site1\+0x0: paravirt record 0: length 5, not 6$/m,
	table => "dd site1\ndb 1, 5\ndw 0\ndd site2\ndb 2, 6\ndw 0\n");
finds('a type that is another slot', qr/^0x\w{8} site2\+0x0: paravirt record 1: type 3 is slot 0x/m,
	table => "dd site1\ndb 1, 6\ndw 0\ndd site2\ndb 3, 6\ndw 0\n");
finds('a type beyond pv_ops', qr/^0x\w{8} site3\+0x0: paravirt record 3: type 5, but pv_ops has 5 slots$/m,
	text => "$clean{text}site3: call [pv_ops + 20]\n",
	table => "$clean{table}dd site3\ndb 5, 6\ndw 0\n");
passes('the last type of pv_ops', text => "$clean{text}site3: call [pv_ops + 16]\n",
	table => "$clean{table}dd site3\ndb 4, 6\ndw 0\n");
finds('no pv_ops', qr/^0x\w{8} site1\+0x0: paravirt record 0: type 1, but pv_ops has 0 slots$/m,
	data => "elsewhere: dd 0\npv_ops: dd 0\n");
finds('another instruction at a site', qr/^0x\w{8} bad\+0x0: paravirt record 3: neither .* but 90 90 90 90 90 90$/m,
	text => "$clean{text}bad: times 6 nop\n", table => "$clean{table}dd bad\ndb 1, 6\ndw 0\n");
finds('a site inside an instruction', qr/^0x\w{8} bad\+0x2: paravirt record 3: no instruction begins there$/m,
	text => "$clean{text}bad: db 0x69, 0x05\ndb 0xff, 0x15\ndd pv_ops + 4\ndd 0\n",
	table => "$clean{table}dd bad + 2\ndb 1, 6\ndw 0\n");
finds('a site twice', qr/^0x\w{8} site1\+0x0: paravirt record [03]: the same site as record [03]$/m,
	table => "$clean{table}dd site1\ndb 1, 6\ndw 0\n");
finds('sites that overlap', qr/^0x\w{8} site1\+0x2: paravirt record 3: overlaps paravirt record 0 at 0x\w{8}$/m,
	table => "$clean{table}dd site1 + 2\ndb 1, 6\ndw 0\n");

# e. sites that nobody recorded
finds('a call without a record', qr/^0x\w{8} bad\+0x0: call through pv_ops\+0xc has no record$/m,
	text => "$clean{text}bad: call [pv_ops + 12]\n");
finds('a jmp without a record', qr/^0x\w{8} bad\+0x0: jmp through pv_ops\+0 has no record$/m,
	text => "$clean{text}bad: jmp [pv_ops]\n");
finds('a call in another encoding', qr/^0x\w{8} bad\+0x0: call through pv_ops\+0x4 has no record$/m,
	text => "$clean{text}bad: db 0xff, 0x14, 0x25\ndd pv_ops + 4\n");
passes('a call right behind the table', text => "$clean{text}ok: call [pv_ops + 20]\n");
passes('the engine may call through the table', engine => "$clean{engine}call [pv_ops + 4]\nret\n");

# f. where the engine may go
for my $section (qw(engine exempt)) {
	for my $jump ('call', 'jmp', 'jz', 'jmp 8:') {
		finds("$jump kmain from the $section section",
			qr/ bad\+0x0: \w+ to 0x\w{8} kmain\+0x0 leaves \S+ for \.text, which may be half/,
			$section => "$clean{$section}\nbad: $jump kmain\n");
	}
}
finds('into panic but not at its begin', qr/ to 0x\w{8} panic\+0x1 leaves \.pv\.text for \.text/,
	engine => "$clean{engine}bad: call panic + 1\n");
finds('from the engine to .boot', qr/ leaves \.pv\.text for \.boot,/,
	engine => "$clean{engine}bad: jmp _start\n");
finds('from the engine to nowhere', qr/ nowhere\+0x0 leaves \.pv\.text for no section,/,
	engine => "$clean{engine}bad: jmp 0x20\n");
passes('pv_host_panic may be called', text => "$clean{text}pv_host_panic: ret\n",
	engine => "$clean{engine}call pv_host_panic\nret\n");

# g. newer than the 486
my %newer = ('nop dword [eax]' => 'nop .* FAT_NOP', 'cmovz eax, ecx' => 'cmovz .* CMOV',
	'fcmovb st0, st1' => 'fcmovb .* FCMOV', 'fcomi st1' => 'fcomi .* PPRO',
	'emms' => 'emms .* PENTIUMMMX', 'movups xmm0, [eax]' => 'movups .* SSE',
	'mfence' => 'mfence .* SSE2', 'fxsave [eax]' => 'fxsave .* FXSAVE',
	'popcnt eax, ecx' => 'popcnt .* POPCNT', 'fisttp dword [eax]' => 'fisttp .* SSE3',
	'lzcnt eax, ecx' => 'lzcnt .* LZCNT', 'sysenter' => 'sysenter .* PPRO');
for my $insn (sort keys %newer) {
	finds("$insn in .text", qr/^0x\w{8} new\+0x0: $newer{$insn}, which a 486 lacks$/m,
		text => "$clean{text}new: $insn\nret\n");
}
finds("a long NOP in the $_ section", qr/^0x\w{8} new\+0x0: nop \(0f 1f 00\) is FAT_NOP/m,
	$_ => "$clean{$_}\nnew: db 0x0f, 0x1f, 0\nret\n") for qw(boot engine exempt);

# h. sections
finds('a section that a newer linker adds',
	qr/^section \.surprise: 4 bytes at 0x\w{8}, a name that nobody told: --sections \.surprise says that it belongs there$/m,
	extra => "section .surprise progbits alloc noexec nowrite\ndd 1\n");
passes('one that is told', extra => "section .surprise progbits alloc noexec nowrite\ndd 1\n", options => '--sections .other,.surprise');
finds('another one is told', qr/^section \.surprise: /m, extra => "section .surprise progbits alloc noexec nowrite\ndd 1\n",
	options => '--sections .surpris,.surprises');
passes('a section that is not loaded', extra => "section .comment progbits noalloc\ndb 1\n");

# i. init text is text
finds('cli in init text', qr/ bad\+0x0: cli \(fa\) outside the native functions$/m, init => "$clean{init}bad: cli\n");
finds('cmov in init text', qr/ bad\+0x0: cmovz .*, which a 486 lacks$/m, init => "$clean{init}bad: cmovz eax, ecx\n");
finds('a call without a record there', qr/ bad\+0x0: call through pv_ops\+0xc has no record$/m,
	init => "$clean{init}bad: call [pv_ops + 12]\n");
finds('from the engine to init text', qr/ leaves \.pv\.text for \.init\.text,/, engine => "$clean{engine}bad: call init\n");

# j. as another kernel's gate: its CPU, its loader, its sections
for my $insn (sort keys %newer) {
	my $on_686 = $newer{$insn} =~ /FAT_NOP|CMOV|PPRO/;
	my @text = (text => "$clean{text}new: $insn\nret\n", options => '--cpu i686');
	passes("$insn on a 686", @text) if $on_686;
	finds("$insn on a 686", qr/^0x\w{8} new\+0x0: $newer{$insn}, which a 686 lacks$/m, @text) if !$on_686;
}
passes('endbr32 on a 686', text => "$clean{text}new: endbr32\nret\n", options => '--cpu i686');
finds("cmov on a $_", qr/ bad\+0x0: cmovz .*, which a $_ lacks$/m, text => "$clean{text}bad: cmovz eax, ecx\n",
	options => "--cpu i$_") for qw(486 586);
passes('no header wanted', header => '', options => '--header none');
finds('one wanted', qr/^multiboot header: no 0x1badb002/m, header => '', options => '--header multiboot');
my $own = "section .own progbits alloc exec nowrite align=4\n";
finds('a privileged instruction in a section that is told as data', qr/ odd\+0x0: cli \(fa\) outside/,
	extra => "${own}odd: cli\n", options => '--sections .own');
passes('in one that may have them', extra => "${own}odd: cli\n", options => '--sections .own=exempt');
finds('which all CPUs run', qr/ odd\+0x0: cmovz .*, which a 486 lacks$/m, extra => "${own}odd: cmovz eax, ecx\n",
	options => '--sections .own=exempt');
my @site = (extra => "${own}more: call [pv_ops + 4]\nret\n", table => "$clean{table}dd more\ndb 1, 6\ndw 0\n");
finds('a site in a section of its own', qr/ more\+0x0: paravirt record 3: site in \.own, it must be in/, @site,
	options => '--sections .own=exempt');
passes('in one that is text', @site, options => '--sections .own=text');
finds('a call there without a record', qr/ more\+0x0: call through pv_ops\+0x4 has no record$/m, @site[ 0, 1 ],
	options => '--sections .own=text');
finds('from the engine to it', qr/ leaves \.pv\.text for \.own,/, extra => "${own}more: ret\n",
	engine => "$clean{engine}bad: call more\n", options => '--sections .own=text');
for my $bad ('--cpu i386', '--cpu 486', '--header grub', '--sections .a=code', '--sections =text', '--sections ,', '--cpu') {
	is((check(image(), $bad))[0], 2, "$bad is wrong usage");
}
finds('an engine without a section', qr/^section \.pv\.text: not there, though there are sites/m, engine => '',
	exempt => "nmi: iret\n");

# k. an op without a function
sub tables { my ($slots, $more) = @_; return "global pv_ops:data 20\npv_ops: dd $slots\nelsewhere: dd kmain\n$more\n" }
my $full = 'kmain, kmain, kmain, kmain, kmain';
my $hole = 'kmain, 0, kmain, kmain, kmain';
finds('an empty slot', qr/^pv_ops: type 1 has no function: /m, data => tables($hole, ''));
passes('one that no site calls', data => tables('kmain, kmain, kmain, 0, 0', ''));
finds("native's", qr/^pv_native_ops: type 1 has no function: /m,
	data => tables($full, "global pv_native_ops:data 20\npv_native_ops: dd $hole"));
passes("another back end's", data => tables($full, "global pv_own_ops:data 20\npv_own_ops: dd $hole"));
finds('a template for it', qr/^pv_own_templates: type 1 has a template and no function$/m, data => tables($full,
	"global pv_own_ops:data 20\npv_own_ops: dd $hole\npv_own_templates: dd 0, 0, kmain, kmain + 1\ntimes 6 dd 0"));

# What is no image at all: 2 and a reason.
for my $case (['an empty file', ''], ['text', "hello\n"], ['an ELF header alone', "\x7fELF\1\1\1"]) {
	my ($status, $said) = check(spew('no.elf', $case->[1]));
	ok($status == 2 && $said =~ /^pvtool: \S+: \S/, "$case->[0] is no image") or diag($said);
}
is((check(scratch('none.elf')))[0], 2, 'a file that is not there');
is((check(scratch('.')))[0], 2, 'a directory');
is((pvtool(''))[0], 2, 'no command is wrong usage');
is((pvtool('frobnicate x'))[0], 2, 'nor is an unknown one right');

# Damage. The seed is fixed, so a failure comes back.
srand 45;
my $whole = slurp(image());
my $headers = unpack 'V', substr $whole, 32, 4;
my $size = length $whole;
my $n = 0;
sub damaged { survives(@_, 'check %s') }
damaged('cut short', 100, sub { substr $whole, 0, int rand $size });
damaged('one bit anywhere', 100, sub { flip($whole, 0, $size, 1) });
damaged('bits in the ELF header', 150, sub { flip($whole, 0, 52, 1 + $n++ % 3) });
damaged('bits in the section headers', 300, sub { flip($whole, $headers, $size, 1 + $n++ % 8) });
damaged('bits behind the code', 150, sub { flip($whole, 0x1000, $size, 20) });
damaged('a word of the section headers', 300, sub {
	my $bytes = $whole;
	my $at = $headers + 4 * int rand(($size - $headers) / 4);
	substr($bytes, $at, 4) = pack 'V', (0, 1, 0x7fffffff, 0x80000000, 0xffffffff)[int rand 5];
	return $bytes;
});

done_testing;
