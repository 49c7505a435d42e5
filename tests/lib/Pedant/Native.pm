# SPDX-License-Identifier: MIT
#
# What the native back end must write, worked out a second time and apart from the kernel: each op's
# instructions by the Intel SDM's encodings, the CPUs' NOPs, and from both the bytes of a site.
# differences() holds a dump of .text against the file and these. An op that is not known here, one's own,
# is judged by its function: its template, if the native back end has one, or a call of it.
package Pedant::Native;

use strict;
use warnings;
use File::Temp;

use constant SITE_LEN => 6;

# Ops that become instructions. Where the SDM has two encodings for the same, both are right.
my %TEMPLATE = (
    save_fl          => ['9c58'],                # pushf; pop %eax
    restore_fl       => ['509d'],                # push %eax; popf
    irq_disable      => ['fa'],
    irq_enable       => ['fb'],
    safe_halt        => ['fbf4'],                # sti; hlt
    halt             => ['f4'],
    irq_enter        => ['fc'],
    read_cr0         => ['0f20c0'],
    write_cr0        => ['0f22c0'],
    read_cr2         => ['0f20d0'],
    read_cr3         => ['0f20d8'],
    write_cr3        => ['0f22d8'],
    read_cr4         => ['0f20e0'],
    write_cr4        => ['0f22e0'],
    clts             => ['0f06'],
    load_gdt         => ['0f0110'],              # lgdt (%eax)
    load_idt         => ['0f0118'],
    load_tr          => ['0f00d8', '660f00d8'],  # ltr %eax, ltr %ax
    load_sp0         => ['895004'],              # mov %edx,4(%eax)
    read_msr         => ['0f32'],                # the MSR's number comes in ecx
    write_msr        => ['0f30'],
    wbinvd           => ['0f09'],
    iret             => ['cf'],
    io_delay         => ['e680'],                # out %al,$0x80
    flush_tlb        => ['0f20d80f22d8'],
    flush_tlb_single => ['0f0138'],              # invlpg (%eax)
    read_tsc         => ['0f31'],
);

# Ops that do nothing, or return their argument: padding only.
my %EMPTY = map { $_ => 1 } qw(make_pte pte_val);

# Ops whose work does not fit into a site: a direct call.
my %CALLED = map { $_ => 1 }
    qw(cpuid read_cr4_safe get_debugreg set_debugreg write_gdt_entry write_idt_entry sched_clock);

# One NOP of each length from 1 on, by CPU.
my %NOPS = (
    486 => [qw(90 89f6 8d7600 8d742600 3e8d742600 8db600000000 8db42600000000 3e8db42600000000)],
    p6  => [qw(90 6690 0f1f00 0f1f4000 0f1f440000 660f1f440000 0f1f8000000000 0f1f840000000000
        660f1f840000000000)],
    k7  => [qw(90 8bc0 8d0420 8d442000 3e8d442000 8d8000000000 8d040500000000 3e8d040500000000)],
    k8  => [map { '66' x $_ . '90' } 0 .. 8],
);

$NOPS{k10} = $NOPS{p6};

# How many prefixes an instruction may carry: those CPUs that are not slow with them.
my %LEADS = (p6 => 5);

# Ops that do not come back: what is behind them is not executed.
my %JUMP = map { $_ => 1 } qw(iret irq_enable_sysexit);

# Which table a CPU needs. Intel documents 0f 1f from family 6 on, AMD from family 10h on; K7 and K8
# have recommendations of their own, and up to family 16h AMD's are slow with many prefixes; whoever is
# unknown gets what every CPU understands.
sub nops_for {
    my ($vendor, $family) = @_;
    return $family >= 6 ? 'p6' : '486' if $vendor eq 'GenuineIntel';
    return { 6 => 'k7', 15 => 'k8' }->{$family} // ($family > 22 ? 'p6' : $family > 15 ? 'k10' : '486')
        if $vendor eq 'AuthenticAMD';
    return '486';
}

# All ops that this file knows, by the SDM.
sub ops { return sort keys %TEMPLATE, keys %EMPTY, keys %CALLED }

