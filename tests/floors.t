# SPDX-License-Identifier: MIT
#
# tools/floors.pl finds what it is there for: little made-up houses, each with one fault, and one clean one.
# A house is its sources by their paths; the C files are compiled, so that calls come out of objects.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(spew);

my $top = tempdir(CLEANUP => 1);
my $cc  = $ENV{CC} || 'cc';
my $houses = 0;

sub write_file {
	my ($path, $text) = @_;
	make_path(dirname($path));
	spew($path, $text);
	return;
}

sub compile {
	my ($dir, $source) = @_;
	my $object = "$dir/build/$source.o";
	make_path(dirname($object));
	system("$cc -w -I$dir -c -o $object $dir/$source") == 0 or die "$source does not compile";
	return $object;
}

# What floors.pl says of a house, and its exit status.
sub look {
	my (%sources) = @_;
	my $dir = "$top/" . ++$houses;
	write_file("$dir/$_", $sources{$_}) for keys %sources;
	my @objects = map { compile($dir, $_) } sort grep {/\.c$/} keys %sources;
	my $said = qx(perl tools/floors.pl --root=$dir $dir/build/ @objects 2>&1);
	return ($said, $? >> 8);
}

sub finds {
	my ($what, $pattern, %sources) = @_;
	my ($said, $status) = look(%sources);
	is($status, 1, "$what: exit status 1");
	like($said, $pattern, "$what: is named");
	like($said, qr/, 1 finding$/m, "$what: and nothing else");
	return;
}

my %clean = (
	'arch/x86/cpu/low.h'    => "void low(void);\nextern int low_data;\n",
	'arch/x86/cpu/low.c'    => qq(#include "arch/x86/cpu/low.h"\nint low_data;\nvoid low(void) {}\n),
	'arch/x86/dev/high.c'   => qq(#include "arch/x86/cpu/low.h"\nvoid high(void) { low(); low_data = 1; }\n),
	'arch/x86/trap/panic.h' => "void panic(void);\nvoid panic_other(void);\n",
	'arch/x86/trap/panic.c' => qq(#include "arch/x86/trap/panic.h"\n#include "arch/x86/cpu/low.h"\n)
		. "void panic(void) { low(); }\nvoid panic_other(void) {}\n",
	'pv/pure.c' => "#include <stdint.h>\nuint32_t pure;\n",
);

my ($said, $status) = look(%clean);
is($status, 0, 'a clean house: exit status 0') or diag $said;
is($said, "floors: 6 sources, 1 program, 0 findings\n", 'and a line that says what was looked at');

finds('a call upwards', qr{^arch/x86/cpu/caller calls arch/x86/dev/high \(high\): arch/x86/dev is above arch/x86/cpu$}m,
	%clean, 'arch/x86/cpu/caller.c' => "void high(void);\nvoid caller(void) { high(); }\n");
finds('data above', qr{^arch/x86/cpu/reader calls arch/x86/dev/box \(box\): }m,
	%clean, 'arch/x86/dev/box.c' => "int box = 1;\n",
	'arch/x86/cpu/reader.c' => "extern int box;\nint reader(void) { return box; }\n");
finds('an include upwards', qr{^lib/text includes kernel/main \(kernel/main.h\): kernel is above lib$}m,
	%clean, 'kernel/main.h' => "#define MAIN 1\n", 'lib/text.c' => qq(#include "kernel/main.h"\n));
finds('an include by NASM', qr{^arch/x86/cpu/enter includes kernel/words \(kernel/words.inc\): }m,
	%clean, 'kernel/words.inc' => '', 'arch/x86/cpu/enter.asm' => qq(%include "kernel/words.inc"\n));
finds('a call on one floor', qr{^lib/text calls pv/backend/own \(own\): lib and pv/backend are on one floor$}m,
	%clean, 'pv/backend/own.c' => "void own(void) {}\n", 'lib/text.c' => "void own(void);\nvoid text(void) { own(); }\n");
finds('another house', qr{^tools/pvtool/read/file includes arch/x86/cpu/low .*: arch/x86/cpu is of another house$}m,
	%clean, 'tools/pvtool/read/file.c' => qq(#include "arch/x86/cpu/low.h"\n));
finds('pv/ with a library', qr{^pv/more.c includes <string.h>, which is not the compiler's$}m,
	%clean, 'pv/more.c' => "#include <string.h>\n");
finds('an include of nothing', qr{^lib/text.h includes lib/gone.h, which is nowhere$}m,
	%clean, 'lib/text.h' => qq(#include "lib/gone.h"\n));

finds('a circle of calls', qr{^circle of 2 files: lib/a -> lib/b \(b\), lib/b -> lib/a \(a\)$}m,
	%clean, 'lib/a.c' => "void b(void);\nvoid a(void) { b(); }\n",
	'lib/b.c' => "void a(void);\nvoid b(void) { a(); }\n");
finds('a circle of includes', qr{^circle of 3 files: lib/a -> lib/b \(lib/b.h\), lib/b -> lib/c .*, lib/c -> lib/a \(lib/a.h\)$}m,
	%clean, 'lib/a.h' => qq(#include "lib/b.h"\n), 'lib/b.c' => qq(#include "lib/c.h"\n), 'lib/b.h' => '',
	'lib/c.h' => qq(#pragma once\n#include "lib/a.h"\n));
finds('a circle of both', qr{^circle of 2 files: lib/a -> lib/b \(b\), lib/b -> lib/a \(lib/a.h\)$}m,
	%clean, 'lib/a.h' => "typedef int a;\n", 'lib/a.c' => "void b(void);\nvoid fa(void) { b(); }\n",
	'lib/b.c' => qq(#include "lib/a.h"\nvoid b(void) {}\n));

($said, $status) = look(%clean,
	'arch/x86/cpu/rings.c' => qq(#include "arch/x86/trap/panic.h"\nvoid rings(void) { panic(); }\n));
is($status, 0, 'panic() may be called from below, and by whom it calls') or diag $said;
finds('no bell', qr{^arch/x86/cpu/rings calls arch/x86/trap/panic \(panic_other\): }m,
	%clean, 'arch/x86/cpu/rings.c' => qq(#include "arch/x86/trap/panic.h"\nvoid rings(void) { panic_other(); }\n));

# What cannot be looked at is no clean house.
my $dir = "$top/empty";
make_path("$dir/lib");
isnt(system("perl tools/floors.pl --root=$dir $dir/build/ > $top/out 2>&1"), 0, 'no sources and no objects: fails');
write_file("$dir/lib/a.c", "int a;\n");
isnt(system("perl tools/floors.pl --root=$dir $dir/build/ > $top/out 2>&1"), 0, 'a program without objects: fails');
isnt(system("perl tools/floors.pl --root=$dir $dir/build/ $dir/build/lib/a.c.o > $top/out 2>&1"), 0,
	'an object that is not there: fails');

done_testing;
