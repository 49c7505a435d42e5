#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What orders memory, or may not be left out, from the compilers' side, by looking at the object: a store on
# one side of a barrier, a lock, or a locked instruction does not get to the other one, a load is not taken
# over, and what nobody asks the result of is there all the same. (Of the ops: ops_def.t and yardstick.t.)

use strict;
use warnings;
use Test::More;
use Pedant::Compile;

my $HEAD = join '', map {"#include \"$_\"\n"} qw(pv/paravirt.h pv/select.h arch/x86/cpu/atomic.h arch/x86/cpu/atomic64.h
    arch/x86/cpu/barrier.h arch/x86/cpu/context.h arch/x86/cpu/cpu.h arch/x86/cpu/io.h arch/x86/cpu/percpu.h arch/x86/cpu/spinlock.h);
$HEAD .= "extern uint32_t stored, loaded, number;\nextern uint64_t wide;\nextern atomic_t counter;\nextern spinlock_t lock;\n"
    . "extern unsigned long flags;\nextern uint32_t percpu_number;\n";

# [ statement, an instruction of it ]; one in brackets is ordered by volatile only, among its like.
my %STATEMENT = (
    'pv_barrier'      => ['pv_barrier()'],
    'mb'              => [ 'mb()',  qr/^lock addl \$0x0,\(%esp\)/ ],
    'rmb'             => [ 'rmb()', qr/^lock addl \$0x0,\(%esp\)/ ],
    'wmb'             => [ 'wmb()', qr/^lock addl \$0x0,\(%esp\)/ ],
    'smp_mb'          => [ 'smp_mb()', qr/^lock addl \$0x0,\(%esp\)/ ],
    'smp_rmb'         => ['smp_rmb()'],
    'smp_wmb'         => ['smp_wmb()'],
    'alternative'     => [ 'alternative("std", "cld", X86_FEATURE_CX8)', qr/^std/ ],
    'alternative_2'   => [ 'alternative_2("std", "cld", X86_FEATURE_CX8, "nop", X86_FEATURE_TSC)', qr/^std/ ],
    'atomic_inc'      => [ 'atomic_inc(&counter)', qr/^lock incl .*\[counter\]/ ],
    'atomic_add'      => [ 'atomic_add(7, &counter)', qr/^lock addl \$0x7,.*\[counter\]/ ],
    'atomic_dec_and_test' => [ '(void)atomic_dec_and_test(&counter)', qr/^lock decl .*\[counter\]/ ],
    'atomic_add_return'   => [ '(void)atomic_add_return(7, &counter)', qr/^lock xadd .*\[counter\]/ ],
    'cmpxchg'         => [ '(void)cmpxchg(&number, 1, 2)', qr/^lock cmpxchg .*\[number\]/ ],
    'cmpxchg_always'  => [ '(void)cmpxchg_always(&number, 1, 2)', qr/^lock cmpxchg .*\[number\]/ ],
    'xchg'            => [ '(void)xchg(&number, 2)', qr/^xchg .*\[number\]/ ],
    'cmpxchg64'       => [ '(void)cmpxchg64(&wide, 1, 2)', qr/cmpxchg8b/ ],
    'read64'          => [ '(void)read64(&wide)', qr/cmpxchg8b/ ],
    'spin_trylock'    => [ '(void)spin_trylock(&lock)', qr/^lock btsl \$0x1f,.*\[lock\]/ ],
    'spin_lock'       => [ 'spin_lock(&lock)', qr/^lock btsl \$0x1f,.*\[lock\]/ ],
    'spin_unlock'     => [ 'spin_unlock(&lock)', qr/^movl \$0x0,.*\[lock\]/ ],
    'spin_lock_irq'          => [ 'spin_lock_irq(&lock)', qr/^lock btsl \$0x1f,.*\[lock\]/ ],
    'spin_unlock_irq'        => [ 'spin_unlock_irq(&lock)', qr/^movl \$0x0,.*\[lock\]/ ],
    'spin_lock_irqsave'      => [ 'spin_lock_irqsave(&lock, flags)', qr/^lock btsl \$0x1f,.*\[lock\]/ ],
    'spin_unlock_irqrestore' => [ 'spin_unlock_irqrestore(&lock, flags)', qr/^movl \$0x0,.*\[lock\]/ ],
    'cpu_relax'       => [ 'cpu_relax()', qr/^pause/ ],
    'this_cpu_write'  => [ 'this_cpu_write(percpu_number, 5)', qr/^movl \$0x5,%fs:.*\[percpu_number\]/ ],
    'this_cpu_inc'    => [ 'this_cpu_inc(percpu_number)', qr/^incl %fs:.*\[percpu_number\]/ ],
    'this_cpu_dec'    => [ 'this_cpu_dec(percpu_number)', qr/^decl %fs:.*\[percpu_number\]/ ],
    '(atomic_read)'   => [ '(void)atomic_read(&counter)', qr/^mov .*\[counter\]/ ],
    '(context_gs)'    => [ '(void)context_gs()', qr/^mov %gs,/ ],
    '(this_cpu_read)' => [ '(void)this_cpu_read(percpu_number)', qr/^mov %fs:.*\[percpu_number\]/ ],
    '(lock.owner)'    => [ '(void)lock.owner', qr/^mov .*\[lock\]/ ],
    '(lock.owner_cpu)' => [ 'lock.owner_cpu = 3', qr/^movw \$0x3,.*\[lock\]/ ],
    '(inb)'           => [ '(void)inb(0x60)', qr/^in \$0x60,%al/ ],
    '(outb)'          => [ 'outb(0x60, 1)', qr/^out %al,\$0x60/ ],
    '(outl)'          => [ 'outl(0x60, 1)', qr/^out %eax,\$0x60/ ],
);