# (type => op) of those that sites call, from the kernel's table: a type is the number of its line.
sub ops_by_type {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    my @lines = map { /^PV_OP\(\w+,\s*(\w+),\s*(\w+)/ ? { op => $1, convention => $2 } : () } <$in>;
    return map { $lines[$_]{convention} =~ /^(?:hook|data)$/ ? () : ($_ => $lines[$_]{op}) } 0 .. $#lines;
}

# $n bytes of NOPs, as few as can be.
sub padding {
    my ($n, $nops) = @_;
    my $max = @{ $NOPS{$nops} };
    return pack 'H*', join '', ($NOPS{$nops}[-1]) x ($n / $max), $n % $max ? $NOPS{$nops}[ $n % $max - 1 ] : ();
}

sub _padded {
    my ($bytes, $nops) = @_;
    return $bytes . padding(SITE_LEN - length $bytes, $nops);
}

# May the first of these instructions begin with DS prefixes? Not when it begins with a prefix, or with ff (there are
# branches among these, which would not be tracked); and not when its memory is in the stack's segment, as objdump sees it.
my %may_lead;

sub _may_lead {
    my ($bytes) = @_;
    return 0 if $bytes =~ /^(?:[\x26\x2e\x36\x3e\x64-\x67\xf0\xf2\xf3\xff]|\z)/;
    return $may_lead{$bytes} //= do {
        my $file = File::Temp->new;
        print {$file} $bytes;
        close $file or die $!;
        my ($first) = grep {/^\s+0:\t/} `objdump -D -b binary -m i386 --no-show-raw-insn $file`;
        $first !~ /\(%e[sb]p/ || 0;
    };
}

# A site of $len bytes with this template: its padding is in front, where the CPU takes that, or else behind.
sub template_bytes {
    my ($bytes, $nops, $comes_back, $len) = @_;
    my $room = ($len // SITE_LEN) - length $bytes;
    return "\x3e" x $room . $bytes if $comes_back && $room <= ($LEADS{$nops} // 0) && _may_lead($bytes);
    return $bytes . padding($room, $nops);
}

# What may stand at $address for $op, the function in its slot being $target: a list of strings of
# SITE_LEN bytes, empty for an op that is not known here.
sub site_bytes {
    my ($op, $address, $nops, $target) = @_;
    return _padded('', $nops) if $EMPTY{$op};

    # cs call: the prefix makes five bytes six, and one instruction.
    return pack 'C C V', 0x2e, 0xe8, ($target - $address - SITE_LEN) & 0xffffffff if $CALLED{$op};
    return map { template_bytes(pack('H*', $_), $nops, !$JUMP{$op}) } @{ $TEMPLATE{$op} || [] };
}

sub _hex { return join ' ', unpack '(H2)*', $_[0] }

# Sentences about what in $text, a dump of $elf's text from $start on, is not as it must be. The
# rest: ops => { type => op name }, nops => table, slots => a dump of pv_ops, linked => { address => 1 } of
# sites that must be as linked.
sub differences {
    my ($elf, $start, $text, %rest) = @_;
    my $file = $elf->bytes($start, length $text);
    my @wrong;
    for my $record (grep { !$elf->is_init($_->{instr}) } $elf->records) {
        my $offset = $record->{instr} - $start;
        my $found  = substr $text, $offset, SITE_LEN;
        my $as_linked = substr $file, $offset, SITE_LEN;
        my @expected = $rest{linked}{ $record->{instr} } ? $as_linked : _expected($elf, $record, %rest);
        push @wrong, sprintf('%08x %s, %s: expected %s, found %s', $record->{instr},
            $elf->function_at($record->{instr}) // '?', $rest{ops}{ $record->{type} } // 'unknown op',
            join(' or ', map { _hex($_) } @expected) || '?', _hex($found))
            if !grep { $_ eq $found } @expected;

        # What was judged is the same from here on, so that the rest can be compared as a whole.
        substr($text, $offset, SITE_LEN) = $as_linked;
    }
    return @wrong, stray_bytes($elf, $start, $text);
}

sub _expected {
    my ($elf, $record, %rest) = @_;
    my $op     = $rest{ops}{ $record->{type} } // return;
    my $target = unpack 'V', substr $rest{slots}, 4 * $record->{type}, 4;
    return site_bytes($op, $record->{instr}, $rest{nops}, $target) if grep { $_ eq $op } ops();
    return own_bytes($elf, $record, $rest{nops}, $target);
}

# The same for an op of one's own, out of the image: there is no other place that knows it.
sub own_bytes {
    my ($elf, $record, $nops, $target) = @_;
    my ($start, $end) = map { $elf->u32($elf->symbol('pv_native_templates') + 8 * $record->{type} + $_) } 0, 4;
    return template_bytes($elf->bytes($start, $end - $start), $nops, $elf->bytes($record->{instr}, 2) ne "\xff\x25")
        if $end > $start;
    return pack('C V C', 0xe9, ($target - $record->{instr} - 5) & 0xffffffff, 0x90)
        if $elf->bytes($record->{instr}, 2) eq "\xff\x25";
    return _padded('', $nops) if grep { $elf->symbol($_) == $target } qw(paravirt_nop paravirt_ident_32 paravirt_ident_64
        __raw_callee_save_paravirt_nop __raw_callee_save_paravirt_ident_32);
    return pack 'C C V', 0x2e, 0xe8, ($target - $record->{instr} - SITE_LEN) & 0xffffffff;
}

# Init text is poison in a dump $$text from $start on; sentences about that which is not. The file's
# bytes are put in its place, so that the rest can be compared as a whole.
sub given_up {
    my ($elf, $start, $text) = @_;
    my ($from, $to) = map { $elf->symbol($_) } qw(_init_text _init_text_end);
    my $kept = substr($$text, $from - $start, $to - $from) =~ tr/\xcc//c;
    substr($$text, $from - $start, $to - $from) = $elf->bytes($from, $to - $from);
    return $kept ? "$kept bytes of init text are not poison" : ();
}

# Sentences about the bytes of $text that are not the file's, the first ten of them.
sub stray_bytes {
    my ($elf, $start, $text) = @_;
    my $file = $elf->bytes($start, length $text);
    return if $text eq $file;
    my @at = grep { substr($text, $_, 1) ne substr($file, $_, 1) } 0 .. length($text) - 1;
    my @shown = map { sprintf '%08x %s: file %s, memory %s, and no site there', $start + $_,
        $elf->function_at($start + $_) // '?', _hex(substr $file, $_, 1), _hex(substr $text, $_, 1) }
        @at[ 0 .. ($#at < 9 ? $#at : 9) ];
    return @shown, @at > 10 ? sprintf('and %d bytes more', @at - 10) : ();
}

1;
