#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The kernel without its tests: what of it is loaded has less than 128 KiB, it boots in less than 0.3 s, patches itself
# as the other one does, as pvtool proves on its memory, and ends with its statistics; it still takes modules and back
# ends, and an option that asks for what is not there is named.
use strict;
use warnings;
use List::Util qw(min);
use Test::More;
use Pedant;
use Pedant::Elf;
use Pedant::Pvtool;

use constant { LIMIT => 128 * 1024, NS => 300e6, BOOTS => 3 };

my $path = build_dir() . '/pedant-small.elf';
die "$path is missing: make it first\n" if !-e $path;
my $elf = Pedant::Elf->new($path);

# ---- the file

my $gcc = `readelf -p .comment @{[ build_dir() ]}/small/kernel/main.c.o` =~ /GCC: /;
my ($loaded) = `tools/loaded.sh $path` =~ /: (\d+) bytes are loaded/;
is($loaded, eval { my $sum = 0; $sum += hex((split)[4]) for grep {/^ +LOAD/} `readelf -lW $path`; $sum }, 'tools/loaded.sh counts what is loaded');
SKIP: {
    skip 'not made by gcc', 1 if !$gcc;
    skip "made by a gcc without -Oz, before 12: $loaded bytes", 1 if system(($ENV{CC} // 'gcc') . ' -Oz -E -x c /dev/null > /dev/null 2>&1');
    cmp_ok($loaded, '<', LIMIT, 'it is below 128 KiB');
}
is(system("tools/loaded.sh $path " . ($loaded + 1) . ' > /dev/null'), 0, 'which is below one more');
isnt(system("tools/loaded.sh $path $loaded > /dev/null 2>&1"), 0, 'and not below itself');
my ($status, $said) = pvtool("check $path");
is($status, 0, 'pvtool check finds nothing') or diag $said;
is($elf->symbol('_tests_text'), $elf->symbol('_tests_text_end'), 'nothing of tests/ is in it');
is_deeply([ grep { $elf->has_symbol($_) } qw(ktap_check bench_ops crash_provoke litmus_measure bench_live) ], [], 'nor what is there for them');

# ---- boots

sub expect_small {
    my ($what, %args) = @_;
    my $run = boot(name => "small-$what", image => $path, %args);
    return checked($run, $what, sub {
        is($run->outcome, 'passed', 'the exit code says that all passed');
        my @tests = $run->events('test');
        is_deeply([ grep { $_->{suite} ne 'boot' || $_->{result} ne 'ok' } @tests ], [], 'results are about the boot, and good');
        is($run->last_line, 'pedant: ' . @tests . ' passed, 0 failed, 0 skipped', 'the last line counts them');
        is_deeply([ $run->bad_json ], [], 'every line of the second port is an event');
        is(scalar $run->lines_like(qr/KTAP|^ *(?:not )?ok /), 0, 'there is no KTAP');
        cmp_ok(scalar $run->lines_like(qr/^  (?:paravirt|alternatives|smp_locks|jump_label|static_call) +\d/), '>=', 5, 'there are statistics');
        is_deeply([ map {"$_->{family} $_->{of}"} grep { $_->{of} ne 'kernel' } $run->events('sites') ], [], 'all sites are the kernel\'s');
        is_deeply([ map { $_->{refused} } $run->events('pass') ], [ (0) x $run->events('pass') ], 'and nothing was refused');
    }) && $run;
}

my @ns = map { my $run = expect_small("boot $_"); $run ? $run->event('end')->{ns} : () } 1 .. BOOTS;
cmp_ok(min(@ns) // NS, '<', NS, 'from start to last line it takes less than 0.3 s') or diag "@ns";
expect_small("-cpu $_", cpu => $_) for qw(486 pentium max);
expect_small('four CPUs', smp => 4, timeout => 60);
expect_small("pv=$_", cmdline => "pv=$_") for qw(soft trace);
my $switched = expect_small('switch', cmdline => 'switch=soft,native', smp => 2);
is(scalar grep({ $_->{result} eq 'done' } $switched ? $switched->events('switch') : ()), 2, 'back ends are switched');
my $ran = expect_small('program', cmdline => 'run=sh,true');
is_deeply([ map { $_->{result} } grep { $_->{name} eq 'run' } $ran ? $ran->events('test') : () ], ['ok'], 'a program runs another one');
my $modules = expect_small('modules', modules => [ map { build_dir() . "/tests/module/$_.ko" } qw(called) ], cmdline => 'unload');
is_deeply([ map { $_->{result} } $modules ? $modules->events('module') : () ], [qw(loaded unloaded)], 'a module comes and goes');

for my $asked (qw(selftest=off bench bench-live crash=ud stress=5 litmus shell)) {
    my $run = boot(name => "small-$asked", image => $path, cmdline => $asked, smp => 2);
    is($run->outcome, 'passed', "$asked: it boots as ever") or diag $run->describe;
    expect_line($run, qr/^command line: '\Q$asked\E' asks for what this kernel was built without: ignored$/, "$asked: and names that");
}

# What is not right is no success here, either.
my $bad = $elf->write_copy(log_dir() . '/small-bad.elf', [ $elf->symbol('__parainstructions') + 4 => "\xff" ]);
my $run = boot(name => 'small-bad', image => $bad);
unlink $bad;
is($run->outcome, 'failed', 'a damaged record: the exit code says that something failed') or diag $run->describe;
like($run->last_line, qr/^pedant: \d+ passed, 1 failed, 0 skipped$/, 'a damaged record: and so does the last line');
is_deeply([ map { $_->{name} } grep { $_->{result} eq 'fail' } $run->events('test') ], ['paravirt'], 'a damaged record: an event says what');

# ---- its memory

for my $case ([ 'one CPU', '' ], [ 'two CPUs', '', smp => 2 ], [ 'soft', 'pv=soft' ], [ 'max', '', cpu => 'max' ]) {
    my ($what, $cmdline, %args) = @$case;
    my $held = boot_and_hold(name => "small-held-$what", image => $path, cmdline => $cmdline, %args);
    ok($held->reached, "$what: it comes to its end") or diag $held->describe;
    my ($found, $line) = verify_held($held, $elf);
    is($found, 0, "$what: pvtool verify explains every byte") or diag $line;
}

done_testing;
