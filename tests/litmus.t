#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The litmus tests, few changes of each kind: their table is whole on every machine that is here, the whole protocol
# holds, a plain copy of the bytes is seen to go wrong, and a protocol that does not hold fails the run.

use strict;
use warnings;
use lib 'tests/lib';
use JSON::PP;
use Pedant;
use Pedant::Bochs;
use Pedant::File qw(slurp);
use Test::More;

use constant { TIMEOUT => 300, ATTEMPTS => 20, SKIPPED => 77 };

my @FORMS = ('plain byte copy', 'first byte last', 'last byte first', '4 + 1 bytes', 'one 8-byte store',
    'locked cmpxchg8b', 'breakpoint, no round', 'breakpoint, no 1st round', 'breakpoint, no 2nd round',
    'breakpoint, both rounds', 'the whole protocol');
my @PLACES = ('in a line', 'across a line', 'across a page');
my @COUNTS = qw(old new torn trapped stale back);

# How many changes went wrong, and in which ways, as the last lines say it.
sub cell {
    my ($row) = @_;
    my $tenths = int($row->{wrong} * 1000 / $row->{changes});
    my $ways = join '', map { $row->{ $_->[0] } ? $_->[1] : () } [ torn => 't' ], [ trapped => 'x' ], [ stale => 's' ], [ back => 'b' ];
    return $row->{wrong} ? sprintf('%d.%d%% %s', $tenths / 10, $tenths % 10, $ways) : "0$ways";
}

