#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The tests' own library, by itself: what judges a boot. A log of KTAP with each kind of fault, an end of each
# kind, events with something missing; each has to be seen, and the same without a fault has to pass. QEMU is a
# script here, so that it does what a test wants.

use strict;
use warnings;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test2::API qw(intercept);
use Test::More;
use Time::HiRes qw(time);
use Pedant;
use Pedant::File qw(spew);
use Pedant::Ktap;
use Pedant::Machine;
use Pedant::Patience;
use Pedant::Run;
use Pedant::Share;
use Pedant::Shown;

my $dir = tempdir(CLEANUP => 1);
$ENV{BUILD} = "$dir/build";    # the logs of this test are no build's

# ---- KTAP

my @GOOD = ('KTAP version 1', '1..2', '  KTAP version 1', '  # Subtest: a', '  1..3', '  ok 1 one', 'a line of the kernel',
    '  ok 2 two # SKIP no such thing', '  not ok 3 three', 'not ok 1 a', '    KTAP version 1', '    1..1', '    ok 1 - four', 'ok 2 b');

sub ktap { return Pedant::Ktap->new(@_) }

{
    my $good = ktap(@GOOD);
    is_deeply([ $good->problems ], [], 'KTAP: a good log has no problem');
    is(join(' ', map { $_->{name} } $good->tests), 'one two three four', 'KTAP: its tests, without those that sum up');
    is(join(' ', map { $_->{name} } $good->passed), 'one four', 'KTAP: those that passed');
    is(join(' ', map { $_->{name} } $good->failed), 'three', 'KTAP: those that failed');
    is(join(' ', map {"$_->{name}: $_->{why}"} $good->skipped), 'two: no such thing', 'KTAP: those that were skipped, and why');
    is_deeply([ ktap('KTAP version 1', '1..1', 'not ok 1 x # SKIP y')->skipped ], [], 'KTAP: what failed was not skipped');
    is(scalar(ktap('KTAP version 1', '1..1', 'ok 1 x # TODO y')->passed), 1, 'KTAP: only SKIP is a skip');
}

