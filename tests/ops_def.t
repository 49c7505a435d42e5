#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The typed operations, from the compilers' side: pv/made/ is what pv/ops.awk makes of pv/ops.def; a call as
# it is declared there compiles without a warning; one with an argument too many, too few, too wide, or
# of another kind does not, with sites and bare, by the op's name and by PVOP_CALLn; and all forms of all
# ops keep the order of stores around them. No option here makes a warning an error but where it is said.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp spew);

my $FLAGS = '-m32 -march=i486 -mgeneral-regs-only -std=gnu11 -ffreestanding -fno-pic -fno-stack-protector'
    . ' -fno-strict-aliasing -fno-asynchronous-unwind-tables -fcf-protection=none -O2 -I.';
my %LIMIT = (gcc => '-fmax-errors=0', clang => '-ferror-limit=0');
my $dir   = tempdir(CLEANUP => 1);
my @compilers = grep { !system "command -v $_ > $dir/where" } sort keys %LIMIT;

# What a compiler says of a source: (its exit status, its messages).
sub compile {
    my ($compiler, $sites, $options, $source) = @_;
    my $file = spew("$dir/snippet.c", $source);
    my $said = `LC_ALL=C $compiler $FLAGS $LIMIT{$compiler} -DCONFIG_PARAVIRT=$sites $options $file 2>&1`;
    return ($? >> 8, $said);
}

# ---- what is made

for my $awk (grep { !system "command -v $_ > $dir/where" } qw(awk mawk gawk original-awk)) {
    for my $make (qw(table calls names native)) {
        is(`$awk -v make=$make -f pv/ops.awk pv/ops.def`, slurp("pv/made/$make.h"),
            "pv/made/$make.h is what $awk makes of pv/ops.def");
    }
}

# A line that would be made into something else than it says is an error, and nothing is made.
sub refused {
    my ($what, $why, @lines) = @_;
    my $file = spew("$dir/ops.def", map {"$_\n"} @lines);
    my $said = `awk -v make=calls -f pv/ops.awk $file 2>&1`;
    my $at   = @lines;
    ok($? >> 8 == 1 && $said =~ /\A\Q$file\E:$at: .*$why/ && $said !~ /static inline/, "ops.def: $what is refused") or diag $said;
    return;
}

sub op { return sprintf 'PV_OP(own, own_op, %s, -, "an op")', join ', ', @_ }

refused('a 16-bit parameter',          'cut silently',       op('fast',   'void own_op(uint16_t x)'));
refused('a bool',                      'cut silently',       op('fast',   'void own_op(bool on)'));
refused('a parameter without name',    'a type and a name',  op('fast',   'void own_op(uint32_t)'));
refused('five words',                  'do not fit',         op('fast',   'void own_op(uint64_t a, uint64_t b, uint32_t c)'));
refused('two in one register',         'do not fit',         op('fast',   'void own_op(uint32_t a in eax, uint32_t b in eax)'));
refused('no declaration',              'no declaration',     op('fast',   'own_op'));
refused('callee-save with two words',  'one parameter',      op('callee_eax', 'uint32_t own_op(uint32_t a, uint32_t b)'));
refused('callee with a result',        'has no result',      op('callee', 'uint32_t own_op(void)'));
refused('callee_eax without one',      'has a result',       op('callee_eax', 'void own_op(void)'));
refused('callee_eax of 64 bits',       'fits into eax',      op('callee_eax', 'uint64_t own_op(void)'));
refused('a jump from C',               'for NASM',           op('jump',   'void own_op(void)'));
refused('a convention that is none',   'is no convention',   op('slow',   'void own_op(void)'));
refused('a field too few',             'PV_OP\(group, name', 'PV_OP(own, own_op, fast, void own_op(void), "an op")');
refused('an op twice',                 'own_op: there is one',       (op('fast', 'void own_op(void)')) x 2);
refused('a group in two places',       'not together',       'PV_OP(a, x, fast, void x(void), -, "x")',
    'PV_OP(b, y, fast, void y(void), -, "y")', 'PV_OP(a, z, fast, void z(void), -, "z")');
