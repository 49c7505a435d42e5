# SPDX-License-Identifier: MIT
#
# Little kernels that are laid out as Linux's were over the years, of a few sites of each kind: made by GNU as and
# ld, with their tables in sections, between symbols, or hidden in a stripped file that has kallsyms.
#
#     use Pedant::LinuxImage;
#     my $linux = linux_image('6.1', 'stripped');
#     $linux->{path};                  # the file
#     $linux->at('lock1');             # where a label is
#     $linux->memory(fence => '...');  # what a dump of it would hold, with bytes at labels changed
package Pedant::LinuxImage;

use strict;
use warnings;
use Exporter qw(import);
use Pedant::Elf;
use Pedant::Kallsyms;
use Pedant::Pvtool;
use Test::More;

our @EXPORT = qw(%layouts linux_image);

# What each version has: forms of records, of kallsyms, of exports.
our %layouts = (
    '2.6.20' => { alt => 'absolute8', lock => 'absolute', kallsyms => 'addresses', export => 'absolute8', native => 1 },
    '2.6.37' => { alt => 'absolute', lock => 'relative', jump => 'absolute', kallsyms => 'addresses', export => 'absolute8', nop => '0xe9, 0, 0, 0, 0' },
    '3.2'    => { alt => 'relative', lock => 'relative', jump => 'absolute', kallsyms => 'addresses', export => 'absolute8' },
    '4.4'    => { alt => 'relative13', lock => 'relative', jump => 'absolute', kallsyms => 'addresses', export => 'absolute8' },
    '4.19'   => { alt => 'relative13', lock => 'relative', jump => 'absolute', kallsyms => 'offsets', export => 'relative8' },
    '5.10'   => { alt => 'relative13', lock => 'relative', jump => 'relative', kallsyms => 'offsets', export => 'relative12', calls => 1 },
    '6.1'    => { alt => 'relative', lock => 'relative', jump => 'relative', kallsyms => 'numbers', export => 'relative12', calls => 1 },
    '6.2'    => { alt => 'relative', lock => 'relative', jump => 'relative', kallsyms => 'numbers', export => 'relative12', calls => 1 },
    '6.6'    => { alt => 'relative14', lock => 'relative', jump => 'relative', kallsyms => 'late', export => 'relative12', calls => 1 },
);

sub _rel { my ($form, $to) = @_; return $form =~ /^absolute/ ? ".long $to\n" : ".long $to - .\n" }

# Records: site, its length, replacement and its length, feature; $not: when the CPU has it not.
sub _alternative {
    my ($form, $site, $len, $new, $new_len, $feature, $not) = @_;
    my $text = _rel($form, $site) . _rel($form, $new);
    $text .= ".byte $feature, $len, $new_len, 0\n" if $form eq 'absolute8';
    $text .= sprintf ".short %d, %d\n.byte $len, $new_len\n", $feature, $not || 0 if $form eq 'relative14';
    $text .= sprintf ".short %d\n.byte $len, $new_len\n", $feature | ($not ? 0x8000 : 0) if $form =~ /^(?:absolute|relative|relative13)$/;
    $text .= ".byte 0\n" if $form eq 'relative13';
    return $text;
}

sub _branch { my ($form, $site, $to, $key) = @_; return _rel($form, $site) . _rel($form, $to) . _rel($form, $key) }

sub _export {
    my ($form, $name) = @_;
    return _rel($form, $name) . _rel($form, "name_$name") . ($form =~ /12$/ ? ".long 0\n" : '');
}

