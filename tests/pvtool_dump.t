#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The kernel's own word that it patched itself rightly is not proof: here QEMU saves the memory of a
# kernel that ran, and pvtool verify, which shares no code with it, says whether every byte of code is
# what it must be; with each table of padding, each back end, and unpatched. Then it must find each
# byte that was changed, wherever it is. (Damaged images and dumps: pvtool_damage.t.) PVTOOL names another pvtool.
use strict;
use warnings;
use Pedant;
use Pedant::Families;
use Pedant::Manifest;
use Pedant::Pvtool;
use Pedant::Share;
use Test::More;

my $elf = kernel_elf();
my $image = $elf->path;

# What a dump has to hold: from the image's first byte to the last of code, of pv_ops, of the features that
# alternatives were applied for, of static keys and static calls.
my $base = $elf->symbol('_image');
my $ops = $elf->symbol('pv_ops');
my ($end) = sort { $b <=> $a } $elf->symbol('_etext_all'), $ops + $elf->symbol_size('pv_ops'),
	$elf->symbol('alternative_state') + 40, $elf->symbol('pv_present') + 4,
	map({ $_->{key} + 16 } Pedant::Families::branches($elf)), map { $_->{key} + 20 } Pedant::Families::calls($elf);

# Sites that are still there when the kernel is at its end.
my ($init, $init_end) = map { $elf->symbol($_) } qw(_init_text _init_text_end);
sub stays { return $_[0] < $init || $_[0] >= $init_end }
my @records = sort { $a->{instr} <=> $b->{instr} } grep { stays($_->{instr}) } $elf->records;
my @alternatives = grep { stays($_->{at}) } Pedant::Families::alternatives($elf);
my @locks = grep { stays($_) } Pedant::Families::locks($elf);
my @calls = sort { $a->{at} <=> $b->{at} } grep { stays($_->{at}) } Pedant::Families::calls($elf);
my @branches = sort { $a->{at} <=> $b->{at} } grep { stays($_->{at}) } Pedant::Families::branches($elf);

# verify of a dump given as bytes: the status, the violations' lines, the summary.
sub verify
{
	my ($bytes, $options) = @_;
	my ($status, $said) = verify_by_both($image, spew('dump', $bytes), $options);
	my @lines = split /\n/, $said;
	my $summary = pop @lines // '';
	return ($status, [ grep { !/^pvtool: / } @lines ], $summary);
}

