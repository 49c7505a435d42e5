# SPDX-License-Identifier: MIT
#
# Lock prefixes with several CPUs, from outside: they count to the right number, from their first
# instructions on, and lose updates when the prefixes stay off on purpose, or these tests could not see
# it. And the bytes in memory, after CPUs came and went.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Families;

use constant { LOCK => 0xf0, DS => 0x3e };

my $elf   = kernel_elf();
my $start = $elf->symbol('_image');
my $size  = $elf->symbol('_etext_all') - $start;

# Emulated CPUs wait for each other's threads: on a busy machine that takes its time.
my $TIMEOUT = 60;

sub boot_test {
    my ($test, $smp, $options) = @_;
    return boot(name => "$test-$smp-$options", smp => $smp, cmdline => "selftest=smp_long.$test $options",
        timeout => $TIMEOUT);
}

# The one self-test that ran did what it is there for: a skip is no pass.
sub expect_ran {
    my ($run, $test, $what) = @_;
    my $event = $run->event('test', suite => 'smp_long', name => $test) || {};
    is($event->{result}, 'ok', "$what: the self-test ran") or diag $event->{why};
    return;
}

for my $smp (2, 4) {
    for my $options ('', 'noreplace-smp', 'pv=soft') {
        my $what = "$smp CPUs" . ($options && ", $options");
        my $run  = boot_test('counts', $smp, $options);
        expect_pass($run, "$what: no count is lost");
        expect_ran($run, 'counts', $what);
    }
    my $run = boot_test('first_instructions', $smp, '');
    expect_pass($run, "CPU 1 of $smp: no count is lost from its first instructions on");
    expect_ran($run, 'first_instructions', "CPU 1 of $smp");
}

# Losing is the only failure, and what is lost is counted.
sub expect_loss {
    my ($run, $what) = @_;
    expect_outcome($run, 'failed', "$what: the kernel fails");
    my @failed = grep { $_->{result} eq 'fail' } $run->events('test');
    is(join(' ', map {"$_->{suite}.$_->{name}"} @failed), "smp_long.counts", "$what: in one self-test");
    my ($counts, $lost) = map { /: of (\d+) counts by \d CPUs none is lost, (\d+) are / ? ($1, $2) : () }
        $run->lines_like(qr/# not true: of \d+ counts/);
    cmp_ok($lost // 0, '>', 0, "$what: updates are lost") or diag $run->describe;
    cmp_ok($lost // 0, '<', $counts // 0, "$what: not all are");
    note("$what: $lost of $counts") if $lost;
    return;
}

for my $smp (2, 4) {
    my $run = boot_test('counts', $smp, 'crash=lost-locks');
    expect_loss($run, "$smp CPUs, prefixes off");
    is(scalar $run->lines_like(qr/# not true: /), 1, "$smp CPUs, prefixes off: nothing else is wrong");
}
my $run = boot_test('first_instructions', 2, 'crash=lost-locks');
expect_outcome($run, 'failed', 'CPU 1, prefixes off: the kernel fails');
expect_line($run, qr/# not true: no prefix was off when it began: /, 'CPU 1, prefixes off: it saw them so');
expect_pass(boot(name => 'alone', cmdline => 'crash=lost-locks selftest=smp_locks'), 'one CPU misses nothing');

# Memory at the end: one CPU again, one of the others, all of them; where nothing is replaced; and that a
# prefix which is off would be seen.
my @ends = (
    [ all_leave   => '',              DS,   'one CPU is left' ],
    [ one_stays   => '',              LOCK, 'two CPUs are left' ],
    [ come_and_go => '',              LOCK, 'all CPUs are there again' ],
    [ all_leave   => 'noreplace-smp', LOCK, 'one CPU is left, noreplace-smp' ],
);
for my $end (@ends) {
    my ($test, $options, $prefix, $what) = @$end;
    my $held = boot_and_hold(name => "held-$test-$options", smp => 4, timeout => $TIMEOUT,
        cmdline => "selftest=smp_long.$test $options");
    ok($held->reached, "$what: the kernel comes to its end") or diag($held->describe), next;
    expect_ran($held, $test, $what);
    my %text = map { $_ => $held->pmemsave($start, $size) } DS, LOCK;
    my %wrong = map { $_ => [ Pedant::Families::judge($elf, $held, $start, \$text{$_}, $_) ] } keys %text;
    is(scalar @{ $wrong{$prefix} }, 0, sprintf '%s: each prefix is %02x, and alternatives are right', $what, $prefix)
        or diag map {"$_\n"} @{ $wrong{$prefix} };
    cmp_ok(scalar @{ $wrong{ DS + LOCK - $prefix } }, '>', 0, "$what: none is the other one");
    my @to = map { $_->{to} // () } $held->events('pass');
    is("@to", $test eq 'all_leave' ? 'smp up' : $test eq 'one_stays' ? 'smp' : join(' ', 'smp', ('up smp') x 5),
        "$what: each pass was reported");
    $held->quit;
}

done_testing;
