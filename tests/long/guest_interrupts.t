#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tests/guest_interrupts.t on other hosts: a 486, one whose own interrupts are soft, one of two CPUs, and Bochs.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Bochs;
use Test::More;

my $image = kernel_path();

# [ what the host is, its options, its self-tests ]
for my $host ([ 'a 486', { cpu => '486' }, '.patched' ],
    [ 'a host whose own interrupts are soft', { options => 'pv=soft' }, '.patched' ], [ 'two CPUs', { smp => 2 }, '.patched' ]) {
    my ($what, $args, $tests) = @$host;
    my $options = delete $args->{options} // '';
    my $run = boot(name => $what =~ s/\W+/-/gr, timeout => 180, memory => 96, modules => ["$image selftest=off"],
        cmdline => "selftest=guest_interrupts$tests $options", %$args);
    expect_pass($run, $what);
    is(scalar(grep {/^guest 11\|   ok \d+ (?:each|several|calls)$/} $run->lines), 3, "$what: in each window, several at once, at a program's calls");
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
