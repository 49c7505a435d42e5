# SPDX-License-Identifier: MIT
#
# Which instructions QEMU executed, by its own log: each translated block with its bytes (-d in_asm), and each
# time that one was entered (-d exec, and nochain, without which only the first of a chain is logged). The
# bytes are those that were executed, so a site shows what it was patched to. Some QEMUs list no bytes, or nothing
# but the bytes: for them there is only which addresses were reached.
#
#     my $run    = boot(name => 'x', extra => [ Pedant::Trace::arguments('x.trace', [ $from, $to ], ...) ]);
#     my @blocks = Pedant::Trace::blocks('x.trace');               # in the order of execution
#     my $text   = Pedant::Trace::disassemble(map { $_->{bytes} } map {@$_} @blocks);
#     print $text->{ $blocks[0][0]{bytes} };                       # "mov 0x8(%ebp),%eax"
#     print 'reached' if Pedant::Trace::reached('in_asm')->{$address};
package Pedant::Trace;

use strict;
use warnings;
use File::Temp;

# For the blocks that begin in one of the ranges of addresses, both ends included.
sub arguments {
    my ($log, @ranges) = @_;
    return ('-d' => 'in_asm,exec,nochain', '-D' => $log,
        '-dfilter' => join ',', map { sprintf '0x%x..0x%x', @$_ } @ranges);
}

# A line of a block's listing: { at, bytes } or nothing.
sub _instruction {
    my ($line) = @_;
    my ($at, $bytes) = $line =~ /^0x([0-9a-f]+):\s+((?:[0-9a-f]{2} )+)/ or return;
    return { at => hex $at, bytes => $bytes =~ s/ //gr };
}

# A block is known by where QEMU keeps its translation: the same address can begin several, and one may be
# thrown away and made anew. Its listing stands right before its first execution.
sub blocks {
    my ($log) = @_;
    my (@executed, @listing, %block);
    open my $in, '<', $log or die "$log: $!\n";
    while (my $line = <$in>) {
        if (my $instruction = _instruction($line)) {
            push @listing, $instruction;
        }
        elsif ($line =~ /^IN:/) {
            @listing = ();
        }
        elsif ($line =~ m{^Trace \d+: (0x[0-9a-f]+) \[[^/]*/([0-9a-f]+)/}) {
            $block{$1} = [@listing] if @listing && $listing[0]{at} == hex $2;
            push @executed, $block{$1} // die "$log: line $.: a block without a listing: this QEMU logs none\n";
            @listing = ();
        }
        elsif ($line =~ /^Stopped execution of TB chain before/) {
            pop @executed;    # it was entered, and left before its first instruction
        }
    }
    close $in or die "$log: $!\n";
    return @executed;
}

# { address => 1 } for all that was translated, and so reached: each instruction's address or, where QEMU was built
# without a disassembler ("OBJD-T: " and the block's bytes), each byte's.
sub reached {
    my ($log) = @_;
    my (%at, $next);
    open my $in, '<', $log or die "$log: $!\n";
    while (my $line = <$in>) {
        if ($line =~ /^0x([0-9a-f]+):/) {
            $at{ $next = hex $1 } = 1;
        }
        elsif ($line =~ /^OBJD-T: ([0-9a-f]+)$/) {
            $at{ $next++ } = 1 for 1 .. length($1) / 2;
        }
    }
    close $in or die "$log: $!\n";
    return \%at;
}

# { bytes as hex => objdump's text }. Branches seem to go to elsewhere: they are not where they were.
sub disassemble {
    my %text = map { $_ => undef } @_;
    my @bytes = sort keys %text;
    my $file  = File::Temp->new;
    binmode $file;
    print {$file} map { pack('H*', $_) . "\x90" x (16 - length($_) / 2) } @bytes;
    close $file;
    open my $in, '-|', qw(objdump -D -b binary -m i386 --no-show-raw-insn), "$file" or die "objdump: $!\n";
    while (my $line = <$in>) {
        my ($at, $instruction) = $line =~ /^\s*([0-9a-f]+):\s+(\S.*?)\s*$/ or next;
        $text{ $bytes[ hex($at) / 16 ] } = $instruction =~ s/\s+/ /gr if hex($at) % 16 == 0;
    }
    close $in or die "objdump failed\n";
    return \%text;
}

1;
