#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pvtool verify, sites, list and diff with all families, on a little image and memory made by hand: what
# must stand at each site was worked out from the record's meaning, here, and not by a kernel. Then every
# byte that a site has is changed, one at a time, and each must be found and named.
use strict;
use warnings;
use Pedant::Elf;
use Pedant::Manifest;
use Pedant::Pvtool;
use Test::More;

# Features: the CPU has cmov and xmm2, and the one that all have; not xmm, not erms.
my ($cmov, $xmm, $xmm2, $erms, $always, $not) = (15, 25, 26, 9 * 32 + 9, 3 * 32 + 21, 0x8000);
my @features = (1 << $cmov | 1 << $xmm2, 0, 0, 1 << 21, (0) x 6);
my $without = '0,0,0,200000,0,0,0,0,0,0';

# A site as linked; feature and replacement, some times; what must stand there, with padding of P6; what
# must without cmov and xmm2. {f-5} is the distance to f from the fifth byte of the site on.
my $fence = 'lock add dword [esp], 0';
my @cases = (
	['a replacement', "$fence\nnop\nnop", [$xmm2, 'mfence'], '0f ae f0 0f 1f 40 00', 'f0 83 04 24 00 66 90'],
	['one that fills the site', 'mov eax, 1', [$xmm2, 'mov eax, 2'], 'b8 02 00 00 00', 'b8 01 00 00 00'],
	['one of nothing', "times 11 inc eax", [$xmm2, ''], '66 0f 1f 84 00 00 00 00 00 66 90', '40 ' x 10 . '40'],
	['a feature that is not there', 'times 3 nop', [$xmm, 'sfence'], '0f 1f 00', '0f 1f 00'],
	['a negated feature that is not there', 'times 3 nop', [$not | $erms, 'cld'], 'fc 66 90', 'fc 66 90'],
	['a negated one that is', 'cld', [$not | $cmov, 'std'], 'fc', 'fd'],
	['the feature that all have', 'cld', [$always, 'std'], 'fd', 'fd'],
	['the last of two wins', 'times 2 nop', [$xmm2, 'cld', $cmov, 'std'], 'fd 90', '66 90'],
	['the last that applies', 'times 2 nop', [$cmov, 'cld', $xmm, 'std'], 'fc 90', '66 90'],
	['the last of three', 'times 2 nop', [$xmm2, 'cld', $xmm, 'std', $not | $xmm, 'cmc'], 'f5 90', 'f5 90'],
	['a longer one before a shorter', 'times 6 nop', [$xmm2, 'mov eax, 2', $cmov, 'cld'],
		'fc 0f 1f 44 00 00', '66 0f 1f 44 00 00'],
	['a call', 'call f', [$xmm2, 'call g'], 'e8 {g-5}', 'e8 {f-5}'],
	['a call behind an instruction', "call f\nnop", [$xmm2, "cld\ncall g"], 'fc e8 {g-6}', 'e8 {f-5} 90'],
	['two calls', 'times 10 nop', [$xmm2, "call f\ncall g"], 'e8 {f-5} e8 {g-10}',
		'66 0f 1f 84 00 00 00 00 00 90'],
	['a conditional jump', 'times 6 nop', [$xmm2, 'jz near g'], '0f 84 {g-6}', '66 0f 1f 44 00 00'],
	['a jump and a short one inside', 'times 8 nop', [$xmm2, "%s: cld\njmp short %s\njmp near f"],
		'fc eb fd e9 {f-8}', '0f 1f 84 00 00 00 00 00'],
	['a jump to the end', 'times 3 nop', [$xmm2, "jz short %s\nstd\n%s:"], '74 01 fd', '0f 1f 00'],
	['NOPs with a jump into them', "jmp short .in\nnop\n.in: nop\nnop", [$xmm, 'cld'],
		'eb 01 90 90 90', 'eb 01 90 90 90'],
	['NOPs with a jump to their begin', "jmp short .in\n.in: nop\nnop", [$xmm, 'cld'], 'eb 00 66 90', 'eb 00 66 90'],
	['NOPs with a jump behind them', "jmp short .in\nnop\nnop\n.in:", [$xmm, 'cld'], 'eb 02 66 90', 'eb 02 66 90'],
	['bytes that are no NOPs', "mov eax, 0x90909090\nnop\nnop", [$xmm, 'cld'],
		'b8 90 90 90 90 66 90', 'b8 90 90 90 90 66 90'],
	['pause is none', "pause\nnop", [$xmm, 'cld'], 'f3 90 90', 'f3 90 90'],
	['NOPs not at the end', "nop\nnop\ninc eax\nnop\nnop", [$xmm, 'cld'], '90 90 40 66 90', '90 90 40 66 90'],
	['the longest site', 'times 255 nop', [$xmm2, 'times 254 inc eax'], '40 ' x 254 . '90',
		'66 0f 1f 84 00 00 00 00 00 ' x 28 . '0f 1f 00'],
);
$_->[5] = 'text' for @cases;
push @cases, ['one in init text', "$fence\nnop\nnop", [$xmm2, 'mfence'], '0f ae f0 0f 1f 40 00',
	'f0 83 04 24 00 66 90', 'init'];

