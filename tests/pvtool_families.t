#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/pvtool check finds what is wrong with alternatives, lock prefixes and branches of static keys: each case
# breaks one thing in a clean little image and names the line that must appear.
use strict;
use warnings;
use Pedant::CleanImage;
use Pedant::Elf;
use Pedant::Families;
use Pedant::Pvtool;
use Test::More;

# a. alternatives: the table, the site
sub with_alternative { return (alternatives => $clean{alternatives} . alternative(@_)) }
sub with_new { my ($code, $len) = @_; return (replacements => "new1:\n$code\n", alternatives => alternative('alt1', 7, 'new1', $len, 26)) }

passes('an image without alternatives', map { $_ => '' } qw(alternatives replacements alt_begin alt_end));
finds('half a record of an alternative', qr/^__alt_instructions: 16 bytes are no whole number of 12-byte records$/m,
	alternatives => "$clean{alternatives}dd 0\n");
finds('alternatives without an end', qr/^__alt_instructions at 0x\w+, __alt_instructions_end at 0: no table$/m,
	alt_end => '');
finds('alternatives without symbols', qr/^__alt_instructions at 0, .* at 0: no table$/m, alt_begin => '', alt_end => '');
finds('alternatives outside their symbols', qr/^\.altinstructions: 20 bytes .* symbols hold 12 at/m,
	alt_end => '__alt_instructions_end = .; QUAD(0)');
for my $section (qw(boot exempt engine native data)) {
	my %name = (boot => '.boot', exempt => '.text.exempt', engine => '.pv.text', native => '.pv.native',
		data => '.data');
	finds("an alternative in $name{$section}",
		qr/ away\+0x0: alternatives record 1: site in \Q$name{$section}\E, it must be in \.text or/,
		$section => "$clean{$section}\naway: nop\nnop\nnop\n", with_alternative('away', 3, 'new1', 3, 26));
}
passes('an alternative in init text', init => "$clean{init}new: times 3 nop\n",
	with_alternative('new', 3, 'new1', 3, 26));
finds('an alternative nowhere', qr/^0x00000010 nowhere\+0x0: alternatives record 1: no bytes there$/m,
	with_alternative('0x10', 3, 'new1', 3, 26));
finds('a site that begins in an instruction', qr/ alternatives record 0: no instruction begins there$/m,
	alternatives => alternative('alt1 + 1', 6, 'new1', 3, 26));
finds('a site that ends in one', qr/ alternatives record 0: its 4 bytes end at 0x\w{8}, where no instruction does$/m,
	alternatives => alternative('alt1', 4, 'new1', 3, 26));
finds('a site of nothing', qr/ alternatives record 1: length 0$/m, with_alternative('count', 0, 'new1', 0, 26));
finds('a site twice as long as its code', qr/ alternatives record 0: its 9 bytes end at/m,
	alternatives => alternative('alt1', 9, 'new1', 3, 26),
	text => "$clean{text}" =~ s/nop\nnop\nret\n/nop\nnop\ndb 0x0f, 0x24\n/r);
finds('a feature beyond the last word', qr/ alternatives record 0: feature 320, the last is 319$/m,
	alternatives => alternative('alt1', 7, 'new1', 3, 320));
finds('the same negated', qr/ alternatives record 0: feature 320, the last is 319$/m,
	alternatives => alternative('alt1', 7, 'new1', 3, 0x8000 | 320));
passes('the last feature', alternatives => alternative('alt1', 7, 'new1', 3, 319));
passes('the last one negated', alternatives => alternative('alt1', 7, 'new1', 3, 0x8000 | 319));

# b. what replaces it
finds('a replacement that is too long', qr/ alternatives record 0: replacement of 8 bytes for a site of 7$/m,
	with_new('times 8 nop', 8));
