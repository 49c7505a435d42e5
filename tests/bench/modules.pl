#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Modules of 10^2 to 10^6 sites, of which a third each are operations, branches of a static key and lock prefixes:
# what it takes to load and to unload them, and how much memory; and the same with operations that are called by name, and
# found when they are loaded. Microseconds by the emulator's clock, and instructions under QEMU's -icount shift=0, exact, with all of loading: reading,
# linking, indexes, patching. Writes build/bench/modules.json, and fails when a site costs
# more the more there are.

use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use Pedant;
use Pedant::Figures;

my @SITES  = map { 10**$_ } 2 .. 6;
my $STEEP  = 1.25;    # from 10^4 sites on, one may cost so many times what it costs with 10^4
my $dir    = log_dir() . '/bench-modules';
my $CC     = $ENV{CC} || 'gcc';

sub make_module {
    my ($n, $found) = @_;
    my $third = int($n / 3);
    make_path($dir);
    open my $out, '>', "$dir/sites.S" or die "$dir/sites.S: $!\n";
    print {$out} <<"END";
#include "pv/jump_label.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"
	.text
	.globl bench_sites
bench_sites:
	.rept $third
	PARA_SITE irq_disable
	STATIC_BRANCH_UNLIKELY key, 1f
1:	LOCK_PREFIX incl counter
	.endr
	ret
	.data
	.balign 16
key:	.skip 16
counter: .long 0
	.section .note.GNU-stack, "", \@progbits
END
    close $out or die "$dir/sites.S: $!\n";
    my $file = "$dir/sites$n-$found.ko";
    system("$CC -m32 -I. -DCONFIG_PARAVIRT=1 -DPV_SITES_RELOCS=$found -c -o $file $dir/sites.S") == 0 or die "$file cannot be made\n";
    return $file;
}

# The events of a module that comes and goes.
sub load {
    my ($name, $file, @options) = @_;
    my $run = boot(name => "modules-$name", modules => [$file], memory => 512, timeout => 600, cmdline => 'unload selftest=off', @options);
    die "$name:\n", $run->describe if $run->outcome ne 'passed';
    return $run->events('module');
}

# { ops, sites, file (bytes), memory (bytes), load, unload (instructions), load_us, unload_us }
sub measure {
    my ($n, $found) = @_;
    my $file = make_module($n, $found);
    my ($loaded, $unloaded) = load("$n-$found", $file, extra => [ '-icount', 'shift=0,sleep=off' ]);
    my ($load, $unload)     = load("$n-$found-time", $file);
    die "$n sites: $loaded->{result}, $unloaded->{result}\n" if $loaded->{result} ne 'loaded' || $unloaded->{result} ne 'unloaded';
    return { ops => $found ? 'found' : 'annotated', sites => $loaded->{sites}, file => -s $file, memory => $loaded->{bytes}, load => $loaded->{ns}, unload => $unloaded->{ns},
        load_us => $load->{ns} / 1000, unload_us => $unload->{ns} / 1000 };
}

my @rows  = map { measure($_, 0) } @SITES;
my @found = map { measure($_, 1) } @SITES;

my ($from, $to) = @rows[ -3, -1 ];
my $slope = log($to->{load} / $from->{load}) / log($to->{sites} / $from->{sites});
sub print_rows {
    print "Modules: instructions executed to load and to unload one (-icount shift=0, exact), microseconds (TCG, an emulator), and its size\n\n";
    printf "  %-9s %8s %10s %7s %9s %10s %7s %9s %9s %10s\n", 'ops are', 'sites', 'load', 'a site', 'us', 'unload', 'a site', 'us', 'file KiB', 'memory KiB';
    for my $r (@rows, @found) {
        printf "  %-9s %8d %10d %7.0f %9.0f %10d %7.1f %9.0f %9.0f %10.0f\n", @$r{qw(ops sites load)}, $r->{load} / $r->{sites}, @$r{qw(load_us unload)},
            $r->{unload} / $r->{sites}, $r->{unload_us}, $r->{file} / 1024, $r->{memory} / 1024;
    }
    printf "\n  From %d sites on, loading grows with the power %.3f of their number.\n", $from->{sites}, $slope;
    return;
}
printed('modules', \&print_rows);
print <<'END';
  Loading is all of it: checks, copies, relocations (three a site), sorting keys' records, indexes, facts, patching, page
  tables. Of ops that are found there is no record in the file, but a relocation. Unloading: records of keys are gone through once, and memory is poisoned behind it.
END

put_json('modules.json', { modules => [ @rows, @found ], slope => $slope, clock => 'instructions' });
remove_tree($dir);
die sprintf("a site costs more the more there are: the power is %.3f\n", $slope) if $to->{load} / $to->{sites} > $STEEP * $from->{load} / $from->{sites};
