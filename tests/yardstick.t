#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The yardstick, pedant-native.elf, which sites are measured against: it boots, passes its self-tests, has
# no site of any kind, and each op is in it the instructions that it stands for, by the SDM and not by our
# own templates. What its command line asks of patching is named.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Code;
use Pedant::Compile;
use Pedant::Elf;
use Pedant::Native;

my $path = build_dir() . '/pedant-native.elf';
my $elf  = Pedant::Elf->new($path);

# ---- no site

for my $name (qw(.parainstructions .altinstructions .altinstr_replacement .smp_locks __jump_table .static_call_sites)) {
    my $section = $elf->section($name);
    is($section ? $section->{size} : 0, 0, "$name is empty");
}
ok(!$elf->has_symbol('pv_ops'), 'there is no table of operations');

# ---- each op

my $REG = qr/%e\w\w/;
my $MEM = qr/(?:\($REG\)|0x0(?: \[\w+\])?)/;

# What is called, and the instructions that have to stand there, one after the other, as objdump writes them.
# Of what has none, nothing stands there.
my %OP = (
    save_fl          => [ 'word = arch_local_save_flags()', qr/^pushf$/,  qr/^pop/ ],
    restore_fl       => [ 'arch_local_irq_restore(word)',   qr/^push/,    qr/^popf$/ ],
    irq_disable      => [ 'local_irq_disable()',            qr/^cli$/ ],
    irq_enable       => [ 'local_irq_enable()',             qr/^sti$/ ],
    safe_halt        => [ 'safe_halt()',                    qr/^sti$/, qr/^hlt$/ ],
    halt             => [ 'halt()',                         qr/^hlt$/ ],
    cpuid            => [ 'cpuid(word, words, words + 1, words + 2, words + 3)', qr/^cpuid$/ ],
    read_cr0         => [ 'word = read_cr0()',  qr/^mov %cr0,$REG$/ ],
    write_cr0        => [ 'write_cr0(word)',    qr/^mov $REG,%cr0$/ ],
    read_cr2         => [ 'word = read_cr2()',  qr/^mov %cr2,$REG$/ ],
    read_cr3         => [ 'word = read_cr3()',  qr/^mov %cr3,$REG$/ ],
    write_cr3        => [ 'write_cr3(word)',    qr/^mov $REG,%cr3$/ ],
    read_cr4         => [ 'word = read_cr4()',  qr/^mov %cr4,$REG$/ ],
    read_cr4_safe    => [ 'word = read_cr4_safe()', qr/^mov %cr4,$REG$/ ],
    write_cr4        => [ 'write_cr4(word)',    qr/^mov $REG,%cr4$/ ],
    clts             => [ 'clts()',             qr/^clts$/ ],
    (map { ("get_debugreg $_" => [ "word = get_debugreg($_)", qr/^mov %[cd][br]$_,$REG$/ ],
            "set_debugreg $_" => [ "set_debugreg($_, word)", qr/^mov $REG,%[cd][br]$_$/ ]) } 0 .. 3, 6, 7),
    load_gdt         => [ 'load_gdt((void *)room)', qr/^lgdtl? $MEM/ ],
    load_idt         => [ 'load_idt((void *)room)', qr/^lidtl? $MEM/ ],
    load_tr          => [ 'load_tr(word)',      qr/^ltr / ],
    write_gdt_entry  => [ 'write_gdt_entry(room, 3, 5, 7)', qr/^movl \$0x5,0x18/, qr/^movl \$0x7,0x1c/ ],
    write_idt_entry  => [ 'write_idt_entry(room, 3, 5, 7)', qr/^movl \$0x5,0x18/, qr/^movl \$0x7,0x1c/ ],
    load_sp0         => [ 'load_sp0((void *)room, word)', qr/^mov $REG,0x4/ ],
    read_msr         => [ 'wide = read_msr(word)', qr/^rdmsr$/ ],
    write_msr        => [ 'write_msr(word, wide)', qr/^wrmsr$/ ],
    wbinvd           => [ 'wbinvd()',           qr/^wbinvd$/ ],
    io_delay         => [ 'io_delay()',         qr/^out %al,\$0x80$/ ],
    make_pte         => [ 'pte = make_pte(wide)', qr/^mov / ],
    pte_val          => [ 'wide = pte_val(pte)', qr/^mov / ],
    set_pte          => [ 'set_pte(room, pte)', qr/^mov $REG,0x4/, qr/^mov $REG,0x0/ ],
    set_pte_short    => [ 'set_pte_short(room, word)', qr/^mov $REG,0x0/ ],
    flush_tlb        => [ 'flush_tlb()',        qr/^mov %cr3,($REG)$/, qr/^mov $REG,%cr3$/ ],
    flush_tlb_single => [ 'flush_tlb_single(word)', qr/^invlpg \($REG\)$/ ],
    enter_lazy_mmu   => [ 'arch_enter_lazy_mmu_mode()' ],
    leave_lazy_mmu   => [ 'arch_leave_lazy_mmu_mode()' ],
    read_tsc         => [ 'wide = read_tsc()',  qr/^rdtsc$/ ],
    sched_clock      => [ 'wide = sched_clock()', qr/^call .*\[(?:native_sched_clock|pv_host_time)\]/ ],
);

