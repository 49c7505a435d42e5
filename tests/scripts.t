#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Scripts of tools/ that no other test is about, each by what it makes of what a test made up: how a run ended
# (boot.sh), names of keys (keynames.awk), lines of code (lines.pl), the ELF file of a bzImage (vmlinux.pl).
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp spew);

my $top = getcwd();
my $dir = tempdir(CLEANUP => 1);

# Status, output and messages of a command.
sub sh { my ($command) = @_; my $said = qx($command 2> $dir/messages); return ($? >> 8, $said, scalar slurp("$dir/messages")) }

# ---- boot.sh

sub machine {
    my ($end) = @_;
    spew("$dir/machine", "#!/bin/sh\necho \"\$@\"\n$end\n");
    chmod 0755, "$dir/machine" or die $!;
    return;
}

for my $case ([ 33, 0, '' ], [ 35, 1, "boot: the kernel says: something failed\n" ], [ 37, 1, "boot: the kernel panicked\n" ],
    [ 0, 1, "boot: the machine was reset (triple fault), or QEMU was told to quit\n" ], [ 1, 1, "boot: QEMU failed with status 1\n" ],
    [ 34, 1, "boot: QEMU failed with status 34\n" ], [ 36, 1, "boot: QEMU failed with status 36\n" ], [ 38, 1, "boot: QEMU failed with status 38\n" ]) {
    my ($end, $status, $why) = @$case;
    machine("exit $end");
    is_deeply([ sh("tools/boot.sh 60 $dir/machine -append 'a  b' -x") ],
        [ $status, "-append a  b -x -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04\n", $why ], "boot.sh: a machine that ends with $end");
}
machine('exec sleep 60');
is_deeply([ sh("tools/boot.sh 0.2 $dir/machine") ],
    [ 1, "-no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04\n", "boot: no end after 0.2 seconds\n" ], 'boot.sh: one that does not end');

# ---- keynames.awk: what lies at a multiple of 16 and is as long, what an assembler gave no size, and static calls' keys

sub key_names {
    my ($awk, @lines) = @_;
    my $nm   = spew("$dir/nm", map {"$_\n"} @lines);
    my $head = "extern _data\nsection .rodata.key_names progbits alloc noexec nowrite align=4\nglobal key_names:data, key_names_end:data\nkey_names:\n";
    my $text = `$awk -f tools/keynames.awk $nm`;
    is(substr($text, 0, length $head, ''), $head, "keynames.awk, $awk: what it begins with");
    return $text;
}

my @NM = ('0ff00000 D _data', '0ff00000 00000010 d at_data', '00100000 00000010 D before', '0ff00010 00000120 B array', '0ff00ab0 00000010 b upper',
    '0ff00bc8 00000014 D __SCK__call', '0ff00be0 00000014 D odd_size', '0ff00bf4 00000010 D odd_place', '0ff00c00 00000010 T text',
    '0ff00c00 00000010 R constant', '10000010 d bare', '10000020 D _linker', '10000024 D bare_odd', '10000030 T bare_text', '10000040 B bare_too',
    '         U undefined');
for my $awk (grep { length `command -v $_ 2> /dev/null` } qw(awk mawk gawk original-awk)) {
    is(key_names($awk, @NM), <<'END', "keynames.awk, $awk: places and sizes, then names");
dd _data + 0, 16, name_0
dd _data + 16, 288, name_2
dd _data + 2736, 16, name_3
dd _data + 3016, 20, name_4
dd _data + 1048592, 16, name_5
dd _data + 1048640, 16, name_6
key_names_end:
name_0: db "at_data", 0
name_1: db "before", 0
name_2: db "array", 0
name_3: db "upper", 0
name_4: db "__SCK__call", 0
name_5: db "bare", 0
name_6: db "bare_too", 0
END
    is(key_names($awk, '00000000 D _data', '00000010 d one'), qq(dd _data + 16, 16, name_0\nkey_names_end:\nname_0: db "one", 0\n),
        "keynames.awk, $awk: where addresses begin with 0");
}