# Lock prefixes: alone, in the first site, in one that does not apply, in init text.
my %locks = (alone => 'alone', covered => 'site0', kept => 'kept', early => 'early');
push @cases, ['a lock that stays', "nop\nkept: $fence\nnop\nnop", [$xmm, 'mfence'], '90 f0 83 04 24 00 66 90',
	'90 f0 83 04 24 00 66 90', 'text'];

# Branches of static keys: key, likely or not, code as linked, target; what must stand there with the key's count
# at first and when it is the other. Counts: off 0, then 3; on 1, then -2; the distance to f as above.
my $nop5 = 'db 0x3e, 0x8d, 0x74, 0x26, 0';
my @branches = (
	['off', 0, $nop5, '0f 1f 44 00 00', 'e9 {f-5}'],
	['off', 1, 'jmp near f', 'e9 {f-5}', '0f 1f 44 00 00'],
	['on', 1, $nop5, '0f 1f 44 00 00', 'e9 {f-5}'],
	['on', 0, 'jmp near f', 'e9 {f-5}', '0f 1f 44 00 00'],
	['on', 1, 'db 0x66, 0x90', '66 90', 'eb 7e', '$ + 128'],
	['off', 1, 'jmp short $ - 126', 'eb 80', '66 90', '$ - 126'],
	['off', 0, $nop5, '0f 1f 44 00 00', 'e9 {f-5}', 'f', 'init'],
);

# Static calls: code as linked; what must stand there with the key's function at first, and with the other one: f,
# then nothing, for `one`; nothing, then g, for `narrow` and `wide`. Nothing with a wide result is a call of it.
my $zero = '2e 2e 2e 31 c0';
my @calls = (
	['one', '__SCT__one: jmp near f', 'e9 {f-5}', 'e9 {z-5}'],
	['one', 'call __SCT__one', 'e8 {f-5}', $zero],
	['one', 'jmp near __SCT__one', 'e9 {f-5}', 'e9 {z-5}'],
	['narrow', '__SCT__narrow: jmp near z', 'e9 {z-5}', 'e9 {g-5}'],
	['narrow', 'call __SCT__narrow', $zero, 'e8 {g-5}'],
	['narrow', 'jmp near __SCT__narrow', 'e9 {z-5}', 'e9 {g-5}'],
	['wide', '__SCT__wide: jmp near z', 'e9 {z-5}', 'e9 {g-5}'],
	['wide', 'call __SCT__wide', 'e8 {z-5}', 'e8 {g-5}'],
	['one', 'call __SCT__one', 'e8 {f-5}', $zero, 'init'],
);
my %call_key = (one => 'f, f, __SCT__one, f, 1', narrow => '0, 0, __SCT__narrow, z, 1', wide => '0, 0, __SCT__wide, z, 0');

sub code_of
{
	my ($section) = @_;
	my $text = '';
	for my $i (grep { $cases[$_][5] eq $section } 0 .. $#cases) {
		$text .= "site$i:\n$cases[$i][1]\nsite${i}_end: ret\n";
	}
	return $text;
}