# Every site has a label; each call through pv_ops, of a slot of its own.
sub _text {
    my ($layout) = @_;
    my $nop = $layout->{nop} // '0x3e, 0x8d, 0x74, 0x26, 0';
    my $likely = $layout->{nop} ? ".byte $nop" : ".byte 0xe9\n.long out - (. + 4)";
    my $calls = $layout->{native}
        ? "pv1: cli\nnop\npv2: sti\nnop\npv3: pushf\npop %eax\n"
        : "pv1: call *pv_ops + 8\npv2: call *pv_ops + 4\npv3: call *pv_ops + 12\n";
    return <<"END";
.global _text, start_kernel
_text: start_kernel:
traced: call __fentry__
$calls
ret
fence: lock addl \$0, (%esp)
.byte 0x90, 0x90
kept: .byte 0x66, 0x89, 0xc0, 0x90, 0x90, 0x90
moved: call native_one
forward: .byte 0x90, 0x90, 0x90, 0x90, 0x90, 0x90
backward: .byte 0x90, 0x90, 0x90, 0x90, 0x90
both: .byte 0x90, 0x90, 0x90
without: .byte 0x90, 0x90
inner: lock incl (%eax)
.byte 0x90
ahead: ret
lock1: lock decl (%ecx)
unlikely: .byte $nop
off_likely: $likely
short: .byte 0xeb, out - (. + 1)
out: ret
.global native_one, native_two, _paravirt_nop, __fentry__
native_one: wbinvd
ret
native_two: ret
_paravirt_nop: ret
__fentry__: ret
END
}

sub _call_text {
    return <<'END';
calling: call __SCT__one
tail: .byte 0xe9
.long __SCT__one - (. + 4)
update: movl $native_two, __SCK__late
movl $__SCT__late, %edx
movl $native_two, __SCK__other
movl $__SCT__other, %edx
ret
handed: movl $native_two, %ecx
movl $__SCT__none, %edx
movl $__SCK__none, %eax
ret
.balign 8
.global __SCT__one, __SCT__none, __SCT__traced, __SCT__late, __SCT__other, __SCT__gone, __SCK__one, __SCK__none, __SCK__gone
__SCT__one: .byte 0xe9
.long native_one - (. + 4)
.byte 0x0f, 0xb9, 0xcc
__SCT__none: .byte 0xc3, 0xcc, 0x90, 0x90, 0x90, 0x0f, 0xb9, 0xcc
__SCT__traced: .byte 0xe9
.long native_two - (. + 4)
.byte 0x0f, 0xb9, 0xcc
__SCT__late: .byte 0xe9
.long native_one - (. + 4)
.byte 0x0f, 0xb9, 0xcc
__SCT__other: .byte 0xe9
.long native_one - (. + 4)
.byte 0x0f, 0xb9, 0xcc
__SCT__gone: .byte 0xe9
.long native_one - (. + 4)
.byte 0x0f, 0xb9, 0xcc
END
}

my $INIT = <<'END';
.global early
early: call __fentry__
init_lock: lock incl (%edx)
init_fence: lock addl $0, (%esp)
.byte 0x90, 0x90
ret
END

my $NEW = <<'END';
new_fence: mfence
new_fence_end:
new_call: .byte 0xe8
.long native_two - (. + 4)
new_forward: .byte 0xe9
.long ahead - (. + 4)
new_backward: .byte 0xe9
.long _text - (. + 4)
new_one: .byte 0x89, 0xc9
new_two: .byte 0x89, 0xd2, 0x90
new_lock: lock incl (%ebx)
END

# Features: 26 the CPU of memory() has, 27 it has not.
sub _tables {
    my ($layout) = @_;
    my %table;
    my $alt = sub { _alternative($layout->{alt}, @_) };
    my $bit = $layout->{alt} ne 'absolute8';
    $table{alt} = join '', $alt->('fence', 7, 'new_fence', 3, 26), $alt->('kept', 6, 'new_one', 2, 27),
        $alt->('moved', 5, 'new_call', 5, 26), $alt->('forward', 6, 'new_forward', 5, 26),
        $alt->('backward', 5, 'new_backward', 5, 26), $alt->('both', 3, 'new_one', 2, 26),
        $alt->('both', 3, 'new_two', 3, 26), $bit ? $alt->('without', 2, 'new_one', 2, 27, 1) : (),
        $alt->('inner', 4, 'new_lock', 3, 27), $alt->('init_fence', 7, 'new_fence', 3, 26);
    $table{lock} = join '', map { _rel($layout->{lock}, $_) } qw(fence inner lock1 init_lock init_fence);
    $table{para} = join '', map { ".long $_->[0]\n.byte $_->[1], $_->[2]\n.short 0\n" }
        $layout->{native} ? (['pv1', 0, 2], ['pv2', 1, 2], ['pv3', 2, 2]) : (['pv1', 2, 6], ['pv2', 1, 6], ['pv3', 3, 6]);
    $table{mcount} = ".long traced, early\n";
    $table{jump} = join '', map { _branch($layout->{jump}, @$_) } ['unlikely', 'out', 'key1'],
        $layout->{nop} ? ['off_likely', 'out', 'key2'] : (['off_likely', 'out', 'key2 + 1'], ['short', 'out', 'key1 + 1'])
        if $layout->{jump};
    $table{call} = "calling_record: .long calling - ., __SCK__one - .\n.long tail - ., __SCK__one + 1 - .\n" if $layout->{calls};
    return %table;
}

