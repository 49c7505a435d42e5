# SPDX-License-Identifier: MIT
#
# How a test with many cases of a kind keeps short. Of damage by lot, `make test` does a share, and `make test-damage`
# the whole: tests/long/NAME.t runs tests/NAME.t once more. Of boots that come to the same end in many ways (the same
# sites are refused, for the same reason, which each of them proves), the first one runs all self-tests.
#
#     use Pedant::Share;
#     try(damaged()) for 1 .. share(200);                          # 20 of them, or all
#     boot(name => $what, cmdline => selftests("$site $reason"));
#
# and that is all of tests/long/NAME.t:
#
#     use Pedant::Share;
#     whole('tests/NAME.t');
package Pedant::Share;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(share selftests whole);

# Each op by its sites, in a twentieth of the time that all suites take.
use constant SOME => 'ops*';

my ($whole, %ran);

# How many of $n: a tenth, and one at least.
sub share {
    my ($n) = @_;
    return $whole ? $n : int(($n + 9) / 10);
}

# The command line of a boot that comes to this end; $some for those that do not run all, if not SOME. As a whole,
# all self-tests run in each.
sub selftests {
    my ($end, $some) = @_;
    return $ran{$end}++ && !$whole ? 'selftest=' . ($some // SOME) : '';
}

# Runs another test, whole, as the one that is running.
sub whole {
    my ($test) = @_;
    $whole = 1;
    -e $test or die "$test is not there\n";
    do "./$test";
    die $@ if $@;
    return;
}

1;
