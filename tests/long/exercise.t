#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# make exercise, by one of them, in a copy of the tree: what it begins, keeps, judges and shows, whatever the learner writes.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp spew);
use Pedant::Tree;

my $tree = Pedant::Tree::copy(tempdir(CLEANUP => 1) . '/tree');
my $four = "$tree/build/exercise/4/pv/nops.c";

# Status, and what was said, but for make's own word that something failed.
sub exercise {
    my $said = `cd $tree && timeout 300 make -s --no-print-directory exercise @_ 2>&1 < /dev/null`;
    return ($? >> 8, $said =~ s/^make: \*\*\* .*\n//mgr);
}

# The body that the learner gives the function of exercise 4.
sub write_fill {
    my ($body) = @_;
    my $text = slurp($four);
    $text =~ s/(void pv_nops_fill\(uint8_t \*bytes, unsigned n\)\n)\{.*?\n\}\n/$1\{\n$body\n}\n/s or die "no pv_nops_fill\n";
    return spew($four, $text);
}

my $RIGHT = <<'END';
	for (unsigned run; n; n -= run) {
		run = n < pv_nops->max ? n : pv_nops->max;
		for (unsigned i = 0; i < run; i++)
			*bytes++ = pv_nops->bytes[run][i];
	}
END

subtest 'it begins, and is kept' => sub {
    my ($status, $said) = exercise('N=4');
    is($status, 2, 'not done: a failure of make');
    like($said, qr{^build/exercise/4 is a copy of this tree .*write in build/exercise/4/pv/nops\.c$}ms, 'it says what it made and where to write');
    like($said, qr/^  ok       no bytes are no NOP\n  not yet  a p6: one byte is 90\n {13}expected  90\n {13}found     aa\n  not yet  /m,
        'a line for each case; expected and found of the first that is wrong');
    is(scalar(() = $said =~ /^ {13}expected /mg), 1, 'of that one only');
    like($said, qr/^\d+ things are still wrong; the task, with hints: /m, 'how many are left');
    write_fill("\tif (n)\n\t\tbytes[0] = 0x90;");
    ($status, $said) = exercise('N=4');
    is($status, 2, 'a part of it: not done');
    unlike($said, qr/is a copy of this tree/, 'what is there is kept');
    like($said, qr/^  ok       a p6: one byte is 90\n  not yet  two bytes are one NOP of two, 66 90$/m, 'and judged as it stands');
    like((exercise())[1], qr{^4  padding .* build/exercise/4$}m, 'the list says where it is');
};

subtest 'whatever the learner writes' => sub {
    write_fill("\tbytes[0] = nonesuch;");
    my ($status, $said) = exercise('N=4');
    is($status, 2, 'what does not compile: not done');
    like($said, qr/^pv\/nops\.c:\d+:\d+: error: .*nonesuch/m, 'the compiler says why');
    write_fill("\twhile (n)\n\t\tbytes[0] = 0x90;");
    ($status, $said) = exercise('N=4');
    is($status, 2, 'a loop without an end: not done');
    like($said, qr/^  not yet  a p6: one byte is 90\n {13}it comes to no end here: /m, 'said, where');
    write_fill("\tfor (unsigned i = 0; n && i < 400; i++)\n\t\tbytes[i] = 0x90;");
    ($status, $said) = exercise('N=4');
    is($status, 2, 'a store beyond all: not done');
    like($said, qr{^  not yet  a p6: one byte is 90\n {13}it ended here: .*, in pv_nops_fill, pv/nops\.c:\d+}m, 'said, where');
    write_fill("\tif (n)\n\t\t*(volatile uint8_t *)bytes = *(volatile uint8_t *)n;");
    like((exercise('N=4'))[1], qr/^ {13}it ended here: SEGV on unknown address 0x00000001, in pv_nops_fill, pv\/nops\.c:\d+/m, 'and so is a load of nothing');
};

subtest 'done' => sub {
    write_fill($RIGHT);
    my ($status, $said) = exercise('N=4');
    is($status, 0, 'all is as it should be') or diag $said;
    unlike($said, qr/not yet/, 'nothing is left');
    like($said, qr/^All is as it should be\./m, 'and that is said');
    ($status, $said) = exercise('N=4', 'SOLUTION=1');
    is($status, 0, 'SOLUTION=1');
    like($said, qr/^-.*\*bytes\+\+.*^\+.*bytes\[i\] = nop\[i\];$/ms, 'from what was written to what the tree has');
    ($status, $said) = exercise('N=4', 'AGAIN=1');
    is($status, 2, 'AGAIN=1 begins anew');
    like($said, qr{^What was there is in build/exercise/4\.1 now\.$}m, 'and loses nothing');
    like(slurp("$tree/build/exercise/4.1/pv/nops.c"), qr/\*bytes\+\+/, 'of what was written');
    unlike(slurp($four), qr/\*bytes\+\+/, 'a new beginning is one');
    write_fill($RIGHT);
    spew("$tree/pv/nops.c", slurp("$tree/pv/nops.c") =~ s/while \(n\) \{/while (n > 0) {/r);
    ($status, $said) = exercise('N=4', 'AGAIN=1');
    is($said, "make exercise: tests/exercises/4-padding/start.patch does not apply: the tree was changed there\n", 'where the piece is another one, this is said');
    is((exercise('N=4'))[0], 0, 'and what was there is kept');
};

done_testing;
