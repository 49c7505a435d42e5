# SPDX-License-Identifier: MIT
#
# Programs that mean no good, in numbers: instructions that are not theirs, each interrupt and selector, bad
# pointers to every call, all of memory, files and tasks. Each is ended by one line, or refused; behind it all
# memory is back; and the kernel goes on, on every kind of CPU and with every back end.
use strict;
use warnings;
use Test::More;
use Pedant;

# INVD and WBINVD, which QEMU 10 has programs execute (tests/kernel/task/hostile.c).
my $LETS = 'the machine lets programs write back and forget its caches';

# What the list of instructions has (tests/user/hostile.h), each of which is a line.
sub instructions {
    my $text = Pedant::Run::slurp('tests/user/hostile.h');
    return () = $text =~ /^\s+X\(\w+, [A-Z| ]+,/mg;
}

sub expect_ok {
    my ($test, $what, %args) = @_;
    my $options = delete $args{options} // '';
    my $run = boot(name => "$test-$what", timeout => 120, cmdline => "selftest=hostile.$test $options", %args);
    expect_pass($run, "$test, $what: passes", bare => scalar(($args{image} // '') =~ /native/));
    my $event = $run->event('test', suite => 'hostile', name => $test) || {};
    is($event->{result}, $test eq 'instructions' && $event->{why} eq $LETS ? 'skip' : 'ok', "$test, $what: it ran") or diag $event->{why};
    return $run;
}

my $ended = qr/^task \d+ \(\w+\): (?:[\w ]+ at [0-9a-f]{8}|page fault at [0-9a-f]{8}, address [0-9a-f]{8}): ended$/;
my $run   = expect_ok('instructions', 'qemu32');
cmp_ok(scalar instructions(), '>', 100, 'there are instructions');
my $let = $run->event('test', suite => 'hostile', name => 'instructions')->{result} eq 'skip' ? 2 : 0;
is(scalar $run->lines_like($ended), instructions() - $let, 'each of them is ended by one line');

expect_ok($_, 'qemu32') for 'tables', 'states', 'addresses', 'pointers', 'greed';
expect_ok('exhaustion', '32 MiB', memory => 32);
expect_ok('exhaustion', '32 MiB, 4 CPUs', memory => 32, smp => 4, cpu => 'max');

# All but the last at once.
my @machines = (
    [ 'a 486'                 => cpu => '486' ],
    [ 'no SYSENTER in use'    => options => 'features=-sep' ],
    [ 'SMEP, SMAP and NX'     => cpu => 'max' ],
    [ 'pv=soft'               => cpu => 'max', options => 'pv=soft' ],
    [ 'pv=trace'              => cpu => 'max', options => 'pv=trace' ],
    [ 'as linked'             => cpu => 'max', options => 'noreplace-paravirt' ],
    [ '2 CPUs'                => cpu => 'max', smp => 2 ],
    [ '4 CPUs'                => smp => 4 ],
    [ '4 CPUs, pv=soft'       => cpu => 'max', smp => 4, options => 'pv=soft' ],
    [ 'the yardstick'         => cpu => 'max', image => build_dir() . '/pedant-native.elf' ],
    [ 'the yardstick, 4 CPUs' => smp => 4, image => build_dir() . '/pedant-native.elf' ],
);
expect_ok('all', @$_) for @machines;

done_testing;
