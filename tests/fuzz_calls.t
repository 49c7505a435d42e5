# SPDX-License-Identifier: MIT
#
# System calls by lot, for some seconds on three machines (make fuzz-calls is the long one): the kernel goes on, and
# all tasks and pages are back behind each round. By the guest's own clock, which counts instructions, the same
# seed makes the same calls.
use strict;
use warnings;
use Test::More;
use Pedant;

use constant SECONDS => 2;

# Rounds and calls of the last line of progress.
sub fuzz {
    my ($name, $seed, %args) = @_;
    my $options = delete $args{options} // '';
    my $seconds = delete $args{seconds} // SECONDS;
    my $run = boot(name => $name, timeout => 120, %args,
        cmdline => "selftest=fuzz.calls fuzz-seconds=$seconds fuzz-seed=$seed $options");
    expect_pass($run, "$name: the kernel passes");
    my $event = $run->event('test', suite => 'fuzz', name => 'calls') || {};
    is($event->{result}, 'ok', "$name: it ran") or diag $event->{why};
    my ($last) = reverse $run->lines_like(qr/^fuzz: seed $seed, \d+ rounds, \d+ calls, \d+ calls a second$/);
    my ($rounds, $calls) = ($last // '') =~ /(\d+) rounds, (\d+) calls/;
    cmp_ok($calls // 0, '>', 1000, "$name: there were calls: " . ($last // 'none'));
    return ($rounds // 0, $calls // 0);
}

fuzz('486', 1, cpu => '486');
fuzz('max, 2 CPUs', 2, cpu => 'max', smp => 2);
fuzz('4 CPUs, pv=soft', 3, smp => 4, options => 'pv=soft');

my @icount = (extra => [ '-icount', 'shift=3,sleep=off' ]);
my @first  = fuzz('once', 4, @icount);
is_deeply([ fuzz('again', 4, @icount) ], \@first, 'the same seed makes the same calls');
my @other = fuzz('another seed', 5, @icount);
isnt("@other", "@first", 'another seed makes others');

# Without the option there is nothing to do, and who asks by name is told.
my $run = boot(name => 'no seconds', cmdline => 'selftest=fuzz.calls');
my $event = $run->event('test', suite => 'fuzz', name => 'calls') || {};
is("$event->{result}: $event->{why}", 'skip: fuzz-seconds=N says for how long', 'no time, no calls');

done_testing;
