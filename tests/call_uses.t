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
my @calls  = Pedant::Families::calls($elf);

# The one call in a function.
sub call_in {
    my ($function) = @_;
    my ($call) = grep { ($elf->function_at($_->{at}) // '') =~ /^\Q$function\E\b/ } @calls;
    ok($call, "in $function() is a static call") or BAIL_OUT('no site');
    return $call;
}

sub goes_to {
    my ($call, $bytes) = @_;
    my ($opcode, $distance) = unpack 'C l<', $bytes;
    return $opcode == 0xe8 ? $call->{at} + 5 + $distance : 0;
}

my ($call, $writer) = map { call_in($_) } qw(pv_host_time vprintk);
is(goes_to($call, $elf->bytes($call->{at}, 5)), $elf->symbol('__SCT__timer_clock'), 'as linked it goes to its trampoline');
is(goes_to($writer, $elf->bytes($writer->{at}, 5)), $elf->symbol('__SCT__console_writer'), 'and so does the consoles\' writer');

# One console: its line is written without a walk; and several.
for my $case ([ 'one', 'write_to_one', extra => [qw(-vga none)] ], [ 'several', 'write_to_all' ]) {
    my ($consoles, $function, @machine) = @$case;
    my $held = boot_and_hold(name => "call-uses-$consoles", cmdline => 'selftest=off', @machine);
    ok($held->reached, "consoles, $consoles: it comes to its end") or diag($held->describe), next;
    like($elf->function_at(goes_to($writer, $held->pmemsave($writer->{at}, 5))) // '', qr/^$function\b/,
        "consoles, $consoles: $function() writes");
    $held->quit;
}

my %clock = (qemu32 => 'tsc_ns', 'qemu32,-tsc' => 'pit_clock_ns');
for my $cpu (sort keys %clock) {
    my $held = boot_and_hold(name => "call-uses-$cpu" =~ tr/,/-/r, cpu => $cpu, cmdline => 'selftest=calls');
    ok($held->reached, "$cpu: it comes to its end") or diag($held->describe), next;
    like($elf->function_at(goes_to($call, $held->pmemsave($call->{at}, 5))) // '', qr/^$clock{$cpu}\b/, "$cpu: it calls $clock{$cpu}()");

    # The calls that are left by the suite: among them some of nothing, with a wide result and with a narrow one.
    my $base = $elf->symbol('_image');
    my $dump = spew('dump', $held->pmemsave($base, $elf->symbol('_image_end') - $base));
    my ($status, $said) = pvtool('verify ' . $elf->path . " $dump");
    ok($status == 0 && $said =~ / static_call \((?=.*call)(?=.*jmp)(?=.*zero)/, "$cpu: pvtool verify finds all calls right") or diag $said;
    $held->quit;
}

done_testing;
