#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# One thing that depends on the machine, in four ways (kernel/test/bench_choices.c), on a CPU that has the features and
# on one that has not: executed instructions by the TSC under QEMU's -icount shift=0, exact; how many of them
# load from memory or branch, by QEMU's log of what it executed. Both have to count the same. Writes
# build/bench/choices.json, and fails when what is patched costs more than the plain instruction and one NOP, or
# loads, or tests.

use strict;
use warnings;
use Pedant;
use Pedant::Figures;
use Pedant::Trace;

my @CPUS  = ([ max => 'mfence, ERMS' ], [ pentium => 'neither' ]);
my @ICOUNT = ('-icount', 'shift=0,sleep=off');

# With one instruction for the job, so that "and one NOP" means something.
my %PLAIN = map { $_ => 1 } ('barrier', 'locked increment', 'selected call/patched call', 'selected call/static call', 'branch not taken');

my $elf = kernel_elf();

sub run_kernel {
    my ($name, @extra) = @_;
    my $run = boot(name => $name, timeout => 60, cmdline => 'bench selftest=off', cpu => $name,
        extra => [ @ICOUNT, @extra ]);
    die "$name:\n", $run->describe if $run->outcome ne 'passed';
    my @events = $run->events('choice') or die "$name: no event choice\n";
    return @events;
}

# The kernel's loops and what they call: { address => name }.
sub functions {
    return map { $_->{addr} => $_->{name} } grep { $_->{name} =~ /^choice_/ && $_->{type} != 1 } $elf->symbols;
}

# From a function's first byte to before the next symbol.
sub range_of {
    my ($start) = @_;
    my ($next) = sort { $a <=> $b } grep { $_ > $start } map { $_->{addr} } $elf->symbols;
    return [ $start, $next - 1 ];
}

