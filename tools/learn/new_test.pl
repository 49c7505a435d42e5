#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The beginning of a test, which fails until it is written. NAME=suite.test is a suite that runs in the kernel,
# in tests/kernel/sites/, with one test; NAME=word one that looks from outside, tests/word.t. Nothing is
# overwritten, and a name that would not compile, or is taken, is refused.
#
#	NAME=own.adds perl -Itests/lib tools/learn/new_test.pl

use strict;
use warnings;
use lib 'tools/learn';
use Pedant::File qw(slurp spew);
use Words;

use constant ROOM => 'tests/kernel/sites';

my %WORDS_OF_C = map { $_ => 1 } qw(auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while);

my $KERNEL = <<'END';
// SPDX-License-Identifier: MIT
/*
 * _FILE_: say here, in a few lines, what is true when these tests pass, and of whose code.
 */
#include "kernel/test/ktap.h"
#include "pv/paravirt.h"

static void _NAME_(struct ktap *t)
{
	unsigned long flags = arch_local_save_flags();

	CHECK_EQ(t, arch_local_save_flags(), flags, "reading the flags changes none");
	CHECK(t, false, "_NAME_ is written");
}

static const struct ktap_test tests[] = {KTAP_TEST(_NAME_)};
KTAP_SUITE(_FILE_, tests);
END

my $OUTSIDE = <<'END';
#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Say here, in a few lines, what is true when this passes.

use strict;
use warnings;
use Pedant;
use Test::More;

my $run = boot(name => 'whole', cmdline => 'selftest=off');
expect_pass($run, 'the kernel boots');
fail('NAME is written');

done_testing;
END

# The suite's own file, if it has one.
sub suite_is_in {
    my ($suite) = @_;
    my ($path) = grep { slurp($_) =~ /^KTAP_SUITE\(\Q$suite\E,/m } glob 'tests/kernel/*/*.c';
    return $path;
}

sub write_new {
    my ($path, $text, $then) = @_;
    refuse('new-test', "NAME=$ENV{NAME}: $path is there already") if -e $path;
    spew($path, $text);
    print "make new-test: $path, which fails until you have written it: $then\n";
    return;
}

my $name = $ENV{NAME} // '';
my $word = qr/[a-z][a-z0-9_]{0,39}/;
if ($name =~ /^($word)\.($word)\z/ && $2 ne 't') {
    my ($suite, $test) = ($1, $2);
    refuse('new-test', "NAME=$name: $_ is a word of C") for grep { $WORDS_OF_C{$_} } $suite, $test;
    my $path = suite_is_in($suite);
    refuse('new-test', "NAME=$name: the suite $suite is in $path, and takes one more test there") if $path;
    write_new(ROOM . "/$suite.c", $KERNEL =~ s/_NAME_/$test/gr =~ s/_FILE_/$suite/gr, "make run CMDLINE=selftest=$name");
} elsif ($name =~ /^($word)(?:\.t)?\z/) {
    my $file = $1;
    write_new("tests/$file.t", $OUTSIDE =~ s/NAME/$file/gr, "BUILD=build PERL5LIB=tests/lib prove tests/$file.t");
} else {
    refuse('new-test', "NAME=$name: wanted is suite.test or a file's name, of a to z, 0 to 9 and _, as in NAME=own.adds");
}
