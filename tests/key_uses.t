# SPDX-License-Identifier: MIT
#
# What static keys are for in this kernel, from outside: options that were read before the first pass turn branches on that
# are NOPs otherwise.
use strict;
use warnings;
use Pedant;
use Test::More;

my %FAMILY = map { $_ => 1 } qw(paravirt alternatives smp_locks jump_label static_call);

sub traced {
    my ($run) = @_;
    return map { /^trace: (\w+(?: to \w+)?): (\d+) sites, 0 refused, \d+ bytes, \d+ ns$/ ? [ $1, $2 ] : [ "not understood: $_", 0 ] }
        $run->lines_like(qr/^trace: /);
}

my $plain = boot(name => 'uses-none', smp => 2, cmdline => 'selftest=off');
expect_pass($plain, 'without options');
is(scalar $plain->lines_like(qr/^trace: |^ +irq +interrupts/), 0, 'nothing is traced or counted');

my $all = boot(name => 'uses-trace', smp => 2, cmdline => 'selftest=off trace');
expect_pass($all, 'trace');
my @traced = traced($all);
is(join(', ', map { $_->[0] } @traced[ 0 .. 4 ]), 'jump_label, static_call, paravirt, alternatives, smp_locks', 'a line for each pass at boot');
is($traced[5][0], 'smp_locks to smp', 'and when another CPU comes');
is($_->[1], $all->event('pass', family => $_->[0])->{sites}, "$_->[0]: as many sites as the event says") for @traced[ 0 .. 4 ];

my $some = boot(name => 'uses-trace-some', cmdline => 'selftest=off trace=p*');
expect_pass($some, 'trace=p*');
is(join(', ', map { $_->[0] } traced($some)), 'paravirt', 'traces what matches');

my $irqs = boot(name => 'uses-irqs', smp => 2, cmdline => 'selftest=smp* irq-statistics');
expect_pass($irqs, 'irq-statistics');
my %n = map { ($_->{irq} => $_->{n}) } $irqs->events('interrupts');
cmp_ok($n{$_} // 0, '>', 0, "interrupt $_ was counted") for 0, 17;
my ($head) = grep {/^ +irq +interrupts/} $irqs->lines;
like($head // '', qr/^  irq interrupts   CPU  0   CPU  1$/, 'the table has a column for each CPU');
for my $line (grep {/^ +\d+ +\d+ +\d+ +\d+$/} $irqs->lines) {
    my ($irq, $sum, @cpus) = split ' ', $line;
    is($cpus[0] + $cpus[1], $sum, "interrupt $irq: the columns add up");
}

done_testing;
