#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What somebody adds, by the lines that docs/adopt.md shows. A back end is one file in pv/backend/, and an op
# one line in pv/ops.def and its function: nothing else of a copy of the tree is changed, it builds, boots,
# passes its self-tests, and pvtool agrees with what stands in memory. (A self-test uses the ops; it is no
# part of them.)

use strict;
use warnings;
use Cwd qw(getcwd);
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::Elf;
use Pedant::File qw(spew);
use Pedant::Native;
use Pedant::Tree;

my $tree = tempdir(CLEANUP => 1) . '/tree';
my $here = getcwd();

sub write_file {
    my ($path, $text) = @_;
    spew("$tree/$path", $text);
    return;
}

# Puts $text behind the first line that matches.
sub insert {
    my ($path, $line, $text) = @_;
    open my $in, '<', "$tree/$path" or BAIL_OUT("$path: $!");
    my @lines = <$in>;
    my ($at)  = grep { $lines[$_] =~ $line } 0 .. $#lines;
    defined $at or BAIL_OUT("$path has no $line");
    write_file($path, join '', @lines[ 0 .. $at ], $text, @lines[ $at + 1 .. $#lines ]);
    return;
}

# The blocks of code in docs/adopt.md that show how it is done, by a word in them.
sub own_blocks {
    open my $in, '<', 'docs/adopt.md' or BAIL_OUT("docs/adopt.md: $!");
    my ($section) = do { local $/; <$in> } =~ /^## 8\. Ops and back ends of your own\n(.*?)^## /ms;
    my %tagged = reverse(my @blocks = ($section // '') =~ /^```(\w*)\n(.*?)^```$/msg);
    @blocks = grep { $tagged{$_} eq '' } keys %tagged;
    my %own;
    for my $word ('PV_OP', 'TEMPLATE', 'native_own_sum', 'pv/backend/backend.h') {
        ($own{$word}) = grep {/\Q$word\E/} @blocks or BAIL_OUT("docs/adopt.md shows no $word");
    }
    return %own;
}

sub build {
    my ($what, @targets) = @_;
    my $said = `cd $tree && make -j2 BUILD=build @targets 2>&1`;
    return if ok($? == 0 && $said !~ /warning:/, "$what: it builds, without a warning, and pvtool check has nothing to say");
    diag $said;
    done_testing;
    exit 1;
}

my $image  = "$tree/build/pedant.elf";
my $pvtool = "$tree/build/tools/pvtool";

sub boots {
    my ($name, $cmdline, %args) = @_;
    my $run = boot(name => $name, image => $image, cmdline => $cmdline, timeout => 60, %args);
    expect_pass($run, "$name: boots and passes");
    return $run;
}

# One op's sites became $kind, all of them.
sub became {
    my ($run, $op, $kind) = @_;
    my $event = $run->event('ops', op => $op) || {};
    ok($event->{sites} && $event->{$kind} == $event->{sites}, $run->name =~ s{.*/}{}r . ": the sites of $op are $kind")
        or diag explain $event;
    return;
}

my %own = own_blocks();
Pedant::Tree::copy($tree);

# ---- a back end

write_file('pv/backend/patient.c', $own{'pv/backend/backend.h'});
write_file('pv/backend/other.c', <<'END');
#include "pv/backend/backend.h"

static bool here(void)
{
	return true;
}

static bool elsewhere(void)
{
	return false;
}

PV_TABLE(less, .init.kernel_rpl = 0);
PV_BACKEND(less, .detect = here, .rank = 1);
PV_TABLE(more, .init.kernel_rpl = 0);
PV_BACKEND(more, .detect = elsewhere, .rank = 3);
END
build('back ends', 'build/pedant.elf');

my %detected = (patient => '', map { $_ => "pv=$_" } qw(native less more soft));
for my $name (sort keys %detected) {
    my $run = boots("backend-$name", $detected{$name} ? "$detected{$name} selftest=off" : '');
    my $why = $detected{$name} ? 'by its name' : 'detected, because its rank is the highest of those that detect their machine';
    is(($run->event('boot') || {})->{backend}, $name, "backend-$name: is the back end, $why");
    next if $name !~ /patient|native/;
    became($run, $_, $name eq 'patient' ? 'call' : 'inline') for qw(io_delay irq_disable);
    became($run, $_, 'inline') for qw(irq_enable write_cr3);
}
my ($sites) = scalar `$pvtool sites $image --family paravirt --nops p6`;
like($sites, qr/\b$_\b/, "pvtool knows $_") for qw(native patient less more);
unlink "$tree/pv/backend/other.c", "$tree/pv/backend/patient.c";

# ---- ops: a template in the middle of the table, a C function in a group of its own

my ($swap, $sum) = split /^/, $own{'PV_OP'};
insert('pv/ops.def', qr/^PV_OP\(irq,\s+irq_enter,/, $swap);
insert('pv/ops.def', qr/^PV_OP\(time,\s+sched_clock,/, "\n$sum");
insert('pv/backend/native.S', qr/^ENDT read_tsc/, $own{'TEMPLATE'});
insert('pv/backend/native.c', qr/^#include "pv\/host.h"/, "\n$own{'native_own_sum'}");

write_file('tests/kernel/base/own.c', <<'END');
#include "kernel/test/ktap.h"
#include "pv/paravirt.h"

uint32_t own_in_nasm(uint32_t x);

static void works(struct ktap *t)
{
	CHECK_EQ(t, own_swap(0x11223344), 0x44332211, "own_swap turns bytes around");
	CHECK_EQ(t, own_in_nasm(0x11223344), 0x44332211, "in NASM as well");
	CHECK_EQ(t, own_sum(0xffffffffff, 2), 0x10000000001, "own_sum adds");
}

static const struct ktap_test tests[] = {KTAP_TEST(works)};
KTAP_SUITE(own, tests);
END
write_file('tests/kernel/base/own.asm', <<'END');
%include "pv/para.inc"
section .text
global own_in_nasm:function
own_in_nasm:
        mov     eax, [esp + 4]
        PARA_SITE own_swap
        ret
END
build('ops', 'all build/tests/adopt.elf');

for my $case ([ '', 'inline', 'call' ], [ 'noreplace-paravirt', 'kept', 'kept' ], [ 'pv=soft', 'inline', 'call' ], [ 'pv=trace', 'call', 'call' ]) {
    my ($cmdline, $swap, $sum) = @$case;
    my $run = boots('ops-' . ($cmdline || 'native'), $cmdline ? "$cmdline selftest=own.*" : '');
    is(($run->event('test', suite => 'own', name => 'works') || {})->{result}, 'ok', "ops-$cmdline: the ops do what they say");
    became($run, 'own_swap', $swap);
    became($run, 'own_sum',  $sum);
}
{
    my $run = boot(name => 'ops-bare', image => "$tree/build/pedant-native.elf", cmdline => 'selftest=own.*', timeout => 60);
    is($run->outcome, 'passed', 'ops-bare: boots and passes') or diag $run->describe;
    is(($run->event('test', suite => 'own', name => 'works') || {})->{result}, 'ok', 'the yardstick has their bare forms');
}

# What stands in memory: by pvtool's rules, and by this tree's tests.
my %ops = Pedant::Native::ops_by_type("$tree/pv/ops.def");
is_deeply([ sort grep {/^own_/} values %ops ], [qw(own_sum own_swap)], 'both have types');
my $elf   = Pedant::Elf->new($image);
my ($start, $size) = ($elf->symbol('_image'), $elf->symbol('_image_end') - $elf->symbol('_image'));
my $held = boot_and_hold(name => 'ops-held', image => $image, cmdline => 'selftest=off');
if (ok($held->reached, 'ops: the kernel comes to its end')) {
    my $boot = $held->event('boot');
    my $nops = Pedant::Native::nops_for($boot->{vendor}, $boot->{family});
    my $dump = "$tree/dump";
    open my $out, '>:raw', $dump or die $!;
    print {$out} $held->pmemsave($start, $size);
    close $out or die $!;
    my $said = `$pvtool verify $image $dump --nops $nops --init gone 2>&1`;
    is($?, 0, 'pvtool verify has nothing to say of its memory') or diag $said;
    for my $record (grep { $ops{ $_->{type} } =~ /^own_/ } $elf->records) {
        my $target = $elf->symbol('native_' . $ops{ $record->{type} });
        my ($bytes) = Pedant::Native::own_bytes($elf, $record, $nops, $target);
        is(unpack('H*', $held->pmemsave($record->{instr}, 6)), unpack('H*', $bytes), "a site of $ops{ $record->{type} } holds its function");
    }
    $held->quit;
}
is(getcwd(), $here, 'nothing of this happened in the tree itself');

done_testing;
