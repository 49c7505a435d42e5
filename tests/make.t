#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What make does with what it is told: variables come from its command line and not from the environment,
# what it cannot do is refused in one line, a source that is new or gone is noticed, jobs are counted once.

use strict;
use warnings;
use Cwd qw(getcwd);
use lib 'tests/lib';
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::Elf;
use Pedant::Make;

my $here    = getcwd();
my $scratch = tempdir(CLEANUP => 1);
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

# Status and output of a shell command, here or in $dir.
sub sh {
    my ($command, $dir) = @_;
    my $out = qx(cd '@{[ $dir // $here ]}' && $command 2>&1);
    return ($? >> 8, $out);
}

sub refused {
    my ($command, $line, $why, $dir) = @_;
    my ($status, $out) = sh($command, $dir);
    isnt($status, 0, "$why: refused");
    is_deeply([ grep { !/^make: \*\*\* \[/ } split /\n/, $out ], [ grep {/$line/} split /\n/, $out ], 'in one line');
    like($out, $line, 'that says so');
    return;
}

subtest 'the environment' => sub {
    my $used = q(BUILD=/theirs CPU=i9 SMP=64 CC=false OPT=-O9 CMDLINE=theirs FUZZ_SECONDS=0);
    my ($status, $out) = sh("$used make -n --no-print-directory run");
    is($status, 0, 'make run would run');
    like($out, qr{-kernel build/pedant\.elf -accel tcg -cpu qemu32 -smp 1 }, 'with its own values');
    unlike($out, qr{/theirs|i9|false|-O9|"theirs"}, 'and none of the environment');
    ($status, $out) = sh('make -n run CPU=486 SMP=2 CMDLINE=quiet');
    like($out, qr{-cpu 486 -smp 2 .*-append "quiet"}s, 'the command line does count');
    ($status, $out) = sh(q(PERL_UNICODE=SDA PERL5OPT=-Mutf8 make --eval='environment: ; @env' environment));
    like($out, qr/^PATH=/m, 'a command has an environment');
    unlike($out, qr/^PERL_UNICODE=|^PERL5OPT=/m, 'without what would have perl read bytes as characters');
};

subtest 'names that cannot be' => sub {
    for my $name ('with blank', 'with,comma', 'with#hash', q(with'quote)) {
        make_path("$scratch/$name");
        system('cp', 'Makefile', "$scratch/$name/") == 0 or BAIL_OUT('Makefile cannot be copied');
        my $quoted = "$scratch/$name" =~ s/'/'\\''/gr;
        refused("cd '$quoted' && make help", qr/path has a blank or another character/, "a directory $name");
        my $build = $name =~ s/'/'\\''/gr;
        refused("make 'BUILD=$build' help", qr/^Makefile:\d+: \*\*\* BUILD=\Q$name\E has a blank or another/m, "BUILD $name")
            if $name !~ /#/;    # make itself begins a comment there
    }
};

subtest 'values that cannot be' => sub {
    refused('make OPT=-O0 help', qr/sites need an optimizing compiler/, 'no optimizing');
    for my $seconds ('0', '-1', 'long') {
        my ($status, $out) = sh("make -s FUZZ_SECONDS=$seconds fuzz");
        isnt($status, 0, "FUZZ_SECONDS=$seconds: refused");
        like($out, qr/FUZZ_SECONDS=$seconds is not a number above 0/, 'and said');
    }
    my (undef, $out) = sh('make -n FUZZ_SECONDS=1 fuzz');
    my @shares = $out =~ /-max_total_time=(\d+)/g;
    cmp_ok(scalar @shares, '>', 0, 'one second is shared');
    is(scalar(grep { $_ < 1 } @shares), 0, 'and none has 0, which would be no limit');
};

subtest 'jobs' => sub {
    my ($status, $out) = sh('make -n -j3 run');
    is($status, 0, 'make -j3 run');
    unlike($out, qr/warning: (?:jobserver|-j)/, 'leaves the jobs to one server');
    my ($sub) = $out =~ /^(make .*\ball)$/m;
    unlike($sub, qr/-j/, 'and does not count them anew');
    ($status, $out) = sh('make -n run');
    like($out, qr/^make .*-j\d+ all$/m, 'without -j they are as many as CPUs');
};

subtest 'a compiler of two words' => sub {
    my ($status, $out) = sh("make -n CC='env gcc' test FUZZ_TARGETS= HOST_TESTS= TESTS=none");
    is($status, 0, 'make test would run');
    like($out, qr/ CC='env gcc' .*prove/, 'and the tests are told both');
    ($status, $out) = sh("CC='env gcc' $^X -Itests/lib tests/gather_example.t");
    is($status, 0, 'which they can use') or diag($out);
};

# What is built is copied to there and only linked: whether flags are others nobody asks (-o force).
subtest 'a build directory that is named as a room of the tree' => sub {
    my $build = "$scratch/kernel/tests";
    make_path($build);
    my ($status, $out) = sh("cp -a --parents arch boot kernel lib pv host tools flags tests/kernel tests/module $build/", build_dir());
    is($status, 0, 'what is built is copied') or diag($out);
    ($status, $out) = sh(join ' ', "make -s -o force BUILD=$build", Pedant::Make::words(), "$build/pedant.elf");
    is($status, 0, 'it is linked') or diag($out);
    my ($there, $here) = map { my $elf = Pedant::Elf->new("$_/pedant.elf"); [ map { $elf->symbol($_) } qw(_tests_text _tests_text_end) ] }
        $build, build_dir();
    is_deeply($there, $here, 'and what are tests is known by where they are in it, not by its name');
};

# Through pvtool, since it links fastest: the kernel and the tests' library follow the same list.
subtest 'sources that come and go' => sub {
    my $tree = "$scratch/tree";
    my $build = build_dir();
    make_path("$tree/build/tests/host");
    system("cp -a Makefile linker.ld boot arch pv host kernel lib tools tests $tree/") == 0 or BAIL_OUT('no copy of the tree');
    system("cp -a $build/host $build/tools $build/flags $tree/build/") == 0 or BAIL_OUT('no copy of what is built');
    my $make = join ' ', 'make -s', Pedant::Make::words(), 'build/tools/pvtool';
    my ($status, $out) = sh($make, $tree);
    is($status, 0, 'a copy builds') or diag($out);
    my $extra = "$tree/tools/pvtool/read/extra.c";
    open my $file, '>', $extra or BAIL_OUT("$extra: $!");
    print {$file} "extern int read_extra;\nint read_extra = 1;\n";
    close $file or BAIL_OUT("$extra: $!");
    for my $there (1, 0) {
        ($status, $out) = sh("$make && nm build/tools/pvtool", $tree);
        is($status, 0, 'it builds again');
        is(scalar($out =~ /\bread_extra$/m) ? 1 : 0, $there, $there ? 'a new source is in it' : 'one that is gone is not');
        unlink $extra;
    }
};

done_testing;
