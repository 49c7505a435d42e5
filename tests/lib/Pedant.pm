# SPDX-License-Identifier: MIT
#
# The outside test runner: boots the kernel under QEMU, with a time limit, and holds what came out
# against what the kernel promises (exit code, last line, KTAP, JSON events).
#
#     use Pedant;
#     my $run = boot(name => '486', cpu => '486', cmdline => 'noreplace-paravirt');
#     expect_pass($run, 'the kernel passes on a 486');
#
# A check that fails prints how the run ended and the end of its log; all logs stay in build/logs/.
# A missing program or image is a failure: a broken environment must not look like a skipped test.
package Pedant;

use strict;
use warnings;
use Exporter qw(import);
use Test::More;
use Pedant::Elf;
use Pedant::Held;
use Pedant::Machine;
use Pedant::Patience;
use Pedant::Run;

our @EXPORT = qw(boot boot_and_hold build_dir log_dir kernel_path kernel_elf expect_outcome
    expect_pass expect_line checked note_skips);

# The members that each event has at least, as promised to programs that read the second port.
my %EVENT_MEMBERS = (
    boot    => [qw(backend cpus cpu cmdline)],
    pass    => [qw(family sites inline call jmp nop kept refused bytes pad ns)],
    ops     => [qw(op type sites inline call jmp nop kept)],
    sites   => [qw(family when of sites inline call jmp nop kept gone refused)],
    refused => [qw(family site reason)],
    test    => [qw(suite name result)],
    litmus  => [qw(form place runners changes wrong old new torn trapped stale back)],
    end     => [qw(passed failed skipped)],
);

sub build_dir   { return Pedant::Machine::build_dir() }
sub log_dir     { return Pedant::Machine::log_dir() }
sub kernel_path { return build_dir() . '/pedant.elf' }

sub kernel_elf {
    my $path = kernel_path();
    die "$path is missing: run make first\n" if !-e $path;
    return Pedant::Elf->new($path);
}

