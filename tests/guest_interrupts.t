#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A guest's interrupts: none lost, none twice, none while they are off, over 10^5 ticks and in every window. The host's
# self-test boots guests that test themselves, under a machine that interrupts them where they say so
# (tests/kernel/guest/steps.h): behind each instruction of everything that turns interrupts on or off. Other hosts:
# tests/long/guest_interrupts.t.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Test::More;

my $image = kernel_path();

# [ what the host is, its options, its self-tests ]
for my $host ([ 'a machine', {}, '' ], [ 'a machine with NX and PAE', { cpu => 'max' }, '.patched' ]) {
    my ($what, $args, $tests) = @$host;
    my $options = delete $args->{options} // '';
    my $run = boot(name => $what =~ s/\W+/-/gr, timeout => 180, memory => 96, modules => ["$image selftest=off"],
        cmdline => "selftest=guest_interrupts$tests $options", %$args);
    expect_pass($run, $what);
    is(scalar(grep {/^guest 11\|   ok \d+ (?:each|several|calls)$/} $run->lines), $tests ? 3 : 9, "$what: in each window, several at once, at a program's calls");
    is(scalar(grep {/^guest 11\|   ok \d+ many$/} $run->lines), 1, "$what: and a hundred thousand") if !$tests;
}

done_testing;
