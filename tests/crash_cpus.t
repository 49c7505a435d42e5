# SPDX-License-Identifier: MIT
#
# What goes wrong among several CPUs, and inside of a panic (crash=, kernel/test/crash.c): the end always
# comes, with its reason, from one CPU, and no line and no event is half written.
use strict;
use warnings;
use Test::More;
use Pedant;

# An emulated CPU waits for its host's thread: on a busy machine that takes its time.
sub crash {
    my ($crash, $smp, $try) = @_;
    my $name = "crash=$crash" . (defined $try ? " $try" : '');
    return boot(name => $name, smp => $smp, cmdline => "crash=$crash", timeout => 120);
}

my $REASON = 'crash=panic on the command line';
my $LAST   = qr/^pedant: 0 passed, 0 failed, 0 skipped$/;

# One panic with this reason, all of its report, and nothing behind it.
sub expect_report {
    my ($run, $what, $reason) = @_;
    expect_outcome($run, 'panic', "$what: the end is a panic");
    is_deeply([ map { /^panic: (.*)/ ? $1 : () } $run->lines ], [$reason], "$what: one line says why")
        or diag($run->describe);
    expect_line($run, qr/^  called from$/, "$what: there is a backtrace");
    like($run->last_line, $LAST, "$what: the last line is as ever");
    is_deeply([ $run->bad_json ], [], "$what: every line of the second port is an event");
    is(($run->event('end') || {})->{panic}, $reason, "$what: the event end has the reason");
    return;
}

# The first other CPU panics before it is online, and is still at it when nobody waits for it any more: it
# stops the boot CPU, which neither resets it nor goes on.
{
    my $run = crash('panic-starts', 2);
    expect_report($run, 'a CPU that starts', $REASON);
    expect_line($run, qr/^  on CPU 1 of 2$/, 'a CPU that starts: it was that one');
    is_deeply([ $run->lines_like(qr/does not answer/) ], [], 'a CPU that starts: the boot CPU said nothing');
}

# Two CPUs cannot be stopped: each costs its time, and a line.
{
    my $run = crash('panic-deaf', 4);
    expect_report($run, 'two deaf CPUs', $REASON);
    is_deeply([ map { /^smp: CPU (\d) does not stop for a panic of CPU 0$/ ? $1 : () } $run->lines ], [ 1, 2 ],
        'two deaf CPUs: those are named');
}

# Others are in the middle of a line and of an event, or would begin one.
for my $try (1 .. 3) {
    my $run = crash('panic-lines', 3, $try);
    expect_report($run, "a panic among lines, $try", $REASON);
    my @lines = $run->lines_like(qr/^crash: (?!panic-lines)/);
    is_deeply([ grep { !/^crash: line \d+ ends here$/ } @lines ], [], "among lines, $try: each is whole");
    my @all = grep {/\S/} $run->lines;
    my ($at) = grep { $all[$_] =~ /^panic: / } 0 .. $#all;
    like($all[ $at - 1 ], qr/^crash: line \d+ ends here$/, "among lines, $try: the one before it, too");
    is_deeply([ grep {/^crash: line/} @all[ $at .. $#all ] ], [], "among lines, $try: none comes after it");
    cmp_ok(scalar @lines,               '>=', 50, "among lines, $try: there were many");
    cmp_ok(scalar $run->events('crash'), '>=', 50, "among lines, $try: and events");
}

# A fault inside of a panic: one more line, and the end. With the reason if that was not printed yet.
my %AGAIN = (
    'panic-again' => [ $REASON, 'another one while that was printed' ],
    'panic-mute'  => ["$REASON: and another one before that could be printed"],
);
for my $name (sort keys %AGAIN) {
    my $run = crash($name, 1);
    expect_outcome($run, 'panic', "$name: the end is a panic");
    is_deeply([ map { /^panic: (.*)/ ? $1 : () } $run->lines ], $AGAIN{$name}, "$name: the lines that say so")
        or diag($run->describe);
    like($run->last_line, qr/^panic: /, "$name: nothing comes behind them");
}

# No site can run: the report has none on its way.
expect_report(crash('panic-damaged', 1), 'damaged sites', $REASON);

# A handler's fault is not caught by whoever was interrupted and had said trap_try().
{
    my $run = crash('irq-fault', 1);
    expect_report($run, 'a fault in a handler', 'invalid opcode (vector 6, error 0)');
    expect_line($run, qr/ irq_deliver\+/, 'a fault in a handler: that was called by an interrupt');
}

# A lock that is never freed.
expect_report(crash('lock-held', 2), 'a lock that is held',
    'CPU 0 waits for the lock of crash=, which CPU 1 does not free');

done_testing;