# Boot, wait for the end, save memory. The kernel's counts: of the last pass that followed CPUs as they came
# and went, or of those at boot.
sub dump_of
{
	my ($name, %args) = @_;
	# With as many CPUs the first one has run all self-tests by then.
	my $some = selftests($args{smp} // 1);
	my $held = boot_and_hold(name => $name, %args, ($args{cmdline} // '') =~ /selftest/ ? () : (cmdline => join ' ', grep {length} $args{cmdline} // '', $some));
	ok($held->reached, "$name: the kernel reaches its end") or diag($held->describe), return;
	my $bytes = $held->pmemsave($base, $end - $base);
	my %pass = map { $_->{family} => $_ } sort { !!$a->{to} <=> !!$b->{to} } $held->events('pass');
	$held->quit;
	return ($bytes, \%pass);
}

# verify's words, and the kernel's for the same in its events. It does not say how many records it kept
# because a lock was in a site that was replaced.
my %kind = (
	paravirt => { template => 'inline', call => 'call', jmp => 'jmp', nothing => 'nop', ud2 => 'trap',
		'as linked' => 'kept' },
	alternatives => { replaced => 'inline call jmp nop', kept => 'kept' },
	smp_locks => { ds => 'inline', 'lock covered' => 'kept' },
	jump_label => { 'nothing jmp' => 'nop jmp' }, # keys have changed since
	static_call => { 'zero call jmp' => 'inline call jmp' }, # and these
);

sub sum { my ($of, $words) = @_; my $sum = 0; $sum += $of->{$_} // 0 for split ' ', $words; return $sum }

# The counts of a family in verify's summary are those of the kernel's event, less what has gone since.
sub counts_agree
{
	my ($name, $family, $summary, $pass) = @_;
	my ($text) = $summary =~ / \d+ $family \((.*?)\)/;
	my %found = map { reverse /^(\d+) (.*)$/ } split /, /, $text // '';
	my @missing = map { sum($pass, $kind{$family}{$_}) - ($found{$_} // sum(\%found, $_)) } keys %{ $kind{$family} };
	my $gone = ($found{gone} // 0) - ($pass->{gone} // 0);
	my $sum = 0;
	$sum += $_ for @missing;
	ok(%found && $sum == $gone && !grep({ $_ < 0 } @missing), "$name: $family: of each kind there are as many as the kernel says")
		or diag("$summary\nand the kernel: ", join ', ', map { "$_ $pass->{$_}" } sort keys %$pass);
}

# The dump, if it is what a kernel in this state must look like.
sub agrees
{
	my ($name, $want, %args) = @_;
	my ($bytes, $pass) = dump_of($name, %args) or return;
	my ($status, $lines, $summary) = verify($bytes);
	ok($status == 0 && !@$lines && $summary =~ /: state $want: .*: all as they must be$/,
		"$name: every byte of code is what it must be: $want") or diag("exit $status\n", map { "$_\n" } @$lines, $summary);
	counts_agree($name, $_, $summary, $pass->{$_}) for sort keys %kind;
	return $bytes;
}

my %dump;
my %padding = (qemu32 => 'p6', 486 => '486', athlon => 'k7', Opteron_G1 => 'k8');
for my $cpu (sort keys %padding) {
	$dump{$cpu} = agrees($cpu, "native, padding $padding{$cpu}, locks up.*", cpu => $cpu);
	agrees("$cpu-unpatched", "linked, padding $padding{$cpu}, locks up.*", cpu => $cpu, cmdline => 'noreplace-paravirt');
}
for my $backend (grep { $elf->has_symbol("pv_${_}_ops") } qw(soft trace)) {
	$dump{$backend} = agrees($backend, "$backend, padding p6, locks up.*", cmdline => "pv=$backend");
	agrees("$backend-direct", "$backend without templates, padding p6, .*", cmdline => "pv=$backend noinline-paravirt") if $backend eq 'soft';
	agrees("$backend-unpatched", 'linked, .*', cmdline => "pv=$backend noreplace-paravirt");
}
agrees('direct', 'native without templates, padding p6, locks up.*', cmdline => 'noinline-paravirt');
agrees('noreplace-smp', 'native, .*, locks smp.*', cmdline => 'noreplace-smp');
$dump{smp} = agrees('smp', 'native, .*, locks smp.*', smp => 2);
agrees('maxcpus', 'native, .*, locks up.*', smp => 2, cmdline => 'maxcpus=1');
my $clean = $dump{qemu32} // BAIL_OUT('no dump to go on with');

# A state that the kernel is not in.
for my $case (['--state linked', qr/expected ff [12]5 .* \(as linked\), found/],
	['--nops k8', qr/expected .* found .* \(padding of another table\)$/],
	map({ ["--state $_", qr/^0x\w{8} pv_ops\+0x\w+: \w+\.\w+: expected 0x\w+, found 0x\w+ \(\w+\+0x0\)$/] }
		grep { $dump{$_} } qw(soft trace))) {
	my ($status, $lines) = verify($clean, $case->[0]);
	ok($status == 1 && grep({ $_ =~ $case->[1] } @$lines), "verify $case->[0] finds that it is not so")
		or diag("exit $status: ", $lines->[0] // 'nothing');
}
is((verify($clean, '--state native --nops p6 --base ' . $base))[0], 0, 'nor does it when told what is so');
{
	my ($status, $lines, $summary) = verify($elf->bytes($base, $elf->symbol('_etext_all') - $base)
		. "\0" x ($end - $elf->symbol('_etext_all')));
	ok($status == 1 && grep({ /^0x\w{8} pv_ops\+0x0: none of \d+ slots has a function$/ } @$lines),
		'a pv_ops of zeros is nobody\'s') or diag("exit $status: $summary");
}

# Single bytes. Each must give one line, and that names the place. Those that are far from each other share a dump.
use constant { FAR => 16, MANY => 20 };

sub flipped
{
	my @addresses = @_;
	my $bytes = $clean;
	substr($bytes, $_ - $base, 1) ^= "\x10" for @addresses;
	return $bytes;
}

# [ [ address, place named, what ], ... ] with no two near each other, as few of these as that takes.
sub apart
{
	my @flips = sort { $a->[0] <=> $b->[0] } @_;
	my @sets;
	for my $flip (@flips) {
		my ($set) = grep { @$_ < MANY && $flip->[0] - $_->[-1][0] >= FAR && $flip->[1] != $_->[-1][1] } @sets;
		push @sets, $set = [] if !$set;
		push @$set, $flip;
	}
	return @sets;
}

sub found_all
{
	my ($lines, @flips) = @_;
	return @$lines == @flips && !grep {
		index($lines->[$_], sprintf '0x%08x ', $flips[$_][1]) != 0 || $lines->[$_] !~ $flips[$_][2]
	} 0 .. $#flips;
}

# Of a kind that has hundreds, make test asks for each third.
use constant EACH => share(30) == 30 ? 1 : 3;

sub finds_each
{
	my ($name, @flips) = @_;
	@flips = @flips[ map { EACH * $_ } 0 .. $#flips / EACH ] if @flips > 100;
	for my $set (apart(@flips)) {
		my ($status, $lines, $summary) = verify(flipped(map { $_->[0] } @$set));
		next if $status == 1 && found_all([ sort @$lines ], sort { $a->[1] <=> $b->[1] } @$set)
			&& $summary =~ /: @{[ scalar @$set ]} violations?$/;
		fail($name);
		diag(sprintf 'flips at %s: exit %d, wanted a line for each like %s, found:', join(' ', map { sprintf '0x%08x', $_->[0] } @$set),
			$status, $set->[0][2]);
		diag($_) for @$lines, $summary;
		return;
	}
	cmp_ok(scalar @flips, '>', 0, "$name (" . scalar(@flips) . ' flips)');
}

my %in_site = map { ($_ => 1) } @locks;
for my $site (map({ [$_->{instr}, $_->{len}] } @records), map { [$_->{at}, $_->{len}] } @alternatives, @branches, @calls) {
	$in_site{ $site->[0] + $_ } = 1 for 0 .. $site->[1] - 1;
}
finds_each('the first byte of each site', map {
	[ $_->{instr}, $_->{instr}, qr/: paravirt \w+\.\w+: expected .* found / ] } @records);
finds_each('the last byte of each site, mostly padding', map {
	[ $_->{instr} + 5, $_->{instr}, qr/: paravirt \w+\.\w+: expected .* found / ] } @records);
my %inside = map { my $r = $_; map { ($r->{at} + $_ => 1) } 0 .. $r->{len} - 1 } @alternatives;
finds_each('the first byte of each alternative that holds no lock', map {
	[ $_->{at}, $_->{at}, qr/: alternatives \S+: expected .* found / ] } grep { my $r = $_; !grep { $_ == $r->{at} } @locks } @alternatives);
finds_each('each lock prefix that lies in no alternative', map { [ $_, $_, qr/: smp_locks lock: expected 3e / ] }
	grep { !$inside{$_} } @locks);
my $branch = qr/: jump_label (?:un)?likely .*: expected .* found /;
finds_each('the first byte of each branch', map { [ $_->{at}, $_->{at}, $branch ] } @branches);
finds_each('the last byte of each branch', map { [ $_->{at} + $_->{len} - 1, $_->{at}, $branch ] } @branches);
finds_each('the first byte of each static call', map { [ $_->{at}, $_->{at}, qr/: static_call \w+ \w+: expected .* found / ] } @calls);
finds_each('the last byte of each static call', map { [ $_->{at} + 4, $_->{at}, qr/: static_call \w+ \w+: expected .* found / ] } @calls);
finds_each('the byte before a site', map { [ $_, $_, qr/: no site: expected \w\w, found \w\w \(1 byte\)$/ ] }
	grep { !$in_site{$_} } map { $_->{instr} - 1 } @records);
finds_each('the byte behind a site', map { [ $_, $_, qr/: no site: expected \w\w, found \w\w \(1 byte\)$/ ] }
	grep { !$in_site{$_} } map { $_->{instr} + 6 } @records);
# All that is read-only: what lies between sections, the last byte of code's last page, tables, constants.
{
	my @sections = sort { $a->{addr} <=> $b->{addr} } grep { $_->{addr} >= $base && $_->{addr} < $elf->symbol('_rodata_end') } $elf->sections;
	my @gaps = map { [ $sections[$_]{addr} + $sections[$_]{size}, $sections[ $_ + 1 ]{addr} - 1 ] } 0 .. $#sections - 1;
	finds_each('the first and last byte of each gap', map { [ $_, $_, qr/: no site: expected / ] }
		map { @$_ } grep { $_->[0] < $_->[1] } @gaps);
	finds_each('and of each read-only section', map { [ $_, $_, qr/: (?:no site|given up): / ] }
		grep { !$in_site{$_} } map { ($_->{addr}, $_->{addr} + $_->{size} - 1) } grep { $_->{size} } @sections);
	my ($code, $rodata) = grep { !($_->{flags} & 2) } $elf->segments;
	is(($_->{vaddr} + $_->{memsz}) % 4096, 0, 'a read-only segment ends with a page') for $code, $rodata;
}
for my $section (grep { $_->{flags} & 4 && $_->{name} ne '.text' } $elf->sections) {
	my $last = $section->{addr} + $section->{size} - 1;
	finds_each("first and last byte of $section->{name}",
		map { [ $_, $_, qr/: (?:no site|given up): / ] } grep { !$in_site{$_} } $section->{addr}, $last);
}

# Sites as other mistakes would leave them.
sub one_site_wrong
{
	my ($name, $want, $bytes) = @_;
	my ($status, $lines) = verify($bytes);
	ok($status == 1 && @$lines == 1 && $lines->[0] =~ $want, $name)
		or diag("exit $status, wanted $want, found:\n", map { "$_\n" } @$lines);
}

my ($site) = grep { substr($clean, $_->{instr} - $base, 6) =~ /^\x3e{5}\xfa/ } @records;
my $at = $site->{instr} - $base;
my $place = sprintf '0x%08x', $site->{instr};
one_site_wrong('a site that was forgotten', qr/^$place .*: expected 3e 3e 3e 3e 3e fa .* found ff 15 .* \(as linked\)$/,
	$clean =~ s/^(.{$at}).{6}/$1 . $elf->bytes($site->{instr}, 6)/ser);
one_site_wrong('padding of another table', qr/^$place .* found fa 66 66 66 66 90 \(padding of another table\)$/,
	$clean =~ s/^(.{$at}).{6}/$1\xfa\x66\x66\x66\x66\x90/sr);
one_site_wrong('padding of a table with the same NOPs', qr/^$place .* found fa 0f 1f 44 00 00 \(padding of another table\)$/,
	$clean =~ s/^(.{$at}).{6}/$1\xfa\x0f\x1f\x44\x00\x00/sr);
one_site_wrong('a prefix too few', qr/^$place .* expected 3e 3e 3e 3e 3e fa \(template\), found 3e 3e 3e 3e fa 90$/,
	$clean =~ s/^(.{$at}).{6}/$1\x3e\x3e\x3e\x3e\xfa\x90/sr);
one_site_wrong('another prefix', qr/^$place .* found 3e 3e 2e 3e 3e fa$/,
	$clean =~ s/^(.{$at}).{6}/$1\x3e\x3e\x2e\x3e\x3e\xfa/sr);
one_site_wrong('padding by single bytes', qr/^$place .* found fa 90 90 90 90 90$/,
	$clean =~ s/^(.{$at}).{6}/$1\xfa\x90\x90\x90\x90\x90/sr);

# Dumps that are too short or elsewhere, and words that pvtool does not know.
for my $case (['short', substr $clean, 0, 1000], ['empty', ''], ['one byte short of pv_ops',
	substr $clean, 0, $ops + $elf->symbol_size('pv_ops') - 1 - $base]) {
	my ($status, undef, $summary) = verify($case->[1]);
	ok($status == 2 && $summary =~ /^pvtool: \S+: 0x?\w* bytes from 0x\w{8} do not hold \S+, 0x/,
		"a dump that is $case->[0]") or diag("exit $status: $summary");
}
my $dump = spew('dump', $clean);
for my $case (['--base 0x200000', qr/do not hold/], ['--base 12x', qr/an address of 32 bits/],
	['--base 0x100000000', qr/an address of 32 bits/], ['--state zen', qr/no back end zen/],
	['--nops p5', qr/486, p6, k7, k8 or k10/], ['--base', qr/^usage:/], ['--function x', qr/^usage:/],
	['x', qr/^usage:/]) {
	my ($status, $said) = pvtool("verify $image $dump $case->[0]");
	ok($status == 2 && $said =~ $case->[1], "verify $case->[0]") or diag("exit $status: $said");
}

# What the usage says: every command, and a dump that is long enough.
{
	my ($status, $said) = pvtool('--help');
	my ($from, $size) = map { hex } $said =~ /pmemsave (0x\w+) (0x\w+) /;
	ok($status == 0 && ($from // 0) == $base && $from + $size >= $elf->symbol('_image_end'), 'the usage\'s dump is all of the image')
		or diag("exit $status: $said");
	my @commands = $said =~ /^  pvtool (\w+)/mg;
	my @unknown  = grep { my $name = $_; !grep { (pvtool("$name $_"))[1] !~ /^usage:/ } 'nonesuch', 'nonesuch nonesuch' } @commands;
	is_deeply(\@unknown, [], 'and each of the ' . @commands . ' commands is one');
	like((pvtool('nonesuch nonesuch'))[1], qr/^usage:/, 'another one is none');
}

# diff and list, for people.
{
	my ($status, $said) = pvtool("diff $image $dump");
	my $changed = () = $said =~ /^ *\w+  ff [12]5 .* \| .*  # paravirt \w+\.\w+$/mg;
	ok($status == 1 && $changed == @records, 'diff marks each site and names its op')
		or diag("exit $status, $changed of " . @records);
	my ($function) = $said =~ /^0x\w{8} (\w+)\n(?:[^0\n].*\n)*? *\w+  ff [12]5 .* \| .*  # paravirt/m;
	($status, $said) = pvtool("diff $image $dump --function $function");
	ok($status == 1 && $said =~ /^0x\w{8} $function\n/ && $said =~ /: 1 function,/, 'diff of one function');
	is((pvtool("diff $image $dump --function nonesuch"))[0], 2, 'diff of a function that is not there');

	($status, $said) = pvtool("list $image $dump");
	$changed = () = $said =~ /^ *\w+:\t.*  # paravirt \w+\.\w+, was (call|jmp) \*0x\w+ <pv_ops\+0x\w+>$/mg;
	ok($status == 0 && $changed == @records, 'list names each site, and what it was')
		or diag("exit $status, $changed of " . @records);
	unlike($said, qr/^.*\(bad\).*$/m, 'and all of it is instructions');
	($status, $said) = pvtool("list $image --function $function");
	ok($status == 0 && $said =~ /^\w+ <$function>:$/m && $said =~ /  # (?:paravirt|alternatives|smp_locks)\b/m, 'list of the file alone');
	is((pvtool("list $image --function nonesuch"))[0], 2, 'list of a function that is not there');
	my $native = build_dir() . '/pedant-native.elf';
	SKIP: {
		skip 'no native image was built', 1 unless -e $native;
		($status, $said) = pvtool("list $native --function kernel_main");
		ok($status == 0 && $said =~ /^\w+ <kernel_main>:$/m, 'list of an image that has no sites')
			or diag("exit $status: $said");
	}
	($status, $said) = pvtool("sites $image");
	my $lines = () = $said =~ /^0x\w{8}  \S+ +paravirt +\w+\.\w+ +6 +(?:call|jmp) \*/mg;
	is($lines, scalar(() = $elf->records), 'sites has a line a site');
	my @lines = split /\n/, $said;
	like($lines[0], qr/^address +symbol +family +record +len +as linked +native\b/, 'and a column a back end');
}

both_agree('each dump here');

done_testing;