# ---- lines.pl

{
    my %files = ('main.c' => "int a; // b\n\n/* c\n d */ int e;\n", 'main.h' => "int f;\n", 'screen.c' => "int g;\n", 'screen.h' => "int h;\n", 'notes' => "i\n",
        'base/a.c' => "int j;\n", 'base/deep/b.h' => "\n\t\nint k;\n", 'bare/c.c' => '', 'task/d.c' => "// l\n/**/int m;/**/\n", 'module/e.c' => "int n;\n",
        'patch/f.c' => "int o;\nint p;\n", 'shell/asm/g.c' => "int q;\n", 'other/h.c' => "int r;\n");
    for my $path (keys %files) {
        make_path("$dir/lines/kernel/" . ($path =~ s{/?[^/]*$}{}r));
        spew("$dir/lines/kernel/$path", $files{$path});
    }
    is_deeply([ sh("cd $dir/lines && perl $top/tools/lines.pl") ], [ 0, <<'END', '' ], 'lines.pl: files, lines, and lines of code of each room');
  room             files  lines   code
  kernel/              2      5      3
  kernel/base/         2      4      2
  kernel/bare/         1      0      0
  kernel/task/         1      2      1
  kernel/module/       1      1      1
  the kernel           7     12      7

  kernel/patch/        1      2      2
  kernel/live/         0      0      0
  kernel/guest/        0      0      0
  kernel/test/         0      0      0
  kernel/litmus/       0      0      0
  kernel/shell/        1      1      1
  kernel/museum/       0      0      0
  beside it            2      3      3

END
}

# ---- vmlinux.pl

