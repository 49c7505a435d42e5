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

# "suite.test" of each that is marked, by .by_name_only or BY_NAME(): a file's tables stand before their suites.
sub by_name_only {
    my ($file) = @_;
    my $text = Pedant::Run::slurp($file) =~ s/^#define BY_NAME\(.*?[^\\]\n//msr;
    my @found;
    while ($text =~ /\G(.*?)^KTAP_SUITE\((\w+),/gms) {
        my ($tables, $suite) = ($1, $2);
        my @names = ($tables =~ /\.name = "(\w+)"[^}]*\.by_name_only = true/g, $tables =~ /\bBY_NAME\((\w+)\)/g);
        $unread += abs(@names - (() = $tables =~ /by_name_only|\bBY_NAME\(/g));
        push @found, map {"$suite.$_"} @names;
    }
    return @found;
}

my $outside = join '', map { Pedant::Run::slurp($_) } glob 'tests/*.t';
my $inside  = join '', map { Pedant::Run::slurp($_) } glob 'tests/kernel/guest/*.c';
my @tests   = map { by_name_only($_) } glob 'tests/kernel/*/*.c';
cmp_ok(scalar @tests, '>', 5, 'there are self-tests that run by name only');
is($unread, 0, 'each mark in the sources has a name');
for my $test (@tests) {
    my ($suite, $name) = split /\./, $test;
    ok($inside =~ /"selftest=\Q$test\E"/ || $outside =~ /\b\Q$test\E\b/ || $outside =~ /'\Q$name\E'|\b\Q$name\E +=>/ && $outside =~ /selftest=$suite\.\$/,
        "$test is run by a test from outside, or in its guests by one that is");
}

done_testing;
