#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The tests' own library, by itself: what judges memory and files. A dump of a good boot has nothing wrong; with
# one byte changed, in each kind of place, there is a sentence that names it. And the readers of ELF files, of
# QEMU's log and answers, and the makers of firmware tables, each with what is broken.

use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Test2::API qw(intercept);
use Test::More;
use Pedant;
use Pedant::Elf;
use Pedant::Families;
use Pedant::File;
use Pedant::Loader;
use Pedant::Monitor;
use Pedant::Native;
use Pedant::Tables;
use Pedant::Trace;

my $dir = tempdir(CLEANUP => 1);
my $elf = kernel_elf();
my ($start, $size) = ($elf->symbol('_image'), $elf->symbol('_etext_all') - $elf->symbol('_image'));

sub spew {
    my ($path, @text) = @_;
    return Pedant::File::spew("$dir/$path", @text);
}

sub dies { my ($check) = @_; return eval { $check->(); 1 } ? '' : $@ }

# ---- text in memory

my %ops  = Pedant::Native::ops_by_type('pv/ops.def');
my $held = boot_and_hold(name => 'held', cmdline => 'selftest=off');
ok($held->reached, 'a boot to judge') or BAIL_OUT($held->describe);
my $text  = $held->pmemsave($start, $size);
my $slots = $held->pmemsave($elf->symbol('pv_ops'), $elf->symbol_size('pv_ops'));

