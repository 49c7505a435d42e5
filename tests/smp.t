# SPDX-License-Identifier: MIT
#
# Several CPUs, from outside: all that the machine has come online, as many as maxcpus= allows, under each
# back end; one that does not answer, or that lacks a feature in use, is named and left off, and the others
# run all the same.
use strict;
use warnings;
use List::Util qw(uniq);
use Test::More;
use Pedant qw(expect_line expect_outcome expect_pass);
use Pedant::File qw(slurp);
use Pedant::Loader;
use Pedant::Tables;

# Emulated CPUs wait for each other's threads: on a busy machine that takes its time.
sub boot { return Pedant::boot(timeout => 60, @_) }

# What became of each CPU by its event: { number => result }.
sub results {
    my ($run) = @_;
    return { map { $_->{number} => $_->{result} } $run->events('cpu') };
}

# %expected: online => how many, result => { number => word } for those that are not, lines => patterns
# of the complaints, of which there are no others; end => how the report's line ends.
sub expect_cpus {
    my ($run, $what, %expected) = @_;
    my %result = %{ $expected{result} || {} };
    my $n      = $expected{online} + keys %result;
    my $end    = $expected{end} // qr/by ACPI MADT/;
    expect_pass($run, "$what: the kernel passes");
    is_deeply(results($run), { (map { $_ => 'online' } 0 .. $n - 1), %result },
        "$what: what became of each CPU");
    expect_line($run, qr/^  cpus      $expected{online} of $n\b.* online, $end$/, "$what: the report counts them");
    my @lines = @{ $expected{lines} || [] };
    expect_line($run, $_, "$what: a line says so") for @lines;
    my @complaints = $run->lines_like(qr/^(?:smp|firmware|acpi|mptable|interrupts|timer): /);
    is(scalar @complaints, scalar @lines, "$what: no other complaint") or diag map {"$_\n"} @complaints;
    return;
}

# With all self-tests, by each back end. (Natively and with every number of CPUs: long/smp_counts.t.)
for my $pv (qw(soft trace)) {
    my $run = boot(name => "pv-$pv", smp => 4, cmdline => "pv=$pv");
    expect_cpus($run, "four CPUs, pv=$pv", online => 4);
    is(($run->event('boot') || {})->{backend}, $pv, "four CPUs, pv=$pv: that is the back end");
}
expect_cpus(boot(name => 'noreplace', smp => 4, cmdline => 'noreplace-paravirt'),
    'four CPUs, noreplace-paravirt', online => 4);

# maxcpus=: those beyond stay off. 0 is one CPU too, since the boot CPU runs.
for my $most (0, 1, 2, 4, 9) {
    my $online = $most < 1 ? 1 : $most > 4 ? 4 : $most;
    my $run    = boot(name => "maxcpus-$most", smp => 4, cmdline => "maxcpus=$most selftest=cpus");
    expect_cpus($run, "maxcpus=$most of four", online => $online,
        result => { map { $_ => 'off' } $online .. 3 },
        end    => $most < 4 ? qr/by ACPI MADT: maxcpus=\d/ : qr/by ACPI MADT/);
}

# More than the kernel's table holds; all of them on two cores of a busy machine.
expect_cpus(boot(name => '17-cpus', smp => 17, cmdline => 'selftest=cpus'),
    '17 CPUs', online => 16);

# No ACPI.
my @no_acpi = (extra => [ -machine => 'acpi=off' ]);
expect_cpus(boot(name => 'mp-table', smp => '2,sockets=2', cmdline => 'selftest=cpus', @no_acpi),
    'an MP table', online => 2, end => qr/by MP table/);

# By CPUID a 486 has no local APIC. QEMU gives it one all the same as soon as there are two, which nobody
# sets up, and which lets no interrupt through.
expect_cpus(boot(name => '486', smp => 2, cpu => '486', cmdline => 'selftest=cpus'),
    'two 486', online => 1, result => { 1 => 'off' }, end => qr/by ACPI MADT: .*no local APIC.*/,
    lines => [qr/^timer: no tick arrives/]);
for my $cpu (qw(pentium pentium3 max)) {
    expect_cpus(boot(name => $cpu, smp => 2, cpu => $cpu, cmdline => 'selftest=cpus'), "two $cpu", online => 2);
}

