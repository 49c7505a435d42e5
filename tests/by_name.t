# SPDX-License-Identifier: MIT
#
# Self-tests that take too long for every boot, and so run by their names only: sites that other CPUs run
# while they change, and sites of several records, looked at after each instruction of a pass. And none
# of that kind is forgotten: each one in the sources is in some test from outside.
use strict;
use warnings;
use Test::More;
use Pedant;

# A self-test alone; that it ran is asked for, since a skip is no pass. Five seconds at most when nobody
# else wants the machine.
sub expect_ok {
    my ($test, $what, %args) = @_;
    my $options = delete $args{options} // '';
    my ($suite, $name) = split /\./, $test;
    my $run = boot(name => "$test-$what", timeout => 120, cmdline => "selftest=$test $options", %args);
    expect_pass($run, "$test, $what: passes");
    my $event = $run->event('test', suite => $suite, name => $name) || {};
    is($event->{result}, 'ok', "$test, $what: it ran") or diag $event->{why};
    return;
}

expect_ok('smp_long.flips', '2 CPUs', smp => 2);
expect_ok('smp_long.flips', '4 CPUs', smp => 4);
expect_ok('smp_long.flips', '4 CPUs, pv=soft', smp => 4, options => 'pv=soft');
expect_ok('alternative_steps.last_wins_at_once', 'a P6');
expect_ok('alternative_steps.last_wins_at_once', 'a 486', cpu => '486');

my $unread = 0;    # marks in the sources that this test cannot read

# "suite.test" of each that is marked, by .by_name_only or BY_NAME().
sub by_name_only {
    my ($file) = @_;
    my $text = Pedant::Run::slurp($file);
    my ($suite) = $text =~ /^KTAP_SUITE\((\w+),/m or return;
    $text =~ s/^#define BY_NAME\(.*?[^\\]\n//ms;
    my @names = ($text =~ /\.name = "(\w+)"[^}]*\.by_name_only = true/g, $text =~ /\bBY_NAME\((\w+)\)/g);
    $unread += abs(@names - (() = $text =~ /by_name_only|\bBY_NAME\(/g));
    return map {"$suite.$_"} @names;
}

my $outside = join '', map { Pedant::Run::slurp($_) } glob 'tests/*.t';
my @tests   = map { by_name_only($_) } glob 'tests/kernel/*/*.c';
cmp_ok(scalar @tests, '>', 5, 'there are self-tests that run by name only');
is($unread, 0, 'each mark in the sources has a name');
for my $test (@tests) {
    my ($suite, $name) = split /\./, $test;
    ok($outside =~ /\b\Q$test\E\b/ || $outside =~ /'\Q$name\E'|\b\Q$name\E +=>/ && $outside =~ /selftest=$suite\.\$/,
        "$test is run by a test from outside");
}

done_testing;
