#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
#
# The ELF file inside a Linux kernel's bzImage, which is what boot loaders are given: pvtool reads ELF only.
#
#	tools/vmlinux.pl /boot/vmlinuz-6.1.0-47-686-pae vmlinux
#
# The setup header (Documentation/arch/x86/boot.rst of Linux) says where the payload is: 0x1f1 u8 setup_sects, 0x202
# "HdrS", 0x206 u16 version, and from version 2.08 on 0x248 u32 payload_offset, behind the setup's sectors, and u32
# payload_length, whose last four bytes are the size of what comes out. An ELF file is copied as it is.
use v5.30;
use warnings;

# By the payload's first bytes, hexadecimal.
my @PACKERS = (['fd377a585a00', 'xz', '-dc'], ['1f8b', 'gzip', '-dc'], ['28b52ffd', 'zstd', '-dcq'], ['425a68', 'bzip2', '-dc'],
	['02214c18', 'lz4', '-dc'], ['5d0000', 'xz', '-dc', '--format=lzma']);

sub fail { say STDERR 'vmlinux: ', @_; exit 2 }

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or fail("$path: $!");
	local $/;
	return <$in> // '';
}

sub payload {
	my ($path, $file) = @_;
	fail("$path: no bzImage: no setup header") if length $file < 0x250 || substr($file, 0x202, 4) ne 'HdrS';
	my ($sectors, $version) = unpack 'x497 C x20 v', $file;
	fail(sprintf '%s: setup header of version %#x, of a kernel before 2.6.26', $path, $version) if $version < 0x208;
	my ($offset, $length) = unpack 'x584 V2', $file;
	my $at = (($sectors || 4) + 1) * 512 + $offset;
	fail("$path: its payload, $length bytes at $at, is not in the file") if $length < 8 || $at + $length > length $file;
	return substr $file, $at, $length - 4;
}

sub unpack_payload {
	my ($path, $bytes, $out) = @_;
	my $begin    = unpack 'H16', $bytes;
	my ($packer) = grep { index($begin, $_->[0]) == 0 } @PACKERS;
	fail("$path: nobody knows what its payload is packed with: $begin") unless $packer;
	my (undef, @command) = @$packer;
	open STDOUT, '>:raw', $out or fail("$out: $!");
	open my $pipe, '|-:raw', @command or fail("$command[0]: $!");
	print {$pipe} $bytes;
	my $good = close $pipe;
	fail("$path: $command[0] cannot unpack its payload") unless $good;
}

@ARGV == 2 or fail('wanted: a bzImage or an ELF file, and where to write the ELF file');
my ($path, $out) = @ARGV;
my $file = slurp($path);
if ($file =~ /^\x7fELF/) {
	open my $copy, '>:raw', $out or fail("$out: $!");
	print {$copy} $file;
	close $copy or fail("$out: $!");
} else {
	unpack_payload($path, payload($path, $file), $out);
}
fail("$out: what came out is no ELF file") unless slurp($out) =~ /^\x7fELF/;
