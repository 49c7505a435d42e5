# SPDX-License-Identifier: MIT
#
# Live changes from outside: each commit is an event, made by whatever CPU, with what it took and what came of it.
use strict;
use warnings;
use List::Util qw(sum0);
use Test::More;
use Pedant;

my $run = boot(name => 'live', smp => 2, timeout => 60, cmdline => 'selftest=live*');
expect_pass($run, 'two CPUs: the kernel passes');
my @all     = $run->events('change');
my @changes = grep { $_->{families} ne 'jump_label' } @all; # the kernel has keys, too
my @done    = grep { $_->{result} eq 'done' } @changes;
cmp_ok(scalar @done, '>', 150, 'there are many changes');
my @numbers = qw(changes sites refused bytes rounds ns stall_ns);
is_deeply([ grep { my $event = $_; grep { ($event->{$_} // '') !~ /^\d+$/ } @numbers } @changes ], [], 'each has its numbers');
is_deeply([ grep { $_->{families} ne 'live' } @changes ], [], 'and its family, once');
is_deeply([ grep { $_->{rounds} != 4 || !$_->{ns} } @done ], [], 'those that were made took four rounds, and time');
is(scalar(grep { $_->{changes} == 2 && $_->{sites} == 8 } @done) > 50, 1, 'of two keys at once, too');
cmp_ok(sum0(map { $_->{stall_ns} } @done), '>', 0, 'what they kept CPUs from their work for is measured');
is_deeply([ grep { $_->{stall_ns} > $_->{ns} } @done ], [], 'and no longer than the change');
my @refused = grep { $_->{result} =~ /^a breakpoint of somebody else's/ } @changes;
is(scalar @refused, 8, 'those that were refused say why');
is_deeply([ grep { $_->{rounds} || $_->{refused} != 1 || $_->{bytes} } @refused ], [], 'and that nothing was done');

my $long = boot(name => 'live long', smp => 2, timeout => 100, cmdline => 'selftest=live.under_all_long');
expect_pass($long, 'hundreds of changes under another CPU: the kernel passes');

$long = boot(name => 'live every step', timeout => 60, cmdline => 'selftest=live.at_every_instruction_long');
expect_pass($long, 'sites behind every single instruction of a change: the kernel passes');

my $steps = boot(name => 'live steps', timeout => 60, cmdline => 'selftest=calls.one_instant_long');
expect_pass($steps, 'calls and a key between any two instructions of a change: the kernel passes');

my $alone = boot(name => 'live alone', cmdline => 'selftest=live.forms');
expect_pass($alone, 'one CPU: the kernel passes');
my @alone = $alone->events('change');
cmp_ok(scalar @alone, '>', 5, 'there are changes');
is_deeply([ grep { $_->{bytes} && !$_->{stall_ns} } @alone ], [], 'each that writes keeps it from its work by itself');

# What measures changes makes those that it tells of; and with too little memory it makes none, and says why.
my $bench = boot(name => 'live bench', cmdline => 'bench-live=1000 selftest=off', timeout => 60);
expect_outcome($bench, 'passed', 'bench-live: the kernel passes');
my %made;
$made{"$_->{sites}: $_->{result}, $_->{refused} refused"}++ for grep { $_->{families} eq 'bench' } $bench->events('change');
is_deeply(\%made, { map { ("$_: done, 0 refused" => 10) } 1, 10, 100, 1000 }, 'bench-live: ten changes of each size');
expect_line($bench, qr/^bench-live: 0 changes could not be made; /, 'bench-live: and says so');
my $small = boot(name => 'live bench, 6 MiB', memory => 6, cmdline => 'bench-live selftest=off');
expect_outcome($small, 'passed', 'bench-live, 6 MiB: the kernel passes');
expect_line($small, qr/^bench-live: there is not enough memory$/, 'bench-live, 6 MiB: is too little');
done_testing;
