#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/i386.sh says whether a compiler makes programs that run here, by running one: a compiler that fails, and
# one that makes nothing, do not.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant::File qw(slurp spew);

sub says { return system("tools/i386.sh @_ > /dev/null 2>&1") == 0 ? 'yes' : 'no' }

is(says('--builds false'), 'no', 'a compiler that fails');
is(says('--builds true'),  'no', 'one that makes nothing');
is(says('--builds gcc -m32 -include no-such-file.h'), 'no', 'one that makes no program of this');
is(says('/no-such-program'), 'no', 'a program that is not there');
SKIP: {
    skip 'this machine has no compiler for i386', 1 if system('echo "int main(void) { return 0; }" | gcc -m32 -static -xc -o /dev/null - 2> /dev/null');
    is(says('--builds gcc -m32'), 'yes', 'one that works');
}

# Programs here are scripts that say what they were asked, and so is QEMU's user mode; whether the machine runs programs is what its loader says.
my $dir = tempdir(CLEANUP => 1);
sub script { my ($path, $text) = @_; chmod 0755, spew("$dir/$path", "#!/bin/sh\n$text\n") or die $!; return "$dir/$path" }
mkdir "$dir/$_" or die $! for qw(bin tmp);
script('bin/qemu-i386', 'echo "through QEMU, $ASAN_OPTIONS"; exec "$@"');
script('loads', "echo \$1 > $dir/asked; echo a word; echo another >&2");
my $program = script('program', 'echo "$# $2 ${ASAN_OPTIONS-none}"; exit 5');
my $makes   = script('makes', qq(printf '#!/bin/sh\nexit 0\n' > \$3; chmod 755 \$3; echo \$4 > $dir/last; cat > $dir/source));
my %LOADER  = (runs => "$dir/loads", 'does not' => '/no-such-loader', fails => 'false');

# Status and output.
sub ask {
    my ($loader, $arguments, %environment) = @_;
    local %ENV = (%ENV, PATH => "$dir/bin:$ENV{PATH}", TMPDIR => "$dir/tmp", I386_LOADER => $LOADER{$loader}, %environment);
    delete $ENV{ASAN_OPTIONS} if !exists $environment{ASAN_OPTIONS};
    my $said = qx(tools/i386.sh $arguments 2>&1);
    return ($? >> 8, $said);
}

is_deeply([ ask('runs', "$program a 'b  c'") ], [ 5, "2 b  c none\n" ], 'a program that the machine runs: as it is');
is(slurp("$dir/asked"), "--version\n", 'as its loader says');
is_deeply([ ask('runs', $program, through => 'false') ], [ 5, "0  none\n" ], 'whatever else is in the environment');
is_deeply([ ask($_, "$program a b") ], [ 5, "through QEMU, detect_leaks=0\n2 b detect_leaks=0\n" ], "one that it $_ runs by QEMU, and leaks are not looked for") for 'does not', 'fails';
is_deeply([ ask('fails', $program, ASAN_OPTIONS => 'x=1') ], [ 5, "through QEMU, detect_leaks=0:x=1\n0  detect_leaks=0:x=1\n" ], 'with what else was asked');
is_deeply([ map { (ask($_, '--native'))[0] ? 'no' : 'yes' } qw(runs fails) ], [qw(yes no)], 'whether it does is told');
is_deeply([ ask('runs', "--builds $makes") ], [ 0, '' ], 'a compiler whose program runs');
is_deeply([ ask('fails', "--builds $makes") ], [ 0, "through QEMU, detect_leaks=0\n" ], 'and one whose program QEMU runs');
is(slurp("$dir/source"), "int main(void) { return sizeof(void *) != 4; }\n", 'of a source that tells whether it is for i386');
is_deeply([ glob "$dir/tmp/*" ], [], 'and the program is gone');
isnt((ask('runs', ''))[0], 0, 'nothing to run is an error');

done_testing;
