# SPDX-License-Identifier: MIT
#
# Ten thousand live changes under a CPU that runs through their sites, gets NMIs and ticks, goes and comes; and some under
# three. At the end memory is what pvtool works out. `make stress` makes a million of them.
use strict;
use warnings;
use Pedant;
use Pedant::Pvtool;
use Test::More;

my $elf = kernel_elf();

for my $case ([ 2, 10_000 ], [ 4, 200 ]) {
    my ($cpus, $changes) = @$case;
    my $held = boot_and_hold(name => "stress-$cpus", smp => $cpus, timeout => 600, cmdline => "selftest=stress.all stress=$changes");
    ok($held->reached, "$cpus CPUs: the kernel comes to its end") or diag $held->describe;
    my ($test) = grep { $_->{name} eq 'all' } $held->events('test');
    is($test->{result}, 'ok', "$cpus CPUs: $changes changes") or diag $test->{why};
    my ($status, $said) = verify_held($held, $elf);
    $held->quit;
    is($status, 0, "$cpus CPUs: memory is what it must be") or diag $said;
}

done_testing;