sub function { return sprintf "uint32_t %s_%s(void)\n{\n\t%s;\n}\n", $_[0], $_[1] =~ s/\W//gr, $_[2] }

# A store that another one follows may be left out, and the second of two loads is the first: unless what
# stands between forbids it. Two of the same in a row are both there.
sub functions {
    my ($name, $statement) = @_;
    return function(twice => $name, "$statement; $statement; return 0") if $name =~ /^\(/;
    return function(store => $name, "stored = 11; $statement; stored = 22; return 0")
        . function(load => $name, "uint32_t first = loaded; $statement; return first - loaded");
}

sub count {
    my ($code, $pattern) = @_;
    return scalar grep {/$pattern/} @$code;
}

# Who waits for a lock does so behind the function, and comes back, or has the rest there once more: a call orders by itself.
sub without_waiting {
    my ($code) = @_;
    my ($end) = grep { $code->[$_] =~ /^ret/ } 0 .. $#$code;
    return [ @$code[ 0 .. $end ] ];
}

my $STORE = qr/^movl \$0x(?:b|16),.*\[stored\]/;
my $LOAD  = qr/\[loaded\]/;

for my $form (forms()) {
    my $code = compiled($form, $HEAD . functions(nothing => '') . join '', map { functions($_, $STATEMENT{$_}[0]) } sort keys %STATEMENT);
    is(count($code->{store_nothing}, $STORE), 1, "$form->{name}: with nothing between a store is left out");
    is(count($code->{load_nothing}, $LOAD), 0, "$form->{name}: and so are loads");
    for my $name (sort keys %STATEMENT) {
        my ($statement, $instruction) = @{ $STATEMENT{$name} };
        my $plain = $name =~ s/\W//gr;
        if ($name =~ /^\(/) {
            is(count($code->{"twice_$plain"}, $instruction), 2, "$form->{name}: $plain twice is there twice");
            next;
        }
        my ($stores, $loads) = map { without_waiting($code->{"${_}_$plain"}) } qw(store load);
        my $order = join ' ', map { /$STORE/ ? 'store' : $instruction && /$instruction/ ? 'it' : () } @$stores;
        is($order =~ s/it(?: it)+/it/r, $instruction ? 'store it store' : 'store store',    # a loop may try twice
            "$form->{name}: $plain has one store before it, and one behind it") or diag explain $stores;
        is(count($loads, $LOAD), 2, "$form->{name}: a value is loaded again behind $plain") or diag explain $loads;
    }
}

# What is a file's own: registers of a device, and what another CPU or an interrupt changes.
my $VARIABLE = qr/^mov.*\[\.bss/;
my @OWN = (
    [ 'arch/x86/cpu/spinlock.c', $VARIABLE,  '(void)open' ],
    [ 'arch/x86/dev/apic.c',     qr/^mov .*\(%\w+\),/, '(void)*reg(ID)' ],
    [ 'arch/x86/dev/input.c',    $VARIABLE,  map {"(void)$_"} qw(head tail stop_at) ],
    [ 'arch/x86/dev/vga.c',      qr/0xb8006/, 'screen[3] = 7' ],
    [ 'arch/x86/mm/paging.c',    $VARIABLE,  '(void)changes' ],
    [ 'arch/x86/smp/turn.c',     $VARIABLE,  map {"(void)$_"} qw(drawn served given_up[1]) ],
    [ 'arch/x86/trap/panic.c',   $VARIABLE,  map {"(void)$_"} qw(said panicking) ],
    [ 'lib/printk.c',            $VARIABLE,  '(void)log_busy' ],
);
for my $own (@OWN) {
    my ($file, $pattern, @statements) = @$own;
    my $code = compiled((forms())[0], "#include \"$file\"\n" . join '', map { function(twice => $_, "$_; $_; return 0") } @statements);
    for my $statement (@statements) {
        my $function = $code->{ 'twice_' . $statement =~ s/\W//gr };
        is(count($function, $pattern), 2, "$file: $statement twice is there twice") or diag explain $function;
    }
}

done_testing;