# A boot by the loader of our own, with a command line that keeps it short.
sub boot_lying {
    my ($what, $smp, $changes, @pieces) = @_;
    my %changes = (cmdline_text => 'selftest=cpus', %$changes);
    return boot(loader_args($what, blob(MAGIC, INFO, information(%changes), @pieces)), smp => $smp);
}

# Tables that name a CPU which does not exist, behind the others and between them.
my %ghosts = ('at the end' => [ 0, 1, 77 ], 'in the middle' => [ 0, 77, 1 ], 'before the boot CPU' => [ 77, 0, 1 ]);
for my $where (sort keys %ghosts) {
    my $run = boot_lying("no answer $where", 2, {}, fake_acpi(map { local_apic($_) } @{ $ghosts{$where} }));
    my $nr  = $where eq 'at the end' ? 2 : 1;
    expect_cpus($run, "a CPU that does not answer, $where", online => 2, result => { $nr => 'no answer' },
        lines => [qr/^smp: CPU $nr \(APIC id 77\) does not answer: left off$/]);
}

# A CPU starts in a page below 1 MiB.
expect_cpus(boot_lying('no low memory', 2, { map => $HIGH }), 'no memory below 1 MiB', online => 1,
    result => { 1 => 'off' }, end => qr/by ACPI MADT: there is no free page below 1 MiB/);

# CPUs that differ: QEMU lets each that is plugged in have features of its own, if the model is the same.
sub plugged {
    my ($socket, $features) = @_;
    return (-device => "max-i386-cpu,socket-id=$socket,core-id=0,thread-id=0$features");
}

sub boot_mixed {
    my ($name, @features) = @_;
    my $sockets = 1 + @features;
    return boot(name => $name, cpu => 'max', cmdline => 'selftest=cpus',
        smp   => "1,maxcpus=$sockets,sockets=$sockets,cores=1,threads=1",
        extra => [ map { plugged($_ + 1, $features[$_]) } 0 .. $#features ]);
}

expect_cpus(boot_mixed('alike', '', ''), 'plugged in, alike', online => 3);
expect_cpus(boot_mixed('lacks-tsc', ',tsc=off', ''), 'a CPU without a TSC', online => 2,
    result => { 1 => 'lacks tsc' },
    lines => [qr/^smp: CPU 1 \(APIC id 1\) lacks tsc, which is in use: left off$/]);
expect_cpus(boot_mixed('lacks-unused', ',rdrand=off', ''), 'a CPU that lacks what nobody uses', online => 3);

# One that is left off must not take what is then said to the next one for itself. Four chances to.
expect_cpus(boot_mixed('some-lack', (',tsc=off', '') x 4), 'every second CPU lacks a TSC', online => 5,
    result => { map { $_ => 'lacks tsc' } 1, 3, 5, 7 },
    lines  => [ map {qr/^smp: CPU $_ \(APIC id $_\) lacks tsc, which is in use: left off$/} 1, 3, 5, 7 ]);

# What goes out to start them: a STARTUP that goes elsewhere, and is made good by the second, would otherwise only take longer.
# By shorthand, to all, the BIOS sends its own.
sub sent {
    my ($path) = @_;
    my ($to, @sent);
    for my $line (split /\n/, slurp($path)) {
        my ($place, $value) = map {hex} $line =~ /^apic_mem_writel 0x(3[01]0) = 0x(\w+)$/ or next;
        $to = $value >> 24 if $place == 0x310;
        push @sent, sprintf '%d: %#x', $to, $value if $place == 0x300 && !($value & 0xc0000) && ($value >> 8 & 7) =~ /[56]/;
    }
    return @sent;
}

my $writes = Pedant::Machine::log_base('startup') . '.trace';
expect_cpus(boot(name => 'sent', smp => 3, cmdline => 'selftest=off', extra => [ -trace => 'apic_mem_writel', -D => $writes ]),
    'three CPUs, listened to', online => 3);
my @sent = sent($writes);
SKIP: {
    skip 'this QEMU does not trace what is written to a local APIC', 1 if !-s $writes;
    is_deeply([ uniq(@sent) ],
        [ map { ("$_: 0xc500", "$_: 0x8500", "$_: 0x4608") } 1, 2 ], 'each gets INIT, its end, and where to start');
}

# A panic stops all of them, and is still the end.
for my $n (2, 8) {
    my $run = boot(name => "panic-$n", smp => $n, cmdline => 'crash=panic selftest=off');
    expect_outcome($run, 'panic', "a panic, $n CPUs");
}

done_testing;
