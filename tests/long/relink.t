# SPDX-License-Identifier: MIT
#
# The same kernel linked a few bytes further on: what looks whether memory is there must not look at the page
# that it runs from, wherever it comes to lie. So each part of it is put at the first byte of a page once.
use strict;
use warnings;
use Test::More;
use Pedant;

use constant { PAGE => 4096, STEP => 16, FUNCTION => 'pages_are_memory' };

my $elf = kernel_elf();
my ($function) = grep { $_->{name} eq FUNCTION } $elf->symbols or BAIL_OUT('the image has no ' . FUNCTION);
my $build = build_dir();

# Bytes that all code has to move by, so that the part at this offset begins a page.
sub shift_for { return -($function->{addr} + $_[0]) % PAGE }

# Functions begin at multiples of 16, and so are shifts.
my @shifts = map { shift_for($_ * STEP) } 0 .. ($function->{size} - 1) / STEP;
my @images = map {"$build/tests/shifted-$_.elf"} @shifts;
cmp_ok(scalar @images, '>', 3, 'the function has some parts');
# Only linked: flags that this make is not told change no object.
is(system("make -s -o force BUILD=$build @images > " . log_dir() . '/relink.make 2>&1'), 0, 'all of them are linked');

for my $i (0 .. $#images) {
    my ($at) = grep { $_->{name} eq FUNCTION } Pedant::Elf->new($images[$i])->symbols;
    is(($at->{addr} + $i * STEP) % PAGE, 0, "shifted by $shifts[$i]: byte " . $i * STEP . ' begins a page');
    my $run = boot(name => "$shifts[$i]", image => $images[$i], cmdline => 'selftest=init');
    expect_pass($run, "shifted by $shifts[$i]: the kernel passes");
}

unlink map { $_, s/elf$/map/r, s/elf$/lst/r } @images;
done_testing;
