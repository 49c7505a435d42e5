#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What an op costs in a guest, in executed instructions, the host's included, and how often it needs its host: patched,
# as linked, and trapped, where it is the bare instruction; beside the same on the machine. QEMU's -icount shift=0 counts
# an instruction as a nanosecond. The host has interrupts of its own meanwhile, so the least of three runs is taken, and
# an op that needs the host is good to some instructions. Writes build/bench/guest.json.

use strict;
use warnings;
use File::Path qw(make_path);
use JSON::PP;
use Pedant;

my $image = kernel_path();
my @icount = (extra => [ '-icount', 'shift=0,sleep=off' ]);

# { op => [instructions, times in the host] } of a call.
sub costs {
    my ($what, @events) = @_;
    my ($empty) = grep { $_->{op} eq 'empty' } @events or die "$what: no event bench\n";
    return { map { $_->{op} => [ ($_->{tsc} - $empty->{tsc}) / $_->{loops}, ($_->{entries} // 0) / $_->{loops} ] } @events };
}

sub machine {
    my $run = boot(name => 'bench-machine', timeout => 60, cmdline => 'bench selftest=off', @icount);
    die $run->describe if $run->outcome ne 'passed';
    return costs('the machine', $run->events('bench'));
}

sub guest {
    my ($name, $options) = @_;
    my $run = boot(name => "bench-guest-$name", timeout => 120, cmdline => 'selftest=off', modules => ["$image bench selftest=off $options"], @icount);
    die $run->describe if $run->outcome ne 'passed';
    return costs("guest, $name", $run->guest_events(1, 'bench'));
}

my $machine = machine();
my $patched = guest('patched', '');
my $linked  = guest('linked', 'noreplace-paravirt');

print "\nInstructions for one call of an op's inline function, the host's included, and how often the host is needed (-icount shift=0)\n\n";
printf "  %-17s %9s %9s %9s %7s\n", 'op', 'machine', 'patched', 'linked', 'host';
my @rows;
for my $op (sort { $patched->{$a}[0] <=> $patched->{$b}[0] || $a cmp $b } grep { $_ ne 'empty' && $machine->{$_} } keys %$patched) {
    my %row = (op => $op, machine => $machine->{$op}[0], patched => $patched->{$op}[0], linked => $linked->{$op}[0], host => $patched->{$op}[1]);
    push @rows, \%row;
    printf "  %-17s %9.2f %9.2f %9.2f %7.2f\n", @row{qw(op machine patched linked host)};
}
print "\n  patched: by lguest. linked: through the table, with noreplace-paravirt. host: world switches a call, patched.\n";
make_path(build_dir() . '/bench');
open my $out, '>', build_dir() . '/bench/guest.json' or die $!;
print {$out} JSON::PP->new->canonical->pretty->encode(\@rows);
close $out or die $!;

# lguest's promise: the four that are called most need no host, and cost what they do on the machine.
my @broken = grep { $patched->{$_}[1] > 0.05 || $patched->{$_}[0] > $machine->{$_}[0] + 1 } qw(save_fl restore_fl irq_disable irq_enable);
die "these cost more than on the machine: @broken\n" if @broken;
