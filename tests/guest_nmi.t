#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# An NMI at each instruction of the way into a guest and back (host/world.asm): the machine is stopped there, gets its NMI, and goes
# on. The guest has nothing where the host's segments are, and the other way around, so whoever loads by the wrong table ends the
# host. Each NMI is the host's in the end, and the guest sees none of it.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::Gdb;
use Pedant::Machine;
use Pedant::Monitor;
use Pedant::Run;

my $WINDOW = 0xffc10000;
my $STUB   = 12;          # bytes of each
my $guest  = build_dir() . '/tests/guest/nmi.elf';
die "$guest is missing: run make " . build_dir() . "/tests/guest.list first\n" if !-e $guest;

my $elf = kernel_elf();
my ($code, $enter, $end) = map { $elf->symbol($_) } qw(world_code world_enter world_code_end);

# Where the way's instructions begin, in the window: all but what an NMI itself comes by, which no other may interrupt.
sub instructions {
    my $text = qx{objdump -d -j .rodata --start-address=$enter --stop-address=$end @{[ kernel_path() ]}};
    $text =~ s/^[0-9a-f]+ <left\.here>:.*//ms;
    return map { hex($_) - $code + $WINDOW } $text =~ /^\s*([0-9a-f]+):\t\S+ (?:\S\S )*\s*\t/mg;
}

my @at = ((map { $WINDOW + $STUB * 13 + $_ } 0, 1, 2, 7), instructions());
cmp_ok(scalar @at, '>', 60, 'the way has so many instructions');

# And to the next entry, or this NMI's own way would be the next one's place.
sub nmi_at {
    my ($gdb, $monitor, $address) = @_;
    return 0 if !$gdb->go_to($address);
    $monitor->execute('inject-nmi');
    return $gdb->go_to($WINDOW + $enter - $code);
}

for my $cpu (qw(486 qemu32 max)) {
    my $directory = tempdir(CLEANUP => 1);
    my %args = (image => kernel_path(), memory => 64, serial => 2, exit => 1, cpu => "$cpu,-apic", modules => [$guest],
        cmdline => 'selftest=cpu guest-text=open', qmp_path => "$directory/qmp", extra => [ '-S', '-gdb', "unix:$directory/gdb,server=on,wait=off" ]);
    my $machine = Pedant::Machine->start(Pedant::Machine::log_base($cpu), \%args);
    my $monitor = Pedant::Monitor->connect("$directory/qmp", 10, sub { $machine->running });
    my $gdb     = Pedant::Gdb->connect("$directory/gdb", 60);
    my @missed  = eval { grep { !nmi_at($gdb, $monitor, $_) } @at };
    is($@, '', "$cpu: the machine is there all the time");
    is_deeply([ map { sprintf '%08x', $_ } @missed ], [], "$cpu: it is stopped at each instruction");
    my $counted = eval { $gdb->go_to($elf->symbol('machine_end')) && $gdb->ask(sprintf 'm%x,4', $elf->symbol('trap_nmis')) };
    is(unpack('V', pack 'H8', $counted || '0' x 8), scalar @at, "$cpu: each NMI is the host's");
    eval { $gdb->go };
    $machine->wait_for(60);
    $machine->kill;
    my $run = Pedant::Run->new($machine, \%args);
    expect_outcome($run, 'passed', "$cpu: the host passes");
    my ($event) = $run->events('guest');
    is($event ? $event->{result} : 'none', 'it says that all passed', "$cpu: and its guest");
}
done_testing;
