# SPDX-License-Identifier: MIT
#
# Events hold what does not fit: of a text that would make one too long the beginning, and what comes behind it.
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

done_testing;
