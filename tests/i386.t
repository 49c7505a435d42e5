#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/i386.sh says whether a compiler makes programs that run here, by running one: a compiler that fails, and
# one that makes nothing, do not.
use strict;
use warnings;
use Test::More;

sub says { return system("tools/i386.sh @_ > /dev/null 2>&1") == 0 ? 'yes' : 'no' }

is(says('--builds false'), 'no', 'a compiler that fails');
is(says('--builds true'),  'no', 'one that makes nothing');
is(says('--builds gcc -m32 -include no-such-file.h'), 'no', 'one that makes no program of this');
is(says('/no-such-program'), 'no', 'a program that is not there');
SKIP: {
    skip 'this machine has no compiler for i386', 1 if system('echo "int main(void) { return 0; }" | gcc -m32 -static -xc -o /dev/null - 2> /dev/null');
    is(says('--builds gcc -m32'), 'yes', 'one that works');
}

done_testing;
