# SPDX-License-Identifier: MIT
#
# tools/floors.pl finds what it is there for: little made-up houses, each with one fault, and one clean one.
# A house is its sources by their paths; the C files are compiled, so that calls come out of objects.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(spew);

my $top = tempdir(CLEANUP => 1);
my $cc  = $ENV{CC} || 'cc';
my $houses = 0;
my $here = getcwd();

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
	system("$cc -w -I$dir -I$dir/tools/pvtool -c -o $object $dir/$source") == 0 or die "$source does not compile";
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

# What is allowed: the compiler's headers in pv/, any elsewhere; pv/ from another house, whose files are found by their room, and beside who
# asks; a file by its own name on a floor of its own; what is made; every bell; one's own name; a name that is nobody's.
my %allowed = (
	%clean,
	'pv/pure.h'                  => "#include <stddef.h>\n#include <stdbool.h>\n#include <stdarg.h>\n#include \"pv/host.h\"\nvoid pv_host_write(void);\n",
	'pv/host.h'                  => "void pv_host_write(void);\n",
	'pv/feature.h'               => "#define FEATURE 1\n",
	'pv/feature.S'               => qq(#include "pv/feature.inc"\n),
	'pv/uses.c'                  => "void pv_host_write(void);\nint printk(const char *s), vprintk(const char *s);\nextern int pv_ops;\nvoid pv_missing_op(void), nobody(void);\n"
		. "void uses(void) { pv_host_write(); printk(\"\"); vprintk(\"\"); pv_missing_op(); pv_ops = 1; nobody(); }\n",
	'lib/printk.h'               => "int printk(const char *s);\n",
	'lib/printk.c'               => "int printk(const char *s) { return 0; }\nint vprintk(const char *s) { return 0; }\n",
	'arch/x86/host.c'            => "void pv_host_write(void) {}\nint pv_ops;\nvoid pv_missing_op(void) {}\n",
	'arch/x86/cpu/asks.h'        => qq(#include <string.h>\n#include "lib/printk.h"\n),
	'boot/boot.c'                => "void high(void);\nvoid boot(void) { high(); }\n",
	'tools/pvtool/read/file.c'   => qq(#include "pv/pure.h"\n#include "read/other.h"\n#include "beside.h"\nextern int pure;\nint file(void) { return pure; }\n),
	'tools/pvtool/read/other.h'  => '',
	'tools/pvtool/read/beside.h' => '',
	'tools/pvtool/view/page.c'   => qq(#include "read/other.h"\n),
	'tools/pvtool/view/view.h'   => qq(#include "view_page.def"\n),
	'tools/pvtool/notes.txt'     => qq(#include "kernel/main.h"\n),
	'docs/a.h'                   => qq(#include "nothing.h"\n),
);
($said, $status) = look(%allowed);
is($said, "floors: 21 sources, 1 program, 0 findings\n", 'all that is allowed');
is($status, 0, 'is no finding');

finds('a file of no room', qr{^lib/text.h includes docs/a.h, which is in no room$}m, %allowed, 'lib/text.h' => qq(#include "docs/a.h"\n));
finds('a weak name', qr{^lib/weak calls arch/x86/dev/high \(high\): arch/x86/dev is above lib$}m,
	%clean, 'lib/weak.c' => "void high(void) __attribute__((weak));\nvoid weak(void) { if (high) high(); }\n");
finds('what is defined weakly', qr{^lib/weak calls arch/x86/dev/soft \(soft\): }m,
	%clean, 'arch/x86/dev/soft.c' => "void __attribute__((weak)) soft(void) {}\n", 'lib/weak.c' => "void soft(void);\nvoid weak(void) { soft(); }\n");
finds('several names', qr{^lib/both calls arch/x86/dev/high \(high too\): }m, %clean,
	'arch/x86/dev/high.c' => "void high(void) {}\nvoid too(void) {}\n", 'lib/both.c' => "void high(void), too(void);\nvoid both(void) { too(); high(); }\n");
finds('nearly a bell', qr{^pv/ring calls lib/printk \(printk_other\): lib is above pv$}m, %clean,
	'lib/printk.c' => "void printk_other(void) {}\n", 'pv/ring.c' => "void printk_other(void);\nvoid ring(void) { printk_other(); }\n");
finds('a header beside a bell', qr{^pv/ring includes lib/printk_other \(lib/printk_other.h\): }m, %clean, 'lib/printk_other.h' => '', 'pv/ring.h' => qq(#include "lib/printk_other.h"\n));
finds('pv/ of another house, the other way', qr{^pv/pure includes tools/pvtool/read/other .*: tools/pvtool/read is of another house$}m,
	%clean, 'tools/pvtool/read/other.h' => '', 'pv/pure.c' => qq(#include "tools/pvtool/read/other.h"\n));
finds('a room whose name begins with pv', qr{^tools/pvtool/read/a includes lib/a .*: lib is of another house$}m,
	%clean, 'lib/a.h' => '', 'tools/pvtool/read/a.c' => qq(#include "lib/a.h"\n));
{
	my ($text) = look(%clean, 'lib/a.h' => qq(#include "lib/b.h"\n#include "lib/c.h"\n), 'lib/b.h' => qq(#include "lib/a.h"\n), 'lib/c.h' => qq(#include "lib/b.h"\n),
		'lib/d.h' => qq(#include "lib/e.h"\n), 'lib/e.h' => qq(#include "lib/d.h"\n));
	is($text, "circle of 2 files: lib/a -> lib/b (lib/b.h), lib/b -> lib/a (lib/a.h)\ncircle of 2 files: lib/d -> lib/e (lib/e.h), lib/e -> lib/d (lib/d.h)\n"
		. "floors: 11 sources, 1 program, 2 findings\n", 'circles: the shortest way of each, and none twice');
}

# What cannot be looked at is no clean house; several programs, and the house that one stands in.
sub floors {
	my ($arguments) = @_;
	my $text = qx(perl $here/tools/floors.pl $arguments 2>&1);
	return ($? >> 8, $text);
}
my $dir = "$top/empty";
make_path("$dir/lib");
is_deeply([ floors("--root=$dir $dir/build/") ], [ 1, "$dir: no sources\n$dir/build/: a program without objects\nfloors: 0 sources, 1 program, 2 findings\n" ],
	'no sources and no objects');
write_file("$dir/lib/a.c", "int a;\n");
is_deeply([ floors("--root=$dir $dir/build/") ], [ 1, "$dir/build/: a program without objects\nfloors: 1 source, 1 program, 1 finding\n" ], 'a program without objects');
{
	my ($exit, $text) = floors("--root=$dir $dir/build/ $dir/build/lib/a.c.o");
	ok($exit && $text =~ /^floors: nm \Q$dir\E\/build\/lib\/a\.c\.o failed$/m, 'an object that is not there');
	my $object = compile($dir, 'lib/a.c');
	($exit, $text) = floors("--root=$dir $dir/other/ $object");
	ok($exit && $text eq "floors: $object is not below $dir/other/\n", 'one that is elsewhere');
	write_file("$dir/docs/a.c", "int a;\n");
	my $none = compile($dir, 'docs/a.c');
	($exit, $text) = floors("--root=$dir $dir/build/ $none");
	ok($exit && $text eq "floors: $none is of no room\n", 'one of no room');
	is_deeply([ floors("--root=$dir $dir/build/ $object -- $dir/build/ $object") ], [ 0, "floors: 1 source, 2 programs, 0 findings\n" ], 'two programs');
	chdir $dir or die $!;
	is_deeply([ floors("build/ build/lib/a.c.o") ], [ 0, "floors: 1 source, 1 program, 0 findings\n" ], 'the house that it stands in');
	chdir $here or die $!;
}

done_testing;
