# SPDX-License-Identifier: MIT
#
# What make was told when it built what is tested (TEST_ENV in the Makefile): who builds more of it says the
# same, or all of it is built again.
#
#     my @same = Pedant::Make::same();                  'CC=clang', 'WERROR=1'
#     $ENV{MAKEFLAGS} = Pedant::Make::flags();
#     system(join ' ', 'make', Pedant::Make::words(), $target);
package Pedant::Make;

use strict;
use warnings;

sub same { return map {"$_=$ENV{$_}"} grep { length($ENV{$_} // '') } qw(CC LD WERROR) }

# For the environment, where a blank ends a word.
sub flags { return join ' ', map {s/ /\\ /gr} same() }

# For a shell; of those whose name matches, if that is given.
sub words {
    my ($name) = @_;
    return map {"'$_'"} grep { !defined $name || /^$name=/ } same();
}

1;
