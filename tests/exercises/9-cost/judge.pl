#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Exercise 9. The learner's kernel boots and measures itself: loops over ops, in executed instructions, which
# QEMU's -icount makes exact. Expected is what a kernel without a table has in the same loop, less the empty one.
#
# make: build/pedant.elf

use strict;
use warnings;
use Pedant;

STDOUT->autoflush(1);

# Instructions of an op, and of what its parameter takes to be in eax.
my %ALONE = (irq_disable => 1, irq_enable => 1, save_fl => 2, restore_fl => 3, clts => 1, read_cr0 => 1, read_tsc => 1);
my $ROUNDING = 0.2;    # a loop's function begins and ends once in many turns

sub wrong { printf 'wrong ' . shift() . "\n", @_; return }

# Instructions by op, and what became of its sites; nothing when it did not come to its end.
sub measure {
    my ($name, %how) = @_;
    my $run = boot(name => "exercise-$name", timeout => 30, extra => [ '-icount', 'shift=0,sleep=off' ], %how, cmdline => "bench selftest=off $how{cmdline}");
    if ($run->outcome ne 'passed') {
        wrong('the kernel does not come to its end: %s', $run->outcome);
        wrong('its last line is: %s', $_) for ($run->lines)[-1] // 'none';
        return;
    }
    my ($empty) = grep { $_->{op} eq 'empty' } $run->events('bench');
    return { cost => { map { $_->{op} => ($_->{tsc} - $empty->{tsc}) / $_->{loops} } $run->events('bench') },
        became => { map { my $op = $_; $_->{op} => (grep { $op->{$_} } qw(inline call jmp nop kept))[0] } $run->events('ops') } };
}

sub costs {
    my ($measured, $more) = @_;
    for my $op (sort keys %ALONE) {
        my ($found, $expected) = ($measured->{cost}{$op}, $ALONE{$op} + $more);
        wrong('%s: expected %d instructions, found %.2f', $op, $expected, $found) if abs($found - $expected) > $ROUNDING;
    }
    return;
}

sub is_called {
    my ($measured, @ops) = @_;
    wrong("its sites became %s, and not a call", $_) for grep { $_ ne 'call' } map { $measured->{became}{$_} // 'nothing' } @ops;
    return;
}

print "case it boots, measures itself and comes to its end\n";
my $now = measure('native', cmdline => '') or print("judged\n"), exit;
print "case the call and the return are gone: irq_disable takes two instructions at most, where it took three\n";
wrong('expected 2 or 1, found %.2f', $now->{cost}{irq_disable}) if $now->{cost}{irq_disable} > 2 + $ROUNDING;
print "case what is too long for a site is called: cpuid\n";
is_called($now, 'cpuid');

print "case a back end that has irq_disable done by a function of its own, soft, has that called\n";
my $soft = measure('soft', cmdline => 'pv=soft');
is_called($soft, 'irq_disable') if $soft;

print "case and the NOP is gone: each op is its instructions alone\n";
costs($now, 0);

print "case a Phenom is slow with prefixes, so there it is a NOP: one instruction more\n";
my $phenom = measure('phenom', cpu => 'phenom', cmdline => '');
costs($phenom, 1) if $phenom;
print "judged\n";