# The rows by their names, of a table that is whole: every way at every place, in events and in lines.
sub rows {
    my ($what, $n, $lines, @events) = @_;
    my %rows = map { ("$_->{form}, $_->{place}" => $_) } @events;
    my @names = map { my $place = $_; map {"$_, $place"} @FORMS } @PLACES;
    subtest "$what: the table is whole" => sub {
        is(scalar @events, @FORMS * @PLACES, 'an event each');
        is_deeply([ grep { !$rows{$_} } @names ], [], 'of every way at every place');
        is_deeply([ grep { $_->{changes} != $n || $_->{wrong} > $n } @events ], [], "each of $n changes");
        is_deeply([ grep { my $row = $_; grep { ($row->{$_} // 'none') !~ /^\d+$/ } @COUNTS, 'runners' } @events ], [], 'with all counts');
        my @table = map { join ' ', $_->{form}, @$_{@COUNTS} } @events;
        is_deeply([ map { /^  (\S.*?\S) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(?:0|<?[\d.]+%)$/ ? "$1 $2 $3 $4 $5 $6 $7" : () } @$lines ],
            \@table, 'and the lines say the same');
        my @summary = map { my $form = $_; join ' ', $form, map { cell($rows{"$form, $_"}) } @PLACES } @FORMS;
        my %said    = map { s/^ +//r =~ s/ +/ /gr => 1 } @$lines;
        ok(scalar grep({/^litmus: \S.*, $n changes each under \d+ other CPUs?$/} @$lines), 'a line tells of what CPU');
        is_deeply([ grep { !$said{$_} } @summary ], [], 'and a line for each way at the end');
    };
    return \%rows;
}

sub holds {
    my ($what, $rows) = @_;
    for my $row (map { $rows->{"the whole protocol, $_"} || {} } @PLACES) {
        is(join(' ', map { $_ . ' ' . ($row->{$_} // '?') } qw(wrong torn trapped stale back)),
            'wrong 0 torn 0 trapped 0 stale 0 back 0', "$what: the whole protocol holds " . ($row->{place} // ''));
        cmp_ok($row->{new} // 0, '>', 0, 'and was seen');
    }
    return;
}

# Passes of plain byte copies that were torn.
sub torn {
    my ($rows) = @_;
    my $n = 0;
    $n += ($rows->{"plain byte copy, $_"} || {})->{torn} // 0 for @PLACES;
    return $n;
}

sub kernel {
    my ($what, $run, $n) = @_;
    expect_pass($run, "$what: the kernel passes");
    is(($run->event('test', name => 'litmus') || {})->{result}, 'ok', "$what: and so does the protocol");
    is_deeply([ map { $_->{suite} } grep { $_->{suite} ne 'boot' } $run->events('test') ], [], "$what: in place of self-tests");
    my $rows = rows($what, $n, [ $run->lines ], $run->events('litmus'));
    holds($what, $rows);
    return torn($rows);
}

sub on_tcg {
    my ($name, $n, %args) = @_;
    return boot(name => $name, smp => 2, cmdline => "litmus=$n", timeout => TIMEOUT, %args);
}

my $torn = kernel('TCG', on_tcg("tcg", 6), 6);

SKIP: {
    skip 'no bochs in PATH', 1 if !Pedant::Bochs::program();
    my $iso = build_dir() . '/litmus/bochs-10.iso';
    die "$iso is missing: make it first\n" if !-e $iso;
    skip 'the BIOS of this Bochs ends before it boots anything', 1 if Pedant::Bochs::bios_is_lost($iso);
    my $here = kernel('Bochs', Pedant::Bochs::boot(name => 'bochs', iso => $iso, cpus => '2:1:1', timeout => TIMEOUT), 10);
    cmp_ok($here, '>', 0, 'Bochs, which gives each CPU a few instructions in turn: plain copies are torn');
    $torn += $here;
}

SKIP: {
    my $program = build_dir() . '/tests/litmus/native';
    skip 'this machine is no x86 with Linux', 1 if qx(uname -sm) !~ /^Linux (?:x86_64|i[3-6]86)$/;
    die "$program is missing: make it first\n" if !-e $program;
    my $events = log_dir() . '/litmus-native.json';
    my ($cpu) = slurp('/proc/self/status') =~ /^Cpus_allowed_list:\s*(\d+)/m;
    my $alone = qx(taskset -c $cpu $program 6);
    is($? >> 8, SKIPPED, 'native: on one CPU it is skipped');
    like($alone, qr/^litmus: skipped: this takes two CPUs, .*\n\z/, 'and says why');
    my @lines  = map {s/\n$//r} qx($program 6 $events);
    skip $lines[-1], 1 if $? >> 8 == SKIPPED;
    is($? >> 8, 0, 'native: the program says that the protocol holds');
    my $rows = rows("native", 6, \@lines, grep { $_->{event} eq 'litmus' } map { JSON::PP->new->decode($_) } split /\n/, slurp($events));
    holds('native', $rows);
    $torn += torn($rows);
}

# Two CPUs that share one of the host's meet seldom; sooner or later they do.
for my $attempt (1 .. ATTEMPTS) {
    last if $torn;
    my %rows = map { ("$_->{form}, $_->{place}" => $_) } on_tcg("again-$attempt", 20)->events('litmus');
    $torn = torn(\%rows);
}
cmp_ok($torn, '>', 0, 'a plain copy of the bytes was torn somewhere');

# A protocol that changes nothing: litmus_commit() returns NULL at once.
my $elf    = kernel_elf();
my $image  = $elf->write_copy(log_dir() . '/litmus-idle.elf', [ $elf->symbol('litmus_commit') => "\x31\xc0\xc3" ]);
my $broken = on_tcg('idle', 4, image => $image);
unlink $image;
expect_outcome($broken, 'failed', 'a protocol that does not hold fails the run');
my %row = map { ("$_->{form}, $_->{place}" => $_) } $broken->events('litmus');
my @whole = map { $row{"the whole protocol, $_"} || {} } @PLACES;
is_deeply([ map { $_->{wrong} } @whole ], [ 2, 2, 2 ], 'each that should have made a jump counts once as wrong');
is_deeply([ map { $_->{stale} > 0 && $_->{torn} + $_->{trapped} + $_->{back} == 0 } @whole ], [ (1) x 3 ],
    'since it is old after the end, and nothing else');
is(($broken->event('test', name => 'litmus') || {})->{why}, 'the whole protocol does not hold', 'and the result says so');

# What cannot be measured is said, and is no success.
for my $case ([ 'one CPU', qr/two CPUs, and one is online$/, smp => 1 ], [ 'little memory', qr/17 MiB of memory$/, memory => 16 ],
    [ 'an old CPU', qr/long NOPs, cmpxchg8b and an FPU, as from family 6 on$/, cpu => 'pentium' ]) {
    my ($what, $why, %args) = @$case;
    my $run = on_tcg($what, 4, %args);
    expect_outcome($run, 'failed', "$what: no success");
    expect_line($run, qr/^litmus: this takes $why/, "$what: a line says what is missing");
    is(scalar $run->events('litmus'), 0, "$what: no rows");
    like($run->last_line, qr/^pedant: \d+ passed, 1 failed, 0 skipped$/, "$what: and the end is the usual one");
}

done_testing;
