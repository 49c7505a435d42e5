#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The short loops fetch text ahead where the CPU can, and nowhere else: no emulator here faults on it, so
# QEMU is asked which instructions of the engine it came to.
use strict;
use warnings;
use Test::More;
use Pedant;

my $elf  = kernel_elf();
my $text = $elf->symbol('_pv_text');
my $size = $elf->symbol('_pv_text_end') - $text;

# How many prefetches the CPU came to, of how many instructions.
sub came_to {
    my ($cpu) = @_;
    my $asm = log_dir() . "/ahead-$cpu.asm";
    unlink $asm;
    my $run = boot(name => $cpu, cpu => $cpu, timeout => 60, cmdline => 'selftest=off',
        extra => [ '-d', 'in_asm', '-dfilter', sprintf('%#x+%#x', $text, $size), '-D', $asm ]);
    expect_pass($run, "$cpu: it boots");
    open my $in, '<', $asm or die "$asm: $!\n";
    my @code = grep {/^0x[0-9a-f]+:/} <$in>;
    close $in or die "$asm: $!\n";
    return (scalar(grep {/\bprefetch/} @code), scalar @code);
}

my %has = (486 => 0, pentium2 => 0, pentium3 => 1, max => 1);
for my $cpu (sort keys %has) {
    my ($ahead, $all) = came_to($cpu);
    cmp_ok($all, '>', 200, "$cpu: the engine ran");
    is($ahead > 0, $has{$cpu} > 0, "$cpu: it fetches ahead: " . ($has{$cpu} ? 'yes' : 'no'));
}

done_testing;
