#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Guests: the kernel boots, and boots its own file again as its guest, in ring 1. The guest takes the back end lguest,
# patches itself for it, and all its self-tests pass; the host's pass behind it. Whatever the host is: each CPU, several
# CPUs, other back ends; and several guests at once. What cannot be a guest is refused with its reason.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::File qw(slurp spew);
use Compress::Zlib qw(crc32);

my $image        = kernel_path();
my $file_of_both = slurp($image);

# The lines of a guest, without its number.
sub said { my ($run, $number) = @_; return map { /^guest $number\| (.*)$/ ? $1 : () } $run->lines }

# One that has to pass: its event, its lines, and its last one.
sub expect_guest {
    my ($run, $number, $what) = @_;
    my ($event) = grep { $_->{number} == $number } $run->events('guest');
    my @said = said($run, $number);
    is($event ? $event->{result} : 'no event', 'it says that all passed', "$what: it ends well") or diag $run->describe;
    is(scalar(grep {/^  back end  lguest in ring 1, /} @said), 1, "$what: in ring 1, by lguest");
    like($said[-1] // '', qr/^pedant: [1-9]\d* passed, 0 failed, \d+ skipped$/, "$what: its last line");
    is(scalar(grep {/not ok|not true/} @said), 0, "$what: nothing fails");
    is(scalar(grep {/# SKIP this machine lacks /} @said), 0, "$what: no test is left out that every CPU can run");
    return @said;
}

# A family's row of the last table: sites, inline, call, jmp, nop, trap, kept, gone, refused.
sub row { my ($family, @said) = @_; return map { /^\s+\Q$family\E +((?:\d+ +){8}\d+)/ ? [ split ' ', $1 ] : () } @said }

my $n = 0;

sub guests {
    my ($what, $args, @guests) = @_;
    my $run = boot(name => $n++ . '-' . $what =~ s/\W+/-/gr, timeout => 90, modules => [ map {"$image $_"} @guests ],
        cmdline => 'selftest=off', %$args);
    expect_outcome($run, 'passed', $what);
    return $run;
}

# ---- one file, host and guest: the host was booted from it, and has found it whole where its guest comes from

{
    my $run = guests('one file', {}, 'selftest=off');
    expect_line($run, sprintf('guest 1: its file has %u bytes, CRC-32 %08x', length $file_of_both, crc32($file_of_both)), 'the guest is the file that was booted');
}

# ---- whatever the machine is

for my $cpu (qw(486 pentium qemu32 max EPYC)) {
    my $run  = guests("a guest on $cpu", { cpu => $cpu }, 'selftest=off');
    my @said = expect_guest($run, 1, $cpu);
    my ($event) = $run->events('guest');
    cmp_ok($event->{traps}, '>', 100, "$cpu: what it may not do was done for it");
    cmp_ok($event->{injected}, '>', 0, "$cpu: ticks came");
    is_deeply([ map { $_->{backend} } $run->guest_events(1, 'boot') ], ['lguest'], "$cpu: its events are told, as its own");
    is_deeply([ map { $_->{passed} > 5 && !$_->{failed} } $run->guest_events(1, 'end') ], [1], "$cpu: to the last one");
    my ($row) = row('paravirt', @said);
    is($row->[8], 0, "$cpu: no site of it is refused");
    cmp_ok($row->[1], '>', $row->[0] / 2, "$cpu: most are inline");
}

for my $host ([ 1, 'pv=soft' ], [ 1, 'pv=trace' ], [ 2, 'pv=soft' ], [ 1, 'noreplace-paravirt' ]) {
    my ($cpus, $options) = @$host;
    expect_guest(guests("under $options, $cpus CPUs", { smp => $cpus, cmdline => "selftest=off $options" }, 'selftest=off'), 1, $options);
}

# Several at once, of different kinds, more than CPUs and fewer.
for my $cpus (1, 2, 4) {
    my @kinds = ('selftest=off', 'selftest=off noreplace-paravirt', 'selftest=off pv=trace');
    my $run   = guests("three guests, $cpus CPUs", { smp => $cpus }, @kinds);
    expect_guest($run, $_, "$cpus CPUs, $kinds[$_ - 1]") for 1, 2;
    is(scalar(grep {/back end  trace in ring 1/} said($run, 3)), 1, "$cpus CPUs: the third counts its ops");
    is_deeply([ sort map { $_->{number} } $run->events('guest') ], [ 1, 2, 3 ], "$cpus CPUs: an event for each");
}

# Programs in the guest's ring 3, and keys, calls and back ends that change while it runs.
{
    my $run  = guests('programs', {}, 'selftest=programs run=true switch=trace,lguest');
    my @said = expect_guest($run, 1, 'programs');
    is_deeply([ grep {/^  switch/} @said ], [ (grep {/^  switch    lguest to trace: .* 0 refused/} @said), grep {/^  switch    trace to lguest: .* 0 refused/} @said ],
        'it goes to another back end, and back');
}

# ---- all self-tests, in the guest, which is held to its text, and so cannot run some of them (tests/long/guest.t has others)

{
    my $cpu = 'qemu32';
    my $run = guests("all self-tests, held to its text, $cpu", { cpu => $cpu, timeout => 300 }, '');
    my @said = expect_guest($run, 1, "held, $cpu");
    cmp_ok(scalar(grep { /^  ok \d+ / && !/# SKIP/ } @said), '>', 180, "held, $cpu: that is most");
    my ($event) = $run->events('guest');
    cmp_ok($event->{refused}, '>=', 30, "held, $cpu: what it tried was refused");
    is(scalar(grep {/^guest 1: refused: \d+ bytes to [0-9a-f]{8} /} $run->lines), 8, "held, $cpu: and the first of it is told");
}

# And where there is NX, what page faults are told to be of.
expect_guest(guests('paging with NX', { cpu => 'max' }, 'selftest=paging'), 1, 'paging with NX');

# ---- what is asked for and cannot be

like(join("\n", said(guests('soft in a guest', {}, 'selftest=off pv=soft'), 1)),
    qr/^pv=soft: no such back end in this ring; going on with lguest$/m, "a guest cannot do as if it were the machine's");
{
    my $run = boot(name => 'lguest', cmdline => 'selftest=off pv=lguest');
    expect_pass($run, 'lguest on a machine: it passes');
    expect_line($run, qr/^pv=lguest: no such back end in this ring; going on with native$/, 'and is refused');
}

# { what it is: module, options, reason }
my $bytes = $file_of_both;
my $dir   = log_dir();

sub damaged { my ($name, $file) = @_; spew("$dir/guest-$name.elf", $file); return "$dir/guest-$name.elf" }

sub with { my ($at, $format, $value) = @_; my $copy = $bytes; my $new = pack $format, $value; substr $copy, $at, length $new, $new; return $copy }
my $phoff  = unpack 'V', substr $bytes, 28, 4;
my $header = index $bytes, pack 'V', 0x1badb002;

for my $case (
    [ 'too-little',  $image, 'guest-memory=2',    'a guest needs 4 MiB at least' ],
    [ 'too-small',   $image, 'guest-memory=4',    undef ],
    [ 'too-much',    $image, 'guest-memory=4000', 'there is not so much memory in one piece' ],
    [ 'wraps',       $image, 'guest-memory=4096', 'a guest needs 4 MiB at least' ],
    [ 'another',     build_dir() . '/pedant-small.elf', '', 'it is not this kernel\'s own image, and only of that is known what its text may become' ],
    [ 'table-far',   damaged('table-far', with(28, 'V', 0xfffff000)), '', 'it is not this kernel\'s own image, and only of that is known what its text may become' ],
    [ 'no-header',   damaged('no-header', with($header, 'V', 0)), '', 'it is no multiboot image' ],
    [ 'cut',         damaged('cut', substr $bytes, 0, 20000), 'guest-text=open', 'a segment is not in the file' ],
    [ 'no-segments', damaged('no-segments', with(44, 'v', 0)),          'guest-text=open', 'its table of segments is not in the file, or too long' ],
    [ 'far',         damaged('far',         with($phoff + 12, 'V', 0x7ffff000)), 'guest-text=open', 'it does not fit into that memory' ],
    [ 'low',         damaged('low',         with($phoff + 12, 'V', 0x1000)), 'guest-text=open', 'it does not fit into that memory' ],
    [ 'long',        damaged('long',        with($phoff + 20, 'V', 0xfffff000)), 'guest-text=open', 'it does not fit into that memory' ],
) {
    my ($name, $file, $options, $why) = @$case;
    my $run = boot(name => "refused-$name", cmdline => "selftest=off $options", modules => ["$file selftest=off"]);
    if (!defined $why) {    # it has hardly room for more than itself
        expect_guest($run, 1, $name);
        next;
    }
    expect_outcome($run, 'failed', "$name: the run fails");
    expect_line($run, qr/^guest [\w-]+: refused: \Q$why\E$/, "$name: and says why");
    is($run->events('guest'), 0, "$name: there was none");
}

# Another image is one, if nobody asks what its text becomes.
expect_outcome(boot(name => 'small', cmdline => 'selftest=off guest-text=open', modules => [ build_dir() . '/pedant-small.elf run=true' ]),
    'passed', 'the small kernel is a guest');

sub begins {
    my ($name, $code) = @_;
    my $entry = unpack 'V', substr $bytes, 24, 4;
    my $at    = $entry - 0x100000 + unpack 'V', substr $bytes, $phoff + 4, 4;
    return damaged("begins-$name", with($at, 'a*', pack 'H*', $code));
}

# A breakpoint at the first key's site, by the hypercalls that the kernel's own protocol makes: begin, write_text. It stays there.
sub word { return unpack 'H8', pack 'V', $_[0] }
my ($version) = slurp('pv/backend/guest.h') =~ /PV_GUEST_VERSION +(\d+)/;
my @calls     = slurp('pv/backend/hypercall.def') =~ /^PV_HYPERCALL\((\w+)/mg;
my ($write)   = grep { $calls[$_] eq 'write_text' } 0 .. $#calls;
my $elf       = kernel_elf();
my $key       = $elf->symbol('__jump_table');
my $stays     = begins('breakpoint', join '', 'c705', map({ word($_) } 0x7f0000, $version), 'c705', map({ word($_) } 0x7f0004, 0x7f1000), 'ba', word(0x7f0000), 'b8', word(0), 'cd1f',
    'c705', map({ word($_) } 0x7f1000, 0x200), 'c605', word(0x7f0100), 'cc', 'ba', word($key + unpack 'l<', pack 'V', $elf->u32($key)), 'b9', word(0x7f0100), 'bb', word(1), 'b8', word($write), 'cd1f',
    '85c0', '7502', 'ebfe', 'f4');

# One that begins with rubbish ends, with a line, and the host goes on.
# 0xa0: mov al, [0x100200]; c6 05: mov byte [0x100200], 0x90: text, and paging is off.
for my $case ([ 'a000021000' . 'c6050002100090' . 'faf4', 'writes to its text, which is a fault without a gate' ], [ 'bc00002000' . '6802000200' . '6a09' . '6800001000' . 'cf', 'returns to virtual-8086 mode, which QEMU lets ring 1 do' ],
    [ 'bc00002000' . '6802000200' . '6a08' . '6800001000' . 'cf', 'returns to virtual-8086 mode with a cs that would be the host\'s' ],
    [ 'c7050030c1ff01000000' . 'c7050430c1ff01000000' . 'c7050830c1ff01000000' . 'faf4', 'writes to the page in which the host finds its registers' ],
    [ 'ff' x 16, 'no exception of its own can come' ], [ 'fa' . 'f4', 'halts for ever' ], [ 'ebfe', 'runs for ever, with interrupts off' ]) {
    my ($code, $what) = @$case;
    my $patient = $code eq 'ebfe';    # ten seconds, for both
    my $run     = boot(name => "begins-$code", cmdline => 'selftest=cpu', timeout => 90, modules => [ begins($code, $code), ($stays) x $patient ]);
    expect_outcome($run, 'failed', "$what: the run fails");
    my ($event, $other) = $run->events('guest');
    is($other->{result}, 'it has had a breakpoint in its text for 10 s', 'a breakpoint stays for ever') if $patient;
    isnt($event->{result}, 'it says that all passed', "$what: '$event->{result}'");
    like($event->{result}, qr/^page fault at /, "$what: that one") if $code =~ /^a0/;
    expect_line($run, qr/^guest 1: ended: \Q$event->{result}\E$/, "$what: in one line");
    is(scalar(grep { $_->{result} eq 'fail' && $_->{suite} ne 'boot' } $run->events('test')), 0, "$what: the host's self-tests pass");
}

done_testing;