passes('one that just fits', with_new('times 7 nop', 7));
passes('one of nothing, at the end of the section', alternatives => alternative('alt1', 7, 'new1_end', 0, 26));
passes('none but such, and no section for them', replacements => '', alternatives => alternative('alt1', 7, 'alt1', 0, 26));
finds('a replacement in .text', qr/ alternatives record 0: replacement of 1 bytes at 0x\w{8}, not in \.altinstr/,
	alternatives => alternative('alt1', 7, 'kmain', 1, 26));
finds('one that ends behind the section', qr/ record 0: replacement of 4 bytes at 0x\w{8}, not in \.altinstr/,
	alternatives => alternative('alt1', 7, 'new1', 4, 26));
finds('one that begins before it', qr/ record 0: replacement of 4 bytes at 0x\w{8}, not in \.altinstr/,
	alternatives => alternative('alt1', 7, 'new1 - 1', 4, 26));
finds('half an instruction', qr/ alternatives record 0: the replacement is not whole instructions: b8 01$/m,
	with_new("nop\ndb 0xb8, 1", 3));
finds('no instruction', qr/ alternatives record 0: the replacement is not whole instructions: 0f 24$/m,
	with_new('db 0x0f, 0x24', 2));
for my $insn (sort keys %privileged) {
	my @bytes = split ' ', $privileged{$insn};
	finds("$insn in a replacement", qr/ alternatives record 0: \w+ \($privileged{$insn}\) in the replacement$/m,
		with_new("nop\ndb " . join(', ', map { "0x$_" } @bytes), 1 + @bytes));
}
passes('rdtsc in a replacement', with_new('rdtsc', 2));
for my $branch ('jmp short $ + 0x10', 'jz short $ + 0x10', 'jecxz $ + 0x10', 'loop $ - 0x10') {
	finds("$branch in a replacement", qr/ record 0: the replacement's short \w+ to 0x\w{8} cannot be moved$/m,
		with_new("nop\n$branch", 3));
}
for (['xbegin', 'db 0xc7, 0xf8, 0, 0, 0, 0', 6], ['vpcmov', 'db 0x8f, 0xe8, 0x78, 0xa2, 0xc1, 0x10', 6],
	['extrq', 'db 0x66, 0x0f, 0x78, 0xc0, 1, 2', 6], ['vzeroupper', 'db 0xc5, 0xf8, 0x77', 3]) {
	my ($insn, $bytes, $n) = @$_;
	finds("$insn in a replacement", qr/ record 0: the kernel cannot measure the replacement's $insn \(/, with_new($bytes, $n));
}
finds('a 16-bit branch', qr/ record 0: the replacement's jmp \(66 e9 00 00\) is a branch of 16 bits$/m,
	with_new('db 0x66, 0xe9, 0, 0', 4));
passes("$_->[0] in a replacement", with_new(@$_[1, 2])) for ['a call', 'call kmain', 5],
	['a call behind an instruction', "nop\ncall kmain", 6], ['a conditional jump', 'jz near kmain', 6],
	['a short jump inside', "new2: nop\njmp short new2", 3], ['one to the end', "jmp short new2\nnop\nnew2:", 3],
	['a jump to where the site begins', 'jmp alt1', 5], ['a jump to where it ends', 'jmp alt1 + 7', 5];
finds('a call of what is no code', qr/ the replacement's call to 0x\w{8} goes into \.data, no code$/m,
	with_new('call elsewhere', 5));
finds('a call of nothing', qr/ the replacement's call to 0x00000020 goes into no section, no code$/m,
	with_new('call 0x20', 5));
finds('a call of another replacement', qr/ the replacement's call to 0x\w{8} goes into \.altinstr_replacement, no code$/m,
	with_new("call new2\nnop\nnew2: ret", 5));
finds('a jump into the middle of its own site',
	qr/ the replacement's jmp to 0x\w{8} goes into the middle of the alternatives site at 0x\w{8}$/m,
	with_new('jmp alt1 + 5', 5));
finds('a jump into the middle of a paravirt site', qr/ goes into the middle of the paravirt site at 0x\w{8}$/m,
	with_new('jmp site1 + 2', 5));
passes('instructions that a 486 lacks', with_new("cmovz eax, ecx\npopcnt eax, ecx", 7));
finds('but not in what is linked', qr/ alt2\+0x0: cmovz \(0f 44 c1\) is CMOV, which a 486 lacks$/m,
	text => "$clean{text}alt2: cmovz eax, ecx\n", with_alternative('alt2', 3, 'new1', 3, 26));

# c. nothing of it runs where it lies
finds('executable replacements', qr/^section \.altinstr_replacement: executable, but nothing in it runs there$/m,
	new_flags => 'exec');
finds('a function among them', qr/^0x\w{8} new1\+0x0: a function in \.altinstr_replacement$/m,
	replacements => "global new1:function\n$clean{replacements}");
finds("a $_ there", qr/^0x\w{8} bad\+0x0: \w+ to 0x\w{8}, into \.altinstr_replacement$/m,
	text => "$clean{text}bad: $_ new1\n") for qw(call jmp), 'jz near';

# d. sites beside each other
finds('groups that overlap', qr/ alternatives record 1: overlaps alternatives record 0 at 0x\w{8}$/m,
	with_alternative('alt1 + 5', 2, 'new1', 0, 26));
finds('the same site with another length', qr/ alternatives record [01]: overlaps alternatives record [01] at 0x\w{8}$/m,
	with_alternative('alt1', 6, 'new1', 3, 26));
finds('an alternative that holds a paravirt site', qr/ paravirt record 0: overlaps alternatives record 1 at 0x\w{8}$/m,
	with_alternative('kmain', 7, 'new1', 3, 26));
finds('an alternative that is a paravirt site', qr/ overlaps \w+ record \d at 0x\w{8}$/m,
	with_alternative('site1', 6, 'new1', 3, 26));
passes('a group of three, with another one between',
	text => "$clean{text}alt2: times 3 nop\n",
	alternatives => join '', map { alternative(@$_, 'new1', 3, 26) } ['alt1', 7], ['alt2', 3], ['alt1', 7], ['alt1', 7]);
for my $case (['alternatives', 'alt1 + 5'], ['paravirt', 'site1 + 2']) {
	finds("a jump into the middle of $case->[0]",
		qr/^0x\w{8} bad\+0x0: jmp to 0x\w{8}, into the middle of the $case->[0] site at 0x\w{8}$/m,
		text => "$clean{text}bad: jmp $case->[1]\n");
}
passes('a jump inside a site', text => "$clean{text}alt2: jmp short .on\nnop\n.on: nop\n",
	with_alternative('alt2', 4, 'new1', 3, 26));

# e. lock prefixes
finds('half a lock record', qr/^__smp_locks: 10 bytes are no whole number of 4-byte records$/m,
	locks => "$clean{locks}dw 0\n");
finds('a lock record of a NOP', qr/ fence\+0x0: smp_locks record 2: 90 is no lock prefix of an instruction$/m,
	locks => "$clean{locks}dd fence - \$\n");
finds('one of a byte that looks like it', qr/ bad\+0x1: smp_locks record 2: f0 is no lock prefix of an instruction$/m,
	text => "$clean{text}bad: mov al, 0xf0\n", locks => "$clean{locks}dd bad + 1 - \$\n");
finds('a lock with a segment', qr/ bad\+0x0: smp_locks record 2: inc has a segment prefix, and 3e would be a second/,
	text => "$clean{text}bad: lock inc dword [fs:0]\n", locks => "$clean{locks}dd bad - \$\n");
finds('a lock twice', qr/ lock1\+0x0: smp_locks record \d: the same site as record \d$/m,
	locks => "$clean{locks}dd lock1 - \$\n");
finds('a lock twice in an alternative', qr/ alt1\+0x0: smp_locks record \d: the same site as record \d$/m,
	locks => "$clean{locks}dd alt1 - \$\n");
finds('a lock in a paravirt site', qr/ smp_locks record 2: overlaps paravirt record 0 at 0x\w{8}$/m,
	locks => "$clean{locks}dd site1 + 1 - \$\n");
finds('a lock in a replacement', qr/ smp_locks record 2: site in \.altinstr_replacement, it must be in/,
	with_new("new2: lock inc dword [esi]", 3), locks => "$clean{locks}dd new2 - \$\n");
finds('a lock in the engine', qr/ smp_locks record 2: site in \.pv\.text, it must be in/,
	engine => "$clean{engine}bad: lock inc dword [esi]\nret\n", locks => "$clean{locks}dd bad - \$\n");
passes('a lock behind another prefix', text => "$clean{text}new: db 0x66, 0xf0, 0xff, 0x06\n",
	locks => "$clean{locks}dd new + 1 - \$\n");
like(passes('a lock in init text', init => "$clean{init}new: lock inc dword [esi]\nlock dec dword [esi]\n",
	locks => "$clean{locks}dd new - \$\n"), qr/ 3 smp_locks, 1 jump_label, 3 static_call, 2 other lock prefixes,/, 'counted like the others');

# f. branches of static keys
sub with_branch { return (branches => $clean{branches} . branch(@_)) }
my $long = 'db 0x3e, 0x8d, 0x74, 0x26, 0';
passes('an image without branches', map { $_ => '' } qw(branches branch_begin branch_end));
finds('half a record of a branch', qr/^__jump_table: 16 bytes are no whole number of 12-byte records$/m,
	branches => "$clean{branches}dd 0\n");
finds('branches without an end', qr/^__jump_table at 0x\w+, __jump_table_end at 0: no table$/m, branch_end => '');
finds('branches without symbols', qr/^__jump_table at 0, .* at 0: no table$/m, branch_begin => '', branch_end => '');
finds('branches outside their symbols', qr/^__jump_table: 20 bytes .* symbols hold 12 at/m,
	branch_end => '__jump_table_end = .; QUAD(0)');
for my $section (qw(boot exempt engine native data)) {
	my %name = (boot => '.boot', exempt => '.text.exempt', engine => '.pv.text', native => '.pv.native',
		data => '.data');
	finds("a branch in $name{$section}",
		qr/ away\+0x0: jump_label record 1: site in \Q$name{$section}\E, it must be in \.text or/,
		$section => "$clean{$section}\naway: $long\nnop\n", with_branch('away', 'branch1_on', 'key1'));
}
finds('a branch nowhere', qr/^0x00000010 nowhere\+0x0: jump_label record 1: no bytes there$/m,
	with_branch('0x10', 'branch1_on', 'key1'));
finds('one inside of an instruction', qr/ jump_label record 0: no instruction begins there$/m,
	branches => branch('branch1 + 1', 'branch1_on', 'key1'));
finds('a target inside of one', qr/ jump_label record 0: no instruction begins at its target 0x\w+$/m,
	branches => branch('branch1', 'branch1 + 2', 'key1'));
finds("a target in $_->[0]", qr/ jump_label record 0: its target is in \Q$_->[0]\E, it must be in \.text or \.init\.text$/m,
	branches => branch('branch1', $_->[1], 'key1')) for ['.data', 'elsewhere'], ['.pv.text', 'engine'], ['no section', '0x10'];
my @aligned = (traced => "$clean{traced}align 16\nkmain2: times 16 nop\n");
finds("a key $_->[0]", qr/ jump_label record 0: its key is $_->[1]$/m, @aligned, branches => branch('branch1', 'branch1_on', $_->[2]))
	for ['in text', 'not in data', 'kmain2'], ['nowhere', 'not in data', '0x10'], ['at an odd place', 'not at a multiple of 16', 'key1 + 4'];
finds('a key that is none', qr/ jump_label record 0: its key is no static key$/m, branches => branch('branch1', 'branch1_on', 'key1'),
	keys => "align 16\nkey1: dd $_\n") for '0, 2, 0, 0', '1, 1, 0, 0', '0, 0, 0x101, 0', '1, 1, 0x1, 0', '0, key1, 0, 0';
finds('a key that ends behind the data', qr/ jump_label record 0: its key is not in data$/m, data => "$clean{data}align 16, db 0\nkey3: dd 0, 0\n",
	branches => branch('branch1', 'branch1_on', 'key3'));
finds('no NOP', qr/ bad\+0x0: jump_label record 1: its site is no jump, and no NOP of one instruction$/m,
	text => "$clean{text}bad: $_\nret\n", with_branch('bad', 'branch1_on', 'key1'))
	for 'mov eax, 1', "times 5 nop", 'mov al, 1', 'mov ax, 1', "$long" =~ s/0x74/0x75/r;
finds('a jump to elsewhere', qr/ bad\+0x0: jump_label record 1: its site is a jump to elsewhere$/m,
	text => "$clean{text}bad: jmp $_ kmain\n", with_branch('bad', 'branch1_on', 'key1')) for 'near';
finds('flags that the compiler has not', qr/ jump_label record 0: its key is not at a multiple of 16$/m,
	branches => branch('branch1', 'branch1_on', 'key1 + 8'));
finds('a branch twice', qr/ branch1\+0x0: jump_label record [01]: the same site as record [01]$/m,
	with_branch('branch1', 'branch1_on', 'key1'));
finds('a branch in an alternative', qr/ overlaps \w+ record \d at 0x\w{8}$/m,
	text => "$clean{text}alt2: nop\nbad: $long\nnop\nret\n", with_alternative('alt2', 7, 'new1', 3, 26),
	with_branch('bad', 'branch1_on', 'key1'));
finds('a jump into the middle of one', qr/^0x\w{8} bad\+0x0: jmp to 0x\w{8}, into the middle of the jump_label site at 0x\w{8}$/m,
	text => "$clean{text}bad: jmp branch1 + 1\n");
passes("a branch as $_->[0]", text => "$clean{text}new: $_->[1]\nret\n", with_branch('new', $_->[2] // 'branch1_on', 'key1 + 1'))
	for ['a jump', 'jmp near branch1_on'], ['a short jump', "jmp short .in\nnop\n.in: nop", 'new.in'],
	['two bytes of NOP', 'db 0x66, 0x90'];
passes('a branch as a NOP of P6', text => "$clean{text}new: db 0x0f, 0x1f, 0x44, 0, 0\nret\n", options => '--cpu i686',
	with_branch('new', 'branch1_on', 'key1 + 1'));
passes('a branch in init text', init => "$clean{init}new: $long\nret\n", with_branch('new', 'init', 'key1'));
passes('a key that is on', keys => "align 16, db 0\nkey1: dd 1, 1, 0x101, 0\n");

# g. static calls
sub with_call { return (calls => $clean{calls} . call(@_)) }
sub key_of { return (call_keys => call_key('__SCK__one', @_)) }
passes('an image without static calls', map { $_ => '' } qw(calls call_begin call_end));
finds('half a record of a call', qr/^__static_call_sites: 28 bytes are no whole number of 8-byte records$/m, calls => "$clean{calls}dd 0\n");
finds('calls without an end', qr/^__static_call_sites at 0x\w+, __static_call_sites_end at 0: no table$/m, call_end => '');
finds('calls without symbols', qr/^__static_call_sites at 0, .* at 0: no table$/m, call_begin => '', call_end => '');
finds('calls outside their symbols', qr/^\.static_call_sites: 32 bytes .* symbols hold 24 at/m, call_end => '__static_call_sites_end = .; QUAD(0)');
for my $section (qw(boot exempt engine native data)) {
	my %name = (boot => '.boot', exempt => '.text.exempt', engine => '.pv.text', native => '.pv.native', data => '.data');
	finds("a call in $name{$section}", qr/ away\+0x0: static_call record 3: site in \Q$name{$section}\E, it must be in \.text or/,
		$section => "$clean{$section}\naway: call __SCT__one\nnop\n", with_call('away', '__SCK__one'));
}
finds('a call nowhere', qr/^0x00000010 nowhere\+0x0: static_call record 3: no bytes there$/m, with_call('0x10', '__SCK__one'));
finds('one inside of an instruction', qr/ static_call record 0: no instruction begins there$/m, calls => call('calling + 1', '__SCK__one'));
finds("a call's key $_->[0]", qr/ static_call record 0: its key is not in data$/m, calls => 'here: ' . call('calling', $_->[1]))
	for ['in text', 'kmain'], ['nowhere', '0x10'], ['in the table', 'here'], ['at the end of memory', '0xfffffffc'];
finds('one that ends behind the data', qr/ static_call record 0: its key is not in data$/m, data => "$clean{data}key3: dd 0, 0, 0, 0\n",
	calls => call('calling', 'key3'));
finds('no call', qr/ bad\+0x0: static_call record 3: its site is no call, and no jump$/m, text => "$clean{text}bad: $_\nret\ntimes 4 nop\n",
	with_call('bad', '__SCK__one')) for 'mov eax, 1', 'times 5 nop', 'je near __SCT__one', 'call [elsewhere]', 'jmp short bad', $long;
finds('a call of another function', qr/ bad\+0x0: static_call record 3: its site does not go to the key's trampoline$/m,
	text => "$clean{text}bad: call called\nret\n", with_call('bad', '__SCK__one'));
finds('a trampoline to another function', qr/ __SCT__one\+0x0: static_call record 0: its trampoline goes to elsewhere$/m, key_of(qw(called called __SCT__one kmain 1)));
for my $case ([ 'a function', 0 ], [ 'the function of the other version', 1 ], [ 'what calls are linked to', 3 ]) {
	my ($what, $i) = @$case;
	for my $at ([ '.data', 'elsewhere' ], [ '.pv.text', 'engine' ], [ '.pv.native', 'native_wrmsr' ], [ 'no section', '0x10' ]) {
		my @words = qw(called called __SCT__one called 1);
		$words[$i] = $at->[1];
		finds("$what in $at->[0]", qr/ static_call record 0: its key names 0x\w+ in \Q$at->[0]\E, it must be in \.text or \.init\.text$/m,
			key_of(@words), calls => call('calling', '__SCK__one'));
	}
}
finds('a call twice', qr/ calling\+0x0: static_call record [13]: the same site as record [13]$/m, with_call('calling', '__SCK__one'));
finds('a call in an alternative', qr/ overlaps \w+ record \d at 0x\w{8}$/m,
	text => "$clean{text}alt2: nop\nbad: call __SCT__one\nnop\nret\n", with_alternative('alt2', 7, 'new1', 3, 26), with_call('bad', '__SCK__one'));
finds('a call that is a branch', qr/ overlaps \w+ record \d at 0x\w{8}$/m,
	text => "$clean{text}bad: jmp near __SCT__one\n", with_branch('bad', '__SCT__one', 'key1 + 1'), with_call('bad', '__SCK__one'));
finds('a jump into the middle of a call', qr/^0x\w{8} bad\+0x0: jmp to 0x\w{8}, into the middle of the static_call site at 0x\w{8}$/m,
	text => "$clean{text}bad: jmp calling + 1\n");
passes("a call of nothing, $_->[0]", key_of(0, 0, qw(__SCT__one called), $_->[1])) for [ 'narrow', 1 ], [ 'wide', 0 ];
passes('a call in init text', init => "$clean{init}new: call __SCT__one\nret\n", with_call('new', '__SCK__one'));

# h. as `pvtool index` has it: sorted, and with flags
{
	my $index = '.pv_index ALIGN(8) : { __pv_index = .; LONG(0) . += 1000; __pv_index_end = .; }';
	my @three = (text => "$clean{text}new: jmp near branch1_on\n", init => "$clean{init}last: db 0x66, 0x90\nret\n",
		keys => "$clean{keys}key2: dd 1, 1, 0x101, 0\n", after => $index, branches => branch('last', 'init', 'key2')
			. branch('new', 'branch1_on', 'key1 + 1') . branch('branch1', 'branch1_on', 'key2'));
	my ($status, $said) = check(image(@three));
	ok($status == 1 && $said =~ / jump_label record 0: flags 0 of its key, should be 0x6: pvtool index sets them$/m,
		'flags that nobody has set') or diag($said);
	my $image = image(@three);
	is((pvtool("index $image"))[0], 0, 'pvtool index sets them');
	is((check($image))[0], 0, 'and then they are right');
	my $elf = Pedant::Elf->new($image);
	my %at = map { $_ => $elf->symbol($_) } qw(branch1 new last key1 key2);
	is_deeply([ map { [ @$_{qw(at key flags)} ] } Pedant::Families::branches($elf) ],
		[ [ @at{qw(new key1)}, 9 ], [ @at{qw(branch1 key2)}, 0 ], [ @at{qw(last key2)}, 6 ] ],
		'the records are in order, by key and then by site');
	my $record = $elf->symbol('__jump_table') + 8;
	for my $flag (1, 2, 4, 8) {
		my $copy = $elf->write_copy(scratch('flags.elf'), [ $record => pack 'V', ($at{key1} | 9 ^ $flag) - $record ]);
		($status, $said) = check($copy);
		my $want = $flag == 1 ? qr/\.pv_index: sum 0: expected/ : qr/ jump_label record 0: flags 0x\w+ of its key, should be 0x9: /;
		ok($status == 1 && $said =~ $want, "another flag: $flag") or diag($said);
	}
}
{
	my $index = '.pv_index ALIGN(8) : { __pv_index = .; LONG(0) . += 1000; __pv_index_end = .; }';
	my @two = (text => "$clean{text}__SCT__two: jmp near kmain\n", init => "$clean{init}last: jmp near __SCT__one\n", after => $index,
		call_keys => $clean{call_keys} . call_key('__SCK__two', qw(kmain kmain __SCT__two kmain 0)),
		calls => call('__SCT__two', '__SCK__two') . call('last', '__SCK__one') . call('tail', '__SCK__one') . call('calling', '__SCK__one'));
	my ($status, $said) = check(image(@two));
	ok($status == 1 && $said =~ / static_call record 0: flags 0 of its key, should be 0x1: pvtool index sets them$/m,
		'flags of calls that nobody has set') or diag($said);
	my $image = image(@two);
	is((pvtool("index $image"))[0], 0, 'pvtool index sets them');
	is((check($image))[0], 0, 'and then they are right');
	my $elf = Pedant::Elf->new($image);
	my %at = map { $_ => $elf->symbol($_) } qw(calling tail last __SCT__two __SCK__one __SCK__two);
	is_deeply([ map { [ @$_{qw(at key flags)} ] } Pedant::Families::calls($elf) ],
		[ [ @at{qw(calling __SCK__one)}, 0 ], [ @at{qw(tail __SCK__one)}, 1 ], [ @at{qw(last __SCK__one)}, 3 ], [ @at{qw(__SCT__two __SCK__two)}, 1 ] ],
		'the records are in order, by key and then by site');
	my $record = $elf->symbol('__static_call_sites') + 4;
	for my $flag (1, 2) {
		my $copy = $elf->write_copy(scratch('flags.elf'), [ $record => pack 'V', ($at{__SCK__one} | $flag) - $record ]);
		($status, $said) = check($copy);
		ok($status == 1 && $said =~ / static_call record 0: flags 0x$flag of its key, should be 0: /, "another flag of a call: $flag") or diag($said);
	}
}

done_testing;