# In sections of these names, or between these symbols.
my %names = (
    alt => ['.altinstructions', '__alt_instructions', '__alt_instructions_end'],
    lock => ['.smp_locks', '__smp_locks', '__smp_locks_end'],
    para => ['.parainstructions', '__parainstructions', '__parainstructions_end'],
    mcount => ['__mcount_loc', '__start_mcount_loc', '__stop_mcount_loc'],
    jump => ['__jump_table', '__start___jump_table', '__stop___jump_table'],
    call => ['.static_call_sites', '__start_static_call_sites', '__stop_static_call_sites'],
);
my %hides = map { $_ => 1 } qw(mcount jump);

sub _place_tables {
    my ($how, %table) = @_;
    my ($text, $zeros) = ('', ".balign 4\n.long 0, 0, 0\n");
    for my $name (sort keys %table) {
        my ($section, $begin, $end) = @{ $names{$name} };
        my $apart = $how eq 'sections' || ($how eq 'stripped' && !$hides{$name});
        $text .= $apart ? qq(.section $section, "a"\n$table{$name})
            : qq(.section .rodata, "a"\n$zeros$begin:\n$table{$name}$end:\n$zeros);
    }
    return $text;
}

sub _data {
    my ($version, $layout) = @_;
    my @exports = (qw(boot_cpu_data), $layout->{native} ? () : 'pv_ops', $layout->{calls} ? '__SCK__gone' : ());
    my $text = qq(.section .rodata, "a"\nbanner: .asciz "Linux version $version-pedant (nobody\@nowhere) #1\\n"\n.balign 4\n);
    $text .= qq(.section __ksymtab, "a"\n) . join '', map { _export($layout->{export}, $_) } @exports;
    $text .= qq(.section __ksymtab_strings, "a"\n) . join '', map {"name_$_: .asciz \"$_\"\n"} @exports;
    $text .= qq(.data\n.balign 16\n.global boot_cpu_data\nboot_cpu_data: .skip 512\nkey1: .long 0, 0\nkey2: .long 1, 0\n);
    $text .= ".global pv_ops\npv_ops: .long 0, _paravirt_nop, native_one, 0\n" unless $layout->{native};
    $text .= <<'END' if $layout->{calls};
__SCK__one: .long native_one
__SCK__gone: .long native_one
key_of_traced: .long native_two
__SCK__late: .long native_one
__SCK__other: .long native_one
tracepoint: .long banner, 0, 0, key_of_traced, __SCT__traced, native_one
.bss
__SCK__none: .skip 4
END
    return $text;
}

my $SCRIPT = <<'END';
ENTRY(_text)
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }
SECTIONS {
    . = 0xc1000000;
    .text : { *(.text) } :text
    .rodata : { *(.rodata) }
    __ksymtab : { *(__ksymtab) }
    __ksymtab_strings : { *(__ksymtab_strings) }
    . = ALIGN(4096);
    .data : { *(.data) } :data
    . = ALIGN(4096);
    .init.text : { *(.init.text) }
    .altinstr_replacement : { *(.altinstr_replacement) }
    .parainstructions : { *(.parainstructions) }
    .altinstructions : { *(.altinstructions) }
    .smp_locks : { *(.smp_locks) }
    __jump_table : ALIGN(4) { *(__jump_table) }
    __mcount_loc : { *(__mcount_loc) }
    .static_call_sites : { *(.static_call_sites) }
    .bss ALIGN(4) : { *(.bss) }
    /DISCARD/ : { *(.note*) *(.comment) }
}
END

