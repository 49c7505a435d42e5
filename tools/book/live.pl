#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# One live change on two CPUs, as it was: the shell turns a key while QEMU notes each block of code that a CPU executes
# out of a few functions. Every interrupt of the rounds goes through one of that key's sites, so the log says what CPU 1
# executed there in each of them. Draws 6-live.svg.
#
#	perl -Itests/lib -Itools/book tools/book/live.pl build docs/book/pictures

use strict;
use warnings;
use Drawn;
use File::Temp qw(tempdir);

my ($build, $to) = @ARGV;
die "live.pl: where is the build, and where to?\n" if !defined $to;
my ($elf, $pvtool) = ("$build/pedant.elf", "$build/tools/pvtool");
my $dir = tempdir(CLEANUP => 1);

# ---- where things are

my %at;    # of the functions that are watched; several of one name
for (`nm -S $elf`) {
    push @{ $at{$3} }, [ hex $1, hex $2 ] if /^(\w+) (\w+) [tT] (pv_commit|pv_walk|pv_breakpoint|irq_deliver|synchronize)$/;
}
my ($site) = grep {/ irq_deliver\+.* irq_statistics/} `$pvtool sites $elf --family jump_label`;
my ($address, $nop, $jump, $target) = $site =~ /^(\w+) .*?  ((?:[0-9a-f]{2} ){4}[0-9a-f]{2}) +5 of padding +((?:[0-9a-f]{2} ){4}[0-9a-f]{2})  jmp (\w+)/
    or die "live.pl: no site of irq_statistics\n";
my ($behind, $jumps_to) = (hex($address) + 5, hex $target);
my $first = $at{irq_deliver}[0][0];

# ---- the run

open my $script, '>', "$dir/script" or die $!;
print {$script} "flip irq_statistics\n";
close $script or die $!;
my $filter = join ',', map { map { sprintf '0x%x+0x%x', @$_ } @{ $at{$_} } } sort keys %at;
my $said = `qemu-system-i386 -kernel $elf -accel tcg -cpu qemu32 -smp 2 -display none -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04 -initrd '$dir/script shell' -append 'selftest=off shell=script' -d exec,nochain -dfilter $filter -D $dir/log < /dev/null`;
$said =~ /one commit: 2 sites looked at, 0 refused, 2 CPUs/ or die "live.pl: the key was not turned:\n$said";

# ---- its log

my @blocks;
open my $log, '<', "$dir/log" or die $!;
while (<$log>) {
    my ($cpu, $pc, $name) = m{^Trace (\d+): \S+ \[\w+/(\w+)/\w+/\w+\] (\w+)} or next;
    push @blocks, [ $cpu, hex $pc, $name ];
}
# A commit of one table is six walks. The shell makes others, of its own pages; the key's is the one in which CPU 1 meets breakpoints.
my @commits = grep { $blocks[$_][1] == $at{pv_commit}[0][0] } 0 .. $#blocks;
my ($from, $last);
for my $c (0 .. $#commits) {
    my $end = $c < $#commits ? $commits[ $c + 1 ] : @blocks;
    my @walks = grep { $blocks[$_][1] == $at{pv_walk}[0][0] } $commits[$c] .. $end - 1;
    my $met = grep { $blocks[$_][2] eq 'pv_breakpoint' && $blocks[$_][0] == 1 } $commits[$c] .. $end - 1;
    ($from, $last) = @walks[ 0, 5 ] if @walks == 6 && $met;
}
defined $from or die "live.pl: CPU 1 met no breakpoint\n";
my $walk = 0;
my (@events, @within);
for my $i ($from .. $last) {
    my ($cpu, $pc, $name) = @{ $blocks[$i] };
    my $in = $within[$cpu];
    if    ($pc == $at{pv_walk}[0][0]) { push @events, { cpu => 0, walk => ++$walk } }
    elsif ($pc == $first)      { push @events, $within[$cpu] = { cpu => $cpu } }
    elsif (!$in)               { next }
    elsif ($name eq 'pv_breakpoint') { $in->{trapped} = 1 }
    elsif ($name eq 'synchronize')   { $in->{round}   = 1 }
    elsif ($pc == $jumps_to)               { $in->{met}   //= 'new' }
    elsif ($pc >= $behind)           { $in->{met}   //= 'old' }
}
@events = grep { $_->{walk} || $_->{met} } @events;

# ---- the picture

my ($ROW, $TOP) = (36, 62);
my ($instant) = grep { ($events[$_]{walk} // 0) == 4 } 0 .. $#events;
my $y = sub { $TOP + $ROW * $_[0] + ($_[0] >= $instant ? 24 : 0) };
my $h = $y->(scalar @events) + 66;
my $p = Drawn->new(760, $h, 'One live change on two CPUs, as QEMU noted it',
    'CPU 0 makes six walks over the sites; between them CPU 1 is called, and its interrupt goes through one of the sites. Before the instant the breakpoint there stands for the old instruction, behind it for the new one, and at the end the new one itself is executed.');
$p->text(16, 26, 'flip irq_statistics', 'bold');
$p->text(230, 46, 'CPU 0', 'middle');
$p->text(450, 46, 'CPU 1', 'middle');
$p->text(600, 46, 'the site');
my @walks = ([ 'look', $nop ], [ 'breakpoints', $nop =~ s/^../cc/r ], [ 'breakpoints again', $nop =~ s/^../cc/r ], [ 'tails', $jump =~ s/^../cc/r ],
    [ 'first bytes', $jump ], [ 'first bytes again', $jump ]);
my ($number, $called_at) = (0);
for my $i (0 .. $#events) {
    my $e = $events[$i];
    if ($e->{walk}) {
        my ($is, $stands) = @{ $walks[ $number++ ] };
        if ($number == 4) {
            $p->line(16, $y->($i) - 17, 744, $y->($i) - 17, 'thick');
            $p->text(16, $y->($i) - 23, 'the instant', 'bold');
        }
        $p->box(150, $y->($i), 160, 26, 'ground', $is);
        $p->text(600, $y->($i) + 17.5, $stands, 'mono');
        $called_at = $y->($i) + 13;
        next;
    }
    my $colour = $e->{trapped} ? ($e->{met} eq 'new' ? 'amber' : 'yellow') : $e->{met} eq 'new' ? 'sky' : 'grey';
    my $x = $e->{cpu} ? 370 : 150;
    $p->line(310, $called_at, 368, $y->($i) + 10, 'arrow') if $e->{cpu} && $e->{round};
    $p->box($x, $y->($i), 160, 26, $colour, ($e->{round} ? 'a round: ' : 'another one: ') . $e->{met});
}
my $end = $y->(scalar @events);
$p->legend(16, $end + 10, grey => 'the old instruction', yellow => 'a breakpoint: stands for old', amber => 'a breakpoint: stands for new', sky => 'the new instruction');
$p->text(16, $end + 48, 'From above in the order of the log, not by time. A coloured box is an interrupt on its way through irq_deliver().', 'small');
$p->save("$to/6-live.svg");
printf "%s\n", join ' ', map { $_->{walk} ? "[$_->{walk}]" : "$_->{cpu}:" . ($_->{trapped} ? 'cc-' : '') . $_->{met} } @events;
