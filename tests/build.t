#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What must not compile, assemble or link. The guards at build time are looked up in the sources, each is
# tripped once, by a change of what it guards, and says its own sentence. One that is new, and that nothing
# here trips, fails this test: it may be one that never trips.

use strict;
use warnings;
use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp);

my $CFLAGS = '-m32 -march=i486 -mgeneral-regs-only -std=gnu11 -ffreestanding -fno-pic -fno-strict-aliasing -O2';
my $top    = getcwd();
my $dir    = tempdir(CLEANUP => 1);

# ---- the guards

my @ROOMS = qw(pv lib arch host kernel boot tests/kernel);

# A guard's sentence out of a text of C, of an assembler, or for ld; one that is a number of bytes has its line.
sub guards_in {
    my ($path, $text) = @_;
    return $text =~ /^((?:ASSERT|NOCROSSREFS_TO).*)$/mg if $path eq 'linker.ld';
    my @found;
    push @found, $text =~ /_Static_assert\((?!1,).*?"(.+?)(?<!\\)"/sg, $text =~ /^#\s*error\s+(.*)$/mg,
        map { s/^[\s"]+|[\s\\n"]+$//gr } $text =~ /^(\s*"\s*\.org .*)$/mg
        if $path =~ /\.[ch]$/;
    push @found, $text =~ /^\s*\.error\s+"(.*)"/mg, $text =~ /^\s*(\.org .*)$/mg if $path =~ /\.[hS]$/;
    push @found, $text =~ /^\s*%error\s+(.*)$/mg, map { s/\s+/ /gr } $text =~ /^\s*(times .*(?:>>> 31|\Q-((\E).*?)(?:\s*;.*)?$/mg
        if $path =~ /\.(?:asm|inc)$/;
    return @found;
}

# { "file: sentence" => how often }
sub guards {
    my (%found, @files) = ();
    push @files, 'linker.ld';
    find({ no_chdir => 1, wanted => sub { push @files, $_ if -f && /\.(?:[chS]|asm|inc)$/ && !m{^pv/made/} } }, @ROOMS);
    for my $path (@files) {
        $found{"$path: $_"}++ for guards_in($path, slurp($path));
    }
    return \%found;
}

# ---- ways to trip one: each is a function that returns what the tool said

# In $dir, which hides the tree's files by its own.
sub tool {
    my ($command) = @_;
    chdir $dir or die "$dir: $!\n";
    my $said = `LC_ALL=C $command 2>&1`;
    my $failed = $?;
    chdir $top or die "$top: $!\n";
    $said =~ s/\\'/'/g;    # as gcc quotes them in a sentence
    return $failed ? $said : "it went through\n$said";
}

sub put {
    my ($path, $text) = @_;
    make_path(dirname("$dir/$path"));
    open my $out, '>', "$dir/$path" or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
    return $path;
}

sub translate {
    my ($path, $bare) = @_;
    my $source = -e "$dir/$path" ? $path : "$top/$path";
    my $define = '-DCONFIG_PARAVIRT=' . ($bare ? 0 : 1);
    return tool("gcc -m32 $define -I. -I$top -c -o out.o $source") if $path =~ /\.S$/;
    return tool($path =~ /\.c$/ ? "gcc $CFLAGS $define -I. -I$top -c -o out.o $source"
        : "nasm -f elf32 $define -I. -I$top/ -I$top/" . ($ENV{BUILD} || 'build') . "/ -o out.o $source");
}

# $file with the first match of $what replaced by $by; then the source that includes it, or is it.
sub edit {
    my ($file, $what, $by, $source) = @_;
    return sub {
        my $text = slurp($file);
        $text =~ s/$what/$by/m or return "it went through: $file has nothing like $what\n";
        put($file, $text);
        return translate($source // $file);
    };
}

# The same with $more behind the line $what.
sub insert {
    my ($file, $what, $more, $source) = @_;
    return edit($file, qr/^\Q$what\E\n/m, "$what\n$more\n", $source);
}

# One member more.
sub longer {
    my ($file, $record, $source) = @_;
    return insert($file, "$record {", "\tuint8_t more_[32];", $source);
}

sub c {
    my ($text) = @_;
    return sub {
        put('snippet.c', "#include \"pv/paravirt.h\"\n#include \"pv/select.h\"\n#include \"pv/backend/backend.h\"\n"
                . "#include \"arch/x86/cpu/percpu.h\"\nextern uint64_t wide;\nextern char *pointer;\n$text\n");
        return translate('snippet.c');
    };
}

sub statement { return c("void f(void)\n{\n\t$_[0];\n}") }

sub nasm {
    my ($text) = @_;
    return sub {
        put('snippet.asm', "%include \"pv/para.inc\"\n%include \"pv/alternative.inc\"\nsection .text\n$text\n");
        return translate('snippet.asm');
    };
}

sub gas {
    my ($text) = @_;
    return sub {
        put('snippet.S', "#include \"pv/paravirt.h\"\n#include \"pv/alternative.h\"\n\t.text\n$text\n");
        return translate('snippet.S');
    };
}

# Objects of their own, linked by the tree's script, or by an edited one.
sub ld {
    my (%section) = @_;
    my %all = ('.boot' => 'global boot_entry' . "\nboot_entry: ret", '.parainstructions' => 'dd 0, 0', %section);
    return sub {
        put('link.asm', join '', map {"section $_ " . ($_ eq '.bss' ? 'nobits alloc' : 'progbits alloc') . "\n$all{$_}\n"} sort keys %all);
        my $said = tool('nasm -f elf32 -w-all -o link.o link.asm');
        return $said if $said !~ /^it went through/;
        return tool("ld -m elf_i386 -T $top/linker.ld --defsym config_paravirt=1 --defsym config_relocs=0 -o link.elf link.o");
    };
}

my %TRIPS = (
    # records that outside programs read
    'pv/alternative_types.h: the table is read by others' => longer('pv/alternative_types.h', 'struct alt_instr', 'pv/alternative.c'),
    'pv/alternative_types.h: the words come first' => longer('pv/alternative_types.h', 'struct alternative_state', 'pv/alternative.c'),
    'pv/alternative.c: all its words' => longer('pv/facts.h', 'struct pv_fact', 'pv/alternative.c'),
    'pv/facts.h: pvtool writes these' => longer('pv/facts.h', 'struct pv_fact', 'pv/facts.c'),
    'pv/image.h: pvtool writes these' => longer('pv/image.h', 'struct pv_entry', 'pv/image.c'),
    q(pv/paravirt_types.h: the record's size is a promise) =>
        longer('pv/paravirt_types.h', 'struct paravirt_patch_site', 'pv/paravirt.c'),
    'pv/paravirt_types.h: and so is its layout' => edit('pv/paravirt_types.h',
        qr/uint8_t type;\n(?:.*\n)\s*uint16_t clobbers;/, "uint16_t clobbers;\n\tuint8_t type, len;", 'pv/paravirt.c'),
    'pv/feature.c: pv/feature_names.h says how many' => edit('pv/feature_names.h', qr/PV_FEATURE_NAMES \d+/, 'PV_FEATURE_NAMES 1', 'pv/feature.c'),
    'kernel/module/module.h:  is of another type than ' =>
        c("#include \"kernel/module/module.h\"\nint f(int);\nvoid g(void);\nREPLACE(f, g);"),
    'arch/x86/dev/guest.c: a line is said at once' => edit('lib/printk.h', qr/PRINTK_LINE 512/, 'PRINTK_LINE 1024', 'arch/x86/dev/guest.c'),
    'host/guest.h: world.asm counts on it' => longer('host/guest.h', 'struct guest_regs', 'host/world.c'),
    'host/world.c: world.asm counts on it' => insert('host/world.h', 'struct world {', "\tuint32_t more_;", 'host/world.c'),
    'host/world.c: a page' => longer('host/world.c', 'struct world_regs'),
    'pv/backend/guest.h: lguest.S counts on it' => insert('pv/backend/guest.h', 'struct pv_guest {', "\tuint32_t more_;", 'pv/backend/lguest.c'),
    'pv/backend/lguest.c: in one page' => edit('pv/backend/guest.h', qr/PV_GUEST_FORGET +\d+/, 'PV_GUEST_FORGET 64', 'pv/backend/lguest.c'),
    'lib/elf.h: the layout of the specification' => longer('lib/elf.h', 'struct elf_section', 'kernel/module/object.c'),
    'lib/export.h: a table of them has no gaps' => longer('lib/export.h', 'struct exported', 'kernel/module/exports.c'),
    'lib/ksyms.h: tools/ksyms.awk writes two dwords a block' => longer('lib/ksyms.h', 'struct ksym_block', 'lib/ksyms.c'),

    # the table of ops
    'pv/paravirt_types.h: ops.def and struct pv_ops: ' => edit('pv/made/table.h',
        qr/struct pv_cpu_ops cpu;\n\s*struct pv_mmu_ops mmu;/, "struct pv_mmu_ops mmu;\nstruct pv_cpu_ops cpu;", 'pv/paravirt.c'),
    q(pv/relocs.c: an op's type is seven bits of a byte) => edit('pv/relocs.h', qr/PV_RELOC_JMP 0x80/, 'PV_RELOC_JMP 0x20', 'pv/relocs.c'),
    'pv/paravirt_types.h: a slot without a line in ops.def' => insert('pv/made/table.h',
        "\tstruct pv_time_ops time;", "\tvoid *more;", 'pv/paravirt.c'),
    'pv/types.h:  is wider than the 32 bits that the op takes' => statement('write_cr3(wide)'),
    'pv/paravirt_types.h:  is wider than what ' => statement('(void)PVOP_CALL0(uint64_t, cpu.read_cr0)'),
    'pv/paravirt_types.h:  is wider than 32 bits: it is two arguments, its low and its high half' =>
        statement('PVOP_VCALL1(cpu.write_cr3, wide)'),
    'pv/paravirt_types.h: : must be PV_FN uint32_t (void) or (uint32_t)' =>
        c("PV_FN uint64_t f(void);\nPV_CALLEE_SAVE_REGS_THUNK(f);"),
    'pv/paravirt_types.h: : must be PV_FN void (void) or (uint32_t)' =>
        c("void f(int a, int b);\nPV_CALLEE_SAVE_VOID_THUNK(f);"),
    'pv/para.inc: PARA_SITE: %1 is neither callee-save nor a jump: a NASM site would lose registers' => nasm('PARA_SITE cpuid'),
    'pv/para.h: PARA_SITE: \op is no op of pv/ops.def' => gas('PARA_SITE irq_own'),
    q(pv/para.h: PARA_SITE: \op is neither callee-save nor a jump: an assembler's site would lose registers) => gas('PARA_SITE cpuid'),
    'pv/backend/template.h: TEMPLATE \op: it must stand before the table of templates, at the end of this file' => insert(
        'pv/backend/native.S', 'PV_TEMPLATES', "TEMPLATE make_pte\nENDT make_pte"),
    'pv/backend/template.h: TEMPLATE \op: the table of templates ends before it' =>
        edit('pv/backend/soft.S', qr/^PV_TEMPLATES save_fl$/m, "\t.section .pv.native\nTEMPLATE io_delay\nENDT io_delay\nPV_TEMPLATES save_fl"),
    'pv/backend/template.h: TEMPLATE \op: it is no op of pv/ops.def' => insert('pv/backend/native.S', 'ENDT wbinvd', 'TEMPLATE own'),
    'pv/backend/template.h: TEMPLATE \op: longer than a site' => insert('pv/backend/native.S', 'TEMPLATE wbinvd', "\t.skip 5, 0x90"),
    'pv/backend/native.S: the first four functions: more than a cache line' => insert('pv/backend/native.S', '.Lirq_line:', "\t.skip 60"),
    'pv/backend/backend.c: pv/made/native.h is not made of this pv/ops.def: native_' => [
        edit('pv/made/native.h', qr/PV_NATIVE_iret = \d+/, 'PV_NATIVE_iret = 99', 'pv/backend/backend.c'),
        edit('pv/made/native.h', qr/PV_NATIVE_iret = \d+/, 'PV_NATIVE_iret = 1', 'pv/backend/backend.c') ],

    # alternatives and selectors
    'pv/select.h: a selector is between two functions of the same type' =>
        c("int f(int);\nint g(char *);\nstatic hyp_alternate_select(chosen, f, g, X86_FEATURE_CX8);"),
    'pv/alternative.h: .org . + ((773b - 771b) > 255)' => gas('ALTERNATIVE ".skip 256, 0x90", "nop", X86_FEATURE_CX8'),
    'pv/alternative_types.h: .org . + ((773b - 771b) > 255)' => statement('alternative(".skip 256, 0x90", "nop", X86_FEATURE_CX8)'),
    'pv/alternative.inc: times -((%2 - %1) > 255) nop' => nasm('ALTERNATIVE {times 256 nop}, {nop}, X86_FEATURE_CX8'),
    'pv/alternative.inc: ALTERNATIVE_IF_NOT: in a block of another one' => [
        nasm("ALTERNATIVE_IF_NOT X86_FEATURE_CX8\nALTERNATIVE_IF_NOT X86_FEATURE_FPU"),
        nasm("ALTERNATIVE_IF_NOT X86_FEATURE_CX8\nALTERNATIVE_ELSE\nALTERNATIVE_IF_NOT X86_FEATURE_FPU") ],
    'pv/alternative.inc: ALTERNATIVE_ELSE: without ALTERNATIVE_IF_NOT' => nasm('ALTERNATIVE_ELSE'),
    'pv/alternative.inc: ALTERNATIVE_ENDIF: without ALTERNATIVE_ELSE' => nasm("ALTERNATIVE_IF_NOT X86_FEATURE_CX8\nALTERNATIVE_ENDIF"),

    # layouts that NASM, ld, the CPU or the firmware knows as well
    'arch/x86/cpu/desc.h: the TSS of the SDM' => longer('arch/x86/cpu/desc.h', 'struct tss', 'arch/x86/cpu/gdt.c'),
    'arch/x86/cpu/stack.h: linker.ld counts on it' => longer('arch/x86/cpu/stack.h', 'struct cpu_stacks', 'arch/x86/cpu/stack.c'),
    'arch/x86/trap/irq.c: the CPU pushes the frame, entry.asm the rest' => longer('arch/x86/trap/irq.h', 'struct irq_frame', 'arch/x86/trap/irq.c'),
    'arch/x86/trap/regs.h: entry.asm counts on it' => longer('arch/x86/trap/regs.h', 'struct regs', 'arch/x86/trap/trap.c'),
    'arch/x86/smp/smp_start.c: trampoline.asm counts on it' => edit('pv/feature_names.h',
        qr/PV_FEATURE_WORDS \d+/, 'PV_FEATURE_WORDS 11', 'arch/x86/smp/smp_start.c'),
    q(arch/x86/smp/mptable.c: the floating pointer's layout) => longer('arch/x86/smp/mptable.c', 'struct floating'),
    q(arch/x86/smp/mptable.c: the configuration table's header) => longer('arch/x86/smp/mptable.c', 'struct configuration'),
    q(arch/x86/smp/mptable.c: a processor's entry) => longer('arch/x86/smp/mptable.c', 'struct processor'),
    q(arch/x86/smp/acpi.c: the RSDP's layout) => longer('arch/x86/smp/acpi.c', 'struct rsdp'),
    q(arch/x86/smp/acpi.c: a table's header) => longer('arch/x86/smp/acpi.c', 'struct table'),
    q(arch/x86/smp/acpi.c: the MADT's header) => longer('arch/x86/smp/acpi.c', 'struct madt'),
    q(arch/x86/smp/acpi.c: a MADT's entry) => longer('arch/x86/smp/acpi.c', 'union entry'),
    'arch/x86/mm/space.c: a space has one page' => edit('arch/x86/mm/space.c', qr/AREAS    64/, 'AREAS    400'),
    'kernel/task/process.c: it is in a page' => edit('kernel/task/abi.h', qr/ABI_ARGS_N 512/, 'ABI_ARGS_N 2048', 'kernel/task/process.c'),
    'kernel/task/syscall.c: what programs are told' => edit('kernel/task/abi.h', qr/ABI_CALL 0xeffff000u/, 'ABI_CALL 0xefffe000u', 'kernel/task/syscall.c'),
    'kernel/task/syscall.c: and what they say' => edit('kernel/task/abi.h', qr/ABI_SHARED 4/, 'ABI_SHARED 2', 'kernel/task/syscall.c'),
    'pv/jump_label.h: the table is read by others' => longer('pv/jump_label.h', 'struct jump_entry', 'pv/jump_label.c'),
    'pv/jump_label.h: a static branch wants a key whose first value the compiler knows' =>
        c("#include \"pv/jump_label.h\"\nextern struct static_key key;\nbool f(void) { return static_branch_likely(&key); }"),
    'pv/static_call.h: the table is read by others' => longer('pv/static_call.h', 'struct static_call_site', 'pv/static_call.c'),
    'pv/static_call.h: a static call is of functions of one type' => [
        map { c("#include \"pv/static_call.h\"\nint f(int);\nDEFINE_STATIC_CALL(call, f);\n$_(void) { return static_call_update(call, g); }") }
            'int g(void); bool h', 'char *g(int); bool h', 'extern int g; bool h' ],
    q(kernel/litmus/machine.c: trap_try()'s words) => edit('kernel/litmus/machine.h', qr/0xffffffffu/, '0', 'kernel/litmus/machine.c'),
    'kernel/litmus/machine.c: one runner each' => edit('kernel/litmus/machine.h', qr/CPUS_MAX 15/, 'CPUS_MAX 14', 'kernel/litmus/machine.c'),
    'kernel/base/multiboot.c: the layout of the specification' => longer('kernel/base/multiboot.c', 'struct info'),
    'arch/x86/cpu/percpu.h: one instruction: 4 bytes' => [ statement('(void)this_cpu_read(wide)'),
        statement('this_cpu_write(wide, 1)'), statement('this_cpu_inc(wide)'),
        statement('this_cpu_dec(wide)') ],
    'arch/x86/dev/input.c: positions are reduced by a mask' => edit('arch/x86/dev/input.c', qr/RING +32768u/, 'RING 32000u'),
    'arch/x86/dev/ps2_keys.c: a character each' => edit('arch/x86/dev/ps2_keys.c', qr/CODES 0x3a/, 'CODES 0x3b'),
    'lib/printk.c: positions are reduced by a mask' => edit('lib/printk.h', qr/PRINTK_LOG_SIZE \d+/, 'PRINTK_LOG_SIZE 16000', 'lib/printk.c'),
    'lib/printk.c: room for a line at least' => edit('lib/printk.h', qr/PRINTK_LOG_SIZE \d+/, 'PRINTK_LOG_SIZE 1024', 'lib/printk.c'),

    # the link
    'linker.ld: ASSERT(!config_paravirt || config_relocs || __parainstructions_end > __parainstructions, "no paravirt sites")' => ld('.parainstructions' => ''),
    'linker.ld: ASSERT((__parainstructions_end - __parainstructions) % 8 == 0, ".parainstructions: broken record")' =>
        ld('.parainstructions' => 'dd 0, 0, 0'),
    'linker.ld: ASSERT((__alt_instructions_end - __alt_instructions) % 12 == 0, ".altinstructions: broken record")' => ld('.altinstructions' => 'dd 0, 0'),
    'linker.ld: ASSERT((__ex_table_end - __ex_table) % 8 == 0, "__ex_table: broken record")' => ld('__ex_table' => 'dd 0'),
    'linker.ld: ASSERT((programs_end - programs) % 12 == 0, ".programs: broken record")' => ld('.programs' => 'dd 0'),
    'linker.ld: ASSERT((__smp_locks_end - __smp_locks) % 4 == 0, ".smp_locks: broken record")' => ld('.smp_locks' => 'db 0'),
    'linker.ld: ASSERT((__jump_table_end - __jump_table) % 12 == 0, "__jump_table: broken record")' => ld('__jump_table' => 'dd 0'),
    'linker.ld: ASSERT((__static_call_sites_end - __static_call_sites) % 8 == 0, ".static_call_sites: broken record")' =>
        ld('.static_call_sites' => 'dd 0'),
    'linker.ld: ASSERT(_image_end < 0x400000, "the image must lie in the first 4 MiB: these are mapped page by page")' =>
        ld('.bss' => 'resb 0x400000'),
    'linker.ld: NOCROSSREFS_TO(.init.text .text .text.exempt .text.entry .pv.text .pv.native .rodata .data)' => [
        map { ld('.init.text' => 'gone: ret', $_ => 'dd gone') } qw(.text .exempt .entry .pv.text .pv.native .rodata .data) ],
    'linker.ld: NOCROSSREFS_TO(.init.data .text .text.exempt .text.entry .pv.text .pv.native .rodata .data)' => [
        map { ld('.init.data' => 'gone: dd 0', $_ => 'dd gone') } qw(.text .exempt .entry .pv.text .pv.native .rodata .data) ],
);

# What a tripped guard says: C, .error and %error their own sentences, the others what their tool says of it.
sub sentence {
    my ($guard) = @_;
    return qr/prohibited cross reference from \S+ to \S+ in \Q$1\E/ if $guard =~ /NOCROSSREFS_TO\((\S+)/;
    return qr/\Q$1\E/ if $guard =~ /^linker\.ld: ASSERT.*"(.*)"/;
    return qr/attempt to move \.org backwards/ if $guard =~ /\.org/;
    return qr/error: TIMES value -\d+ is negative/ if $guard =~ /: times/;
    my $text = join q(.*), map {quotemeta} split m{%\d|\\\w+}, $guard =~ s/^\S+: //r;
    return qr/[Ee]rror: .*$text/;
}

sub trips { return ref $_[0] eq 'ARRAY' ? @{ $_[0] } : $_[0] }

# ---- each of them

my $guards = guards();
cmp_ok(scalar keys %$guards, '>', 40, 'the tree has guards: ' . keys %$guards);
is(join("\n", grep { !$TRIPS{$_} } sort keys %$guards), '', 'each guard of the tree is tripped here');
is(join("\n", grep { !$guards->{$_} } sort keys %TRIPS), '', 'each guard that is tripped here is in the tree');
for my $guard (sort grep { $guards->{$_} } keys %TRIPS) {
    my @trips = trips($TRIPS{$guard});
    cmp_ok(scalar @trips, '>=', $guards->{$guard}, "$guard: in all of its places") if $guards->{$guard} > 1;
    for my $trip (@trips) {
        remove_tree($dir, { keep_root => 1 });
        my $said = $trip->();
        like($said, sentence($guard), "$guard: it trips");
        unlike($said, qr/^it went through/, "$guard: and stops the build");
    }
}

# ---- what the oldest tools that build it do not know

# NASM 2.15 has no functions of the preprocessor: %defstr name text, not %str(text).
my (@texts, @young) = ();
find({ no_chdir => 1, wanted => sub { push @texts, $_ if -f && /\.(?:asm|inc)$/ } }, @ROOMS, 'tests/loader');
for my $path (@texts) {
    push @young, map {"$path: $_"} slurp($path) =~ /^[^;\n]*?(%[a-z]+\()/mg;
}
cmp_ok(scalar @texts, '>', 5, 'the tree has texts for NASM: ' . @texts);
is(join("\n", @young), '', 'which NASM 2.15 understands');

# ---- the same without a fault goes through

my %GOOD = (
    'a call' => statement('write_cr3((uint32_t)wide)'),
    'thunks' => c("PV_FN uint32_t f(void);\nPV_CALLEE_SAVE_REGS_THUNK(f);\nPV_FN void g(uint32_t);\nPV_CALLEE_SAVE_VOID_THUNK(g);"),
    'a selector' => c("int f(int);\nint g(int);\nstatic hyp_alternate_select(chosen, f, g, X86_FEATURE_CX8);\nvoid *use = chosen;"),
    'changes of a static call' => c("#include \"pv/static_call.h\"\nint f(int), g(int);\nDEFINE_STATIC_CALL(call, f);\n"
            . 'bool h(bool on) { return static_call_update(call, g) && static_call_update(call, on ? f : g) && static_call_update(call, &g)'
            . ' && static_call_update(call, NULL) && static_call_update(call, (void *)__static_call_return0); }'),
    'an alternative of 255 bytes' => statement('alternative(".skip 255, 0x90", "nop", X86_FEATURE_CX8)'),
    'one in NASM' => nasm("ALTERNATIVE {times 255 nop}, {nop}, X86_FEATURE_CX8\nPARA_SITE irq_disable\n"
            . "ALTERNATIVE_IF_NOT X86_FEATURE_CX8\nnop\nALTERNATIVE_ELSE\nnop\nALTERNATIVE_ENDIF"),
    'one in GNU as' => gas('PARA_SITE irq_disable'),
    'variables of a CPU' => statement('this_cpu_write(pointer, this_cpu_read(pointer)); this_cpu_inc(pointer)'),
    'all of an image' => ld('.text' => 'dd kept', '.data' => "kept: dd 0", '.altinstructions' => 'dd 0, 0, 0', '.smp_locks' => 'dd 0',
        '__jump_table' => 'dd 0, 0, 0', '.static_call_sites' => 'dd 0, 0', '.init.text' => 'gone: dd gone'),
);
for my $what (sort keys %GOOD) {
    remove_tree($dir, { keep_root => 1 });
    like($GOOD{$what}->(), qr/^it went through/, "without a fault: $what");
}

done_testing;