sub without { my ($n) = @_; return @GOOD[ grep { $_ != $n } 0 .. $#GOOD ] }
sub with { my ($n, $line) = @_; my @lines = @GOOD; $lines[$n] = $line; return @lines }

my @BAD_KTAP = (
    [ 'nothing at all',         qr/^no "KTAP version" line$/ ],
    [ 'no version',             qr/belongs to no open KTAP level/,        without(0) ],
    [ 'another version',        qr/^KTAP version 2, expected 1$/,         with(0, 'KTAP version 2') ],
    [ 'no plan',                qr/^no plan at column 0 before the end/,  without(1) ],
    [ 'no inner plan',          qr/^no plan at column 2 before /,         without(4) ],
    [ 'a plan of more',         qr/^plan 1..3 but 2 results at column 0/, with(1, '1..3') ],
    [ 'a plan of fewer',        qr/^plan 1..1 but 2 results at column 0/, with(1, '1..1') ],
    [ 'an inner plan of more',  qr/^plan 1..4 but 3 results at column 2/, with(4, '  1..4') ],
    [ 'a plan of none',         qr/^plan 1..0 but 3 results at column 2/, with(4, '  1..0') ],
    [ 'a second plan',          qr/^second plan 1..3 at column 2$/,       with(3, '  1..3') ],
    [ 'a plan after results',   qr/^plan 1..3 after results$/,            @GOOD[ 0 .. 3, 5, 4, 6 .. $#GOOD ] ],
    [ 'a number twice',         qr/^result 1 two, expected number 2$/,    with(7, '  ok 1 two') ],
    [ 'a number left out',      qr/^result 4 three, expected number 3$/,  with(8, '  not ok 4 three') ],
    [ 'ok although one failed', qr/^a is ok but 1 of its tests failed$/,  with(9, 'ok 1 a') ],
    [ 'not ok for nothing',     qr/^b is not ok but 0 of its tests/,      with(13, 'not ok 2 b') ],
    [ 'the end is missing',     qr/^plan 1..2 but 1 results at column 0/, @GOOD[ 0 .. 12 ] ],
    [ 'too deep',               qr/at column 6, 6 deeper/,                with(10, '      KTAP version 1') ],
    [ 'not at the left',        qr/at column 2, 2 deeper/,                map {"  $_"} @GOOD ],
    [ 'a result in between',    qr/^result 1 one at column 1 belongs to no open/, with(5, ' ok 1 one') ],
);
for my $case (@BAD_KTAP) {
    my ($what, $problem, @lines) = @$case;
    ok(scalar(grep {/$problem/} ktap(@lines)->problems), "KTAP: $what is seen") or diag explain [ ktap(@lines)->problems ];
}

# ---- a machine that is a script

mkdir "$dir/bin" or die $!;
$ENV{PATH} = "$dir/bin:$ENV{PATH}";
my $image = spew("$dir/image", 'no kernel');

# What it says on its ports, by what -serial says, and the script's end.
sub qemu {
    my ($log, $events, $end) = @_;
    spew("$dir/log",    map {"$_\r\n"} @$log);
    spew("$dir/events", map {"$_\n"} @$events);
    spew("$dir/bin/qemu-system-i386", "#!/bin/sh\necho \"\$@\" > $dir/arguments\n",
        "for a; do case \$a in file:*.log) cp $dir/log \${a#file:};; file:*.json) cp $dir/events \${a#file:};; esac; done\n",
        "echo a word of qemu >&2\n$end\n");
    chmod 0755, "$dir/bin/qemu-system-i386" or die $!;
    return;
}

my $runs = 0;
sub run { return boot(name => 'run' . $runs++, image => $image, timeout => 5, @_) }

my %OUTCOME = (33 => 'passed', 35 => 'failed', 37 => 'panic', 0 => 'reset', 1 => 'qemu', 34 => 'qemu', 127 => 'qemu');
for my $status (sort keys %OUTCOME) {
    qemu([], [], "exit $status");
    my $run = run();
    is($run->outcome, $OUTCOME{$status}, "exit status $status is: $OUTCOME{$status}");
    is($run->exit_code, $status, "exit status $status is kept");
}
qemu([], [], 'kill -SEGV $$');
is(run()->outcome, 'qemu', 'an end by a signal is: qemu');
like(run()->describe, qr/killed by signal 11/, 'and described so');
qemu(['a line'], [], "echo \$\$ > $dir/pid; exec sleep 60");
{
    my $begin = time;
    my $run = run(timeout => 1);
    is($run->outcome, 'hang', 'no end is: hang');
    cmp_ok(time - $begin, '>=', 1, 'not before its time');
    is($run->exit_code, undef, 'without an exit code');
    like($run->describe, qr/outcome hang.*\n\s+a line\n.*QEMU said: a word of qemu/s, 'and what was said is described');
    my ($pid) = Pedant::Run::slurp("$dir/pid") =~ /^(\d+)$/;
    ok($pid && !kill(0, $pid), 'its process is gone');
}

{
    my $begin = time;
    local $ENV{PATIENCE} = 3;
    is(run(timeout => 0.5)->outcome, 'hang', 'who is patient waits');
    cmp_ok(time - $begin, '>=', 1.5, 'so many times as long');
    is(patient(7), 21, 'which is asked of one');
    delete $ENV{PATIENCE};
    is(patient(7), 7, 'without a word it is once');
}
like(run(qemu => "$dir/no-such-qemu")->describe, qr{^\s*QEMU said: cannot run \Q$dir\E/no-such-qemu: No such file or directory$}m, 'a QEMU that is not there is said');

# A test that dies, or that is ended from outside, takes its QEMU along.
for my $end ('die "on purpose"', 'kill TERM => $$; sleep 60') {
    unlink "$dir/pid";
    my $wait = 'sub { my $ready = -s "' . "$dir/pid" . '"; if ($ready) { ' . $end . ' } 0 }';
    spew("$dir/dies.t", "use Test::More; use Pedant;\nboot(name => 'x', image => '$image', timeout => 50, watch => $wait);\n");
    system("timeout 40 perl -Itests/lib $dir/dies.t > $dir/said 2>&1");
    my ($pid) = Pedant::Run::slurp("$dir/pid") =~ /^(\d+)$/;
    ok($pid && !kill(0, $pid), "a test that ends by $end leaves no QEMU behind");
}

# What is asked of QEMU.
qemu([], [], "echo \$\$ > $dir/pid; exit 33");
my %ASKED = (
    'plain'   => [ [], qr/-kernel \Q$image\E/, qr/-m 64\b/, qr/isa-debug-exit,iobase=0xf4/, qr/-serial file:\S+\.log -serial file:\S+\.json/, qr/-no-reboot/ ],
    'options' => [ [ cmdline => 'a b', cpu => '486', smp => 3, memory => 8, extra => [ -x => 'y' ] ],
        qr/-append a b\b/, qr/-cpu 486\b/, qr/-smp 3\b/, qr/-m 8\b/, qr/-x y\b/ ],
    'modules' => [ [ modules => [ 'a', 'b,c' ] ], qr/-initrd a,b,,c\b/ ],
    'a CD'    => [ [ iso => $image ], qr/-cdrom \Q$image\E -boot d\b/ ],
    'no port' => [ [ serial => 0 ], qr/-serial none/ ],
    'a port'  => [ [ serial => 1 ], qr/-serial file:\S+\.log$/ ],
);
for my $what (sort keys %ASKED) {
    my ($arguments, @patterns) = @{ $ASKED{$what} };
    run(@$arguments);
    my $asked = Pedant::Run::slurp("$dir/arguments");
    like($asked, $_, "$what: asked of QEMU") for @patterns;
}
unlike(Pedant::Run::slurp("$dir/arguments") // '', qr/-append/, 'no command line is none');
ok(!eval { boot(name => 'none', image => "$dir/nothing"); 1 }, 'no image is an error');
ok(!eval { boot(image => $image); 1 }, 'no name is an error');
ok(!eval { boot(name => 'run0', image => $image); 1 }, 'a name twice is an error');
{
    qemu(['here'], [], 'exec sleep 60');
    my $begin = time;
    run(timeout => 30, watch => sub { -s "$_[0].log" });
    cmp_ok(time - $begin, '<', 20, 'who watches ends it before its time');
}

# A machine that is held: one that never listens says why.
qemu(['here'], [], 'exit 35');
{
    my $held = boot_and_hold(name => 'held', image => $image, timeout => 5);
    ok(!$held->reached, 'a machine that ends has not come to its end');
    is($held->outcome, 'failed', 'and ended as it did');
    like($held->describe, qr/QEMU said: no monitor at/, 'and why nothing is known of it');
}

# ---- events and log

sub event { my (%event) = @_; return JSON::PP->new->canonical->encode(\%event) }

my %EVENTS = (
    boot => { event => 'boot', backend => 'native', cpus => 1, cpu => 'x', cmdline => '' },
    pass => { event => 'pass', family => 'paravirt', sites => 10, inline => 5, call => 1, jmp => 1, nop => 1, trap => 0, kept => 2,
        refused => 0, bytes => 60, pad => 9, ns => 1 },
    ops  => { event => 'ops', op => 'a', type => 2, sites => 4, inline => 2, call => 1, jmp => 0, nop => 1, kept => 0 },
    ops2 => { event => 'ops', op => 'b', type => 3, sites => 6, inline => 3, call => 0, jmp => 1, nop => 0, kept => 2 },
    test => { event => 'test', suite => 'a', name => 'one', result => 'ok' },
    end  => { event => 'end', passed => 2, failed => 0, skipped => 1, ns => 5_000_000 },
);
my @LOG = ('KTAP version 1', '1..1', '  KTAP version 1', '  1..3', '  ok 1 one', '  ok 2 two', '  ok 3 three # SKIP no such thing', 'ok 1 a',
    'pedant: 2 passed, 0 failed, 1 skipped');

# What a check does here, without being one: whether its first result is a success, and its messages.
sub outcome_of {
    my ($check) = @_;
    my $events  = intercept { $check->() };
    my ($test)  = grep { $_->isa('Test2::Event::Ok') } @$events;
    return ($test && $test->pass, join '', map { $_->message } grep { $_->isa('Test2::Event::Diag') } @$events);
}

# Does expect_pass() pass for this log, these events, and this end?
sub accepts {
    my ($log, $events, $status, %is) = @_;
    qemu($log, [ map { ref $_ ? event(%$_) : $_ } @$events ], 'exit ' . ($status // 33));
    my $run = run();
    return (outcome_of(sub { expect_pass($run, 'all that a boot owes', %is) }))[0];
}

sub events_but {
    my ($name, %new) = @_;
    my %events = (%EVENTS, $name => { %{ $EVENTS{$name} }, %new });
    return [ @events{qw(boot pass ops ops2 test end)} ];
}

sub events_without { my ($name) = @_; return [ map { $EVENTS{$_} } grep { $_ ne $name } qw(boot pass ops ops2 test end) ] }
sub log_but { my ($n, @lines) = @_; my @log = @LOG; splice @log, $n, 1, @lines; return \@log }

my $all = events_but('boot');
ok(accepts(\@LOG, $all), 'a good boot passes');
ok(!accepts(\@LOG, $all, $_), "exit status $_ does not") for 35, 37, 0, 1;
my %BAD_LOG = (
    'no last line'           => log_but(8),
    'something behind it'    => log_but(8, $LOG[8], 'more'),
    'a failure in it'        => log_but(8, 'pedant: 2 passed, 1 failed, 1 skipped'),
    'another number passed'  => log_but(8, 'pedant: 3 passed, 0 failed, 1 skipped'),
    'another number skipped' => log_but(8, 'pedant: 2 passed, 0 failed, 0 skipped'),
    'a test that failed'     => log_but(5, '  not ok 2 two'),
    'a plan of more'         => log_but(3, '  1..4'),
    'a test that is not told' => log_but(5),
    'a skip without a reason' => log_but(6, '  ok 3 three # SKIP'),
    'nothing at all'         => [],
);
ok(!accepts($BAD_LOG{$_}, $all), "the log: $_ does not pass") for sort keys %BAD_LOG;
{
    my @none = ('KTAP version 1', '1..1', '  KTAP version 1', '  1..1', '  ok 1 one # SKIP why', 'ok 1 a', 'pedant: 0 passed, 0 failed, 1 skipped');
    ok(!accepts(\@none, events_but('end', passed => 0, skipped => 1)), 'the log: nothing that passed does not pass');
}
my %BAD_EVENTS = (
    (map { ("no $_" => events_without($_)) } qw(boot pass ops test end)),
    'ops without their rest'  => events_without('ops2'),
    'two boots'               => [ @$all, $EVENTS{boot} ],
    'two ends'                => [ @$all, $EVENTS{end} ],
    'a line that is no JSON'  => [ @$all, '{"event": ' ],
    'JSON that is no event'   => [ @$all, '{"a": 1}' ],
    'JSON that is no object'  => [ @$all, '[1]' ],
    'a site that was refused' => [ @$all, { event => 'refused', family => 'paravirt', site => '0x1', reason => 'why' } ],
    'another end'             => events_but('end', passed => 3),
    'time that stands'        => events_but('end', ns => 0),
    'time that flies'         => events_but('end', ns => 1e13),
    'another pass'            => events_but('pass', family => 'alternatives'),
    'a site too many'         => events_but('pass', sites => 11),
    'no site at all'          => [ grep { $_->{event} ne 'ops' } @{ events_but('pass', map { $_ => 0 } qw(sites inline call jmp nop kept)) } ],
    (map { ("$_ that do not add up" => events_but('ops', $_ => $EVENTS{ops}{$_} + 1)) } qw(sites inline call jmp nop kept)),
);
ok(!accepts(\@LOG, $BAD_EVENTS{$_}), "the events: $_ does not pass") for sort keys %BAD_EVENTS;
for my $name (sort keys %EVENTS) {
    for my $member (grep { $_ ne 'event' } sort keys %{ $EVENTS{$name} }) {
        next if $name eq 'pass' && $member eq 'trap';
        my %new = %{ $EVENTS{$name} };
        delete $new{$member};
        ok(!accepts(\@LOG, [ (map { $EVENTS{$_} } grep { $_ ne $name } qw(boot pass ops ops2 test end)), \%new ]),
            "the events: $EVENTS{$name}{event} without $member does not pass");
    }
}
my $bare = [ map { $EVENTS{$_} } qw(boot test end) ];
ok(accepts(\@LOG, $bare, 33, bare => 1), 'a good boot of the yardstick passes');
ok(!accepts(\@LOG, $bare), 'which is none of the kernel');
ok(!accepts(\@LOG, $bare, 35, bare => 1), 'a bad one does not');
ok(!accepts(log_but(5), $bare, 33, bare => 1), 'nor one with a bad log');

{
    qemu(\@LOG, [ map { event(%$_) } @$all ], 'exit 33');
    my $run = run();
    is($run->event('ops', op => 'b')->{type}, 3, 'an event is found by its members');
    is($run->event('ops', op => 'c'), undef, 'one that is not there is not');
    is(scalar $run->events, 6, 'all events');
    is(scalar $run->events('ops'), 2, 'all of a name');
    is($run->last_line, $LOG[-1], 'the last line');
    is(scalar $run->lines, @LOG, 'all lines, without what ends them');
    is(scalar $run->lines_like(qr/^  ok/), 3, 'lines that are like something');
    for my $case ([ 1, sub { expect_outcome($run, 'passed', '') } ], [ 0, sub { expect_outcome($run, 'failed', '') } ],
        [ 1, sub { expect_line($run, qr/^ok 1 a$/, '') } ], [ 0, sub { expect_line($run, qr/^ok 1 b$/, '') } ]) {
        my ($ok, $check) = @$case;
        is(!!(outcome_of($check))[0], !!$ok, 'a check ' . ($ok ? 'passes' : 'fails'));
    }
    my (undef, $said) = outcome_of(sub { note_skips($run); note_skips($run) });
    is(scalar(() = $said =~ /no such thing/g), 1, 'a reason for a skip is told once');
}

# ---- a share on each change

is(join(' ', map { share($_) } 0, 1, 10, 11, 200), '0 1 1 2 20', 'a tenth is a share, and one at least');
is(join(' ', map {"[$_]"} map { selftests($_) } qw(a b a a)), '[] [] [selftest=ops*] [selftest=ops*]',
    'the first boot that comes to an end runs all self-tests');
{
    my $test  = spew("$dir/shared.t", "use Pedant::Share;\nprint share(200);\ndie qq(enough\n) if \@ARGV;\n");
    my @whole = ($^X, qw(-Itests/lib -MPedant::Share -e), "'chdir q($dir); whole(q(shared.t))'");
    is(`@whole 2>&1`, '200', 'the whole is all of it');
    like(`@whole x 2>&1`, qr/^enough$/m, 'and dies where that dies');
    unlink $test;
    like(`@whole 2>&1`, qr/^shared\.t is not there$/m, 'a test that is gone is no test that passes');
}

# ---- what a test is skipped for is not there; and is all of it, nothing is skipped

{
    my $build  = "$dir/skips";
    my %ask    = (Browser => 'Pedant::Browser::missing()', V86 => 'Pedant::V86::missing()', Bochs => 'Pedant::Bochs::program() ? undef : q(no bochs)');
    my $answer = sub {
        my ($of) = @_;
        local @ENV{qw(BUILD PATH)} = ($build, "$build/bin");
        my $said = qx($^X -Itests/lib -MPedant::$of -e 'print(($ask{$of}) // q(nothing))' 2>&1);
        return $said =~ s/\Q$build\E/BUILD/gr;
    };
    my @made = (
        [ sub { make_path("$build/bin") } => 'no node in PATH (package nodejs)', 'no node in PATH (package nodejs)', 'no bochs' ],
        [ sub { chmod 0755, spew("$build/bin/$_", "#!/bin/sh\n") for qw(node bochs) } => 'no BUILD/npm (tools/npm.sh BUILD/npm)',
            'no BUILD/npm/node_modules/v86/build/libv86.mjs (tools/npm.sh, where npm has a registry)', 'nothing' ],
        [ sub { make_path(map {"$build/npm/node_modules/$_"} qw(playwright-core v86/build)); spew("$build/npm/node_modules/v86/build/libv86.mjs", '') } =>
            'no chromium in PATH (package chromium)', 'nothing', 'nothing' ],
        [ sub { chmod 0755, spew("$build/bin/chromium", "#!/bin/sh\n") } => 'nothing', 'nothing', 'nothing' ],
    );
    for my $step (0 .. $#made) {
        my ($make, @expected) = @{ $made[$step] };
        $make->();
        is_deeply([ map { $answer->($_) } qw(Browser V86 Bochs) ], \@expected, "skipped for, with $step things there");
    }
}

# ---- what a text shows of what its commands print

{
    my $shown = <<'END';
Words, and a list of no commands:

    no command

    $ first 1
    a 1 0x00100000
    ...
    it goes on ...
    (gdb) step
    (gdb) info x
    $ second

Indented by more or by fewer is none:

  $ third

    $ fourth
    end
END
    is_deeply([ Pedant::Shown::commands($shown) ], [
        { command => 'first 1', typed => [ 'step', 'info x' ], shown => [ 'a 1 0x00100000', 'it goes on ...' ] },
        { command => 'second', typed => [], shown => [] },
        { command => 'fourth', typed => [], shown => ['end'] } ], 'commands, what is typed to them, and what they print');

    # [ what, shown, printed, what is missed ]
    for my $case ([ 'the same', [ 'a', 'b' ], [ 'a', 'x', 'b' ], [] ], [ 'another order', [ 'a 1', 'b 2' ], [ 'b 3', ' a 0x4 ' ], ['b 2'] ],
        [ 'a line twice', [ 'a', 'a' ], ['a'], ['a'] ], [ 'nothing', ['  '], [], [] ], [ 'nothing printed', [ 'a', 'b' ], [], [ 'a', 'b' ] ],
        [ 'numbers and blanks', ['x 12 0x0010e023  00100000'], [' x  7 0x1 00200000 '], [] ], [ 'words', ['x1 y'], ['x2 y'], ['x1 y'] ],
        [ 'short hexadecimal', ['a 12ab'], ['a 12ac'], ['a 12ab'] ], [ 'bytes', ['now 3e fa'], ['now 3e fb'], ['now 3e fa'] ],
        [ 'where a call goes to', ['e8 ac e9 ff ff call', 'ff 15 01 02 03 04', 'ff 25 00 00 00 00'], ['e8 77 e9 ff 01 call', 'ff 15 05 02 03 09', 'ff 25 11 22 33 44'], [] ],
        [ 'what calls', ['e8 ac e9 ff ff'], ['e9 ac e9 ff ff'], ['e8 ac e9 ff ff'] ], [ 'an address among bytes', ['8b 34 95 00 6e 1b 00 x'], ['8b 34 95 00 8e 1c 00 x'], [] ],
        [ 'a NOP, which is none', ['66 0f 1f 00 x'], ['66 66 1f 00 x'], ['66 0f 1f 00 x'] ], [ 'a place in an object', ["  939:\tfa  cli"], [" ac9:\tfa  cli"], [] ],
        [ 'a line that goes on', ['so on ...'], ['so on and on'], [] ], [ 'one that does not', ['so on'], ['so on and on'], ['so on'] ],
        [ 'one that goes on otherwise', ['so on ...'], ['and so on'], ['so on ...'] ]) {
        my ($what, $wanted, $said, $missed) = @$case;
        is_deeply([ Pedant::Shown::missing($wanted, @$said) ], $missed, "shown: $what");
    }

    # What a compiler made is compared with what that one made, and what is no site's with no other's.
    my @lines = ("    100010:\t90  nop", '    100010  90  nop', "    100010:\tfa  cli  # a site", 'a word');
    for my $case ([ 12, {}, '1111' ], [ '12.2.0', {}, '1111' ], [ 13, {}, '0011' ], [ 120, {}, '0011' ], [ 12, { OPT => '-O1' }, '0011' ]) {
        my ($version, $environment, $compared) = @$case;
        spew("$dir/bin/compiler", "#!/bin/sh\n[ \$1 = -dumpversion ] && echo $version\n");
        chmod 0755, "$dir/bin/compiler" or die $!;
        local %ENV = (%ENV, CC => 'compiler', OPT => '', %$environment);
        spew("$dir/compares.pl", 'print map { Pedant::Shown::compares($_) ? 1 : 0 } @ARGV;');
        open my $out, '-|', $^X, qw(-Itests/lib -MPedant::Shown), "$dir/compares.pl", @lines or die $!;
        is(join('', <$out>), $compared, "shown: instructions of a compiler of version $version @{[ %$environment ]}");
    }

    mkdir "$dir/tree" or die $!;
    my $job = { command => 'echo $BUILD; pwd; printf "(gdb) (gdb) x\r\n"; cat; echo e >&2', typed => [ 'step', 'info' ] };
    is_deeply([ Pedant::Shown::said_by("$dir/tree", $job) ], [ 'build', "$dir/tree", 'x', 'step', 'info', 'quit', 'e' ], 'what a command in a tree prints, typed to and told to quit');
    is_deeply([ Pedant::Shown::said_by("$dir/tree", { command => 'cat', typed => [] }) ], [], 'and of what nothing is typed to');
}

# ---- the last line of make test

sub formatted {
    my (%tests) = @_;
    my @paths = map { spew("$dir/$_.t", "#!/bin/sh\n$tests{$_}\n") } sort keys %tests;
    my $said = `PERL5LIB=tests/lib prove --exec /bin/sh --formatter Pedant::Formatter @paths 2>&1`;
    my ($last) = $said =~ /([^\n]*)\n\z/;
    return ($last, $?);
}

my %FORMATTED = (
    '3 passed, 0 failed, 0 skipped' => [ 0, { a => 'echo 1..2; echo ok 1; echo ok 2', b => 'echo 1..1; echo ok 1' } ],
    '1 passed, 0 failed, 1 skipped' => [ 0, { a => 'echo 1..2; echo ok 1; echo "ok 2 # SKIP why"' } ],
    '0 passed, 0 failed, 1 skipped' => [ 0, { a => 'echo "1..0 # SKIP why"' } ],
    '1 passed, 1 failed, 0 skipped' => [ 1, { a => 'echo 1..2; echo ok 1; echo not ok 2' } ],
    '2 passed, 1 failed, 0 skipped' => [ 1, { a => 'echo 1..3; echo ok 1; echo ok 2' } ],
    '4 passed, 1 failed, 0 skipped' => [ 1, { a => 'echo 1..2; echo ok 1; echo ok 2; exit 3', b => 'echo 1..2; echo ok 1; echo ok 2' } ],
    '0 passed, 1 failed, 0 skipped' => [ 1, { a => 'exit 0' } ],
);
for my $line (sort keys %FORMATTED) {
    my ($fails, $tests) = @{ $FORMATTED{$line} };
    my ($last, $status) = formatted(%$tests);
    is($last, $line, "the last line: $line");
    is(!!$status, !!$fails, "and the exit status agrees: $line");
}

done_testing;
