#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The short loops fetch text ahead where the CPU can, and nowhere else: no emulator here faults on it, so
# QEMU is asked which instructions of the engine it came to.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Trace;

my $elf  = kernel_elf();
my $text = $elf->symbol('_pv_text');
my $size = $elf->symbol('_pv_text_end') - $text;
my @prefetches = map { hex } join('', qx(objdump -d -j .pv.text --no-show-raw-insn @{[$elf->path]})) =~ /^ *([0-9a-f]+):\tprefetch/mg;
cmp_ok(scalar @prefetches, '>', 0, 'the engine has such instructions');

# How many prefetches the CPU came to, of how many addresses.
sub came_to {
    my ($cpu) = @_;
    my $asm = log_dir() . "/ahead-$cpu.asm";
    unlink $asm;
    my $run = boot(name => $cpu, cpu => $cpu, timeout => 60, cmdline => 'selftest=off',
        extra => [ '-d', 'in_asm', '-dfilter', sprintf('%#x+%#x', $text, $size), '-D', $asm ]);
    expect_pass($run, "$cpu: it boots");
    my $reached = Pedant::Trace::reached($asm);
    return (scalar(grep { $reached->{$_} } @prefetches), scalar keys %$reached);
}

my %has = (486 => 0, pentium2 => 0, pentium3 => 1, max => 1);
for my $cpu (sort keys %has) {
    my ($ahead, $all) = came_to($cpu);
    cmp_ok($all, '>', 200, "$cpu: the engine ran");
    is($ahead > 0, $has{$cpu} > 0, "$cpu: it fetches ahead: " . ($has{$cpu} ? 'yes' : 'no'));
}

done_testing;