sub branches_of
{
	my ($section) = @_;
	# No labels of their own: these would lie in the middle of what they belong to.
	return join '', map { my $target = ($branches[$_][5] // 'f') =~ s/\$/branch$_/r;
		"%define target$_ ($target)\nbranch$_: $branches[$_][2]\n" }
		grep { ($branches[$_][6] // 'text') eq $section } 0 .. $#branches;
}

sub calls_of
{
	my ($section) = @_;
	return join '', map { "call$_:\n$calls[$_][1]\n" } grep { ($calls[$_][4] // 'text') eq $section } 0 .. $#calls;
}

sub records
{
	my ($table, $replacements) = ('', '');
	for my $i (0 .. $#cases) {
		my @list = @{ $cases[$i][2] };
		for (my $k = 0; $k < @list; $k += 2) {
			my $new = "new${i}_$k";
			$table .= "dd site$i - \$\ndd $new - \$\ndw $list[$k]\n"
				. "db site${i}_end - site$i, ${new}_end - $new\n";
			$replacements .= "$new:\n" . $list[$k + 1] =~ s/%s/.in/gr . "\n${new}_end: nop\n";
		}
	}
	return ($table, $replacements);
}

sub assembly
{
	my ($table, $replacements) = records();
	my %section = (
		'.text' => "f: ret\ng: ret\nz:\nglobal __static_call_return0:function\n__static_call_return0: ret\npara: call [pv_ops]\nalone: lock inc dword [esi]\nret\n" . code_of('text')
			. branches_of('text') . calls_of('text') . "times 128 nop\n",
		'.init.text' => "early: lock dec dword [esi]\nret\n" . code_of('init') . branches_of('init') . calls_of('init'),
		'.parainstructions' => "dd para\ndb 0, 6\ndw 0\n",
		'.altinstructions' => $table,
		'.altinstr_replacement' => $replacements,
		'.smp_locks' => join('', map { "dd $locks{$_} - \$\n" } sort keys %locks),
		'__jump_table' => join('', map { "dd branch$_ - \$\ndd target$_ - \$\ndd key_$branches[$_][0] + $branches[$_][1] - \$\n" }
			0 .. $#branches),
		'.static_call_sites' => join('', map { "dd call$_ - \$\ndd __SCK__$calls[$_][0] + " . ($calls[$_][1] =~ /jmp/ ? 1 : 0) . " - \$\n" }
			0 .. $#calls),
		'.data' => "align 16, db 0\nkey_off: times 4 dd 0\nkey_on: dd 1, 1, 0x101, 0\n"
			. join('', map { "__SCK__$_: dd $call_key{$_}\n" } sort keys %call_key) . "global pv_present:data 4\npv_present: dd 0\n"
			. "global pv_ops:data 4\npv_ops: dd f\nalternative_state: times 10 dd 0\npv_native_ops: dd f\n"
			. "pv_native_templates: dd cli_start, cli_end\ncli_start: cli\ncli_end:\n",
	);
	my $text = "bits 32\n";
	for my $name (sort keys %section) {
		my $exec = $name =~ /text$/ ? 'exec' : 'noexec';
		$text .= "section $name progbits alloc $exec align=4\n$section{$name}";
	}
	return $text;
}

my $image = image_of(assembly(), <<'END');
SECTIONS {
	. = 0x100000;
	.text : { *(.text) }
	.init.text ALIGN(4096) : { _init_text = .; *(.init.text) . = ALIGN(4096); _init_text_end = .; }
	.parainstructions : { __parainstructions = .; *(.parainstructions) __parainstructions_end = .; }
	.altinstructions : { __alt_instructions = .; *(.altinstructions) __alt_instructions_end = .; }
	.altinstr_replacement : { *(.altinstr_replacement) }
	.smp_locks : { __smp_locks = .; *(.smp_locks) __smp_locks_end = .; }
	__jump_table : { __jump_table = .; *(__jump_table) __jump_table_end = .; }
	.static_call_sites : { __static_call_sites = .; *(.static_call_sites) __static_call_sites_end = .; }
	.data : { *(.data) }
}
END
my $elf = Pedant::Elf->new($image);
my $base = 0x100000;
my ($init, $init_end) = map { $elf->symbol($_) } qw(_init_text _init_text_end);

sub poke { substr(${ $_[0] }, $_[1] - $base, length $_[2]) = $_[2] }
sub peek { return substr $_[0], $_[1] - $base, $_[2] }
sub hex_of { return join ' ', unpack '(H2)*', $_[0] }

sub wanted
{
	my ($i, $column, $list, $name) = @_;
	my $site = $elf->symbol(($name // 'site') . $i);
	my $text = ($list // \@cases)->[$i][$column] =~
		s/\{(\w)-(\d+)\}/hex_of(pack 'V', $elf->symbol($1) - $site - $2 & 0xffffffff)/ger;
	return pack 'H*', $text =~ s/ //gr;
}

# Memory as the loader leaves it, and patched: with column 3 or 4 of the cases.
my @loaded = grep { $_->{flags} & 2 } $elf->sections;
my ($last) = sort { $b <=> $a } map { $_->{addr} + $_->{size} } @loaded;
my $linked = "\0" x ($last - $base);
poke(\$linked, $_->{addr}, $elf->bytes($_->{addr}, $_->{size})) for @loaded;

sub patched
{
	my (%how) = @_;
	my $memory = $linked;
	poke(\$memory, $elf->symbol('para'), $how{nops} ? "\xfa\x0f\x1f\x44\x00\x00" : "\x3e\x3e\x3e\x3e\x3e\xfa");
	poke(\$memory, $elf->symbol('alternative_state'), pack 'V10', $how{without} ? (0, 0, 0, 1 << 21, (0) x 6) : @features);
	poke(\$memory, $elf->symbol("site$_"), wanted($_, $how{without} ? 4 : 3)) for 0 .. $#cases;
	for my $name ($how{up} ? sort keys %locks : ()) {
		next if $name eq 'covered' && !$how{without};
		poke(\$memory, $elf->symbol($locks{$name}), "\x3e");
	}
	poke(\$memory, $elf->symbol("branch$_"), wanted($_, $how{keys} ? 4 : 3, \@branches, 'branch')) for 0 .. $#branches;
	poke(\$memory, $elf->symbol("key_$_->[0]"), pack 'l<', $_->[1]) for $how{keys} ? (['off', 3], ['on', -2]) : ();
	poke(\$memory, $elf->symbol("call$_"), wanted($_, $how{calls} ? 3 : 2, \@calls, 'call')) for 0 .. $#calls;
	if ($how{calls}) {	# in the other version of text, and the one before is as it was
		poke(\$memory, $elf->symbol('pv_present'), pack 'V', 1);
		poke(\$memory, $elf->symbol("__SCK__$_->[0]") + 4, pack 'V', $_->[1]) for ['one', 0], map { [$_, $elf->symbol('g')] } qw(narrow wide);
	}
	poke(\$memory, $init, "\xcc" x ($init_end - $init)) if $how{gone};
	return $memory;
}

sub verify
{
	my ($memory, $options) = @_;
	my ($status, $said) = verify_by_both($image, spew('dump', $memory), $options);
	my @lines = split /\n/, $said;
	return ($status, pop @lines // '', @lines);
}

sub agrees
{
	my ($name, $memory, $options, $want) = @_;
	my ($status, $summary, @lines) = verify($memory, $options);
	$summary =~ s/^pvtool: \S+: //;
	ok($status == 0 && !@lines, "$name: all is as it must be") or diag("exit $status\n", map { "$_\n" } @lines);
	is($summary =~ s/, \d+ other bytes: all as they must be$//r, $want, "$name: in words");
}

my $n = @cases;
my ($replaced, $kept) = (17, 9);
is($replaced + $kept, $n, 'each case is replaced or kept');
my $features = join ',', map { sprintf '%x', $_ } @features;
my $called = '9 static_call (5 jmp, 3 call, 1 zero)';
my $branches = "7 jump_label (4 nothing, 3 jmp), $called";
my $counts = "1 paravirt (1 template), $n alternatives ($replaced replaced, $kept kept)";
agrees('one CPU', patched(up => 1), '', "state native, padding p6, locks up, init text there: $counts, 4 smp_locks (3 ds, 1 covered), $branches");
agrees('more CPUs', patched(), '', "state native, padding p6, locks smp, init text there: $counts, 4 smp_locks (3 lock, 1 covered), $branches");
agrees('a CPU that is slow with prefixes', patched(nops => 1), '',
	"state native, padding k10, locks smp, init text there: $counts, 4 smp_locks (3 lock, 1 covered), $branches");
agrees('told so', patched(), "--features $features --locks smp --init there --state native --nops p6",
	"state native, padding p6, locks smp, init text there: $counts, 4 smp_locks (3 lock, 1 covered), $branches");
agrees('init text given up', patched(gone => 1, up => 1), '',
	'state native, padding p6, locks up, init text gone: 1 paravirt (1 template), '
	. "$n alternatives (16 replaced, 9 kept, 1 gone), 4 smp_locks (2 ds, 1 covered, 1 gone), 7 jump_label (3 nothing, 3 jmp, 1 gone), "
	. '9 static_call (5 jmp, 2 call, 1 zero, 1 gone)');
agrees('other features', patched(without => 1, up => 1), '', 'state native, padding p6, locks up, init text there: '
	. "1 paravirt (1 template), $n alternatives (4 replaced, 22 kept), 4 smp_locks (4 ds), $branches");
agrees('the other keys', patched(up => 1, keys => 1), '', "state native, padding p6, locks up, init text there: $counts, "
	. '4 smp_locks (3 ds, 1 covered), 7 jump_label (3 nothing, 4 jmp), ' . $called);
agrees('other functions, in the other version', patched(up => 1, calls => 1), '', "state native, padding p6, locks up, init text there: $counts, "
	. '4 smp_locks (3 ds, 1 covered), 7 jump_label (4 nothing, 3 jmp), 9 static_call (5 jmp, 2 call, 2 zero)');
agrees('nothing patched', $linked, '', 'state linked, padding 486, no features, locks smp, branches linked, calls linked, init text there: '
	. "1 paravirt (1 as linked), $n alternatives ($n as linked), 4 smp_locks (4 lock), 7 jump_label (7 as linked), 9 static_call (9 as linked)");

# Each byte of each site.
my %owner;
for my $i (0 .. $#cases) {
	my $site = $elf->symbol("site$i");
	$owner{ $site + $_ } = [$site, 'alternatives'] for 0 .. $elf->symbol("site${i}_end") - $site - 1;
}
$owner{ $elf->symbol($locks{$_}) } = [$elf->symbol($locks{$_}), 'smp_locks'] for grep { $_ ne 'covered' } keys %locks;
for my $i (0 .. $#branches) {
	my $site = $elf->symbol("branch$i");
	$owner{ $site + $_ } = [$site, 'jump_label'] for 0 .. length(wanted($i, 3, \@branches, 'branch')) - 1;
}
for my $i (0 .. $#calls) {
	my $site = $elf->symbol("call$i");
	$owner{ $site + $_ } = [$site, 'static_call'] for 0 .. 4;
}
for my $up (0, 1) {
	my ($memory, @wrong) = patched(up => $up);
	for my $address (sort { $a <=> $b } keys %owner) {
		my $bytes = $memory;
		poke(\$bytes, $address, peek($bytes, $address, 1) ^ "\x11");
		my ($status, $summary, @lines) = verify($bytes);
		my ($site, $family) = @{ $owner{$address} };
		my ($named) = @lines == 1 ? $lines[0] =~ /^0x(\w{8}) \S+: $family .*: expected .*, found / : ();
		push @wrong, sprintf "0x%08x: exit $status\n%s", $address, join "\n", @lines, $summary
			unless $status == 1 && defined $named && hex $named >= $site && hex $named <= $address;
		last if @wrong > 3;
	}
	is_deeply(\@wrong, [], "each byte of a site that is another one is a line (locks: @{[$up ? 'up' : 'smp']})");
}

# What other mistakes would leave.
sub one_wrong
{
	my ($name, $want, $memory, $options) = @_;
	my ($status, $summary, @lines) = verify($memory, $options);
	ok($status == 1 && @lines == 1 && $lines[0] =~ $want && $summary =~ /: 1 violation$/, $name)
		or diag("exit $status, wanted $want, found:\n", map { "$_\n" } @lines, $summary);
}

sub with
{
	my ($memory, $symbol, $bytes) = @_;
	poke(\$memory, $elf->symbol($symbol), $bytes);
	return $memory;
}

my $up = patched(up => 1);
one_wrong('a lock that stayed', qr/ smp_locks lock: expected 3e \(ds\), found f0 \(as linked\)$/, with($up, 'alone', "\xf0"));
one_wrong('a lock that did not come back', qr/ smp_locks lock: expected f0 \(lock\), found 3e \(ds\)$/,
	with(patched(), 'alone', "\x3e"));
one_wrong('a lock that became a NOP', qr/ smp_locks lock: expected 3e \(ds\), found 90 \(neither lock nor ds\)$/,
	with($up, 'alone', "\x90"));
one_wrong('a lock written into what replaced it', qr/ alternatives xmm2: expected 0f ae f0 .* found 3e ae f0 /,
	with($up, 'site0', "\x3e"));
one_wrong('an alternative that was forgotten',
	qr/ site0\+0x0: alternatives xmm2: expected 0f ae f0 0f 1f 40 00 \(replaced\), found f0 .* \(as linked\)$/,
	with($up, 'site0', peek($linked, $elf->symbol('site0'), 7)));
one_wrong('half an alternative', qr/ alternatives xmm2: expected b8 02 .* found b8 01 /, with($up, 'site1', "\xb8\x01"));
one_wrong('padding that was forgotten', qr/ alternatives xmm2: expected .* found 0f ae f0 90 90 90 90$/,
	with($up, 'site0', "\x0f\xae\xf0\x90\x90\x90\x90"));
one_wrong('padding of another table', qr/ found 0f ae f0 66 66 66 90 \(padding of another table\)$/,
	with($up, 'site0', "\x0f\xae\xf0\x66\x66\x66\x90"));
one_wrong('NOPs that were left', qr/ alternatives xmm: expected 0f 1f 00 \(kept\), found 90 90 90 \(as linked\)$/,
	with($up, 'site3', "\x90\x90\x90"));
one_wrong('the first of two', qr/ alternatives xmm2\/cmov: expected fd 90 \(replaced\), found fc 90$/,
	with($up, 'site7', "\xfc\x90"));
one_wrong('a call that was not moved', qr/ alternatives xmm2: expected e8 /,
	with($up, 'site11', peek($linked, $elf->symbol('new11_0'), 5)));
one_wrong('a branch that did not follow its key', qr/ branch0\+0x0: jump_label unlikely key_off\+0x0: expected e9 .* \(jmp\), found 0f 1f 44 00 00$/,
	with(patched(up => 1, keys => 1), 'branch0', "\x0f\x1f\x44\x00\x00"));
one_wrong('one that did without', qr/ branch2\+0x0: jump_label likely key_on\+0x0: expected 0f 1f 44 00 00 \(nothing\), found e9 /,
	with($up, 'branch2', wanted(2, 4, \@branches, 'branch')));
one_wrong('one that stayed', qr/ branch0\+0x0: jump_label .* found 3e 8d 74 26 00 \(as linked\)$/,
	with($up, 'branch0', peek($linked, $elf->symbol('branch0'), 5)));
one_wrong('one to elsewhere', qr/ branch3\+0x0: jump_label .*: expected e9 .*, found e9 /, with($up, 'branch3', "\xe9\0\0\0\0"));
one_wrong('a call that did not follow its key', qr/ call1\+0x0: static_call call one: expected 2e 2e 2e 31 c0 \(zero\), found e8 /,
	with(patched(up => 1, calls => 1), 'call1', wanted(1, 2, \@calls, 'call')));
one_wrong('a trampoline that did not', qr/ call6\+0x0: static_call trampoline wide: expected e9 .* \(jmp\), found e9 .* \(as linked\)$/,
	with(patched(up => 1, calls => 1), 'call6', wanted(6, 2, \@calls, 'call')));
one_wrong('a call that went ahead', qr/ call4\+0x0: static_call call narrow: expected 2e 2e 2e 31 c0 \(zero\), found e8 /,
	with($up, 'call4', wanted(4, 3, \@calls, 'call')));
one_wrong('a call that stayed', qr/ call1\+0x0: static_call call one: expected e8 .* \(call\), found e8 .* \(as linked\)$/,
	with($up, 'call1', peek($linked, $elf->symbol('call1'), 5)));
one_wrong('nothing, where a result is wide', qr/ call7\+0x0: static_call call wide: expected e8 .* \(call\), found 2e 2e 2e 31 c0/,
	with($up, 'call7', "\x2e\x2e\x2e\x31\xc0"));
one_wrong('a tail call that became a call', qr/ call2\+0x0: static_call jmp one: expected e9 .* \(jmp\), found e8 /,
	with($up, 'call2', "\xe8" . substr wanted(2, 2, \@calls, 'call'), 1));
one_wrong('a byte behind a site', qr/ site0_end\+0x0: no site: expected c3, found c2 \(1 byte\)$/, with($up, 'site0_end', "\xc2"));
one_wrong('a byte that is no poison', qr/ given up: expected cc, found 90 \(1 byte\)$/,
	with(patched(up => 1, gone => 1), 'early', "\x90"));
one_wrong('a word of features', qr/ alternative_state\+0x8: feature word 2: expected 0, found 0x1$/,
	with($up, 'alternative_state', pack 'V10', @features[0, 1], 1, @features[3 .. 9]), "--features $features");

# A state that the kernel is not in.
for my $case (["--features $without", qr/ alternatives xmm2: expected .* \(kept\), found 0f ae f0 /],
	['--locks smp', qr/ smp_locks lock: expected f0 \(lock\), found 3e/], ['--init gone', qr/ given up: expected cc/],
	['--state linked', qr/ paravirt \S+ \S+: expected ff 15 .* \(as linked\), found 3e 3e 3e 3e 3e fa/],
	['--nops k8', qr/ \(padding of another table\)$/],
	['--nops k10', qr/ paravirt \S+ \S+: expected fa 0f 1f 44 00 00 \(template\), found 3e 3e 3e 3e 3e fa \(padding of another table\)$/]) {
	my ($status, undef, @lines) = verify($up, $case->[0]);
	ok($status == 1 && grep({ $_ =~ $case->[1] } @lines), "verify $case->[0] finds that it is not so")
		or diag("exit $status\n", map { "$_\n" } @lines);
}
for my $case (['--locks one', qr/--locks wants up or smp, not "one"/], ['--init x', qr/--init wants there or gone/],
	['--features 1,2', qr/--features wants 10 hexadecimal words/], ["--features $features,1", qr/--features wants/],
	['--features 1,,2,3,4,5,6,7,8,9', qr/--features wants/], ['--features 123456789,0,0,0,0,0,0,0,0,0', qr/--features wants/],
	['--family x', qr/^usage:/]) {
	my ($status, $said) = pvtool("verify $image " . scratch('dump') . " $case->[0]");
	ok($status == 2 && $said =~ $case->[1], "verify $case->[0]") or diag("exit $status: $said");
}

# What alternatives are applied for is known from memory, or told.
{
	my $short = substr $up, 0, $elf->symbol('alternative_state') - $base + 39;
	my ($status, $summary) = verify($short);
	ok($status == 2 && $summary =~ /does not hold alternative_state: --features has to say/, 'a dump without the features')
		or diag("exit $status: $summary");
	is((verify($short, "--features $features"))[0], 0, 'but told of them it is as good');
}

# sites: a listing for each family.
{
	my ($status, $said) = pvtool("sites $image");
	is($status, 0, 'sites of all families');
	is(scalar(() = $said =~ /^0x\w{8}  /mg), $n + 21, 'has a line for each');
	for my $i (grep { $cases[$_][3] ne $cases[$_][4] } 0 .. $#cases) {
		my @want = map { hex_of(substr $_, 0, 15) . (length $_ > 15 ? '...' : '') } map { wanted($i, $_) } 3, 4;
		ok(grep({ $said =~ /^0x\w{8}  site$i\+0x0 .*: \Q$_\E  /m } @want), "with what may stand there: $cases[$i][0]");
	}
	like($said, qr/^0x\w{8}  site0\+0x0  +alternatives  xmm2  +7 +lock addl \$0x0, \(%esp\); nop x2 +xmm2: 0f ae f0 .*mfence; 4 of padding/m,
		'an alternative\'s line');
	like($said, qr/^0x\w{8}  site7\+0x0 .* xmm2\/cmov .* xmm2: fc 90  cld; 1 of padding +cmov: fd 90  std; 1 of padding/m,
		'one with two replacements');
	like($said, qr/^0x\w{8}  site4\+0x0 +alternatives  !erms  .*  !erms: fc 66 90  cld; 2 of padding/m, 'a negated feature');
	like($said, qr/^0x\w{8}  alone\+0x0  +smp_locks  +lock  +1 +lock inc \(%esi\) +3e ff 06  inc %ds:\(%esi\)\n/m, 'a lock\'s line');
	like($said, qr/^0x\w{8}  branch3\+0x0  +jump_label  +unlikely key_on\+0x0  +5 +jmp 0x100000 .* +0f 1f 44 00 00 .* +e9 \S\S .*jmp 0x100000 /m, 'a branch\'s line');
	like($said, qr/^0x\w{8}  call1\+0x0  +static_call  +call one  +5 +call 0x\w+ .* +e8 \S\S .*call 0x100000 .* +2e 2e 2e 31 c0 /m, 'a call\'s line');
	like($said, qr/^0x\w{8}  call6\+0x0  +static_call  +trampoline wide  +5 +jmp 0x100002 /m, 'a trampoline\'s line');
	like($said, qr/^pvtool: \S+: 1 paravirt, $n alternatives, 4 smp_locks, 7 jump_label, 9 static_call, 0 refused, padding p6$/m, 'and the sum');
	for my $family ('paravirt', 'alternatives', 'smp_locks', 'jump_label', 'static_call') {
		($status, $said) = pvtool("sites $image --family $family");
		my @lines = grep { /^0x/ } split /\n/, $said;
		ok($status == 0 && @lines && !grep({ !/ $family / } @lines), "sites --family $family");
	}
	($status, $said) = pvtool("sites $image --family x");
	ok($status == 2 && $said =~ /no family x, only paravirt relocs alternatives smp_locks jump_label static_call$/m, 'sites --family x');
}

# list and diff: a comment for each site.
{
	my $dump = spew('dump', $up);
	my ($status, $said) = pvtool("list $image $dump");
	like($said, qr/mfence +# alternatives xmm2, was lock addl \$0x0, \(%esp\); nop x2; smp_locks lock$/m, 'list names what a site was')
		or diag(grep { /mfence/ } map { "$_\n" } split /\n/, $said);
	like($said, qr/inc %ds:\(%esi\) +# smp_locks lock, was lock inc \(%esi\)$/m, 'and a lock\'s instruction');
	like($said, qr/xor %eax, %eax +# static_call call narrow, was call 0x\w+ .*$/m, 'and whose call it is');
	($status, $said) = pvtool("diff $image $dump --function site0");
	like($said, qr/lock addl .*\| .*mfence +# alternatives xmm2; smp_locks lock$/m, 'diff names the family and the record');
	($status, $said) = pvtool("diff $image " . spew('dump', patched(gone => 1)));
	like($said, qr/^0x\w{8} \w+: given up$/m, 'and does not disassemble poison');
}

both_agree('each dump here');

done_testing;
