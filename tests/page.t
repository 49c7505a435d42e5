#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The laboratory (docs/page.md) in a real browser: the kernel boots in the page, the columns follow its memory, and
# what that holds at the end is what pvtool works out of the file. Nothing is asked of anybody else.

use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Browser;
use Pedant::Pvtool;
use Test::More;

my $why = Pedant::Browser::missing();
plan skip_all => $why if $why;
my $build = build_dir();
die "$build/page is missing: run make page first\n" if !-e "$build/page/made";

my $elf = kernel_elf();
my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
my $dump = scratch('page.dump');
Pedant::Browser::run('tests/page/laboratory.mjs', $build, $start, $end - $start, $dump);

my ($status, $said) = pvtool("verify $build/pedant.elf $dump");
is($status, 0, 'memory of the machine in the page is what it must be') or diag $said;
like($said, qr/state soft, padding p6/, 'of the back end that it was booted with');

# What is no port is one line.
for my $port ('x', 70000) {
    my $line = qx(node tools/page/serve.mjs $build/page $port 2>&1);
    is($? >> 8, 2, "PORT=$port is refused");
    is($line, "make serve: PORT=$port is not a port\n", 'and that is said');
}

done_testing;
