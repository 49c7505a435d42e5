# SPDX-License-Identifier: MIT
#
# What static calls are for in this kernel, from outside: who asks for the time calls the clock that the machine has, at
# the site itself; in an image that is not patched, a function that looks for it.
use strict;
use warnings;
use Pedant;
use Pedant::Families;
use Pedant::Pvtool;
use Test::More;

my $elf    = kernel_elf();
my ($call) = grep { ($elf->function_at($_->{at}) // '') =~ /^pv_host_time\b/ } Pedant::Families::calls($elf);
ok($call, 'the host\'s clock is a static call') or BAIL_OUT('no site');

sub goes_to {
    my ($bytes) = @_;
    my ($opcode, $distance) = unpack 'C l<', $bytes;
    return $opcode == 0xe8 ? $call->{at} + 5 + $distance : 0;
}
is(goes_to($elf->bytes($call->{at}, 5)), $elf->symbol('__SCT__timer_clock'), 'as linked it goes to its trampoline');

my %clock = (qemu32 => 'tsc_ns', 'qemu32,-tsc' => 'pit_clock_ns');
for my $cpu (sort keys %clock) {
    my $held = boot_and_hold(name => "call-uses-$cpu" =~ tr/,/-/r, cpu => $cpu, cmdline => 'selftest=calls');
    ok($held->reached, "$cpu: it comes to its end") or diag($held->describe), next;
    like($elf->function_at(goes_to($held->pmemsave($call->{at}, 5))) // '', qr/^$clock{$cpu}\b/, "$cpu: it calls $clock{$cpu}()");

    # The calls that are left by the suite: among them some of nothing, with a wide result and with a narrow one.
    my $base = $elf->symbol('_image');
    my $dump = spew('dump', $held->pmemsave($base, $elf->symbol('_image_end') - $base));
    my ($status, $said) = pvtool('verify ' . $elf->path . " $dump");
    ok($status == 0 && $said =~ / static_call \((?=.*call)(?=.*jmp)(?=.*zero)/, "$cpu: pvtool verify finds all calls right") or diag $said;
    $held->quit;
}

done_testing;
