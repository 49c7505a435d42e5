#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What an op costs, in executed instructions: a loop over its inline function in the yardstick kernel, in
# pedant as linked, and patched, for each back end. Exact: QEMU's -icount shift=0 advances the TSC by one an
# instruction. The same of the kernel whose sites are found after the link, and of both without templates. Then
# what the sites' fixed registers cost their callers. Writes build/bench/ops.json, and fails
# when a template costs more than the native instructions and moves that it lists, or an op that is nothing one NOP more.

use strict;
use warnings;
use File::Path qw(make_path);
use JSON::PP;
use Pedant;
use Pedant::Code;

my @KERNELS = (
    [ native => 'pedant-native.elf', '' ],
    [ linked => 'pedant.elf', 'noreplace-paravirt' ],
    [ patched => 'pedant.elf', '' ],
    [ soft => 'pedant.elf', 'pv=soft' ],
    [ trace => 'pedant.elf', 'pv=trace' ],
    [ direct => 'pedant.elf', 'noinline-paravirt' ],
    [ found_linked => 'relocs/pedant.elf', 'noreplace-paravirt' ],
    [ found => 'relocs/pedant.elf', '' ],
    [ found_direct => 'relocs/pedant.elf', 'noinline-paravirt' ],
);

# Instructions a loop, by op; the empty loop is taken off.
sub measure {
    my ($name, $image, $options) = @_;
    my $run = boot(name => "bench-$name", image => build_dir() . "/$image", timeout => 60,
        cmdline => "bench selftest=off $options", extra => [ '-icount', 'shift=0,sleep=off' ]);
    die "$name:\n", $run->describe if $run->outcome ne 'passed';
    my @events = $run->events('bench') or die "$name: no event bench\n";
    my ($empty) = grep { $_->{op} eq 'empty' } @events;
    my $fate = { map { $_->{op} => $_ } $run->events('ops') };
    return { map { $_->{op} => ($_->{tsc} - $empty->{tsc}) / $_->{loops} } @events }, $fate,
        [ map { $_->{op} } grep { $_->{op} ne 'empty' } @events ];
}

my (%cost, %fate, $order);
for my $kernel (@KERNELS) {
    my ($name) = @$kernel;
    ($cost{$name}, $fate{$name}, $order) = measure(@$kernel);
}

# In the loop itself: instructions beside the op that the yardstick's loop does not have.
my $code = Pedant::Code->new(map { build_dir() . "/$_" } qw(pedant.elf pedant-native.elf));
sub moves { return $code->loop_difference("bench_$_[0]") }

print "\nInstructions executed for one call of an op's inline function (-icount shift=0, exact)\n\n";
printf "  %-17s %7s %7s %7s  %-7s %5s %5s %7s %7s\n", 'op', 'native', 'linked', 'patched', 'became',
    'over', 'moves', 'soft', 'trace';
my (@rows, @broken);
for my $op (@$order) {
    my $became = join '+', grep { $fate{patched}{$op}{$_} } qw(inline call jmp nop);
    my $over   = $cost{patched}{$op} - $cost{native}{$op};
    my $moves  = $became =~ /^(inline|nop)$/ ? moves($op) : undef;
    push @rows, { op => $op, became => $became, over => $over + 0, moves => $moves,
        map { $_->[0] => $cost{ $_->[0] }{$op} } @KERNELS };
    printf "  %-17s %7.2f %7.2f %7.2f  %-7s %+5.2f %5s %7.2f %7.2f\n", $op,
        (map { $cost{$_}{$op} } qw(native linked patched)), $became, $over, $moves // '',
        (map { $cost{$_}{$op} } qw(soft trace));
    my $nop = $became eq 'nop' ? 1 : 0;    # on this CPU a template is padded with prefixes
    push @broken, $op if defined $moves && $over > 0.5 + $nop + $moves;    # a loop is whole instructions; the rest is its function
}
my @WAYS = qw(linked patched direct found_linked found found_direct);
sub sum { my $n = 0; $n += $_ for @_; return $n }
sub print_ways {
    my ($name, $native, @costs) = @_;
    printf "  %-17s %7.2f  %7.2f %7.2f %7.2f  %7.2f %7.2f %7.2f\n", $name, $native, @costs;
}
print "\n  over: patched less native. moves: of these, instructions around the site that load its fixed\n",
    "  registers (counted in the disassembly of the loop). Ops without a template are called.\n";

print "\nThe same sites annotated (call *slot, six bytes) and found after the link (call pv_NAME, five): as linked,\n",
    "patched, and patched without templates (noinline-paravirt)\n\n";
printf "  %-17s %7s  %23s  %23s\n", '', '', 'annotated              ', 'found                  ';
printf "  %-17s %7s  %7s %7s %7s  %7s %7s %7s\n", 'op', 'native', qw(linked patched direct linked patched direct);
for my $op (@$order) {
    print_ways($op, $cost{native}{$op}, map { $cost{$_}{$op} } @WAYS);
}
my @inline = grep { $fate{patched}{$_}{inline} } @$order;
print_ways(scalar(@inline) . ' with templates', map { my $way = $_; sum(map { $cost{$way}{$_} } @inline) / @inline } 'native', @WAYS);

my @functions = grep { $_->{name} !~ /^bench_/ } $code->differing_functions;
my $differing = 0;
$differing += $_->{differing} for @functions;
printf "\nWhat fixed registers cost callers: functions whose code differs outside the sites\n\n";
printf "  %-28s %6s %10s\n", 'function', 'sites', 'differing';
printf "  %-28s %6d %10d\n", @$_{qw(name sites differing)} for grep { $_->{differing} } @functions;
printf "  %d of %d functions with sites, %d instructions\n", scalar(grep { $_->{differing} } @functions),
    scalar @functions, $differing;

make_path(build_dir() . '/bench');
open my $out, '>', build_dir() . '/bench/ops.json' or die $!;
print {$out} JSON::PP->new->canonical->pretty->encode({ ops => \@rows, functions => \@functions });
close $out or die $!;
die "more than native and the listed moves: @broken\n" if @broken;
