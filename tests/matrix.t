# SPDX-License-Identifier: MIT
#
# The boot matrix: the kernel passes its self-tests, patched and not, on every CPU model, with little
# and with much memory, with two, one and no serial ports, with a second CPU present, and from GRUB.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Native;
use Pedant::Share;

# qemu64 and max have NX. The last four are for their NOPs: a K8, an AMD of family 10h, one that takes prefixes, and a
# maker that nobody knows.
my @MODELS = (qw(486 pentium pentium3 qemu32 qemu64 max athlon), 'max,family=15', 'max,family=16', 'max,family=23',
    'qemu32,vendor=CyrixInstead');
my %HAS_NX = map { $_ => 1 } qw(qemu64 max), 'max,family=15', 'max,family=16', 'max,family=23';
my $LAST = qr/pedant: \d+ passed, 0 failed, \d+ skipped/;
my $elf  = kernel_elf();
my $nr_sites = $elf->records;

sub expect_sites {
    my ($run, $what, %members) = @_;
    my $pass = $run->event('pass', family => 'paravirt') || {};
    is($pass->{sites}, $nr_sites, "$what: the pass saw every record of the file");
    is($pass->{$_}, $members{$_}, "$what: $_ is $members{$_}") for sort keys %members;
    return;
}

# The padding that the CPU at hand has; no emulator faults on a wrong one.
sub expect_nops {
    my ($run, $what) = @_;
    my $boot = $run->event('boot') || {};
    my $nops = Pedant::Native::nops_for($boot->{vendor} // '', $boot->{family} // 0);
    is($boot->{nops}, $nops, "$what: the NOPs are those of "
            . join ' family ', map { $_ // '?' } @$boot{qw(vendor family)});
    return;
}

my (%nops_seen, $ticks);
for my $cpu (@MODELS) {
    my $run = boot(name => "$cpu-patched", cpu => $cpu);
    expect_pass($run, "-cpu $cpu, patched");
    expect_sites($run, $cpu, kept => 0, refused => 0);
    expect_nops($run, $cpu);
    expect_line($run, $HAS_NX{$cpu} ? qr/^  paging    PAE, .* data no-execute, guards hold$/
        : qr/^  paging    on, text read-only, guards hold$/, "-cpu $cpu: paging by what the CPU has");
    note_skips($run);
    $ticks += !grep { $_->{why} =~ /line does not rise$/ } $run->ktap->skipped;
    $nops_seen{$cpu} = ($run->event('boot') || {})->{nops};

    # Where no site changes, a CPU of each padding runs all of them.
    $run = boot(name => "$cpu-noreplace", cpu => $cpu, cmdline => join ' ', 'noreplace-paravirt', selftests("unpatched, $nops_seen{$cpu}"));
    expect_pass($run, "-cpu $cpu, noreplace-paravirt");
    expect_sites($run, "$cpu, noreplace-paravirt", kept => $nr_sites, bytes => 0, pad => 0);
}
cmp_ok($ticks, '>', 0, 'all that needs the timer was tried, unless the host never had time for one');
is_deeply(\%nops_seen,
    {   486 => '486', pentium => '486', pentium3 => 'p6', qemu32 => 'p6', qemu64 => 'k8', max => 'k7', athlon => 'k7',
        'max,family=15' => 'k8', 'max,family=16' => 'k10', 'max,family=23' => 'p6', 'qemu32,vendor=CyrixInstead' => '486' },
    'each CPU model has its NOPs, and together they need every table');

for my $mebibytes (4, 16, 3584) {
    my $run = boot(name => "memory-$mebibytes", memory => $mebibytes);
    expect_pass($run, "$mebibytes MiB of memory");
    my $bytes = ($run->event('boot') || {})->{memory} // 0;
    cmp_ok(abs($bytes - $mebibytes * 2**20), '<', 2 * 2**20, "and the kernel found them ($bytes bytes)");
}

{
    my $run = boot(name => 'modules', memory => 8, modules => [ ('README.md') x 20 ]);
    expect_pass($run, '20 modules are there');
    is(($run->event('test', name => 'modules_are_never_free') || {})->{result}, 'ok', 'and keep their memory');
}

# Less than the kernel has itself: all of it is tried, or not even the stack is there.
for my $case ([ int($elf->symbol('_image_end') / 1024) - 16, qr/^panic: memory: the kernel needs / ], [ 1400, qr/^panic: Pedant needs more memory/ ]) {
    my ($kibibytes, $line) = @$case;
    my $run = boot(name => "memory-${kibibytes}k", memory => "${kibibytes}k");
    expect_outcome($run, 'panic', "$kibibytes KiB of memory are too little");
    expect_line($run, $line, "$kibibytes KiB: a line says so");
}

for my $serial (0, 1) {
    my $run = boot(name => "serial-$serial", serial => $serial);
    expect_pass($run, "$serial serial ports");
}
{
    my $held = boot_and_hold(name => 'serial-0-screen', serial => 0, until_vga => qr/^ $LAST$/);
    ok($held->reached, 'without a serial port the verdict stands on the screen')
        or diag(map {"    $_\n"} $held->vga_text);
}

{
    my $run = boot(name => 'smp-2', smp => 2);
    expect_pass($run, 'two CPUs are there');
}

{
    my $file = log_dir() . '/matrix-debugcon.debugcon';
    my $run  = boot(name => 'debugcon', extra => [ -debugcon => "file:$file" ]);
    expect_pass($run, 'QEMU has a debug port');
    is(Pedant::Run::slurp($file), $run->log =~ s/\r//gr, 'and it gets what the first serial port gets');
}

{
    my $run = boot(name => 'grub', iso => build_dir() . '/pedant.iso');
    expect_pass($run, 'started by GRUB from a CD');
    expect_sites($run, 'GRUB', kept => 0, refused => 0);
    like(($run->event('boot') || {})->{loader}, qr/^GRUB /, 'and the kernel knows by whom');
}

done_testing;
