# SPDX-License-Identifier: MIT
#
# Two kernels' disassembly (objdump), compared: pedant.elf with its sites, and the yardstick with bare
# instructions. What differs beside sites and the instructions that they stand for is what fixed registers
# cost the code around them.
#
#     my $code = Pedant::Code->new('build/pedant.elf', 'build/pedant-native.elf');
#     my $extra = $code->loop_difference('bench_clts');
#     print "$_->{name} $_->{differing}\n" for $code->differing_functions;
package Pedant::Code;

use strict;
use warnings;
use File::Temp;
use Pedant::Elf;

# What sites stand for, as objdump writes it. push and pop belong to pushf and popf beside them.
my $BARE = qr/^(?:cli|sti|hlt|pushf|popf|iret|clts|cpuid|rdmsr|wrmsr|wbinvd|rdtsc|invlpg\b.*|l[gi]dt\w*\b.*|ltr\b.*|mov %[cd]r.*|mov .*,%[cd]r\d|out %al,\$0x80)$/;

# No template, nor a native function, is longer.
my $TEMPLATE_MAX = 64;

sub new {
    my ($class, $sites, $bare) = @_;
    my $elf = Pedant::Elf->new($sites);
    return bless {
        elf   => $elf,
        sites => _disassemble($sites),
        bare  => _disassemble($bare),
        at    => { map { $_->{instr} => $_ } $elf->records },
    }, $class;
}

# { function => [ { at, text } ] }
sub _disassemble {
    my ($path) = @_;
    my (%functions, $name);
    open my $in, '-|', 'objdump', '-d', '--no-show-raw-insn', $path or die "objdump: $!\n";
    while (<$in>) {
        if    (/^[0-9a-f]+ <([^>]+)>:/) { $name = $1 }
        elsif (/^\s*([0-9a-f]+):\s+(\S.*?)\s*$/ && $name) {
            push @{ $functions{$name} }, { at => hex $1, text => $2 =~ s/\s+/ /gr };
        }
    }
    close $in or die "objdump $path failed\n";
    return \%functions;
}

# The instructions of the function's last loop: up to its backward jump, from where that goes.
sub _loop {
    my ($instructions) = @_;
    my ($jump) = grep { $_->{text} =~ /^j\w+ ([0-9a-f]+)/ && hex $1 <= $_->{at} } reverse @$instructions;
    return if !$jump;
    my ($target) = $jump->{text} =~ /^j\w+ ([0-9a-f]+)/;
    return grep { $_->{at} >= hex $target && $_->{at} <= $jump->{at} } @$instructions;
}

# Instructions of the op's template, 0 for an op that becomes padding: those of its native function, which may
# have other names, too, up to the return.
sub _template_length {
    my ($self, $op) = @_;
    return 0 if !$self->{elf}->has_symbol("native_$op");
    my $at = $self->{elf}->symbol("native_$op");
    my @near = grep { $_->{at} >= $at && $_->{at} < $at + $TEMPLATE_MAX } map {@$_} values %{ $self->{sites} };
    my @from = sort { $a->{at} <=> $b->{at} } @near;
    my $n = 0;
    $n++ while $n < @from && $from[$n]{text} ne 'ret';
    return $n;
}

# How many more instructions the loop in bench_OP has than the yardstick's, the op's own not counted.
sub loop_difference {
    my ($self, $function) = @_;
    my ($op)  = $function =~ /^bench_(\w+)$/;
    my @sites = grep { !$self->{at}{ $_->{at} } } _loop($self->{sites}{$function} || []);
    my @bare  = _loop($self->{bare}{$function} || []);
    return 0 if !@sites || !@bare;
    return @sites - (@bare - $self->_template_length($op));
}

# Without addresses, which differ between any two links.
sub _normal {
    my ($text) = @_;
    $text =~ s/^((?:j\w+|call)) .*/$1/;
    $text =~ s/ <[^>]*>//g;
    $text =~ s/0x[0-9a-f]{5,8}\b/ADDRESS/g;
    return $text;
}

sub _outside_sites {
    my ($self, $kernel, $name) = @_;
    my @kept;
    my $instructions = $self->{$kernel}{$name};
    for my $i (0 .. $#$instructions) {
        my $text = $instructions->[$i]{text};
        next if $self->{at}{ $instructions->[$i]{at} } && $kernel eq 'sites';
        next if $text =~ /^nop|^xchg %ax,%ax|^lea 0x0\(%esi/;    # alignment
        if ($kernel eq 'bare') {
            next if $text =~ $BARE;
            next if $text =~ /^pop/  && $i && $instructions->[ $i - 1 ]{text} eq 'pushf';
            next if $text =~ /^push/ && ($instructions->[ $i + 1 ]{text} // '') eq 'popf';
        }
        push @kept, _normal($text);
    }
    return @kept;
}

sub _write {
    my $file = File::Temp->new;
    print {$file} map {"$_\n"} @_;
    close $file;
    return $file;
}

# Functions outside the tests that have sites: { name, sites, here, there, differing }; here and there are
# instructions that only one of the two has.
sub differing_functions {
    my ($self) = @_;
    my %sites;
    my ($from, $to) = map { $self->{elf}->symbol($_) } qw(_tests_text _tests_text_end);
    for my $at (keys %{ $self->{at} }) {
        next if $at >= $from && $at < $to;
        my $name = $self->{elf}->function_at($at);
        $sites{$name}++ if $self->{bare}{$name} && $self->{sites}{$name};
    }
    my @found;
    for my $name (sort keys %sites) {
        my ($a, $b) = map { _write($self->_outside_sites($_, $name)) } qw(sites bare);
        my @lines = `diff $a $b`;
        my $here  = grep {/^</} @lines;
        my $there = grep {/^>/} @lines;
        push @found, { name => $name, sites => $sites{$name}, here => $here, there => $there,
            differing => $here > $there ? $here : $there };
    }
    return sort { $b->{differing} <=> $a->{differing} || $a->{name} cmp $b->{name} } @found;
}

1;