sub wrong {
    my ($dump, %rest) = @_;
    my @wrong = Pedant::Families::judge($elf, $held, $start, \$dump, $rest{prefix});
    return @wrong, Pedant::Native::differences($elf, $start, $dump, nops => $rest{nops} // 'p6', ops => \%ops,
        slots => $slots, linked => $rest{linked} // {});
}

sub count_wrong { my @wrong = wrong(@_); return scalar @wrong }
sub with { my ($at, $bytes) = @_; my $dump = $text; substr($dump, $at - $start, length $bytes) = $bytes; return $dump }
sub byte_at { my ($at) = @_; return substr $text, $at - $start, 1 }

sub sees {
    my ($what, $at, $bytes, $named) = @_;
    my @wrong = wrong(with($at, $bytes));
    my $address = sprintf '%08x', $named // $at;
    ok(scalar(grep {/^$address /} @wrong), "$what: seen, and named") or diag "$address\n", map {"$_\n"} @wrong;
    return;
}

is_deeply([ wrong($text) ], [], 'nothing is wrong in a good boot');
my @records = grep { !$elf->is_init($_->{instr}) } $elf->records;
my %site    = map { $ops{ $_->{type} } => $_->{instr} } @records;

# Of all of these places the same byte at once; the places that a sentence begins with.
sub changed {
    my ($i, @places) = @_;
    my $dump = $text;
    substr($dump, $_ + $i - $start, 1) ^= "\x01" for @places;
    return $dump;
}
sub named { return map { $_ => 1 } map {/^([0-9a-f]{8}) /} @_ }

my %seen;
for my $i (0 .. 5) {
    my %named = named(wrong(changed($i, values %site)));
    $seen{$_} .= $i for grep { $named{ sprintf '%08x', $site{$_} } } keys %site;
}
is($seen{$_}, '012345', "a site of $_: each of its bytes is seen") for sort keys %site;
sees('a site as linked', $site{read_cr0}, $elf->bytes($site{read_cr0}, 6));
is_deeply([ wrong(with($site{read_cr0}, $elf->bytes($site{read_cr0}, 6)), linked => { $site{read_cr0} => 1 }) ], [],
    'but not where it must be as linked');
cmp_ok(count_wrong($text, linked => { $site{read_cr0} => 1 }), '>', 0, 'where a patched one is wrong');
cmp_ok(count_wrong($text, nops => $_), '>', 100, "with the NOPs of $_ most sites would be wrong") for qw(486 k7 k8 k10);

my @locks = grep { !$elf->is_init($_) } Pedant::Families::locks($elf);
my ($lock) = grep { byte_at($_) eq "\x3e" } @locks;
sees('a lock prefix that is LOCK', $lock, "\xf0");
sees('one that is something else', $lock, "\x90");
cmp_ok(count_wrong($text, prefix => 0xf0), '>', 10, 'with several CPUs all of them would be wrong');
my ($all, $covered) = Pedant::Families::count_locks($elf, $held);
is($all, scalar Pedant::Families::locks($elf), 'all of them are counted');
is($covered + grep({ byte_at($_) eq "\x3e" } @locks) + grep({ $elf->is_init($_) } Pedant::Families::locks($elf)), $all,
    'and those in replaced text');

my (%replaced, %kept);
for my $alt (grep { !$elf->is_init($_->{at}) } Pedant::Families::alternatives($elf)) {
    my $is = substr $text, $alt->{at} - $start, $alt->{len};
    my $set = $is eq $elf->bytes($alt->{at}, $alt->{len}) ? \%kept : \%replaced;
    $set->{ $alt->{at} } = $alt->{len};
}
cmp_ok(scalar keys %$_, '>', 5, 'there are alternatives of both kinds') for \%replaced, \%kept;
for my $case ([ 'a replaced alternative', \%replaced ], [ 'one as linked', \%kept ]) {
    my ($what, $set) = @$case;
    my ($longest) = sort { $b <=> $a } values %$set;
    my ($bytes, @missed) = (0);
    for my $i (0 .. $longest - 1) {
        my @places = sort grep { $set->{$_} > $i } keys %$set;
        my $dump   = changed($i, @places);
        my %named  = named(Pedant::Families::judge($elf, $held, $start, \$dump));
        push @missed, map { sprintf '%08x+%d', $_, $i } grep { !$named{ sprintf '%08x', $_ } } @places;
        $bytes += @places;
    }
    is_deeply(\@missed, [], "$what: each of $bytes bytes is seen");
}
my ($from) = map { $elf->symbol($_) } qw(_init_text);
ok(scalar(grep {/^1 bytes of init text are not poison$/} wrong(with($from + 5, "\x00"))), 'init text that is not poison is seen');
sees('a byte that is no site', $elf->symbol('kernel_main') < $from ? $elf->symbol('kernel_main') : $elf->symbol('_pv_text'), "\x01");
{
    my $dump = with($elf->symbol('_pv_text'), "\x01" x 30);
    my @stray = grep {/no site there|bytes more/} wrong($dump);
    is(scalar @stray, 11, 'of many bytes the first ten are listed');
    like($stray[-1], qr/^and 1\d|^and 20 bytes more$/, 'and the others are counted');
}
$held->quit;

# ---- the NOPs

my %NOPS = ('GenuineIntel 4' => '486', 'GenuineIntel 5' => '486', 'GenuineIntel 6' => 'p6', 'GenuineIntel 15' => 'p6',
    'AuthenticAMD 5' => '486', 'AuthenticAMD 6' => 'k7', 'AuthenticAMD 15' => 'k8', 'AuthenticAMD 16' => 'k10', 'AuthenticAMD 21' => 'k10', 'AuthenticAMD 22' => 'k10',
    'AuthenticAMD 23' => 'p6', 'AuthenticAMD 25' => 'p6',
    'CyrixInstead 6' => '486');
is(Pedant::Native::nops_for(split ' ', $_), $NOPS{$_}, "$_ has the NOPs of $NOPS{$_}") for sort keys %NOPS;
for my $nops (qw(486 p6 k7 k8 k10)) {
    my $code = join '', map { Pedant::Native::padding($_, $nops) } 1 .. 20;
    is(length $code, 210, "$nops: paddings have the length that was asked for");
    my @lines = grep {/^\s+[0-9a-f]+:\t/} `objdump -D -b binary -m i386 --no-show-raw-insn @{[ spew('nops', $code) ]}`;
    my $max = $nops =~ /486|k7/ ? 8 : 9;
    my $sum = 0;
    $sum += int(($_ + $max - 1) / $max) for 1 .. 20;
    is(scalar @lines, $sum, "$nops: as few instructions as can be");
    is_deeply([ grep { !/\t(?:data16 |cs )*(?:nop|xchg +%ax,%ax|mov +%(e\w\w),%\g{-1}$|lea .*%(e\w\w)(?:,%eiz)?(?:,1)?\),%\g{-1}$)/ } @lines ], [],
        "$nops: none changes anything");
}

