#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# One boot as TAP, for run.pl: what in the kernel failed, by the names that its self-tests have, how it
# ended if it did not end well, and then all that a boot without damage owes (Pedant::expect_pass).
#
#	perl -Itests/lib tests/mutants/boot.pl cpu=486 cmdline="pv=soft"

use strict;
use warnings;
use Pedant;
use Test::More;

sub report_tests {
    my ($run) = @_;
    fail("$_->{suite}.$_->{name}: $_->{why}") for grep { $_->{result} eq 'fail' } $run->events('test');
    return;
}

# The last test that ended says where to look for the one that did not.
sub report_end {
    my ($run) = @_;
    my ($last) = reverse $run->events('test');
    my $after = $last ? "after $last->{suite}.$last->{name}" : 'before any self-test';
    my ($reason) = map { /panic: (.*)/ ? $1 : () } $run->lines;
    return fail('panic: ' . ($reason // 'without a reason')) if $run->outcome eq 'panic';
    return fail($run->outcome . ": $after") if $run->outcome !~ /^(?:passed|failed)$/;
    return;
}

my %args = map { split /=/, $_, 2 } @ARGV;
my $run  = boot(name => 'boot', timeout => 20, %args);
report_tests($run);
report_end($run);
expect_pass($run, 'what every boot owes');
done_testing;
