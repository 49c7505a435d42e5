# SPDX-License-Identifier: MIT
#
# Which CPUs the kernel finds: on machines with ACPI, with an MP table only, with more CPUs than the list
# holds; and when the tables, made up by this test, are odd, damaged or hostile. Damage costs a line, the
# next source is asked, and the boot goes on.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Loader;
use Pedant::Tables;

# None of the others is started: many of them exist in a table only.
my $CMDLINE    = 'selftest=cpus maxcpus=1';
my $COMPLAINTS = qr/^(?:firmware|acpi|mptable): /;

# %expected: source, apic_ids, more (0), lines => patterns that must each be on the log; no other line
# may complain.
sub expect_cpus {
    my ($run, $what, %expected) = @_;
    expect_pass($run, "$what: the kernel passes");
    my $found = $run->event('cpus') || {};
    is($found->{source},   $expected{source},   "$what: the source is '$expected{source}'");
    is($found->{apic_ids}, $expected{apic_ids}, "$what: the APIC ids are $expected{apic_ids}");
    is($found->{n}, scalar(split / /, $expected{apic_ids}), "$what: and that many are counted");
    is($found->{more}, $expected{more} // 0, "$what: " . ($expected{more} // 'no') . ' more');
    my @lines = @{ $expected{lines} || [] };
    expect_line($run, $_, "$what: a line says so") for @lines;
    my @complaints = $run->lines_like($COMPLAINTS);
    is(scalar @complaints, scalar @lines, "$what: no line more") or diag map {"$_\n"} @complaints;
    return;
}

sub ids { return join ' ', 0 .. $_[0] - 1 }

# The machine's own tables.
sub machine {
    my ($what, $args, %expected) = @_;
    my $run = boot(name => $what, cmdline => $CMDLINE, %$args);
    expect_cpus($run, $what, %expected);
    return $run;
}

for my $n (1, 2, 4, 8) {
    my $run = machine("$n CPUs", { smp => $n }, source => 'ACPI MADT', apic_ids => ids($n));
    is(($run->event('cpus') || {})->{lapic}, '0xfee00000', "$n CPUs: their APICs' address");
}
machine('17 CPUs', { smp => 17 }, source => 'ACPI MADT', apic_ids => ids(16), more => 1);
machine('sockets that are empty', { smp => '2,maxcpus=8' }, source => 'ACPI MADT', apic_ids => ids(2));
machine('ids with gaps', { smp => '6,sockets=2,cores=3' }, source => 'ACPI MADT', apic_ids => '0 1 2 4 5 6');
machine('much memory', { smp => 2, memory => 3584 }, source => 'ACPI MADT', apic_ids => ids(2));
machine('a Q35', { smp => 3, extra => [ -machine => 'q35' ] }, source => 'ACPI MADT', apic_ids => ids(3));
machine('four sockets without ACPI', { smp => '4,sockets=4', extra => [ -machine => 'acpi=off' ] },
    source => 'MP table', apic_ids => ids(4));
machine('one socket without ACPI', { smp => '4,sockets=1', extra => [ -machine => 'acpi=off' ] },
    source => 'MP table', apic_ids => ids(1));

# An ISA PC on a 486, which has no local APIC: its MP table is there, and empty.
machine('no table', { cpu => '486', extra => [ -machine => 'isapc' ] },
    source => '', apic_ids => 0, lines => [qr/^firmware: the MP table lists no CPU: not used$/]);

# Tables of this test, in front of those of a machine with two CPUs and ACPI, or with `acpi=off`.
sub made_up {
    my ($what, $pieces, %expected) = @_;
    my $blob = blob(MAGIC, INFO, information(cmdline_text => $CMDLINE), @$pieces);
    my $acpi = delete $expected{acpi} // 'on';
    my $run  = boot(loader_args($what, $blob), smp => '2,sockets=2', extra => [ -machine => "acpi=$acpi" ]);
    expect_cpus($run, $what, %expected);
    return;
}

my %by_madt = (source => 'ACPI MADT');
my %by_mp   = (source => 'MP table', apic_ids => '0 1');    # the machine's own

made_up('as the machine has them', [ fake_acpi(local_apic(0), local_apic(1)) ], %by_madt, apic_ids => '0 1');
made_up('another order', [ fake_acpi(map { local_apic($_) } 9, 1, 0, 77) ], %by_madt, apic_ids => '0 9 1 77');
made_up('disabled ones', [ fake_acpi(local_apic(0), local_apic(1, 0), local_apic(2, 2), x2apic(3)) ],
    %by_madt, apic_ids => '0 3');
made_up('ids twice', [ fake_acpi(map { local_apic($_) } 0, 1, 1, 0) ], %by_madt, apic_ids => '0 1',
    lines => [qr/^firmware: the ACPI MADT lists 2 CPUs more than once: counted once$/]);
made_up('not the boot CPU', [ fake_acpi(local_apic(1)) ], %by_madt, apic_ids => '0 1',
    lines => [qr/^firmware: the ACPI MADT does not list the CPU that runs, APIC id 0$/]);
made_up('300 CPUs', [ fake_acpi(map { x2apic($_) } 0 .. 299) ], %by_madt, apic_ids => ids(16), more => 284);

# Damage. The MADT's first entry begins at its byte 44.
sub broken {
    my ($bytes, $at, $new) = @_;
    substr($bytes, $at, length $new) = $new;
    return $bytes;
}

sub with_rsdt { return (EBDA, rsdp(), RSDT, @_) }
my @two  = (local_apic(0), local_apic(1));
my $rsdt = table('RSDT', pack 'V', MADT);
made_up('a wrong checksum', [ with_rsdt($rsdt, MADT, broken(madt(@two), 50, "\1")) ], %by_mp,
    lines => [qr/^acpi: the MADT's checksum is wrong: not used$/]);
made_up('an entry of no length', [ fake_acpi("\0\0", @two) ], %by_mp,
    lines => [qr/^acpi: the MADT's entry at byte 44, of type 0, has a length of 0 where 18 are left: not used$/]);
made_up('an entry that is too long', [ fake_acpi(@two, "\1\xff") ], %by_mp,
    lines => [qr/^acpi: the MADT's entry at byte 60, of type 1, has a length of 255 where 2 are left: not used$/]);
made_up('an RSDT near 4 GiB', [ EBDA, rsdp(0xfffffff0) ], %by_mp,
    lines => [qr/^acpi: the RSDT at fffffff0 cannot be read: not used$/]);
made_up('an RSDT at 0x800', [ EBDA, rsdp(0x800) ], %by_mp,
    lines => [qr/^acpi: the RSDT at 00000800 cannot be read: not used$/]);
made_up('an RSDT among devices', [ EBDA, rsdp(0xd0000000) ], %by_mp,
    lines => [qr/^acpi: the RSDT at d0000000 has another signature: not used$/]);
made_up('a MADT of 4 GiB', [ with_rsdt($rsdt, MADT, broken(madt(@two), 4, "\xff" x 4)) ], %by_mp,
    lines => [qr/^acpi: the MADT at 0009e301 has a length of 4294967295: not used$/]);
made_up('no MADT', [ with_rsdt(table('RSDT', pack 'V2', RSDT, 0xfffffff8)) ], %by_mp,
    lines => [qr/^acpi: no MADT among the RSDT's 2 tables, 1 of them out of reach$/]);
made_up('a wrong RSDP before the machine\'s', [ EBDA, broken(rsdp(), 9, 'X') ], %by_madt, apic_ids => '0 1',
    lines => [qr/^firmware: 'RSD PTR ' at 0009fc00 has a wrong checksum \(1 of that kind\): not used$/]);

# MP tables. With ACPI off there is no RSDP.
made_up('an MP table', [ EBDA, mp_floating(), MP_TABLE, mp_table([ 5, 1 ], [ 0, 3 ], [ 6, 0 ], [ 7, 1 ]) ],
    acpi => 'off', source => 'MP table', apic_ids => '0 5 7');
made_up('a default configuration', [ EBDA, mp_floating(1, 0) ],
    acpi => 'off', source => 'MP table', apic_ids => '0 1');
made_up('an MP table with a wrong checksum',
    [ EBDA, mp_floating(), MP_TABLE, broken(mp_table([ 0, 1 ], [ 1, 1 ]), 60, 'X') ],
    acpi => 'off', source => '', apic_ids => 0, lines => [qr/^mptable: the MP table's checksum is wrong: not used$/]);
made_up('both damaged', [ EBDA, rsdp(0x800) . "\0" x 12 . mp_floating(0, 0xfffffff0) ],
    source => '', apic_ids => 0,
    lines => [ qr/^acpi: the RSDT at 00000800 /, qr/^mptable: at fffffff0 is no MP table: not used$/ ]);

done_testing;
