#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# v86: another machine than QEMU's and Bochs', which people have in a browser; here in node. The kernel patches itself and
# runs. What v86 lacks (single steps, BOUND) is skipped with that reason, and nothing else is. As a host:
# tests/long/v86.t.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::V86;
use Test::More;

my $why = Pedant::V86::missing();
plan skip_all => $why if $why;

my $run = Pedant::V86::boot(name => 'native', cmdline => 'selftest=nothing');
expect_outcome($run, 'failed', 'a self-test that is none is a failure here, too');

# Those whose names begin so: engine, alternatives, live changes, programs, lock prefixes among them. Of the others, those
# of descriptor tables cannot run: v86 ends itself when an interrupt meets a table that is too short for it.
for my $tests (qw(a* e* l* p* s*)) {
    $run = Pedant::V86::boot(name => "native-$tests", cmdline => "selftest=$tests run=true");
    expect_pass($run, "self-tests $tests", lacks => 1);
}

done_testing;
