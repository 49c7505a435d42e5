# SPDX-License-Identifier: MIT
#
# The kernel built in other ways, each booted with all self-tests: by how much the compiler optimizes, by a cross
# compiler, and by lld. What the machine has not is a skip.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Make;

my $build = build_dir();
my @SAME  = map { Pedant::Make::words($_) } qw(CC WERROR);

sub has { my ($program) = @_; return length `command -v $program 2> /dev/null` }

my %WAY = (
    Os    => [ @SAME, 'OPT=-Os' ],
    Og    => [ @SAME, 'OPT=-Og' ],
    O3    => [ @SAME, 'OPT=-O3' ],
    lld   => [ @SAME, 'LD=ld.lld' ],
    cross => [ 'CROSS_COMPILE=i686-linux-gnu-', Pedant::Make::words('WERROR') ],
);
my %NEEDS = (lld => 'ld.lld', cross => 'i686-linux-gnu-gcc');

for my $way (sort keys %WAY) {
    SKIP: {
        skip "$way: this machine has no $NEEDS{$way}", 1 if $NEEDS{$way} && !has($NEEDS{$way});
        my $image = "$build/way-$way/pedant.elf";
        my $said  = `make --no-print-directory -s BUILD=$build/way-$way @{ $WAY{$way} } $image 2>&1`;
        ok($? == 0, "$way: it is built") or diag($said), next;
        expect_pass(boot(name => "way-$way", image => $image, timeout => 60), "$way: it passes");
    }
}
done_testing;
