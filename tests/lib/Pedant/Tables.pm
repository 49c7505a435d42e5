# SPDX-License-Identifier: MIT
#
# Firmware tables that a test makes up, as pieces of memory for Pedant::Loader's blob(). The kernel looks
# into the EBDA first, so these hide the machine's own.
#
#     my @acpi = fake_acpi(local_apic(0), local_apic(77));      # a MADT with two CPUs
#     boot(loader_args('a CPU that is not there', blob(MAGIC, INFO, information(), @acpi)));
package Pedant::Tables;

use strict;
use warnings;
use Exporter qw(import);

# Where they lie: the EBDA is where QEMU's firmware has it.
use constant { EBDA => 0x9fc00, RSDT => 0x9e100, MADT => 0x9e301, MP_TABLE => 0x9f000 };

our @EXPORT = qw(rsdp table madt fake_acpi local_apic x2apic mp_floating mp_table EBDA RSDT MADT MP_TABLE);

# The bytes with a good checksum at $at.
sub sealed {
    my ($bytes, $at) = @_;
    substr($bytes, $at, 1) = "\0";
    substr($bytes, $at, 1) = chr(-unpack('%8C*', $bytes) & 255);
    return $bytes;
}

# ACPI 6.5, 5.2.5.3 (revision 0), 5.2.6, 5.2.12.
sub rsdp { return sealed(pack('a8 x a6 C V', 'RSD PTR ', 'PEDANT', 0, $_[0] // RSDT), 8) }

sub table {
    my ($signature, $body) = @_;
    return sealed(pack('a4 V C x a6 a8 V3', $signature, 36 + length $body, 1, 'PEDANT', 'TEST', 1, 1, 1) . $body, 9);
}

sub madt { return table('APIC', join '', pack('V2', 0xfee00000, 0), @_) }

# Entries of the MADT: a CPU that is enabled unless told otherwise.
sub local_apic { return pack 'C4 V',  0, 8,  0, $_[0], $_[1] // 1 }
sub x2apic     { return pack 'C4 V3', 9, 16, 0, 0, $_[0], $_[1] // 1, 0 }

# All that leads to a MADT with these entries.
sub fake_acpi { return (EBDA, rsdp(), RSDT, table('RSDT', pack 'V', MADT), MADT, madt(@_)) }

# MultiProcessor Specification 1.4, 4.1 and 4.2; a CPU is [ id, flags ].
sub mp_floating {
    my ($configuration, $table) = @_;
    return sealed(pack('a4 V C3 C x4', '_MP_', $table // MP_TABLE, 1, 4, 0, $configuration // 0), 10);
}

sub mp_table {
    my $entries = join '', map { pack 'C4 x16', 0, $_->[0], 0x14, $_->[1] } @_;
    return sealed(pack('a4 v C x a8 a12 V v2 V v x2', 'PCMP', 44 + length $entries, 4, 'PEDANT', 'TEST', 0, 0,
        scalar @_, 0xfee00000, 0) . $entries, 7);
}

1;