# A template, and a site of six bytes with it, or of five: what comes back, and what does not.
for my $case ([ 'fa', 'p6', 1, '3e3e3e3e3efa' ], [ 'fa', 'k10', 1, 'fa0f1f440000' ], [ 'fa', '486', 1, 'fa3e8d742600' ],
    [ 'fa', 'k7', 1, 'fa3e8d442000' ], [ 'fa', 'k8', 1, 'fa6666666690' ], [ 'cf', 'p6', 0, 'cf0f1f440000' ],
    [ '9c58', 'p6', 1, '3e3e3e3e9c58' ], [ '0f20d80f22d8', 'p6', 1, '0f20d80f22d8' ], [ '8b442404', 'p6', 1, '8b4424046690' ],
    [ '8b4504', 'p6', 1, '8b45040f1f00' ], [ '8b04ab', 'p6', 1, '3e3e3e8b04ab' ], [ '660f00d8', 'p6', 1, '660f00d86690' ],
    [ 'ffd0', 'p6', 1, 'ffd00f1f4000' ], [ 'fac3', 'p6', 1, '3e3e3efac3', 5 ], [ 'fac3', 'k10', 1, 'fac30f1f00', 5 ]) {
    my ($template, $nops, $comes_back, $site, $len) = @$case;
    is(unpack('H*', Pedant::Native::template_bytes(pack('H*', $template), $nops, $comes_back, $len)), $site, "$template of $nops becomes $site");
}

# ---- ELF

is($elf->bytes($elf->symbol('_pv_text'), 4), substr($elf->bytes($elf->symbol('_pv_text') - 4, 12), 4, 4), 'bytes by address');
is($elf->u32($elf->symbol('__pv_index')), unpack('V', $elf->bytes($elf->symbol('__pv_index'), 4)), 'a word');
like($elf->bytes($elf->symbol('__pv_index'), 4), qr/^PVI/, 'where the index begins');
like(dies(sub { $elf->bytes(0, 4) }), qr/has no bytes at 0x00000000/, 'no bytes there');
like(dies(sub { $elf->symbol('no_such_symbol') }), qr/has no symbol/, 'no such symbol');
ok($elf->has_symbol('pv_ops') && !$elf->has_symbol('no_such_symbol'), 'has it a symbol?');
is($elf->function_at($elf->symbol('kernel_main') + 1), 'kernel_main', 'an address has the name of its function');
is($elf->function_at(0x1000), undef, 'one that is in none has not');
is(scalar $elf->records, ($elf->symbol('__parainstructions_end') - $elf->symbol('__parainstructions')) / 8, 'all records');
ok($elf->is_init($from) && !$elf->is_init($from - 1) && !$elf->is_init($elf->symbol('_init_text_end')), 'init text has two ends');
{
    my $copy = Pedant::Elf->new($elf->write_copy("$dir/copy.elf", [ $from => 'abc' ], [ $from + 8 => 'x' ]));
    is($copy->bytes($from, 10), 'abc' . $elf->bytes($from + 3, 5) . 'x' . $elf->bytes($from + 9, 1), 'a copy has what was changed');
    my ($was, $is) = map { Pedant::Run::slurp($_) } $elf->path, "$dir/copy.elf";
    is(length $is, length $was, 'and the same length');
    cmp_ok(scalar(grep { substr($was, $_, 1) ne substr($is, $_, 1) } $elf->offset_of($from) - 64 .. $elf->offset_of($from) + 64), '<=', 4,
        'and nothing else');
    like(dies(sub { $elf->write_copy("$dir/copy.elf", [ 0 => 'x' ]) }), qr/no bytes at 0x00000000 to change/, 'what is not there is not changed');
    like(dies(sub { Pedant::Elf->new(spew('short', substr $was, 0, 100)) }), qr/is truncated/, 'a short file');
    like(dies(sub { Pedant::Elf->new(spew('other', "\x7fELF\x02" . substr $was, 5)) }), qr/is not an ELF32/, 'another class');
    my $machine = $was;
    substr($machine, 18, 2) = pack 'v', 62;
    like(dies(sub { Pedant::Elf->new(spew('other', $machine)) }), qr/is not an ELF32/, 'another machine');
    like(dies(sub { Pedant::Elf->new("$dir/nothing") }), qr/No such file/, 'no file');
}