refused("a parameter of $_", 'cut silently', op('fast', "void own_op($_ x)")) for qw(int8_t uint8_t int16_t char short), 'unsigned short';
refused("a parameter that is $_", "cannot be $_", op('fast', "void own_op($_ x)")) for qw(float double void);
refused('no name, and no type',        'a type and a name',  op('fast',   'void own_op(x)'));
refused('a name that is none',         'a type and a name',  op('fast',   'void own_op(uint32_t 5)'));
refused('a word too many',             'do not fit',         op('fast',   'void own_op(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)'));
refused('64 bits in ecx and no room',  'do not fit',         op('fast',   'void own_op(uint64_t a in ecx, uint32_t b in eax, uint64_t c)'));
refused('no end of a declaration',     'no declaration',     op('fast',   'void own_op(void) x'));
refused('callee with two words',       'one parameter',      op('callee', 'void own_op(uint32_t a, uint32_t b)'));
refused('a jump with a result',        'has no result',      op('jump',   'uint32_t (void)'));
refused('a jump with a word',          'for NASM',           op('jump',   'void (uint32_t a)'));
refused('no end of a line',            'PV_OP\(group, name', 'PV_OP(own, own_op, fast, void own_op(void), -, "an op"');
refused('more behind it',              'PV_OP\(group, name', 'PV_OP(own, own_op, fast, void own_op(void), -, "an op") x');
refused('a field too many',            'PV_OP\(group, name', 'PV_OP(own, own_op, fast, void own_op(void), -, "an op", x)');
refused('another line',                'neither',            'PV_OPS(a, x)');

{
    my $said = `awk -v make=tables -f pv/ops.awk pv/ops.def 2>&1`;
    is($? >> 8, 1, 'ops.awk: to make something else is an error');
    is($said, "-v make=table, calls, names or native\n", 'and says what can be made');
}

