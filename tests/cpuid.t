#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Who the kernel says the CPU is, by the numbers that QEMU was told: family and model are put together of two
# fields each, for some families only (SDM volume 2A, CPUID, figure 3-6).
use strict;
use warnings;
use Test::More;
use Pedant;

my @CPUS = (
    # family, model, stepping
    [ qemu32 => 'GenuineIntel', 6,  6,   3 ],
    [ qemu32 => 'GenuineIntel', 6,  42,  7 ],
    [ qemu32 => 'GenuineIntel', 5,  4,   15 ],
    [ qemu32 => 'GenuineIntel', 15, 107, 1 ],
    [ qemu32 => 'AuthenticAMD', 23, 49,  0 ],
    [ qemu32 => 'AuthenticAMD', 16, 2,   3 ],
    [ qemu32 => 'CyrixInstead', 4,  15,  9 ],
);
for my $case (@CPUS) {
    my ($cpu, $vendor, $family, $model, $stepping) = @$case;
    my $asked = "$cpu,vendor=$vendor,family=$family,model=$model,stepping=$stepping";
    my $run   = boot(name => "$vendor-$family-$model", cpu => $asked, cmdline => 'selftest=cpu.*');
    expect_pass($run, "-cpu $asked: boots");
    my $boot = $run->event('boot') || {};
    is($boot->{cpu}, "$vendor family $family model $model stepping $stepping", "-cpu $asked: the kernel says the same");
    is("$boot->{vendor} $boot->{family}", "$vendor $family", "-cpu $asked: and by its members");
    expect_line($run, qr/^  machine   $vendor family $family model $model stepping $stepping\b/, "-cpu $asked: and in a line");
}

done_testing;
