#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The bytes in memory against the file, by a program that shares nothing with pv/: as linked, every byte
# of text is the file's; patched, only recorded sites differ, and each holds what the native back end has to
# put there. And every op has a site outside the tests that runs.

use strict;
use warnings;
use Pedant;
use Test::More;

# What native puts into a site. Ops that are not here are called, or jumped to.
my %TEMPLATE = map { $_->[0] => pack('H*', $_->[1]) } (
    [ save_fl   => '9c58' ],     [ restore_fl => '509d' ],   [ irq_disable => 'fa' ],
    [ irq_enable => 'fb' ],      [ safe_halt => 'fbf4' ],    [ halt => 'f4' ],
    [ irq_enter => '' ],         [ iret => 'cf' ],           [ read_cr0 => '0f20c0' ],
    [ write_cr0 => '0f22c0' ],   [ read_cr2 => '0f20d0' ],   [ read_cr3 => '0f20d8' ],
    [ write_cr3 => '0f22d8' ],   [ read_cr4 => '0f20e0' ],   [ write_cr4 => '0f22e0' ],
    [ clts => '0f06' ],          [ load_gdt => '0f0110' ],   [ load_idt => '0f0118' ],
    [ load_tr => '0f00d8' ],     [ load_sp0 => '895004' ],   [ read_msr => '0f32' ],
    [ write_msr => '0f30' ],     [ wbinvd => '0f09' ],       [ io_delay => 'e680' ],
    [ read_tsc => '0f31' ],      [ make_pte => '' ],         [ pte_val => '' ],
    [ flush_tlb => '0f20d80f22d8' ], [ flush_tlb_single => '0f0138' ],
);

# One instruction for each length.
my %NOPS = map { my ($name, @hex) = @$_; $name => [ '', map { pack 'H*', $_ } @hex ] } (
    [ '486', qw(90 89f6 8d7600 8d742600 3e8d742600 8db600000000) ],
    [ 'p6',  qw(90 6690 0f1f00 0f1f4000 0f1f440000 660f1f440000) ],
    [ 'k7',  qw(90 8bc0 8d0420 8d442000 3e8d442000 8d8000000000) ],
    [ 'k8',  qw(90 6690 666690 66666690 6666666690 666666666690) ],
);

my $elf = kernel_elf();
my ($start, $end) = map { $elf->symbol($_) } qw(_image _etext_all);
my @records = $elf->records;

# The op's names by type come from the kernel's own source, not from what it says of itself.
sub ops_by_type {
    open my $in, '<', 'pv/ops.def' or die "pv/ops.def: $!";
    return map { /^PV_OP\(\w+,\s*(\w+),\s*(\w+)/ ? { name => $1, convention => $2 } : () } <$in>;
}
my @ops = ops_by_type();

sub expected_site {
    my ($held, $record, $nops) = @_;
    my $op = $ops[ $record->{type} ];
    my $bytes = $TEMPLATE{ $op->{name} };
    if (!defined $bytes) {
        my $function = unpack 'V', $held->pmemsave($elf->symbol('pv_ops') + 4 * $record->{type}, 4);
        my $prefix = $op->{convention} eq 'jump' ? "\xe9" : "\x2e\xe8";
        $bytes = $prefix . pack 'V', ($function - $record->{instr} - length($prefix) - 4) & 0xffffffff;
    }
    return $bytes . $nops->[ 6 - length $bytes ];
}

sub hex_of { return join ' ', map { sprintf '%02x', ord } split //, $_[0] }

sub dump_text {
    my ($name, %args) = @_;
    my $held = boot_and_hold(name => $name, %args);
    ok($held->reached, "$name: the kernel reached its end") or diag $held->describe;
    return ($held, $held->pmemsave($start, $end - $start));
}

my $file = $elf->bytes($start, $end - $start);

my ($kept, $text) = dump_text('as-linked', cmdline => 'noreplace-paravirt');
is($text eq $file, 1, 'noreplace-paravirt: no byte of text differs from the file');
$kept->quit;

for my $cpu (qw(qemu32 486 athlon Opteron_G1)) {
    my ($held, $memory) = dump_text($cpu, cpu => $cpu);
    my $nops = $NOPS{ $held->event('boot')->{nops} };
    my (@wrong, %types);
    my $rest = $memory;
    for my $record (@records) {
        my $offset   = $record->{instr} - $start;
        my $expected = expected_site($held, $record, $nops);
        my $found    = substr $memory, $offset, 6;
        push @wrong, sprintf '%08x %s: expected %s, found %s', $record->{instr},
            $ops[ $record->{type} ]{name}, hex_of($expected), hex_of($found)
            if $found ne $expected;
        $types{ $record->{type} } = 1;
        substr($rest, $offset, 6) = substr $file, $offset, 6;
    }
    is_deeply(\@wrong, [], "$cpu: each of " . @records . ' sites holds what it must');
    ok($rest eq $file, "$cpu: beside the sites nothing differs from the file");
    my @nopl = grep { index(substr($memory, $_->{instr} - $start, 6), "\x0f\x1f") >= 0 } @records;
    is(scalar @nopl, 0, "$cpu: no 0f 1f in any site") if $nops == $NOPS{486} || $nops == $NOPS{k7};
    my @functions = grep { $ops[$_]{convention} !~ /hook|data/ } 0 .. $#ops;
    is_deeply([ sort { $a <=> $b } keys %types ], \@functions, "$cpu: every op has sites");
    $held->quit;
}

# QEMU writes down what it translates; a call ends a block, so what is listed was reached.
sub executed_slots {
    my $log = build_dir() . '/logs/text-executed.asm';
    my $run = boot_and_hold(name => 'executed', cmdline => 'noreplace-paravirt selftest=off',
        timeout => 60, extra => [ '-d', 'in_asm', '-D', $log ]);
    ok($run->reached, 'the kernel runs to its end while QEMU writes it all down') or diag $run->describe;
    sleep 1;    # halt comes after the last line
    $run->quit;
    my ($tests, $tests_end) = map { $elf->symbol($_) } qw(_tests_text _tests_text_end);
    my %slots;
    open my $in, '<', $log or die "$log: $!";
    while (<$in>) {
        next if !/^0x([0-9a-f]{8}):  ff (?:15|25) (..) (..) (..) (..)/;
        my ($at, $slot) = (hex $1, hex "$5$4$3$2");
        $slots{$slot} = 1 if $at < $tests || $at >= $tests_end;
    }
    return \%slots;
}
my $slots = executed_slots();
for my $type (grep { $ops[$_]{convention} !~ /hook|data/ } 0 .. $#ops) {
    ok($slots->{ $elf->symbol('pv_ops') + 4 * $type }, "$ops[$type]{name} has a site outside the tests that runs");
}

done_testing();