sub _run {
    my ($command) = @_;
    my $said = qx($command 2>&1);
    return if !$?;
    diag($said);
    BAIL_OUT($command);
}

my $made = 0;

# Twice, since kallsyms has the addresses of the symbols, and as many bytes whatever they are.
sub _link {
    my ($assembly, $layout, $kallsyms) = @_;
    my ($name, %at) = ('linux' . ++$made);
    my ($ld, $path) = ($ENV{LD} || 'ld', scratch("$name.elf"));
    for my $turn (1, 2) {
        spew("$name.kallsyms", kallsyms($layout->{kallsyms}, 0xc1000000, \%at));
        my $blob = $kallsyms ? qq(.section .rodata, "a"\n.balign 4\nblob: .incbin ") . scratch("$name.kallsyms") . qq("\n.balign 4\n) : '';
        my ($source, $script) = (spew("$name.s", $assembly . $blob), spew("$name.ld", $SCRIPT));
        _run('as --32 -o ' . scratch("$name.o") . " $source");
        _run("$ld -m elf_i386 -z noexecstack -z max-page-size=4096 -T $script -o $path " . scratch("$name.o"));
        my $elf = Pedant::Elf->new($path);
        %at = map { $_->{name} => $_->{addr} } grep { $_->{addr} && $_->{name} !~ /^(?:blob|name_)/ } $elf->symbols;
        last if !$kallsyms;
        next if $kallsyms eq 'all';
        # As a kernel without CONFIG_KALLSYMS_ALL, names of text only.
        my %text = map { my $s = $_; map { $_ => 1 } $s->{addr} .. $s->{addr} + $s->{size} - 1 }
            map { $elf->section($_) } '.text', '.init.text';
        delete @at{ grep { !$text{ $at{$_} } } keys %at };
    }
    return $path;
}

# $how: 'sections', 'symbols' (around tables in .rodata), 'stripped', with kallsyms that name text, or 'named', as
# 'symbols', but stripped and with kallsyms that name all.
sub linux_image {
    my ($version, $how) = @_;
    my $layout   = $layouts{$version};
    my $text     = _text($layout) . ($layout->{calls} ? _call_text() : '');
    my $assembly = ".text\n$text.section .init.text, \"ax\"\n$INIT.section .altinstr_replacement, \"ax\"\n$NEW"
        . _data($version, $layout) . _place_tables($how, _tables($layout));
    my $path = _link($assembly, $layout, { stripped => 'text', named => 'all' }->{$how});
    my $elf  = Pedant::Elf->new($path);
    _run("objcopy --strip-all $path") if $how =~ /^(?:stripped|named)$/;
    return bless { path => $path, elf => $elf, layout => $layout, version => $version }, __PACKAGE__;
}

sub at { return $_[0]{elf}->symbol($_[1]) }

# A CPU that has features 26 and 0, as boot_cpu_data of a running kernel says it.
sub _cpu {
    return pack 'C4 V3 C4 V V V23 a16', 6, 0, 94, 3, 0, 0, 0, 48, 40, 0, 0, 0x80000008, 13, 1 | 1 << 26, (0) x 22, 'GenuineIntel';
}

# Memory from the first byte on, with boot_cpu_data filled in; then bytes (hexadecimal) at labels, then at addresses.
sub memory {
    my ($self, %bytes) = @_;
    my ($base, $memory) = (0xc1000000, '');
    for my $s (grep { $_->{vaddr} >= $base } $self->{elf}->segments) {
        my $at = $s->{vaddr} - $base;
        $memory .= "\0" x ($at - length $memory);
        $memory .= $self->{elf}->bytes($s->{vaddr}, $s->{filesz}) . "\0" x ($s->{memsz} - $s->{filesz});
    }
    substr($memory, $self->at('boot_cpu_data') - $base, length _cpu()) = _cpu();
    for my $label (sort { ($a =~ /^0x/) <=> ($b =~ /^0x/) || $a cmp $b } keys %bytes) {
        my $new = pack 'H*', $bytes{$label} =~ s/ //gr;
        my $at  = $label =~ /^0x/ ? hex $label : $self->at($label);
        substr($memory, $at - $base, length $new) = $new;
    }
    return $memory;
}

1;