# A file with a setup header, whose payload ends with the file unless more is said.
sub bzimage {
    my ($payload, %is) = @_;
    my $sectors = $is{sectors} // 3;
    my $setup   = "\0" x ((($sectors || 4) + 1) * 512);
    substr($setup, 0x1f1, 1)  = chr $sectors;
    substr($setup, 0x202, 4)  = $is{magic} // 'HdrS';
    substr($setup, 0x206, 2)  = pack 'v', $is{version} // 0x20f;
    substr($setup, 0x248, 8)  = pack 'V2', $is{offset} // 100, $is{length} // length $payload;
    return $setup . 'x' x ($is{offset} // 100) . $payload . ($is{behind} // '');
}

sub vmlinux {
    my ($file) = @_;
    unlink "$dir/vmlinux";
    my ($status, undef, $said) = sh("tools/vmlinux.pl @{[ spew(qq($dir/bzimage), $file) ]} $dir/vmlinux");
    return ($status, $said =~ s/\Q$dir\E/DIR/gr, -e "$dir/vmlinux" ? slurp("$dir/vmlinux") : undef);
}

my $elf = "\x7fELF" . join '', map { pack 'V', $_ * 2654435761 } 1 .. 999;
my $raw = spew("$dir/raw", $elf);
my ($packed, @packed) = '';
for my $packer ('gzip -c', 'xz -c', 'zstd -cq', 'bzip2 -c', 'lz4 -clq', 'xz -c --format=lzma') {
    my ($program) = split ' ', $packer;
    SKIP: {
        skip "no $program", 1 if !length `command -v $program 2> /dev/null`;
        my $bytes = `$packer $raw` . pack 'V', length $elf;
        is_deeply([ vmlinux(bzimage($bytes, behind => 'more')) ], [ 0, '', $elf ], "vmlinux.pl: $packer");
        $packed ||= $bytes;
    }
}
is_deeply([ vmlinux($elf) ], [ 0, '', $elf ], 'vmlinux.pl: an ELF file is copied');
is_deeply([ vmlinux(bzimage($packed, @$_[ 1 .. $#$_ ])) ], [ 0, '', $elf ], "vmlinux.pl: $_->[0]") for [ 'a payload at the end of the file' ],
    [ 'no sectors are four', sectors => 0 ], [ 'one sector', sectors => 1 ], [ 'a payload at the setup\'s end', offset => 0 ], [ 'the first version that says where', version => 0x208 ];
my $small = bzimage('');
for my $case ([ 'no magic', bzimage($packed, magic => 'hdrs'), 'DIR/bzimage: no bzImage: no setup header' ],
    [ 'less than a header', substr($small, 0, 0x24f), 'DIR/bzimage: no bzImage: no setup header' ],
    [ 'no more than one', substr($small, 0, 0x250), 'DIR/bzimage: its payload, 0 bytes at 2148, is not in the file' ],
    [ 'an old version', bzimage($packed, version => 0x207), 'DIR/bzimage: setup header of version 0x207, of a kernel before 2.6.26' ],
    [ 'a payload of seven bytes', bzimage('1234567'), 'DIR/bzimage: its payload, 7 bytes at 2148, is not in the file' ],
    [ 'one that ends behind the file', bzimage($packed, length => 1 + length $packed), 'DIR/bzimage: its payload, ' . (1 + length $packed) . ' bytes at 2148, is not in the file' ],
    [ 'one that nobody knows', bzimage('123456789abc'), 'DIR/bzimage: nobody knows what its payload is packed with: 3132333435363738' ],
    [ 'one of eight bytes', bzimage("\x1f\x8b" . '345678'), qr{^vmlinux: DIR/bzimage: gzip cannot unpack its payload$}m ],
    [ 'nothing', '', 'DIR/bzimage: no bzImage: no setup header' ]) {
    my ($what, $file, $why) = @$case;
    my ($status, $said) = vmlinux($file);
    ok($status == 2 && (ref $why ? $said =~ $why : $said eq "vmlinux: $why\n"), "vmlinux.pl: $what is refused") or diag "$status: $said";
}
{
    my $text = spew("$dir/text", 'no ELF file');
    is_deeply([ (vmlinux(bzimage(`gzip -c $text` . pack 'V', 11)))[ 0, 1 ] ], [ 2, "vmlinux: DIR/vmlinux: what came out is no ELF file\n" ],
        'vmlinux.pl: what is unpacked and no ELF file is refused');
    my $wanted = "vmlinux: wanted: a bzImage or an ELF file, and where to write the ELF file\n";
    is_deeply([ sh("tools/vmlinux.pl $_") ], [ 2, '', $wanted ], "vmlinux.pl: $_ is no pair of paths") for $raw, "$raw $dir/a $dir/b";
    is_deeply([ sh("tools/vmlinux.pl $dir/nothing $dir/vmlinux") ], [ 2, '', "vmlinux: $dir/nothing: No such file or directory\n" ], 'vmlinux.pl: no file');
    is_deeply([ sh("tools/vmlinux.pl $raw $dir/nowhere/vmlinux") ], [ 2, '', "vmlinux: $dir/nowhere/vmlinux: No such file or directory\n" ], 'vmlinux.pl: no place for an ELF file');
    spew("$dir/bzimage", bzimage($packed));
    is_deeply([ sh("tools/vmlinux.pl $dir/bzimage $dir/nowhere/vmlinux") ], [ 2, '', "vmlinux: $dir/nowhere/vmlinux: No such file or directory\n" ], 'vmlinux.pl: nor for one that is unpacked');
    spew("$dir/limited", "#!/bin/sh\ntrap '' XFSZ\nulimit -f 1\nexec tools/vmlinux.pl \"\$@\"\n");
    is_deeply([ sh("sh $dir/limited $raw $dir/vmlinux") ], [ 2, '', "vmlinux: $dir/vmlinux: File too large\n" ], 'vmlinux.pl: half an ELF file is none');
}

done_testing;