# Are there instructions like these, next to each other?
sub holds {
    my ($code, @patterns) = @_;
    return grep {
        my $at = $_;
        !grep { ($code->[ $at + $_ ] // '') !~ $patterns[$_] } 0 .. $#patterns
    } 0 .. $#$code;
}

my %known   = map { s/ .*//r => 1 } keys %OP;
my %by_type = Pedant::Native::ops_by_type('pv/ops.def');
is_deeply([ grep { !$known{$_} } sort values %by_type ], [qw(iret irq_enable_sysexit irq_enter irq_enter_program)], 'all ops are looked at that C has');

for my $form (grep { !$_->{sites} } forms()) {
    my $code = compiled($form, "#include \"pv/paravirt.h\"\nextern uint32_t word, words[4];\nextern uint64_t wide;\n"
        . "extern pte_t pte;\nextern char room[];\n" . join '', map { sprintf "void f_%s(void)\n{\n\t%s;\n}\n", s/ /_/r, $OP{$_}[0] }
            sort keys %OP);
    for my $op (sort keys %OP) {
        my (undef, @patterns) = @{ $OP{$op} };
        my $found = $code->{ 'f_' . $op =~ s/ /_/r };
        ok(@patterns ? scalar holds($found, @patterns) : $found->[0] eq 'ret', "$form->{name}: $op is its instructions") or diag explain $found;
    }
}

# ---- boots

for my $case ([ qemu32 => 1 ], [ 486 => 1 ], [ max => 1 ], [ qemu32 => 4 ]) {
    my ($cpu, $smp) = @$case;
    my $run = boot(name => "$cpu-$smp", image => $path, cpu => $cpu, smp => $smp, timeout => 60);
    expect_pass($run, "-cpu $cpu -smp $smp: the yardstick passes", bare => 1);
    is(($run->event('boot') || {})->{backend}, 'none (bare instructions)', "-cpu $cpu -smp $smp: and says what it is");
    is(scalar $run->events('pass'), 0, "-cpu $cpu -smp $smp: nothing is patched");
    expect_line($run, qr/^  no table, no sites/, "-cpu $cpu -smp $smp: and a line says so");
}

my @ASKED = ('pv=native', 'noreplace-paravirt', 'noinline-paravirt', 'noreplace-smp', 'all-or-nothing', 'debug-alternative');
for my $asked (@ASKED) {
    my $run = boot(name => $asked, image => $path, cmdline => "$asked selftest=cmdline.*");
    is($run->outcome, 'passed', "$asked: the yardstick passes") or diag $run->describe;
    expect_line($run, qr/this kernel has no sites: .*\Q@{[ $asked =~ s{=.*}{=}r ]}\E.* ignored/, "$asked: it is named");
}
is(scalar boot(name => 'plain', image => $path, cmdline => 'selftest=off')->lines_like(qr/this kernel has no sites/), 0,
    'with none of these it says nothing');
my $litmus = boot(name => 'litmus', image => $path, smp => 2, cmdline => 'litmus');
is($litmus->outcome, 'failed', 'litmus: what the yardstick cannot measure is no success') or diag $litmus->describe;
expect_line($litmus, qr/^litmus: this kernel changes no text$/, 'litmus: and a line says so');

# What `make bench` compares: with gcc both kernels' loops are the same but for what stands for the op.
SKIP: {
    skip 'not made by gcc -O2', 1 if `readelf -p .comment @{[ build_dir() ]}/kernel/test/bench.c.o` !~ /GCC: / || ($ENV{OPT} // '-O2') ne '-O2';
    my $code = Pedant::Code->new(build_dir() . '/pedant.elf', $path);
    my %more = map { $_ => $code->loop_difference("bench_$_") } qw(save_fl irq_disable irq_enable safe_halt clts);
    is_deeply(\%more, { map { $_ => 0 } keys %more }, 'loops over these ops have no instruction more than the yardstick\'s');
    my @differing = $code->differing_functions;
    cmp_ok(scalar @differing, '>', 0, 'functions with sites that differ in more than these are told');
}

done_testing;
