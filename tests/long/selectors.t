# SPDX-License-Identifier: MIT
#
# Every segment register, loaded by ring 3 with every selector that there is, and every way to go to one: 65536
# times nine programs, each of which is ended by one line, but for those whose selector is the program's own. The
# kernel goes on, sixteen times, and is asked itself behind it.
use strict;
use warnings;
use Test::More;
use Pedant;

# Without SMAP: with it, QEMU before 9.1 reads a program's stack as the kernel would when the program executes IRET
# or a far return, which is then a page fault instead of what the selector deserves.
my $CPU = 'max,-smap';

# The registers but cs, of which ss is loaded once, and four ways to change cs.
my $ATTACKS = 5 + 4;
my $ended   = qr/^task \d+ \(hostile\): general protection at [0-9a-f]{8}: ended$/;

for my $share (0 .. 15) {
    my $what = sprintf 'selectors %04x to %04x', $share << 12, ($share << 12) + 0xfff;
    my $run  = boot(
        name    => "selectors-$share",
        cpu     => $CPU,
        timeout => 180,
        cmdline => "run=hostile,every_selector,$share selftest=cpu"
    );
    expect_pass($run, "$what: the kernel passes");
    my $event = $run->event('test', suite => 'boot', name => 'run') || {};
    is($event->{result}, 'ok', "$what: each did what its selector says") or diag $event->{why};
    next if $share == 0;
    is(scalar $run->lines_like($ended), 0x1000 * $ATTACKS, "$what: each of them is ended by one line");
}

done_testing;