# What an instruction counts as, from its text.
sub classify {
    my ($text) = @_;
    my $plain  = $text =~ s/^(?:(?:lock|rep|cs|ds) )+//r;
    my %class  = (instructions => 1);
    my $memory = $plain =~ /\(|(?:^|[ ,*])(?:%\ws:)?0x[0-9a-f]+(?:,|$)/;
    if ($plain =~ /^(?:j|call|ret)/) {
        $class{branches} = 1;
        $class{tests}    = 1 if $plain =~ /^j(?!mp)/;
        $class{indirect} = 1 if $plain =~ /\*/;
        $class{loads}    = 1 if $plain =~ /\*/ && $memory;
    }
    elsif ($memory && $plain !~ /^(?:nop|lea|movs)/) {
        $class{loads} = 1;
    }
    return \%class;
}

# Executions by loop, one entry a call: { loop => [ { instructions, loads, branches, tests, indirect } ] }.
sub count_trace {
    my ($log)  = @_;
    my %name   = functions();
    my @blocks = Pedant::Trace::blocks($log);
    my $text   = Pedant::Trace::disassemble(map { $_->{bytes} } map {@$_} @blocks);
    my %class  = map { $_ => classify($text->{$_}) } keys %$text;
    my (%calls, $call);
    for my $instruction (map {@$_} @blocks) {
        my $entered = $name{ $instruction->{at} } // '';
        push @{ $calls{$entered} }, $call = {} if $entered =~ /^choice_(?!fn_)/;
        my $class = $class{ $instruction->{bytes} };
        $call->{$_} += $class->{$_} for keys %$class;
    }
    return \%calls;
}

# The loop's name in the kernel.
sub loop_name {
    my ($event) = @_;
    return 'choice_empty' if $event->{form} eq 'empty';
    my ($what) = map { s/copy of /copy_/r =~ s/^(?:locked|selected) //r =~ s/call/select/r =~ s/ /_/gr } $event->{what};
    return "choice_${what}_" . $event->{form} =~ s/ /_/r;
}

# For one round: the kernel called each loop for some rounds, twice, and then for twice as many.
sub per_round {
    my ($calls, $what, $loops) = @_;
    die "a loop was called ", scalar @$calls, " times and not 4\n" if @$calls != 4;
    return (($calls->[3]{$what} // 0) - ($calls->[1]{$what} // 0)) / $loops;
}

sub row {
    my ($cpu, $event, $calls) = @_;
    my %row = (what => $event->{what}, form => $event->{form});
    $row{$_} = per_round($calls, $_, $event->{loops}) for qw(instructions loads branches tests indirect);
    my $tsc = $event->{tsc} / $event->{loops};
    die "$cpu: $row{what}, $row{form}: $tsc instructions by the TSC, $row{instructions} by the log\n"
        if $tsc != $row{instructions};
    return \%row;
}

# One CPU's rows { what, form, instructions, loads, branches, tests, indirect }, the empty loop taken off.
sub measure {
    my ($cpu) = @_;
    my $log = log_dir() . "/choices-$cpu.trace";
    my %name = functions();
    my @events = run_kernel($cpu, Pedant::Trace::arguments($log, map { range_of($_) } sort keys %name));
    my $calls  = count_trace($log);
    unlink $log;
    my ($empty, @rows) = map { row($cpu, $_, $calls->{ loop_name($_) } // []) } @events;
    for my $row (@rows) {
        $row->{$_} -= $empty->{$_} for qw(instructions loads branches tests indirect);
    }
    return \@rows;
}

# What is wrong with the claim, on one CPU.
sub broken {
    my ($cpu, $rows) = @_;
    my %always = map { $_->{what} => $_ } grep { $_->{form} eq 'always' } @$rows;
    my @broken;
    for my $row (grep { $_->{form} =~ /^(?:patched|static)/ } @$rows) {
        my $plain = $always{ $row->{what} };
        my $name  = "$cpu: $row->{what}, $row->{form}";
        push @broken, "$name: a test"                    if $row->{tests};
        push @broken, "$name: more loads than the plain" if $row->{loads} > $plain->{loads};
        push @broken, "$name: $row->{instructions} instructions, the plain $plain->{instructions}"
            if ($PLAIN{ $row->{what} } || $PLAIN{"$row->{what}/$row->{form}"})
            && $row->{instructions} > $plain->{instructions} + 1;
    }
    return @broken;
}

sub cells {
    my ($row) = @_;
    return sprintf '%7g %5s %5s %5s %5s', $row->{instructions}, @$row{qw(loads branches tests indirect)};
}

my %rows = map { $_->[0] => measure($_->[0]) } @CPUS;

sub print_rows {
    print "Instructions executed for one choice (-icount shift=0, exact), and what they are\n\n";
    printf "  %-29s %-33s   %s\n", '', map {"-cpu $_->[0] ($_->[1])"} @CPUS;
    printf "  %-16s %-12s %s   %s\n", 'what', 'form', ('  instr loads  brch tests indir') x 2;
    for my $i (0 .. $#{ $rows{max} }) {
        my @row = map { $rows{ $_->[0] }[$i] } @CPUS;
        printf "  %-16s %-12s %s   %s\n", $row[0]{form} eq 'patched' ? $row[0]{what} : '', $row[0]{form}, map { cells($_) } @row;
    }
    return;
}
printed('choices', \&print_rows);
print <<'END';

  patched: decided at boot. if: a variable is tested. pointer: a call through memory, to a function without a
  frame. always: the old instructions, always the lock. loads: instructions that read a memory operand, the
  job's own too (lock addl, incl), not the stack's. brch: branches, calls and returns; of these tests are
  conditional ones, indir through a register or memory. A selector is a mov and a call through a register: an
  instruction more than a call through memory, and no load. "patched call" is alternative_call, and "static call"
  one whose function can change later, too. What a lock or a fence costs is not in a count: see the cycles.
  rep movs counts once for each byte or word: on a CPU with ERMS one instruction copies it all, and here it
  counts more than the old one.
END

put_json('choices.json', \%rows);
my @broken = map { broken($_->[0], $rows{ $_->[0] }) } @CPUS;
die map {"not as claimed: $_\n"} @broken if @broken;
