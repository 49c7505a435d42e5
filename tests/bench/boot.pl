#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# How long a boot takes, and what there is to patch: wall time from QEMU's start to its end, the guest's
# own time to its last line, sites, sizes, the pass. Writes build/bench/boot.json, and fails when no boot
# with all self-tests takes less than a second.

use strict;
use warnings;
use File::Path qw(make_path);
use JSON::PP;
use Pedant;

use constant { BOOTS => 9, BUDGET_MS => 1000 };

my $elf = kernel_elf();

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[ $#sorted / 2 ];
}

# Figures of BOOTS boots: wall and guest milliseconds, and the pass's event.
sub measure {
    my ($name, $cmdline) = @_;
    my @runs = map { boot(name => "$name-$_", cmdline => $cmdline) } 1 .. BOOTS;
    for my $run (@runs) {
        die "$name:\n", $run->describe if $run->outcome ne 'passed';
    }
    my @wall = sort { $a <=> $b } map { 1000 * $_->seconds } @runs;
    return {
        wall_ms     => median(@wall),
        wall_min_ms => $wall[0],
        wall_max_ms => $wall[-1],
        guest_ms    => median(map { $_->event('end')->{ns} / 1e6 } @runs),
        self_tests  => $runs[0]->event('end')->{passed},
        pass_ns     => median(map { $_->event('pass', family => 'paravirt')->{ns} } @runs),
        pass        => $runs[0]->event('pass', family => 'paravirt'),
    };
}

sub section_bytes {
    my (@names) = @_;
    my $sum = 0;
    $sum += $_->{size} for grep {defined} map { $elf->section($_) } @names;
    return $sum;
}

my %boot  = (all => measure('all', ''), off => measure('off', 'selftest=off'));
my $pass  = $boot{all}{pass};
my $sites = $elf->records;
my %bytes = (
    text   => section_bytes(qw(.boot .text .text.exempt .pv.text .pv.native)),
    engine => section_bytes('.pv.text'),
    rodata => section_bytes('.rodata'),
    table  => section_bytes('.parainstructions'),
    data   => section_bytes('.data'),
);

printf "Boot: QEMU's TCG, an emulator; %d boots each\n\n", BOOTS;
printf "  %-16s %10s %14s %9s %10s\n", '', 'self-tests', 'wall ms median', 'min-max', 'guest ms';
for my $row ([ 'all self-tests', $boot{all} ], [ 'selftest=off', $boot{off} ]) {
    my ($name, $b) = @$row;
    printf "  %-16s %10d %14.0f %4.0f-%-4.0f %10.0f\n", $name,
        @$b{qw(self_tests wall_ms wall_min_ms wall_max_ms guest_ms)};
}

my $pass_ns = $boot{all}{pass_ns};
printf "\nThe pass (TCG)\n\n";
printf "  %-28s %8d\n",   'sites', $sites;
printf "  %-28s %8d\n",   'bytes rewritten', $pass->{bytes};
printf "  %-28s %8.1f\n", 'bytes a site', $pass->{bytes} / $sites;
printf "  %-28s %8.1f\n", '  of these padding', $pass->{pad} / $sites;
printf "  %-28s %8.1f\n", 'microseconds', $pass_ns / 1000;
printf "  %-28s %8.0f\n", 'sites a second', 1e9 * $sites / $pass_ns;
printf "\nThe image, bytes\n\n";
printf "  %-28s %8d\n", 'code', $bytes{text};
printf "  %-28s %8d\n", '  of it the engine', $bytes{engine};
printf "  %-28s %8d  (%d a site)\n", '.parainstructions', $bytes{table}, $bytes{table} / $sites;
printf "  %-28s %8d\n", '.rodata', $bytes{rodata};
printf "  %-28s %8d\n", '.data', $bytes{data};

make_path(build_dir() . '/bench');
open my $out, '>', build_dir() . '/bench/boot.json' or die "boot.json: $!\n";
print {$out} JSON::PP->new->canonical->pretty->encode({ boot => \%boot, sites => $sites + 0, bytes => \%bytes,
    pass_ns => $pass_ns, clock => 'TCG' });
close $out or die "boot.json: $!\n";

# The fastest boot is judged: what else a host does can only make one slower.
if ($boot{all}{wall_min_ms} >= BUDGET_MS) {
    printf STDERR "boot: %.0f ms with all self-tests, the budget is %d\n", $boot{all}{wall_min_ms}, BUDGET_MS;
    exit 1;
}
