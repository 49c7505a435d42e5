# SPDX-License-Identifier: MIT
#
# Starts a kernel by the loader of our own (tests/loader/) with memory that a test makes up: multiboot
# information, and whatever else shall lie below 640 KiB. Source: Multiboot Specification 0.6.96, 3.3.
#
#     my %sane = information(cmdline_text => 'selftest=off');
#     my $run  = boot(loader_args('sane', blob(MAGIC, INFO, %sane, 0x9fc00 => "something for the EBDA")));
package Pedant::Loader;

use strict;
use warnings;
use Exporter qw(import);
use Pedant ();
use Pedant::Machine;

# Bits of the information's flags.
use constant { HAS_MEMORY => 1, HAS_CMDLINE => 1 << 2, HAS_MODULES => 1 << 3, HAS_MAP => 1 << 6, HAS_NAME => 1 << 9 };

# Where things lie: the blob begins with two registers, the rest is our choice.
use constant { BLOB => 0x9000, INFO => 0x9010, NAME => 0x9080, CMDLINE => 0x9100, MAP => 0x9200 };

use constant { MAGIC => 0x2BADB002, MIB => 2**20 };

# What the loader leaves of the machine, in the dword at STATE: tests/loader/loader.asm.
use constant {
    STATE         => 0x9008,
    LEAVE_PRIORITY => 1, LEAVE_PIN => 2, LEAVE_PENDING => 4, LEAVE_SERVICE => 8, LEAVE_LONG => 16, LEAVE_SCREEN => 32,
};

our @EXPORT = qw(STATE LEAVE_PRIORITY LEAVE_PIN LEAVE_PENDING LEAVE_SERVICE LEAVE_LONG LEAVE_SCREEN
    blob information loader_args entry $LOW $HIGH
    HAS_MEMORY HAS_CMDLINE HAS_MODULES HAS_MAP HAS_NAME BLOB INFO NAME CMDLINE MAP MAGIC MIB);

# One entry of a memory map: size (of what follows), base, length, type.
sub entry {
    my ($base, $length, $type, $size) = @_;
    return pack 'V Q< Q< V', $size // 20, $base, $length, $type // 1;
}

# What is really there with the 64 MiB that tests have.
our $LOW  = entry(0,   0x9fc00);
our $HIGH = entry(MIB, 63 * MIB);

# The information's members by name, as pieces of memory for blob(); %changes is what a test makes of a
# sane one. cmdline_text and map are put into memory where cmdline and mmap_addr point as long as nothing
# else is said.
sub information {
    my (%changes) = @_;
    my $map    = $changes{map} // $LOW . $HIGH;
    my %member = (
        flags      => HAS_MEMORY | HAS_CMDLINE | HAS_MAP | HAS_NAME,
        mem_lower  => 639,  mem_upper => 63 * 1024,
        cmdline    => CMDLINE,
        mods_count => 0,    mods_addr => 0,
        map_length => length $map,
        map_addr   => MAP,
        name       => NAME,
        %changes,
    );
    my $info = pack 'V3 x4 V3 x16 V2 x12 V',
        @member{qw(flags mem_lower mem_upper cmdline mods_count mods_addr map_length map_addr name)};
    my $text = "$changes{cmdline_text}\0" if defined $changes{cmdline_text};
    return (INFO, $info, NAME, "lying test loader\0", CMDLINE, $text // "\0", MAP, $map);
}

# The blob that the loader copies to BLOB: eax, ebx, and pieces of memory by address.
sub blob {
    my ($eax, $ebx, @pieces) = @_;
    my $blob = pack 'V2', $eax, $ebx;
    while (my ($address, $bytes) = splice @pieces, 0, 2) {
        my $offset = $address - BLOB;
        $blob .= "\0" x ($offset + length($bytes) - length $blob) if length $blob < $offset + length $bytes;
        substr($blob, $offset, length $bytes) = $bytes;
    }
    return $blob;
}

# The arguments of boot() for a run by this loader, named $what.
sub loader_args {
    my ($what, $blob) = @_;
    my $name = $what =~ s/\W+/-/gr;
    my $file = Pedant::Machine::log_base("$name-memory") . '.blob';
    open my $out, '>:raw', $file or die "$file: $!\n";
    print {$out} $blob;
    close $out or die "$file: $!\n";
    return (
        name    => $name,
        image   => Pedant::build_dir() . '/tests/loader.elf',
        modules => [ Pedant::kernel_path(), $file ],
    );
}

1;