# ---- made-up memory

{
    my $blob = blob(1, 2, INFO, 'info', MAP, 'map');
    is(unpack('V', $blob), 1, 'eax');
    is(unpack('x4 V', $blob), 2, 'ebx');
    is(substr($blob, INFO - BLOB, 4), 'info', 'a piece');
    is(substr($blob, MAP - BLOB, 3), 'map', 'another one');
    is(length $blob, MAP - BLOB + 3, 'and no more');
    my %pieces = information(mem_lower => 77, cmdline_text => 'hello');
    my @words = unpack 'V*', $pieces{ +INFO };
    is($words[0] & (HAS_MEMORY | HAS_CMDLINE | HAS_MAP | HAS_NAME | HAS_MODULES), HAS_MEMORY | HAS_CMDLINE | HAS_MAP | HAS_NAME, 'flags');
    is($words[1], 77, 'a member that was changed');
    is($words[4], CMDLINE, 'the command line is where it is');
    is($words[11], length $pieces{ +MAP }, 'the map has its length');
    is($words[12], MAP, 'and place');
    is($words[16], NAME, 'the name is at the end');
    is($pieces{ +CMDLINE }, "hello\0", 'the command line');
    is(entry(1, 2, 3), pack('V Q< Q< V', 20, 1, 2, 3), 'an entry of the map');
}
my %acpi = fake_acpi(local_apic(3), local_apic(4, 0), x2apic(300));
is(unpack('%8C*', $acpi{ +EBDA }), 0, 'the RSDP has a good checksum');
is(unpack('%8C*', $acpi{$_}), 0, 'and so has a table') for RSDT, MADT;
is(unpack('x4 V', $acpi{ +MADT }), length $acpi{ +MADT }, 'the MADT has its length');
is(substr($acpi{ +MADT }, 44), pack('C4 V C4 V C4 V3', 0, 8, 0, 3, 1, 0, 8, 0, 4, 0, 9, 16, 0, 0, 300, 1, 0), 'and its entries');
is(unpack('%8C*', mp_floating()), 0, 'the floating pointer has a good checksum');
is(unpack('%8C*', mp_table([ 0, 3 ], [ 1, 1 ])), 0, 'and so has the MP table');
is(length mp_table([ 0, 3 ], [ 1, 1 ]), 44 + 40, 'with an entry for each CPU');

# ---- QEMU's log

my $log = spew('trace', <<'END');
IN:
0x00100000:  31 c0                    xorl     %eax, %eax
0x00100002:  eb fc                    jmp      0x100000

Trace 0: 0x7f01 [00000000/00100000/00000000/00000000]
Trace 0: 0x7f01 [00000000/00100000/00000000/00000000]
IN:
0x00100010:  f4                       hlt

Trace 0: 0x7f02 [00000000/00100010/00000000/00000000]
Trace 0: 0x7f01 [00000000/00100000/00000000/00000000]
Stopped execution of TB chain before 0x7f01 [00100000]
END
my @blocks = Pedant::Trace::blocks($log);
is(join(' ', map { join '+', map { $_->{bytes} } @$_ } @blocks), '31c0+ebfc 31c0+ebfc f4', 'the blocks that were executed, in order');
is(sprintf('%x', $blocks[0][1]{at}), '100002', 'with the addresses of their instructions');
is_deeply(Pedant::Trace::disassemble('31c0', 'f4', '8b4508'), { '31c0' => 'xor %eax,%eax', f4 => 'hlt', '8b4508' => 'mov 0x8(%ebp),%eax' }, 'and text');
is(join(' ', sort keys %{ Pedant::Trace::reached($log) }), join(' ', 0x100000, 0x100002, 0x100010), 'the addresses that were reached');
is(join(' ', sort keys %{ Pedant::Trace::reached(spew('trace', "IN: f\n0x00000010:  \nOBJD-T: 31c0\nOBJD-T: f4\n\n0x00000020:  \nOBJD-T: c3\n")) }), '16 17 18 32',
    'by a QEMU without a disassembler, too');
