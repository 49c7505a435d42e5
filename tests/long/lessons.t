#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The commands of docs/learn.md that people type: make dump, diff, sites, break, new-test. Each does what it
# says in a copy of the tree, what it is told wrongly is one line and status 2, and a fault that was put in is
# nowhere afterwards.

use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::File qw(slurp spew);
use Pedant::Tree;

my $here = getcwd();
my $tree = Pedant::Tree::copy(tempdir(CLEANUP => 1) . '/tree');

# Status and what was said, without make's own word that something failed.
sub make {
    my (@words) = @_;
    my $command = join ' ', map { s/'/'\\''/gr =~ s/.*/'$&'/sr } @words;
    my $said = `cd $tree && timeout 300 make -s --no-print-directory $command 2>&1 < /dev/null`;
    my $status = $? >> 8;
    return ($status, $said =~ s/^make: \*\*\* .*\n//mgr);
}

sub works {
    my ($what, @words) = @_;
    my ($status, $said) = make(@words);
    is($status, 0, "$what: make @words") or diag $said;
    return $said;
}

sub refused {
    my ($line, @words) = @_;
    my ($status, $said) = make(@words);
    is($status, 2, "make @words is refused");
    like($said, qr/\A$line\n\z/, 'in one line that says why');
    return;
}

sub sources { return scalar `cd $tree && find . -name build -prune -o -type f -print | sort | xargs cksum | cksum` }

# Whatever this was built with is built again in the copy, where that is not the default.
works('first', 'all');

my $before = sources();

subtest 'what it says of itself' => sub {
    my $help = works('help', 'help');
    my $interface = slurp('docs/interface.md');
    for my $target (qw(dump diff sites break exercise new-test)) {
        like($help, qr/^make $target\b/m, "make help knows $target");
        like($interface, qr/^\| `make $target\b/m, 'and so does docs/interface.md');
    }
};

subtest 'new-test, from outside' => sub {
    works('a file', 'new-test', 'NAME=outside');
    my $said = `cd $tree && BUILD=build PERL5LIB=tests/lib timeout 60 $^X tests/outside.t 2>&1`;
    isnt($?, 0, 'it runs and fails');
    like($said, qr/^ok 1 - the kernel boots\n.*^not ok 2 - outside is written$/ms, 'since it is not written');
    my $text = slurp("$tree/tests/outside.t");
    refused(qr{make new-test: NAME=outside(?:\.t)?: tests/outside\.t is there already}, 'new-test', "NAME=$_") for 'outside', 'outside.t';
    is(slurp("$tree/tests/outside.t"), $text, 'and nothing is overwritten');
    unlink "$tree/tests/outside.t";
    is(sources(), $before, 'the tree is as it was');
    refused(qr/make new-test: NAME=\Q$_\E: wanted is suite\.test or a file's name, .*/, 'new-test', "NAME=$_")
        for '', 'A.b', '../x', 'a.b.c', 'x' x 50;
    refused(qr/make new-test: NAME=own\.int: int is a word of C/, 'new-test', 'NAME=own.int');
    is(sources(), $before, 'and of what is refused nothing is written');
};

subtest 'sites' => sub {
    my $all = works('all', 'sites');
    my $of  = works('of one function', 'sites', 'FUNC=copy_bytes');
    my @rows = $of =~ /^0x\w{8} +(\S+) /mg;
    is_deeply(\@rows, [ $all =~ /^0x\w{8} +(copy_bytes\+\S+) /mg ], 'its sites are those that all have');
    cmp_ok(scalar @rows, '>', 0, 'and there are some');
    like($of, qr/\Aaddress +symbol +family /, 'below what the columns are');
    like(works('of one that has none', 'sites', 'FUNC=memcpy'), qr/^make sites: memcpy has none$/, 'says so');
    refused(qr/make sites: FUNC=copy_: the kernel has no such function/, 'sites', 'FUNC=copy_');
};

subtest 'dump and diff' => sub {
    my $image  = "$tree/build/pedant.elf";
    my $pvtool = "$tree/build/tools/pvtool";
    my $said   = works('dump', 'dump');
    like($said, qr{^build/dump: \d+ bytes from 0x00100000 on}, 'it says what it wrote');
    my $verified = `$pvtool verify $image $tree/build/dump`;
    is($?, 0, 'pvtool takes it, and all is as it must be') or diag $verified;
    like($verified, qr/state native/, 'the back end is native');
    works('dump of another back end', 'dump', 'CMDLINE=pv=trace');
    like(scalar `$pvtool verify $image $tree/build/dump`, qr/state trace/, 'CMDLINE counts, and no other dump stays');
    my ($function) = `$pvtool sites $image --family paravirt` =~ /^0x\w+ +(\w+)\+0x\w+ +paravirt +irq\.irq_disable /m;
    my $diff = works('diff', 'diff', "FUNC=$function");
    like($diff, qr/^0x\w{8} $function$/m, 'shows the function');
    like($diff, qr/ff 15 .* \| 3e 3e 3e 3e 3e fa .*# paravirt irq\.irq_disable$/m, 'as linked and as it runs, where it is another');
    like(works('diff of what has no sites', 'diff', 'FUNC=memcpy'), qr/^make diff: memcpy has no sites: it is as linked$/, 'says so');
    like(works('dump after a panic', 'dump', 'CMDLINE=crash=missing-op'), qr/whose last line is\n  pedant: \d+ passed/, 'is one, too');
    my ($status, $wrong) = make('dump', 'CPU=nonesuch');
    is($status, 2, 'a machine that is none has no dump');
    like($wrong, qr/^dump: the kernel does not come to its end: .*nonesuch/s, 'and it says why');
    refused(qr/make diff: FUNC=nonesuch: the kernel has no such function/, 'diff', 'FUNC=nonesuch');
    refused(qr/make diff: FUNC=pv_ops: the kernel has no such function/, 'diff', 'FUNC=pv_ops');
    refused(qr/make diff: FUNC=x'; echo y: a function's name has .*/, 'diff', q(FUNC=x'; echo y));
};

subtest 'new-test, in the kernel' => sub {
    like(works('a suite', 'new-test', 'NAME=own.adds'), qr{^make new-test: tests/kernel/sites/own\.c, which fails until }, 'says which file');
    my ($status, $said) = make('run', 'CMDLINE=selftest=own.adds', 'LIMIT=60');
    isnt($status, 0, 'it builds, boots and fails') or diag $said;
    like($said, qr/# not true: adds is written \(tests\/kernel\/sites\/own\.c:\d+\)/, 'since it is not written');
    my $text = slurp("$tree/tests/kernel/sites/own.c");
    refused(qr{make new-test: NAME=own\.more: the suite own is in tests/kernel/sites/own\.c, .*}, 'new-test', 'NAME=own.more');
    is(slurp("$tree/tests/kernel/sites/own.c"), $text, 'and nothing is overwritten');
    unlink "$tree/tests/kernel/sites/own.c";
};

subtest 'break' => sub {
    my $list    = works('without a number', 'break');
    my @patches = glob 'tests/mutants/*.patch';
    is(scalar(() = $list =~ /^\d{3,}-\S+ +\S/mg), scalar @patches, 'a line for each mutant');
    my $said = works('a number', 'break', 'M=130');
    like($said, qr/^130-madt-checksum-ignored\n  broken: .*\n  stands for: /m, 'says what is broken, and why that matters');
    like($said, qr{^  arch/x86/smp/acpi\.c\n    -.*\n    \+.*\(false\)$}m, 'shows the fault');
    like($said, qr/^Noticed, after \d+ s, by the test cpus_test, since this is not true any more:\n {4}RSDT: \S/m, 'and who noticed');
    like(slurp("$tree/build/logs/break-130-madt-checksum-ignored.log"), qr{^patching file arch/x86/smp/acpi\.c}m, 'all of it is in the log');
    ok(!-e "$tree/build/break", 'the copy is gone');
    is(sources(), $before, 'and the tree is as it was');
    refused(qr/make break: M=$_: there is no such mutant; make break lists all/, 'break', "M=$_") for 17, '126-lock';
    refused(qr/make break: M=\Q$_\E: a mutant is a number or a name, .*/, 'break', "M=$_") for 'x', '../1', '1260', '001-*';
};

subtest 'a fault that nobody notices' => sub {
    my $patch = "$tree/tests/mutants/999-nothing.patch";
    my ($line, $next) = slurp("$tree/pv/smp_locks.c") =~ /^(#define LOCK 0xf0)\n(.*)$/m;
    my ($at) = grep { (split /\n/, slurp("$tree/pv/smp_locks.c"))[ $_ - 1 ] eq $line } 1 .. 40;
    spew($patch, "# broken: nothing\n# stands for: nothing\n# run: host pit_counts_test\n# noticed by: nobody\n--- a/pv/smp_locks.c\n+++ b/pv/smp_locks.c\n",
        "\@\@ -$at,2 +$at,2 \@\@\n-$line\n+$line /* so */\n $next\n");
    my ($status, $said) = make('break', 'M=999');
    isnt($status, 0, 'is a failure');
    like($said, qr/^Not noticed, in \d+ s: a test is missing\. Its head says who should have: nobody$/m, 'and said');
    unlink $patch;
    is(sources(), $before, 'and the tree is as it was');
};

is(getcwd(), $here, 'nothing of this happened in the tree itself');
done_testing;
