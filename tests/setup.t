#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Systems differ, and nothing here fails for that. What tools/setup.sh installs, with an apt-get that only says so
# and makes empty programs: releases differ in what a package is called and in what is part of which, so one that
# is not known keeps no other from being installed, and whether a thing is there is looked for. make asks what the
# machine can do after it, not before. And one version of a linter decides.

use strict;
use warnings;
use lib 'tests/lib';
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Pedant::File qw(slurp spew);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

# An executable of a line or more for sh.
sub program {
    my ($path, $text) = @_;
    spew("$dir/$path", "#!/bin/sh\n$text\n");
    chmod 0755, "$dir/$path" or die "$path: $!\n";
    return;
}

# A PATH with no more than what setup.sh itself runs. known: what apt has. makes: the program that installing
# makes. update: its status. Returns setup's status, what it said, and what it asked apt-get to install.
sub setup {
    my ($job, %is) = @_;
    system('rm', '-rf', "$dir/bin");
    make_path("$dir/bin");
    for my $tool (qw(rm cat mktemp sh)) {
        my ($path) = grep {-x} map {"$_/$tool"} split /:/, $ENV{PATH};
        symlink $path, "$dir/bin/$tool" or die "$tool: $!\n";
    }
    program('bin/id', 'echo 0');
    program('bin/apt-cache', 'case " ' . join(' ', @{ $is{known} }) . ' " in *" $2 "*) ;; *) exit 100 ;; esac');
    my $makes = join '; ', map {"echo 'exit 0' > $dir/bin/$_; /bin/chmod +x $dir/bin/$_"} @{ $is{makes} || [] };
    program('bin/apt-get', 'case "$*" in *update*) exit ' . ($is{update} // 0) . " ;; esac\n"
            . "echo \"\$*\" > $dir/asked; " . ($makes || ':'));
    unlink "$dir/asked";
    my $said = qx(PATH=$dir/bin tools/setup.sh $job 2>&1);
    my $status = $? >> 8;
    my $asked = -e "$dir/asked" ? slurp("$dir/asked") : '';
    return ($status, $said, join ' ', grep { !/^-|^install$/ } split ' ', $asked);
}

subtest 'all is known' => sub {
    my ($status, $said, $asked) = setup('bench', known => ['gnuplot-nox'], makes => ['gnuplot']);
    is($status, 0, 'it is installed');
    is($said, "setup: installing gnuplot-nox\nsetup: done\n", 'and it says so');
    is($asked, 'gnuplot-nox', 'by its name');
    ($status, $said) = setup('bench', known => ['gnuplot-nox'], makes => ['gnuplot'], update => 100);
    is($status, 0, 'also when the lists can be had in part only') or diag($said);
};

subtest 'one is not known' => sub {
    my ($status, $said, $asked) = setup('lint', known => ['cppcheck'], makes => [qw(cppcheck clang-format)]);
    is($status, 0, 'the job is done if it was part of another') or diag($said);
    is($asked, 'cppcheck', 'which was asked for');
    ($status, $said) = setup('lint', known => ['cppcheck'], makes => ['cppcheck']);
    is($status, 1, 'and is not done if it was not');
    like($said, qr/^setup: installed what there is; still missing: clang-format$/m, 'and that is said');
};

subtest 'installed, and still not there' => sub {
    my ($status, $said) = setup('bench', known => ['gnuplot-nox']);
    is($status, 1, 'is no success');
    like($said, qr/; still missing: gnuplot-nox$/m, 'and is said');
};

# A tree of a Makefile and of programs that only say what they were asked. Setup is what makes i386.sh succeed.
subtest 'make test on a bare machine' => sub {
    make_path("$dir/tree/tools", "$dir/programs");
    spew("$dir/tree/Makefile", slurp('Makefile'));
    program('tree/tools/setup.sh', ': > installed');
    program('tree/tools/i386.sh', '[ -e installed ]');
    program('tree/sub', q{case "$*" in *test-here*) exec make --no-print-directory "$@" ;; esac; echo "made: $*"});
    program('programs/prove', 'echo "proved: $*"');
    for my $included (slurp('Makefile') =~ /^include ([\w\/]+\.mk)$/mg) {
        make_path("$dir/tree/" . $included =~ s{/[^/]*$}{}r);
        spew("$dir/tree/$included", '');
    }
    my $said = qx(cd $dir/tree && PATH=$dir/programs:\$PATH make test SUB=./sub HOST_TESTS=on_the_host 2>&1);
    is($?, 0, 'goes through') or diag($said);
    like($said, qr/^made: .*\bon_the_host$/m, 'builds the tests of i386 code');
    like($said, qr/^proved: .*\bon_the_host$/m, 'and runs them');
    unlike($said, qr/host tests are skipped/, 'which it does not call skipped');
};

