# SPDX-License-Identifier: MIT
#
# The kernel's text as it stands in memory after the boot, against the file: nothing but the recorded
# sites of a family that is patched differs, and each holds what this CPU and the native back end call
# for, by Pedant::Native and Pedant::Families, which share nothing with pv/. And each op has a site
# that ordinary code, not a test, executes.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Families;
use Pedant::Native;
use Pedant::Trace;

my $elf     = kernel_elf();
my @records = $elf->records;
my $start   = $elf->symbol('_image');
my $size    = $elf->symbol('_etext_all') - $start;
my $pv_ops  = $elf->symbol('pv_ops');

# The ops by type come from the kernel's source, and not from what it says of itself.
my %ops = Pedant::Native::ops_by_type('pv/ops.def');
my %known = map { $_ => 1 } Pedant::Native::ops();
my %type  = reverse %ops;
is_deeply([ grep { !defined $type{$_} } sort keys %known ], [], 'all ops that this test knows are in pv/ops.def');
is_deeply([ grep { my $op = $_; !grep { $_->{type} == $type{$op} } @records } keys %known ], [], 'each has a site');

sub hold {
    my ($name, %args) = @_;
    my $held = boot_and_hold(name => $name, %args);
    ok($held->reached, "$name: the kernel comes to its end") or diag $held->describe;
    return $held->reached ? $held : undef;
}

# The features that alternatives went by are those of the CPU, by QEMU's account. Word 3 is Linux's own: ALWAYS,
# and LFENCE_RDTSC, which Intel promises of every CPU with LFENCE.
sub expect_features {
    my ($cpu, $held, $vendor) = @_;
    my @words = unpack 'V10', $held->pmemsave($elf->symbol('alternative_state'), Pedant::Families::FEATURE_BYTES);
    my $is    = $held->cpuid;
    my %cpuid = (0 => '1.0.EDX', 1 => '80000001.0.EDX', 4 => '1.0.ECX', 6 => '80000001.0.ECX', 9 => '7.0.EBX');
    my @expected = map { $cpuid{$_} ? $is->{ $cpuid{$_} } : 0 } 0 .. 9;
    $expected[3] = 1 << 21 | ($vendor eq 'GenuineIntel' && $expected[0] >> 26 & 1) << 18;
    is(join(' ', map { sprintf '%08x', $_ } @words), join(' ', map { sprintf '%08x', $_ } @expected),
        "-cpu $cpu: alternatives go by the features that it has");
    return;
}

# Of the records the pass counts those as left alone that stand in an alternative whose bytes were replaced.
sub expect_locks {
    my ($cpu, $held) = @_;
    my ($all, $covered) = Pedant::Families::count_locks($elf, $held);
    my $pass = $held->event('pass', family => 'smp_locks');
    is("@$pass{qw(sites inline kept refused)}", join(' ', $all, $all - $covered, $covered, 0),
        "-cpu $cpu: the pass took every lock prefix, but for $covered in replaced text");
    return;
}

ok(scalar Pedant::Families::locks($elf),        'there are lock prefixes');
ok(scalar Pedant::Families::alternatives($elf), 'there are alternatives');

if (my $held = hold('noreplace', cmdline => 'noreplace-paravirt selftest=off')) {
    my $text = $held->pmemsave($start, $size);
    my @wrong = Pedant::Families::judge($elf, $held, $start, \$text);
    push @wrong, Pedant::Native::stray_bytes($elf, $start, $text);
    is(scalar @wrong, 0, "noreplace-paravirt: all $size bytes of text but other families' sites are the file's")
        or diag map {"$_\n"} @wrong;
}

for my $case ([ 'noreplace-smp', cmdline => 'noreplace-smp selftest=off' ], [ 'two CPUs', smp => 2, cmdline => 'selftest=off' ]) {
    my ($name, %args) = @$case;
    my $held  = hold($name, %args) or next;
    my $text  = $held->pmemsave($start, $size);
    my @wrong = Pedant::Families::judge($elf, $held, $start, \$text, 0xf0);
    is(scalar @wrong, 0, "$name: all lock prefixes are there") or diag map {"$_\n"} @wrong;
    $held->quit;
}

# A CPU model of each table of NOPs, and what AMD has since.
for my $cpu (qw(qemu32 486 pentium athlon Opteron_G1 max), 'max,family=16', 'max,family=23') {
    my $held = hold("patched-$cpu", cpu => $cpu) or next;
    my $boot = $held->event('boot');
    expect_features($cpu, $held, $boot->{vendor});
    expect_locks($cpu, $held);
    my $nops = Pedant::Native::nops_for($boot->{vendor}, $boot->{family});
    my $text = $held->pmemsave($start, $size);
    my @wrong = Pedant::Families::judge($elf, $held, $start, \$text);
    push @wrong, Pedant::Native::differences($elf, $start, $text, nops => $nops, ops => \%ops,
        slots => $held->pmemsave($pv_ops, $elf->symbol_size('pv_ops')));
    is(scalar @wrong, 0, "-cpu $cpu: sites hold the native back end's bytes and $nops NOPs, nothing else differs")
        or diag map {"$_\n"} @wrong;
    my @long = grep { substr($text, $_->{instr} - $start, 6) =~ /\x0f\x1f/ } @records;
    is(@long ? 'some' : 'none', $nops =~ /^(?:p6|k10)$/ ? 'some' : 'none',
        "-cpu $cpu: sites with 0f 1f, which only P6 and later have");
    my $led = grep { substr($text, $_->{instr} - $start, 6) =~ /^\x3e\x3e/ } @records;
    is($led > @records / 2 ? 'most' : $led, $nops eq 'p6' ? 'most' : 0, "-cpu $cpu: sites with prefixes, which not every CPU likes");
    $held->quit;
}

# The types whose sites were executed: QEMU lists what it translates, and it translates what runs. A
# call ends a block, so what is listed was reached. Code in the self-tests' files does not count. The bytes are
# the file's.
sub executed_types {
    my ($listing) = @_;
    my ($tests, $tests_end) = map { $elf->symbol($_) } qw(_tests_text _tests_text_end);
    my $reached = Pedant::Trace::reached($listing);
    my %types;
    for my $at (grep { $reached->{$_} && !($_ >= $tests && $_ < $tests_end) } map { $_->{instr} } @records) {
        my ($slot) = $elf->bytes($at, 6) =~ /^\xff[\x15\x25](.{4})/s or next;
        $types{ (unpack('V', $slot) - $pv_ops) / 4 }++;
    }
    return \%types;
}

# The halt at the end is one of them, so this machine has no debug exit.
my $listing = log_dir() . '/text-executed.in_asm';
if (my $held = hold('executed', cpu => 'qemu32', timeout => 60,
    cmdline => 'noreplace-paravirt selftest=off', extra => [ -d => 'in_asm', -D => $listing ])) {
    ok($held->stands_still(5), 'the kernel halts with interrupts off');
    $held->quit;
    my $executed = executed_types($listing);
    ok($executed->{ $type{$_} }, "$_ has a site outside the tests that is executed")
        for sort { $type{$a} <=> $type{$b} } keys %known;
    unlink $listing;
}

done_testing;
