#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# All self-tests in guests: patched and as linked, where no site of theirs is what a guest's should be, so all is by calls,
# or traps and is done for them; held to its text on a CPU with NX; and in the host behind them. tests/guest.t has one.
use strict;
use warnings;
use Test::More;
use Pedant;

my $image = kernel_path();

# [ what, arguments of the boot, the host's and the guest's options, how many self-tests pass and how many are skipped ]
for my $case (
    [ 'open',           {},                        'guest-text=open',              '',                   250, 110 ],
    [ 'held, max',      { cpu => 'max' },          'selftest=off',                 '',                   180, 200 ],
    [ 'linked, 2 CPUs', { smp => 2 },              'guest-text=open selftest=off', 'noreplace-paravirt', 250, 110 ],
) {
    my ($what, $args, $host, $guest, $passed, $skipped) = @$case;
    my $run = boot(name => 'guest-' . $what =~ s/\W+/-/gr, timeout => 600, modules => ["$image $guest"], cmdline => $host, %$args);
    expect_pass($run, "$what: the host passes");
    my ($event) = $run->events('guest');
    is(($event || {})->{result}, 'it says that all passed', "$what: the guest ends well") or diag $run->describe;
    my @ends = $run->guest_events(1, 'end');
    is(scalar @ends, 1, "$what: it came to its end");
    cmp_ok($ends[0]{passed} // 0, '>', $passed, "$what: these are all");
    is($ends[0]{failed}, 0, "$what: none fails");
    cmp_ok($ends[0]{skipped} // 999, '<', $skipped, "$what: and most of them run");
    my @inline = map { $_->{inline} } grep { $_->{family} eq 'paravirt' } $run->guest_events(1, 'pass');
    is_deeply([ map { $_ > 0 } @inline ], [ $guest eq '' ], "$what: its sites are as they were asked for");
    next if $what ne 'open';
    is(scalar(grep {/^guest 1\|.*# SKIP the timer/} $run->lines), 0, "$what: with ticks");
}

done_testing;