# npm, which a machine has or not, and which reaches a registry or not: what tools/npm.sh says of either. Its list names
# exact versions and their sums, and no registry: that is whatever npm is set up for.
subtest 'npm' => sub {
    my $run    = sub {
        my ($does) = @_;
        system('rm', '-rf', "$dir/few");
        make_path("$dir/few");
        for my $tool (qw(sh dirname cmp mkdir rm cp grep tail)) {
            my ($path) = grep {-x} map {"$_/$tool"} split /:/, $ENV{PATH};
            symlink $path, "$dir/few/$tool" or die "$tool: $!\n";
        }
        program('few/node', 'exit 0') if defined $does;
        program('few/npm',  $does)    if defined $does;
        my $said = qx(PATH=$dir/few tools/npm.sh $dir/npm 2>&1);
        return ($? >> 8, $said);
    };
    my ($status, $said) = $run->(undef);
    is("$status $said", "1 npm: there is no node here (package nodejs)\n", 'is missed in one line');
    ($status, $said) = $run->('echo "npm error code ENOTFOUND"; exit 1');
    is("$status $said", "1 npm: nothing installed, $dir/npm/npm.log: npm error code ENOTFOUND\n", 'and so is its registry');
    ($status, $said) = $run->("mkdir -p $dir/npm/node_modules; : > $dir/npm/node_modules/.package-lock.json");
    is($status, 0, 'what it installs is there') or diag $said;
    ($status, $said) = $run->('exit 1');
    is("$status $said", '0 ', 'and is not asked for again');
    spew("$dir/npm/package-lock.json", 'of another version');
    ($status, $said) = $run->('exit 1');
    is($status, 1, 'unless the list is another');

    my $list   = decode_json(slurp('tools/npm/package.json'))->{dependencies};
    my $locked = decode_json(slurp('tools/npm/package-lock.json'))->{packages};
    is_deeply([ grep { !/^\d+\.\d+\.\d+\z/ } values %$list ], [], 'versions are exact');
    is_deeply({ map { m{^node_modules/(.*)} ? ($1 => $locked->{$_}{version}) : () } keys %$locked }, $list, 'and locked, with nothing else');
    is(scalar(grep { $_ && ($locked->{$_}{integrity} // '') !~ /^sha512-/ } keys %$locked), 0, 'by their sums');
    is(scalar(grep { $locked->{$_}{resolved} } keys %$locked), 0, 'from no registry of ours');
};

# version => status, and what is said of a finding
my %VERSIONS = ('14.0.6' => [ 1, qr/^x\.c:1: found\n\z/ ], '14' => [ 1, qr/^x/ ], '1.14' => [ 0, qr/^lint/ ], '140.1' => [ 0, qr/^lint/ ],
    '19.1.7' => [ 0, qr/^lint: linter 14 decides; here is 19\.1\.7, .* no fault, such as: x\.c:1: found\n\z/ ]);
subtest 'versions of a linter' => sub {
    for my $version (sort keys %VERSIONS) {
        my ($status, $line) = @{ $VERSIONS{$version} };
        program('programs/linter', qq([ "\$1" != --version ] || { echo "A linter version $version (3+b1)"; exit; }\necho "\$1:1: found" >&2; exit \$2));
        my $said = qx(PATH=$dir/programs:\$PATH tools/decides.sh 14 linter x.c 1 2>&1);
        is($? >> 8, $status, "version $version: " . ($status ? 'a failure' : 'no fault'));
        like($said, $line, 'and that is said');
        system("PATH=$dir/programs:\$PATH tools/decides.sh 14 linter x.c 0 2> $dir/said");
        is($?, 0, 'no finding is none');
    }
};

done_testing;
