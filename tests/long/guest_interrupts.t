#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A guest's interrupts: none lost, none twice, none while they are off, over 10^5 ticks and in every window. The host's
# self-test boots guests that test themselves, under a machine that interrupts them where they say so
# (tests/kernel/guest/steps.h): behind each instruction of everything that turns interrupts on or off.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Bochs;
use Test::More;

my $image = kernel_path();

# [ what the host is, its options, its self-tests ]
for my $host ([ 'a machine', {}, '' ], [ 'a machine with NX and PAE', { cpu => 'max' }, '.patched' ], [ 'a 486', { cpu => '486' }, '.patched' ],
    [ 'a host whose own interrupts are soft', { options => 'pv=soft' }, '.patched' ], [ 'two CPUs', { smp => 2 }, '.patched' ]) {
    my ($what, $args, $tests) = @$host;
    my $options = delete $args->{options} // '';
    my $run = boot(name => $what =~ s/\W+/-/gr, timeout => 180, memory => 96, modules => ["$image selftest=off"],
        cmdline => "selftest=guest_interrupts$tests $options", %$args);
    expect_pass($run, $what);
    is(scalar(grep {/^guest 11\|   ok \d+ (?:each|several|calls)$/} $run->lines), $tests ? 3 : 9, "$what: in each window, several at once, at a program's calls");
    is(scalar(grep {/^guest 11\|   ok \d+ many$/} $run->lines), 1, "$what: and a hundred thousand") if !$tests;
}

SKIP: {
    skip 'no bochs in PATH (packages bochs bochsbios vgabios bochs-term)', 1 if !Pedant::Bochs::program();
    my $iso = build_dir() . '/tests/guest_interrupts.iso';
    die "$iso is missing: run make $iso first\n" if !-e $iso;
    my $run = Pedant::Bochs::boot(name => 'interrupts', iso => $iso, ips => 50_000_000, timeout => 300);
    skip 'the BIOS of this Bochs ends before it boots anything', 1 if !length $run->log && Pedant::Bochs::bios_is_lost($iso);
    expect_pass($run, 'Bochs');
    is(scalar(grep {/^guest 11\|   ok \d+ (?:each|several|calls|many)$/} $run->lines), 10, 'Bochs: the same');
}

done_testing;