# What a line says stays so: brackets, commas and quotes in its texts divide nothing, and blanks are none of it.
sub made {
    my ($make, @lines) = @_;
    my $file = spew("$dir/ops.def", map {"$_\n"} @lines);
    return scalar `awk -v make=$make -f pv/ops.awk $file 2>&1`;
}
my $odd = 'PV_OP(own,  odd , fast,	long odd_op(unsigned long a, void *b in ecx, int64_t c in eax) , asm("mov %1, %0 # \",)({[" : "=r"(result) : "r"(a), "m"(*b)), "a \"text\", (of ] any} kind")';
like(made('table', $odd), qr{^\t/\* a \\"text\\", \(of \] any\} kind \*/\n\tlong\(PV_FN \*odd\)\(uint32_t c_low, uint32_t c_high, void \*b, uint32_t a\);\n}m, 'ops.def: a text of all kinds');
like(made('calls', $odd), qr{asm volatile\("mov %1, %0 # \\",\)\(\{\[" : "=r"\(result\) : "r"\(a\), "m"\(\*b\) : "memory", "cc"\);}, 'ops.def: and instructions of all kinds');
like(made('calls', 'PV_OP(own, data, data, void *place, -, "a place")', 'PV_OP(own, own_op, fast, int32_t own_op(int32_t a), x(a), "an op")'),
    qr{\tpv_barrier\(\);\n\tresult = x\(a\);\n\tpv_barrier\(\);\n}, 'ops.def: a function that is bare');

# Two groups, of which the first op and the last are callee-save, and all other kinds between: what is made of each.
my @kinds = ('PV_OP(one, first, callee_eax, uint32_t first(void), -, "the first")', 'PV_OP(one, place, data, void *place, -, "a place")',
    'PV_OP(two, wide, fast, pv_pte_t wide(uint32_t a in ecx), -, "a wide one")', 'PV_OP(two, jumped, jump, void(void), -, "a jump")',
    'PV_OP(two, last, callee, void last_one(long x), asm("nop" : : "a"(x) : "ecx"), "the last")');
my %parts = (
    table => [ "struct pv_one_ops {\n\t/* the first */\n\tstruct paravirt_callee_save first; /* uint32_t (void) */\n\t/* a place */\n\tvoid *place;\n};\n",
        "\tuint64_t(PV_FN *wide)(uint32_t pv_any, uint32_t pv_any2, uint32_t a);\n\t/* a jump */\n\tvoid (*jumped)(void); /* jumped to */\n\t/* the last */\n"
            . "\tstruct paravirt_callee_save last; /* void (int32_t x) */\n};\n", "\tstruct pv_one_ops one;\n\tstruct pv_two_ops two;\n};\n",
        "#define PV_EACH_GROUP(X) \\\n\tX(one) \\\n\tX(two)\n\n",
        "{\n\tstruct {\n\t\tuint32_t (*first)(void);\n\t} one;\n\tstruct {\n\t\tvoid (*last)(int32_t x);\n\t} two;\n} pv_callee_signatures;\n" ],
    calls => [ "\tpv_barrier();\n\tresult = native_first();\n\tpv_barrier();\n\treturn result;\n", "\tresult = (pv_pte_t){native_wide(0, 0, a)};\n",
        "\treturn (pv_pte_t){pv_plain_wide(pv_any, pv_any2, a)};\n", "\tasm volatile(\"nop\" : : \"a\"(x) : \"ecx\", \"memory\", \"cc\");\n" ],
    names => [ map {"PV_ALWAYS_INLINE $_"} "uint32_t first(void)\n{\n\treturn pv_first();\n}\n", "pv_pte_t wide(uint32_t a)\n{\n\treturn pv_wide(a);\n}\n",
        "void last_one(long x)\n{\n\tpv_last(x);\n}\n" ],
    native => [ "PV_FN uint32_t native_first(void);\n", "void native_jumped(void);\n", "PV_FN void native_last(int32_t x);\nextern void __raw_callee_save_native_last(void);\n",
        join('', map {"\tPV_NATIVE_$_,\n"} 'first = 0', 'place = 1', 'wide = 2', 'jumped = 3', 'last = 4') . "};\n",
        "#define NATIVE_ONE_OPS \\\n\t.first = PV_CALLEE_SAVE(native_first)\n\n", "#define NATIVE_TWO_OPS \\\n\t.wide = native_wide, \\\n\t.last = PV_CALLEE_SAVE(native_last)\n\n",
        "#define NATIVE_OPS \\\n\t.one = {NATIVE_ONE_OPS}, \\\n\t.two = {NATIVE_TWO_OPS, .jumped = native_jumped}\n\n",
        "#define PV_EACH_FUNCTION(X) \\\n\tX(one, first, callee_eax, uint32_t, (void), ()) \\\n"
            . "\tX(two, wide, fast, uint64_t, (uint32_t pv_any, uint32_t pv_any2, uint32_t a), (pv_any, pv_any2, a)) \\\n\tX(two, jumped, jump, void, (void), ()) \\\n"
            . "\tX(two, last, callee, void, (int32_t x), (x))\n\n" ],
);
for my $make (sort keys %parts) {
    my $made = made($make, @kinds);
    is_deeply([ grep { index($made, $_) < 0 } @{ $parts{$make} } ], [], "ops.def: $make of each kind") or diag $made;
}
like(made('native', 'PV_OP(one, first, fast, void first(void), -, "x")', 'PV_OP(one, last, jump, void (void), -, "y")'),
    qr/^#define NATIVE_OPS \\\n\t\.one = \{NATIVE_ONE_OPS, \.last = native_last\}\n/m, 'ops.def: a jump that is the last');

# ---- every op, by its declaration

my %VALUE = (uint32_t => 'word', unsigned => 'word', 'unsigned long' => 'word', uint64_t => 'wide', pv_pte_t => 'pte');

# { name, types, arguments } of the C functions that pv/ops.def declares, by both names; an argument is what
# is right for it.
sub declared {
    my ($line) = @_;
    my ($name, $parameters) = $line =~ /^PV_OP\(\w+,\s*\w+,\s*(?:fast|callee|callee_eax),\s*[^,(]*?(\w+)\(([^)]*)\),/ or return;
    return if $line =~ /void \(void\)/;
    my @types = $parameters eq 'void' ? () : map { s/ in e\w\w$//r =~ s/\w+$//r =~ s/^\s+|\s+$//gr } split /,/, $parameters;
    my @arguments = map { $VALUE{$_} // "($_)room" } @types;
    my ($op) = $line =~ /^PV_OP\(\w+,\s*(\w+)/;
    return map { { name => $_, types => \@types, arguments => \@arguments } } $name, "pv_$op";
}

my @functions = map { declared($_) } split /\n/, slurp('pv/ops.def');
push @functions, { name => 'cpuid', types => [ 'uint32_t', ('uint32_t *') x 4 ], arguments => [ 'word', ('words') x 4 ] };
cmp_ok(scalar @functions, '>=', 69, 'pv/ops.def declares functions');

my $HEAD = "#include \"pv/paravirt.h\"\nextern uint32_t word, words[4];\nextern uint64_t wide;\nextern pte_t pte;\n"
    . "extern char room[];\nextern struct { int x; } *other;\nextern uint32_t stored;\n";

sub call { return sprintf '%s(%s)', $_[0]{name}, join ', ', @_[ 1 .. $#_ ] }

# [ what is wrong, the call ] for each way to call an op wrongly.
sub wrong_calls {
    my ($function) = @_;
    my @right = @{ $function->{arguments} };
    my @wrong = ([ 'an argument too many', call($function, @right, 'word') ]);
    push @wrong, [ 'one too few', call($function, @right[ 1 .. $#right ]) ] if @right;
    for my $i (0 .. $#right) {
        my $type = $function->{types}[$i];
        my @bad  = $type =~ /\*$/ ? ($type eq 'void *' ? 'word' : qw(word other)) : $type eq 'uint64_t' ? qw(pte room)
            : $type eq 'pv_pte_t' ? qw(word wide) : qw(wide room pte);
        for my $bad (@bad) {
            my @arguments = @right;
            $arguments[$i] = $bad;
            push @wrong, [ "$bad for " . ($type =~ s/ $//r) , call($function, @arguments) ];
        }
    }
    return @wrong;
}

# The lines of the snippet that errors are about, each error with what the compiler adds to it.
sub lines_with_errors {
    my ($said) = @_;
    my (%lines, $error);
    for my $line (split /\n/, $said) {
        $error = $1 eq 'error' if $line =~ /: (error|warning): /;
        $lines{$1} = 1 if $error && $line =~ m{snippet\.c:(\d+):};
    }
    return \%lines;
}

sub forms { return map { my $compiler = $_; map { [ $compiler, $_ ] } 1, 0 } @compilers }

for my $form (forms()) {
    my ($compiler, $sites) = @$form;
    my $kernel = $sites ? 'sites' : 'bare';
    my ($status, $said) = compile($compiler, $sites, '-Wall -Wextra -Werror -fsyntax-only',
        $HEAD . join '', map { sprintf "void f%d(void)\n{\n\t%s;\n}\n", $_, call($functions[$_], @{ $functions[$_]{arguments} }) }
            0 .. $#functions);
    is($status, 0, "$compiler, $kernel: every op can be called as it is declared") or diag $said;

    my @wrong = map { wrong_calls($_) } @functions;
    my $first = 1 + ($HEAD =~ tr/\n//);
    ($status, $said) = compile($compiler, $sites, '-fsyntax-only',
        $HEAD . join '', map { "void w$_(void) { $wrong[$_][1]; }\n" } 0 .. $#wrong);
    my $lines = lines_with_errors($said);
    my @taken = map { $lines->{ $first + $_ } ? () : "$wrong[$_][1]: $wrong[$_][0]" } 0 .. $#wrong;
    cmp_ok(scalar @wrong, '>', 100, "$compiler, $kernel: there are " . @wrong . ' ways to call them wrongly');
    is_deeply(\@taken, [], "$compiler, $kernel: none of these compiles");
}

# ---- messages, and the macros

my $WIDE = qr/wide is wider than the 32 bits that the op takes/;
my $HALF = qr/wide is wider than 32 bits: it is two arguments, its low and its high half/;
my $MANY = qr/too many arguments (?:to function|provided)|passed \d arguments/;
my $FEW  = qr/too few arguments (?:to function|provided)|requires \d arguments|expected expression/;
my @refused = (
    [ 'write_cr3(wide)', $WIDE ], [ 'write_cr3(1ull << 40)', qr/wider than the 32 bits/ ], [ 'write_cr3(word, word)', $MANY ],
    [ 'write_cr3()', $FEW ], [ 'read_msr(wide)', $WIDE ], [ 'write_msr(wide, word)', $WIDE ], [ 'set_debugreg(7)', $FEW ],
    [ 'local_irq_restore(wide)', $WIDE ], [ 'local_irq_disable(1)', $MANY ], [ 'cpuid(wide, words, words, words, words)', $WIDE ],
    [ 'load_gdt((struct tss *)room)', qr/incompatible.pointer.type/ ], [ 'load_sp0(word, word)', qr/int-conversion/ ],
    [ 'flush_tlb_single(room)', qr/int-conversion/ ], [ 'pte_val(wide)', qr/incompatible type/ ],
);
my @refused_sites = (
    [ 'PVOP_VCALL1(cpu.write_cr3, wide)', $HALF ], [ 'PVOP_VCALL2(mmu.make_pte, word, wide)', $HALF ],
    [ 'PVOP_VCALL0(cpu.write_cr3)', $FEW ], [ 'PVOP_VCALL2(cpu.write_cr3, word, word)', $MANY ],
    [ 'PVOP_VCALL3(cpu.write_gdt_entry, room, word, word)', $FEW ], [ 'PVOP_VCALL4(cpu.write_msr, word, word, word, word)', $MANY ],
    [ 'PVOP_CALL0(uint64_t, cpu.read_cr0)', qr/uint64_t is wider than what .*read_cr0.* returns/ ],
    [ 'PVOP_CALL0(uint32_t, cpu.wbinvd)', qr/wider than what .*wbinvd.* returns/ ],
    [ 'PVOP_CALL1(uint32_t, cpu.read_cr0, word)', $MANY ], [ 'PVOP_VCALL1(cpu.load_gdt, word)', qr/int-conversion/ ],
    [ 'PVOP_VCALL1(cpu.load_gdt, (struct tss *)room)', qr/incompatible.pointer.type/ ],
    [ 'PVOP_VCALLEE1(irq.restore_fl, wide)', $HALF ], [ 'PVOP_VCALLEE0(irq.restore_fl)', $FEW ],
    [ 'PVOP_VCALLEE1(irq.irq_disable, word)', $MANY ], [ 'PVOP_CALLEE1(uint32_t, irq.save_fl, word)', $MANY ],
    [ 'PVOP_CALLEE0(uint64_t, irq.save_fl)', qr/uint64_t is wider than what .*save_fl.* returns/ ],
    [ 'PVOP_CALLEE0(uint32_t, irq.irq_disable)', qr/wider than what .*irq_disable.* returns/ ],
    [ 'PVOP_VCALL0(irq.irq_disable)', qr/error: .*called object/ ], [ 'PVOP_VCALLEE0(cpu.wbinvd)', qr/error: / ],
);
my @taken = (
    'PVOP_VCALL1(cpu.write_cr3, word)', 'PVOP_VCALL3(cpu.write_msr, word, (uint32_t)wide, 5)', 'word = PVOP_CALL0(uint32_t, cpu.read_cr0)',
    'word = PVOP_CALL0(_Bool, cpu.read_cr0)', 'wide = PVOP_CALL2(uint64_t, mmu.make_pte, word, word)',
    'PVOP_VCALL0(cpu.read_cr0)', 'PVOP_VCALL4(cpu.write_gdt_entry, room, 1, word, 3)', 'PVOP_VCALLEE1(irq.restore_fl, word)',
    'word = PVOP_CALLEE0(uint32_t, irq.save_fl)', 'PVOP_VCALLEE0(irq.irq_disable)', 'pv_ops.cpu.write_cr3(word)',
    'pv_ops.cpu.write_msr(word, word, word)', 'wide = pv_ops.cpu.read_msr(word, word, word)',
    'write_cr3(read_cr3())', 'write_cr3((uint8_t)word)', 'write_msr(word, word)', 'uint64_t (*f)(void) = read_tsc; wide = f()',
    'struct { uint32_t x : 5; } s = {1}; write_cr3(s.x)', 'load_gdt((void *)0)',
);

sub inside { return "${HEAD}void f(void)\n{\n\t$_[0];\n}\n" }

for my $form (forms()) {
    my ($compiler, $sites) = @$form;
    my $kernel = $sites ? 'sites' : 'bare';
    for my $case (@refused, $sites ? @refused_sites : ()) {
        my ($status, $said) = compile($compiler, $sites, '-fsyntax-only', inside($case->[0]));
        ok($status && $said =~ $case->[1], "$compiler, $kernel: $case->[0] does not compile") or diag "exit status $status\n$said";
    }
    for my $call (grep { $sites || !/PVOP|pv_ops/ } @taken) {
        my ($status, $said) = compile($compiler, $sites, '-Wall -Wextra -Werror -fsyntax-only', inside($call));
        is($status, 0, "$compiler, $kernel: $call compiles") or diag $said;
    }
}

# ---- order: of two stores around an op that does not see the first one, the compiler may drop it

for my $form (forms()) {
    my ($compiler, $sites) = @$form;
    my $kernel = $sites ? 'sites' : 'bare';
    my ($status, $said) = compile($compiler, $sites, "-S -o $dir/snippet.s", $HEAD
        . "void order_none(void)\n{\n\tstored = 11;\n\tstored = 22;\n}\n" . join '', map {
        sprintf "void order_%s(void)\n{\n\tstored = 11;\n\t(void)%s;\n\tstored = 22;\n}\n", $_->{name}, call($_, @{ $_->{arguments} }) }
        @functions);
    is($status, 0, "$compiler, $kernel: stores around ops compile") or diag $said;
    my %body = slurp("$dir/snippet.s") =~ /^order_(\w+):[^\n]*\n(.*?)^\s*\.size/msg;
    my $both = qr/\$11, stored\b.*\$22, stored\b/s;
    unlike($body{none}, $both, "$compiler, $kernel: a store with nothing behind it but another is dropped");
    is_deeply([ grep { ($body{$_} // '') !~ $both } map { $_->{name} } @functions ], [],
        "$compiler, $kernel: every op keeps the store before it, and before the one behind it");
}

done_testing;
