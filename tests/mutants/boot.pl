#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# One boot as TAP, for run.pl: what in the kernel failed, by the names that its self-tests have, as soon
# as it did, since run.pl may have seen enough by then; how it ended if it did not end well; and then all
# that a boot without damage owes (Pedant::expect_pass).
#
# cpus=RESULTS holds the results of all CPUs against that, and qemu="..." has further arguments. guest=OPTIONS boots
# the image as its own guest, too: what fails there begins with "guest: ", and so does why it ended if it did not pass.
#
#	perl -Itests/lib tests/mutants/boot.pl cpu=486 cmdline="pv=soft"

use strict;
use warnings;
use JSON::PP ();
use Pedant;
use Test::More;
use Time::HiRes qw(time);

use constant SILENCE => 8 * ($ENV{PATIENCE} || 1);    # seconds; without a fault a whole boot takes two

my ($heard, $said) = (time, 0);    # when the kernel said something last, and how much by then
my $read = 0;                      # bytes of its events

sub report_tests {
    my ($path) = @_;
    open my $in, '<', $path or return;
    seek $in, $read, 0;
    while (my $line = <$in>) {
        last if $line !~ /\n\z/;
        $read = tell $in;
        my $event = eval { JSON::PP->new->utf8->decode($line) };
        fail("$event->{suite}.$event->{name}: $event->{why}")
            if ref $event eq 'HASH' && ($event->{event} // '') eq 'test' && $event->{result} eq 'fail';
    }
    return;
}

my $read_log = 0;

sub report_guest {
    my ($path) = @_;
    open my $in, '<', $path or return;
    seek $in, $read_log, 0;
    while (my $line = <$in>) {
        last if $line !~ /\n\z/;
        $read_log = tell $in;
        fail("guest: $1") if $line =~ /^guest \d+\|   # not true: (.*?)\r?$/ || $line =~ /^guest \d+\| (panic: .*?)\r?$/
            || $line =~ /^guest \d+\|   ok \d+ \w+ # SKIP (the timer's line does not rise)/
            || ($line =~ /^guest \d+: ended: (.*?)\r?$/ && $1 !~ /^it says that all passed/);
    }
    return;
}

# While it runs. True: it has been silent for so long that it will stay so.
sub watch {
    my ($base) = @_;
    my $now = (-s "$base.json" // 0) + (-s "$base.log" // 0);
    report_tests("$base.json");
    report_guest("$base.log");
    ($heard, $said) = (time, $now) if $now != $said;
    return time - $heard > SILENCE;
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

sub report_cpus {
    my ($run, $expected) = @_;
    my $cpus = join ', ', map { $_->{result} } $run->events('cpu');
    return ok($cpus eq $expected, "cpus: $cpus");
}

my %args = map { split /=/, $_, 2 } @ARGV;
my $cpus = delete $args{cpus};
$args{extra} = [ split ' ', delete $args{qemu} ] if $args{qemu};
my $guest = delete $args{guest};
$args{modules} = [ kernel_path() . " $guest" ] if defined $guest;
my $run  = boot(name => 'boot', timeout => 60, watch => \&watch, %args);
report_end($run);
report_cpus($run, $cpus) if $cpus;
expect_pass($run, 'what every boot owes');
done_testing;