sub _with_defaults {
    my (%args) = @_;
    die "a boot needs a name\n" if !length($args{name} // '');
    my $image = $args{iso} || $args{image} || kernel_path();
    die "$image is missing: run make first\n" if !-e $image;
    my $all = { image => $image, memory => 64, serial => 2, timeout => 20, %args };
    $all->{timeout} = patient($all->{timeout});
    return $all;
}

# Boot and wait for the end. Arguments: name (of the log), image or iso, cmdline, modules => [...],
# cpu, accel (tcg), memory (MiB), smp, qemu (another program), serial (how many ports: 0, 1, 2), serial1 and serial2 (QEMU's word for the
# port, if it shall not be a file), extra => [QEMU arguments], timeout (seconds), watch => sub { ... },
# called every few milliseconds with the path of the logs, less .log or .json, until it returns true: then
# the end is not waited for. Returns a Pedant::Run.
sub boot {
    my $args    = _with_defaults(@_);
    my $base    = Pedant::Machine::log_base($args->{name});
    my $machine = Pedant::Machine->start($base, { %$args, exit => 1 });
    my $watch   = $args->{watch} && sub { $args->{watch}->($base) || !$machine->running };
    $machine->wait_for($args->{timeout}, $watch);
    $machine->kill;
    return Pedant::Run->new($machine, $args);
}

# Boot without isa-debug-exit, so that the kernel halts at its end, and keep the machine. Waits for
# the log's last line, or for until => qr/.../ in the log, or for until_vga => qr/.../ on the screen.
# Returns a Pedant::Held: look at reached() first.
sub boot_and_hold {
    my $args = _with_defaults(@_);
    return Pedant::Held->new(Pedant::Machine::log_base($args->{name}), $args);
}

# A subtest that shows the run's end when it failed. Returns whether it passed.
sub checked {
    my ($run, $what, $checks) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ok = subtest $what => $checks;
    diag($run->describe) if !$ok;
    return $ok;
}

sub expect_outcome {
    my ($run, $outcome, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ok = is($run->outcome, $outcome, $what);
    diag($run->describe) if !$ok;
    return $ok;
}

# Some line of the log is like $pattern.
sub expect_line {
    my ($run, $pattern, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ok = ok(scalar $run->lines_like($pattern), $what);
    diag("no line like $pattern\n", $run->describe) if !$ok;
    return $ok;
}

# Everything that a boot without damage owes, as far as it has ports to say it. bare => 1: of the yardstick,
# which has no sites. lacks => 1: the machine may lack what every CPU has (tests/kernel/machine/lacks.h).
sub expect_pass {
    my ($run, $what, %is) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return checked($run, $what, sub {
        is($run->outcome, 'passed', 'the exit code says that all passed');
        _expect_log($run, %is) if $run->ports >= 1;
        _expect_events($run, $is{bare} ? qw(boot test end) : qw(boot pass ops test end)) if $run->ports >= 2;
        _expect_sums($run) if $run->ports >= 2 && !$is{bare};
    });
}

sub _expect_log {
    my ($run, %is) = @_;
    my ($passed, $failed, $skipped) = $run->last_line =~ /^pedant: (\d+) passed, (\d+) failed, (\d+) skipped$/;
    ok(defined $passed, 'the last line has the promised form') or diag('it is: ' . $run->last_line);
    cmp_ok($passed // 0, '>', 0, 'some self-tests passed');
    is($failed, 0, 'none failed');
    my $ktap = $run->ktap;
    is_deeply([ $ktap->problems ], [], 'the KTAP output is well formed');
    is_deeply([ map { $_->{name} } $ktap->failed ], [], 'no KTAP result is a failure');
    is(join(' ', map { scalar @$_ } [ $ktap->passed ], [ $ktap->failed ], [ $ktap->skipped ]),
        join(' ', map { $_ // '?' } $passed, $failed, $skipped),
        'the last line counts what the KTAP results are');
    is_deeply([ map { $_->{name} } grep { $_->{why} eq '' } $ktap->skipped ], [], 'every skip has a reason');
    is_deeply([ map { $_->{name} } grep { $_->{why} =~ /^this machine lacks / } $ktap->skipped ], [], 'none is that a CPU lacks what each has')
        if !$is{lacks};
    return;
}

sub _expect_events {
    my ($run, @names) = @_;
    is_deeply([ $run->bad_json ], [], 'every line of the second port is a JSON event');
    is_deeply(_missing_members($run), [], 'the events have their members');
    ok($run->event($_), "there is an event $_") for @names;
    is(scalar $run->events($_), 1, "there is one event $_") for qw(boot end);
    is_deeply([ map {"$_->{site}: $_->{reason}"} $run->events('refused') ], [], 'no site was refused');
    my $end = $run->event('end') || {};
    is($run->last_line,
        sprintf('pedant: %s passed, %s failed, %s skipped', map { $end->{$_} // '?' } qw(passed failed skipped)),
        'the last line says what the event end says');
    _expect_time($run, $end->{ns}) if $run->seconds;
    return;
}

# The guest's clock goes on from its first instruction on, and not (much) faster than ours from QEMU's start on:
# its rate is measured, on a host that may be busy.
sub _expect_time {
    my ($run, $ns) = @_;
    cmp_ok($ns // 0, '>', 0, 'time went on');
    cmp_ok(($ns // 0) / 1e9, '<', 3 * $run->seconds + 1, 'and not faster than here');
    return;
}

sub _missing_members {
    my ($run) = @_;
    my @missing;
    for my $event ($run->events) {
        push @missing, map {"$event->{event} has no $_"}
            grep { !defined $event->{$_} } @{ $EVENT_MEMBERS{ $event->{event} } || [] };
    }
    return \@missing;
}

# Every site became one thing, and the ops' sites are the pass's.
sub _expect_sums {
    my ($run) = @_;
    my $pass = $run->event('pass', family => 'paravirt');
    ok($pass, 'there is an event pass of the family paravirt') or return;
    my $sum = 0;
    $sum += $pass->{$_} // 0 for qw(inline call jmp nop trap kept refused);
    is($sum, $pass->{sites}, 'the pass gives account of every site');
    cmp_ok($pass->{sites} // 0, '>', 0, 'and there are some');
    for my $what (qw(sites inline call jmp nop kept)) {
        my $sum = 0;
        $sum += $_->{$what} // 0 for grep { ($_->{family} // 'paravirt') eq 'paravirt' } $run->events('ops');
        is($sum, $pass->{$what}, "the ops' $what add up to the pass's");
    }
    return;
}

# Show why self-tests were skipped: a skip that nobody reads is a test that nobody has. A reason is shown
# once, with the first machine that had it.
my %reasons_shown;

sub note_skips {
    my ($run) = @_;
    for my $skip ($run->ktap->skipped) {
        diag(sprintf '%s: skipped %s, ...: %s', $run->name, $skip->{name}, $skip->{why})
            if !$reasons_shown{ $skip->{why} }++;
    }
    return;
}

1;
