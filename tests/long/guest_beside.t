#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What goes on beside guests that never sleep: other guests, with a time slice each, one more than there are CPUs; and
# all that the host changes in its text meanwhile (keys, the call by which guests are entered, back ends, CPUs that go and
# come), while they change theirs. By counts only: nothing here asks how long it takes.
use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Test::More;

my $image = kernel_path();

for my $host ([ 1, '' ], [ 2, '' ], [ 4, '' ], [ 2, 'pv=soft' ], [ 1, 'pv=soft' ]) {
    my ($cpus, $options) = @$host;
    my $what = "$cpus CPUs" . ($options && ", $options");
    my $run = boot(name => $what =~ s/\W+/-/gr, timeout => 180, memory => 160, smp => $cpus, modules => ["$image selftest=off"],
        cmdline => "selftest=guest_beside $options");
    expect_pass($run, $what);
    is(scalar(grep {/^guest 1\d\|   ok \d+ loops$/} $run->lines), $cpus + 1, "$what: " . ($cpus + 1) . ' guests got on, in turns');
    is(scalar(grep {/^guest 1\d\|   ok \d+ changes$/} $run->lines), 2, "$what: two got on while all changed");
}

done_testing;
