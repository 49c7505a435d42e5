#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What pv/ puts into the name space of who includes it. The plain headers bring names that begin as pv/'s do
# and no other, whatever a user calls his own; those with Linux's names are asked for one by one, and
# then have them. Macros are told by the preprocessor, the rest by the compiler.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(spew);

my $FLAGS = '-m32 -march=i486 -mgeneral-regs-only -std=gnu11 -ffreestanding -fno-pic -O2 -I. -Wall -Wextra -Werror';
my $dir   = tempdir(CLEANUP => 1);
my @compilers = grep { !system "command -v $_ > $dir/where" } qw(gcc clang);

# Headers by what they may bring: plain ones, and Linux's words.
my @LINUX = qw(pv/paravirt.h pv/alternative.h pv/jump_label.h pv/static_call.h pv/smp_locks.h pv/select.h pv/feature.h);
my @GNU_AS = qw(pv/para.h pv/backend/template.h);
my %named = map { $_ => 1 } @LINUX, @GNU_AS;
# How the engine's own files see each other; no user includes these.
my %inner = map { $_ => 1 } qw(pv/sweep.h pv/group.h pv/insn_map.h);
my @plain = grep { !$named{$_} && !$inner{$_} } glob 'pv/*.h pv/backend/*.h';

# How a name of pv/'s begins. native_ and NATIVE_ come with native.h, soft_ and lguest_ with these back ends' own headers.
my $OURS = qr/^(?:_*(?:pv|PV|PVOP|paravirt|alternative|alt_instr|smp_locks|apply_\w+|native|NATIVE|soft|lguest|raw_callee_save)(?:_|$)|CONFIG_PARAVIRT$)/;

sub said { my $said = `LC_ALL=C $_[0] 2>&1`; return ($? >> 8, $said) }

sub includes { return map {"#include \"$_\"\n"} @_ }

# What others have by Linux's and other usual names, as differently as can be.
my $OWN = <<'END';
typedef unsigned long pte_t, pde_t;
struct desc_ptr { char own; };
struct tss { char own; };
union own { int x; };
#define X86_EFLAGS_IF   0x00000200
#define X86_FEATURE_FPU 0
#define LOCK_PREFIX     "lock; "
#define ALTERNATIVE     7
#define ALT_NOT(x)      (-(x))
#define asm_inline      asm
#define WIDTH           80
#define KEEP            1
int cpuid(int leaf), halt(void), read_cr0, write_cr3(int), wbinvd, alternative, clts, irqs_disabled;
void local_irq_save(int *), local_irq_disable(long), read_msr(char), load_gdt(void), io_delay(int, int);
enum { local_irq_enable, safe_halt, make_pte, pte_val, flush_tlb, read_tsc, sched_clock, iret, call, jmp };
END
my $USE = <<'END';
void own_use(unsigned *words);
void own_use(unsigned *words)
{
	unsigned long flags = pv_irq_save();

	pv_cpuid(words, words + 1, words + 2, words + 3);
	pv_write_cr3(pv_read_cr3());
	pv_restore_fl(flags);
	asm volatile(PV_LOCK_PREFIX "incl %0" : "+m"(*words));
	asm volatile(PV_ALTERNATIVE("nop", "mfence", 26) : : : "memory");
	if (pv_has_feature_likely(PV_ALT_NOT(4)) && pv_irqs_are_off())
		words[0] = (unsigned)pv_pte_val(pv_make_pte(words[1]));
}
END

cmp_ok(scalar @plain, '>=', 20, 'there are plain headers');
for my $compiler (@compilers) {
    for my $sites (1, 0) {
        my $kernel = $sites ? 'sites' : 'bare';
        my $file = spew("$dir/own.c", $OWN, includes(@plain), $USE);
        my ($status, $said) = said("$compiler $FLAGS -DCONFIG_PARAVIRT=$sites -c -o $dir/own.o $file");
        # Bare, an op's form asks features by their names.
        is($status, 0, "$compiler, $kernel: a file with such names of its own takes all plain headers") or diag $said;
    }
    for my $header (@plain, @LINUX) {
        my ($status, $said) = said("$compiler $FLAGS -fsyntax-only -x c " . spew("$dir/one.c", includes($header)));
        is($status, 0, "$compiler: $header needs no other before it") or diag $said;
    }
}

