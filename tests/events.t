# SPDX-License-Identifier: MIT
#
# Events hold what does not fit: of a text that would make one too long the beginning, and what comes behind it. And
# those of several CPUs at the same time.
use strict;
use warnings;
use Test::More;
use Pedant;

# Each of these characters is two in JSON, or six: only the second does not fit.
for my $case ([ 'quotes', '"', 0 ], [ 'bytes', "\xe9", 1 ]) {
    my ($what, $character, $too_long) = @$case;
    my $word = 'o' . $character x 800;
    my $run  = boot(name => $what, cmdline => "selftest=off $word");
    expect_pass($run, "many $what: the kernel passes");
    my $boot = $run->event('boot') || {};
    my $text = $boot->{cmdline} // '';
    like($text, $too_long ? qr/ o\Q$character\E{300,}\.\.\.$/ : qr/ \Q$word\E$/,
        "many $what: the event has the line, as far as it fits");
    ok(defined $boot->{tsc_khz}, "many $what: and what comes behind it");
    is_deeply([ $run->events('overlong') ], [], "many $what: no event is none");
}

# Of several CPUs at the same time: each event is one CPU's alone.
my $told = boot(name => 'by all', smp => 3, timeout => 60, cmdline => 'selftest=event.by_all');
expect_pass($told, 'three CPUs tell events: the kernel passes');
my @told = $told->events('told');
is_deeply([ grep { ($_->{sum} // -1) != ($_->{cpu} // 0) + ($_->{number} // 0) } @told ], [], 'each is whole');
is_deeply([ sort map { ($_->{cpu} // '') . '.' . ($_->{number} // '') } @told ], [ sort map { my $cpu = $_; map {"$cpu.$_"} 1 .. 100 } 0 .. 2 ],
    'and all of them came');

done_testing;
