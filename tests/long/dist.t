#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# make dist: the package works where nothing of this tree is around. It is unpacked elsewhere and built by its
# own Makefile, with an environment that has no name of ours and a NASM that fails; its example boots; an
# op of one's own goes in by the guide's steps, and one without a function is named.

use strict;
use warnings;
use lib 'tests/lib';
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use Pedant;
use Pedant::File qw(slurp spew);
use Test::More;

my $room = tempdir(CLEANUP => 1);
my $here = getcwd();
my $CC   = $ENV{CC} || 'gcc';
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

my @packages = map {
    system("make -s dist BUILD=$room/$_ > $room/log 2>&1") == 0 or BAIL_OUT(slurp("$room/log"));
    my ($package) = glob "$room/$_/pv-*.tar.gz";
    $package
} qw(one two);
ok($packages[0] && slurp($packages[0]) eq slurp($packages[1]), 'two packages of the same sources are the same bytes');
my ($name) = $packages[0] =~ m{([^/]+)\.tar\.gz$};
like($name, qr/^pv-\d[\w.]*$/, 'it has a version');
system('tar', '-C', $room, '-xzf', $packages[0]) == 0 or BAIL_OUT('it cannot be unpacked');
my $tree = "$room/$name";
my @files = split /\n/, `cd $tree && find . -type f | sort`;
is_deeply([ grep { !m{^\./(?:LICENSE|Makefile|docs/(?:adopt|live|sites)\.md|(?:pv|tools/pvtool|tests/adopt|tests/sets)/)} } @files ], [], 'it has no more than it should');
is_deeply([ grep { !-e "$tree/$_" } qw(LICENSE Makefile docs/adopt.md pv/host.h pv/made/names.h tests/adopt/main.c tools/pvtool/pvtool.c) ],
    [], 'and what it should');
is_deeply([ grep { slurp("$tree/$_") =~ /\@CFLAGS\@|\Q$here\E/ } @files ], [], 'nothing of it is of this place');

# Links in the guide lead to something here, or say where else.
my $guide = slurp("$tree/docs/adopt.md");
is_deeply([ grep { !m{^https?:} && !-e "$tree/docs/$_" } $guide =~ /\]\(([^)#]+)/g ], [], "the guide's links lead to something");

# Its Makefile has the parts of the guide's table.
my @PARTS = qw(always ops soft trace lguest alternatives locks live keyed keys calls switch modules replacing found);
my %SHORT = ('lock prefixes' => 'locks', 'live changes' => 'live', 'keyed changes' => 'keyed', 'static keys' => 'keys', 'static calls' => 'calls', switching => 'switch', 'found sites' => 'found');
my $parts = join '|', @PARTS;
my %made  = slurp("$tree/Makefile") =~ /^($parts) +=(.*)$/mg;
my %told  = map { my ($name, $files) = @$_; (($SHORT{$name} // $name) => " $files") }
    map { [/^\| `?([\w ]+?)`? \| `([^`]*\.c[^`]*)` \|/] } grep {/^\| `?[\w ]+?`? \| `[^`]*\.c[^`]*` \|/} split /\n/, $guide;
is_deeply([ sort keys %made ], [ sort @PARTS ], 'its Makefile has all parts');
is_deeply(\%made, \%told, 'its parts are those of the guide');

mkdir "$room/bin" or BAIL_OUT("$room/bin: $!");
spew("$room/bin/nasm", "#!/bin/sh\necho nasm: not here >&2\nexit 1\n");
chmod 0755, "$room/bin/nasm";

sub make {
    my ($arguments) = @_;
    my $said = `cd $tree && env -i PATH=$room/bin:\$PATH HOME=$room LC_ALL=C make -j2 CC='$CC' $arguments 2>&1`;
    return ($? >> 8, $said);
}

my ($status, $said) = make('all example');
is($status, 0, 'it builds, without NASM and with nothing of ours') or diag $said;
unlike($said, qr/warning:/, 'and without a warning') or diag $said;
my $run = boot(name => 'dist', image => "$tree/build/adopt.elf", cpu => 'qemu32', serial => 1, timeout => 20);
is($run->outcome, 'passed', 'its example boots') or diag $run->describe;
is($run->last_line, 'adopt: all is well', 'and is well');
($status, $said) = make('BUILD=build-part build-part/pv.o PARTS="always alternatives"');
is($status, 0, 'a part of it builds') or diag $said;
unlike(`nm $tree/build-part/pv.o`, qr/paravirt_family|smp_locks_family/, 'and has the others not');
($status, $said) = make('BUILD=build-live build-live/pv.o PARTS="always live keyed calls"');
is($status, 0, 'so do static calls') or diag $said;
like(`nm $tree/build-live/pv.o`, qr/ static_call_family$/m, 'with all that they need') if !$status;

# An op of one's own, first as its line alone.
my $def = slurp("$tree/pv/ops.def");
spew("$tree/pv/ops.def", $def . "PV_OP(own, own_swap, callee_eax, uint32_t own_swap(uint32_t x), -, \"the bytes of a word turned around\")\n");
utime time + 2, time + 2, "$tree/pv/ops.def";
($status, $said) = make('all example');
isnt($status, 0, 'an op without a function does not link');
like($said, qr/undefined reference to `(?:__raw_callee_save_)?native_own_swap'/, 'its function is named') or diag $said;

# Its header made of the older list: the compiler names it.
my $native = slurp("$tree/pv/made/native.h");
spew("$tree/pv/made/native.h", slurp('pv/made/native.h'));
$said = `cd $tree && $CC -m32 -march=i486 -std=gnu11 -ffreestanding -fno-pic -O2 -I. -c -o $room/backend.o pv/backend/backend.c 2>&1`;
ok($? && $said =~ /PV_NATIVE_own_swap/, 'a pv/made/native.h that is older than the list is named with the op') or diag $said;
spew("$tree/pv/made/native.h", $native);

# A function, and a template in its place in the table.
my $asm = slurp("$tree/pv/backend/native.S");
$asm =~ s/^(ENDT read_tsc\n)/$1TEMPLATE own_swap\n\tbswap %eax\nENDT own_swap\n/m or BAIL_OUT('native.S has no read_tsc');
spew("$tree/pv/backend/native.S", $asm);
my $main = slurp("$tree/tests/adopt/main.c");
$main =~ s/^(\tcheck\(pte_val\(.*\n)/$1\tcheck(own_swap(0x11223344) == 0x44332211, "an op of one's own");\n/m or BAIL_OUT('main.c has no pte_val');
spew("$tree/tests/adopt/main.c", $main);
($status, $said) = make('all example');
is($status, 0, 'with its function it builds') or diag $said;
$run = boot(name => 'dist-own', image => "$tree/build/adopt.elf", cpu => 'qemu32', serial => 1, timeout => 20);
is($run->outcome, 'passed', 'and boots') or diag $run->describe;
is(scalar $run->lines_like(qr/^ok: an op of one's own$/), 4, 'and does what it says, as linked, traced, patched, and at the end');
like(`$tree/build/tools/pvtool sites $tree/build/adopt.elf --family paravirt`, qr/own\.own_swap .*0f c8/, "the package's pvtool knows it");

# A template that is longer than a site does not build.
spew("$tree/pv/backend/native.S", $asm =~ s/\tbswap %eax\n/\tbswap %eax\n\t.skip 5, 0x90\n/r);
($status, $said) = make('all');
ok($status && $said =~ /TEMPLATE own_swap: longer than a site/, 'a template of 7 bytes is named') or diag $said;

done_testing;