# Macros, by the preprocessor.
sub macros {
    my %before = map { $_ => 1 } split /\n/, (said("gcc $FLAGS -dM -E -x c " . spew("$dir/none.c", includes(qw(stdint.h stddef.h stdbool.h stdarg.h)))))[1];
    my ($status, $said) = said("gcc $FLAGS -dM -E -x c " . spew("$dir/macros.c", includes(qw(stdint.h stddef.h stdbool.h stdarg.h), @_)));
    die $said if $status;
    return map { /^#define (\w+)/ ? $1 : () } grep { !$before{$_} } split /\n/, $said;
}

# Functions, variables, types, tags and enumerators, by the compiler's debugging information.
sub declared {
    my $file = spew("$dir/declared.c", includes(@_));
    my ($status, $said) = said("gcc $FLAGS -E -P $file");
    die $said if $status;
    $said =~ s/\b(?:asm|__asm__)\b[^;{}]*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*;?//g;
    my %names;
    $names{$1} = 1 while $said =~ /\b(?:struct|union|enum)\s+(\w+)\s*\{/g;
    $names{$_} = 1 for map { /(\w+)/g } map { s/=[^,]*//gr } $said =~ /\benum\b[^{;]*\{([^}]*)\}/g;
    $names{$1} = 1 while $said =~ /\btypedef\b[^;{}]*?(\w+)\s*(?:__attribute__\s*\(\(.*?\)\))?\s*;/g;
    spew("$dir/declared.c", includes(@_));
    ($status, $said) = said("gcc $FLAGS -fsyntax-only -aux-info $dir/aux $file");
    die $said if $status;
    open my $in, '<', "$dir/aux" or die "$dir/aux: $!\n";
    for (<$in>) { $names{$1} = 1 if m{^/\* \./?pv/.*?\*/.*?(\w+) \(} }
    return grep { !/^(?:u?int\d*(?:_least|_fast)?\d*_t|u?intmax_t|u?intptr_t|size_t|ptrdiff_t|wchar_t|max_align_t|\d.*)$/ } keys %names;
}

my @macros = macros(@plain);
cmp_ok(scalar @macros, '>', 50, 'plain headers have macros');
is_deeply([ sort grep { !/$OURS/ } @macros ], [], "each has a name of pv/'s");
my @declared = declared(@plain);
cmp_ok(scalar @declared, '>', 100, 'they declare functions and types');
is_deeply([ sort grep { !/$OURS/ } @declared ], [], "each has a name of pv/'s");

# And who asks for Linux's words has them.
my %words = (
    'pv/paravirt.h'    => [qw(local_irq_save local_irq_restore X86_EFLAGS_IF write_cr3 cpuid)],
    'pv/alternative.h' => [qw(ALTERNATIVE ALTERNATIVE_2 alternative alternative_io alternative_call ALT_NOT X86_FEATURE_FPU)],
    'pv/smp_locks.h'   => [qw(LOCK_PREFIX)],
    'pv/select.h'      => [qw(hyp_alternate_select)],
    'pv/jump_label.h'  => [qw(static_key static_key_true STATIC_KEY_INIT_TRUE STATIC_KEY_INIT_FALSE DEFINE_STATIC_KEY_TRUE DECLARE_STATIC_KEY_FALSE
        DEFINE_STATIC_KEY_ARRAY_FALSE static_branch_likely static_branch_unlikely static_branch_enable static_branch_disable static_branch_inc
        static_branch_dec static_key_false static_key_true static_key_slow_inc static_key_slow_dec static_key_enabled static_key_count jump_label_init)],
    'pv/static_call.h' => [qw(DEFINE_STATIC_CALL DEFINE_STATIC_CALL_NULL DEFINE_STATIC_CALL_RET0 DECLARE_STATIC_CALL static_call static_call_cond
        static_call_update static_call_query __static_call_return0 static_call_init)],
);
for my $header (sort keys %words) {
    my %has = map { $_ => 1 } macros($header), declared($header);
    is_deeply([ grep { !$has{$_} } @{ $words{$header} } ], [], "$header has Linux's words");
}

done_testing;