like(dies(sub { Pedant::Trace::blocks(spew('trace', "Trace 0: 0x7f09 [0/00100000/0/0]\n")) }), qr/without a listing/, 'a block that was not listed is an error');
is(join(' ', Pedant::Trace::arguments('x', [ 1, 16 ], [ 32, 48 ])), '-d in_asm,exec,nochain -D x -dfilter 0x1..0x10,0x20..0x30', 'what is asked of QEMU');

# ---- QEMU's answers

# A server that greets, and answers each line with the next of @answers.
sub monitor {
    my ($limit, @answers) = @_;
    unlink "$dir/qmp";
    my $server = IO::Socket::UNIX->new(Local => "$dir/qmp", Listen => 1) or die "socket: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        my $client = $server->accept;
        syswrite $client, qq({"QMP": {}}\n);
        for my $answer ('{"return": {}}', @answers) {
            <$client> // last;
            syswrite $client, "$answer\n";
        }
        sleep 3 if !@answers;
        require POSIX;
        POSIX::_exit(0);
    }
    return Pedant::Monitor->connect("$dir/qmp", $limit);
}
is_deeply(monitor(5, '{"return": {"a": 1}}')->execute('x'), { a => 1 }, 'an answer');
is_deeply(monitor(5, qq({"event": "STOP"}\n{"return": [2]}))->execute('x'), [2], 'behind an event');
like(dies(sub { monitor(5, '{"error": {"desc": "it is so"}}')->execute('x') }), qr/^monitor, x: it is so$/, 'an error is one');
like(dies(sub { my $m = monitor(5, '{"return": 1}'); $m->execute('x'); $m->execute('y') }), qr/hung up|monitor, y: /, 'an end is one');
like(dies(sub { monitor(1)->execute('x') }), qr/was silent for 1 s/, 'silence is one');
like(dies(sub { Pedant::Monitor->connect("$dir/nothing", 0.1) }), qr/no monitor at/, 'nobody there is one');
1 while wait > 0;

# ---- pvtool

{
    spew('pvtool', "#!/bin/sh\necho said \$@\nexec \$1\n");
    chmod 0755, "$dir/pvtool";
    local @ENV{qw(PVTOOL TMPDIR)} = ("$dir/pvtool", $dir);    # what it does not survive is kept in TMPDIR
    require Pedant::Pvtool;
    is_deeply([ Pedant::Pvtool::pvtool('true') ], [ 0, "said true\n" ], 'what pvtool says, and its status');
    is((Pedant::Pvtool::pvtool('false'))[0], 1, 'another one');
    spew('crash', "#!/bin/sh\nkill -SEGV \$\$\n");
    chmod 0755, "$dir/crash";
    is((Pedant::Pvtool::pvtool("$dir/crash"))[0], 128 + 11, 'a signal is none of them');
    my $good = sub { my ($command) = @_;
        my ($test) = grep { $_->isa('Test2::Event::Ok') } @{ +intercept(sub { Pedant::Pvtool::survives('x', 3, sub {'bytes'}, "$command %s") }) };
        return $test->pass };
    ok($good->('cat'), 'what it survives');
    ok(!$good->("$dir/crash"), 'what it does not');
    is(length Pedant::Pvtool::flip('a' x 50, 10, 20, 3), 50, 'flipped bytes are as many');
    like(Pedant::Pvtool::flip('a' x 50, 10, 20, 1), qr/^a{10}a*[^a]a*a{30}$/, 'and one is another one, between two places');
}

done_testing;
