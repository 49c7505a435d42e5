#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The table at the end of a boot, for people, says what the events say, for programs: each op's row, each family's
# line, and rows of features that add up to theirs; as linked, patched, by other back ends, and with a site that
# was refused.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex qw(victim group);

my @KINDS = qw(inline call jmp nop trap kept gone);
my $HEAD  = '  family       sites inline call jmp nop trap kept gone refused bytes  pad   us';
my $OPS   = '  op                sites  became       op                sites  became';

# "inline", or "inline 3, kept 1".
sub became {
    my ($event) = @_;
    my @parts = map { $event->{$_} == $event->{sites} ? return $_ : $event->{$_} ? "$_ $event->{$_}" : () } grep { defined $event->{$_} } @KINDS;
    return join ', ', @parts;
}

# The lines of the table behind the one that is $head, as long as they are like $pattern.
sub lines_behind {
    my ($run, $head, $pattern) = @_;
    my @lines = $run->lines;
    my ($at)  = grep { $lines[$_] eq $head } 0 .. $#lines;
    return if !defined $at;
    my @found;
    push @found, $lines[$at] while ++$at < @lines && $lines[$at] =~ $pattern;
    return @found;
}

# Two columns, read downwards.
sub cells {
    my @lines = @_;
    my @left  = map { substr $_, 2, 36 } @lines;
    my @right = map { length > 39 ? substr $_, 39 : () } @lines;
    return map { s/\s+$//r } @left, @right;
}

sub expect_table {
    my ($run, $what) = @_;
    my @ops = map { sprintf '%-17s %4u  %s', $_->{op}, $_->{sites}, became($_) } $run->events('ops');
    is_deeply([ cells(lines_behind($run, $OPS, qr/^  \w+ +\d+  \w/)) ], \@ops, "$what: a row for each op, in their order");

    my @lines   = lines_behind($run, $HEAD, qr/^ {2,3}\w+ +\d/);
    my @passes  = grep { !defined $_->{to} } $run->events('pass');
    my @family  = map { join ' ', split } grep {/^  \w/} @lines;
    my @wanted  = map { join ' ', @$_{ qw(family sites), @KINDS, qw(refused bytes pad) }, int(($_->{ns} + 500) / 1000) } @passes;
    is_deeply(\@family, \@wanted, "$what: a line for each family");

    my ($alternatives) = grep { $_->{family} eq 'alternatives' } @passes;
    my @rows = map { [split] } grep {/^   \w/} @lines;
    cmp_ok(scalar @rows, '>', 5, "$what: and rows of features");
    is(scalar(keys %{ { map { $_->[0] => 1 } @rows } }), scalar @rows, "$what: each once");
    my @sums = map { my $i = $_; my $sum = 0; $sum += $_->[$i] for @rows; $sum } 1 .. 8;
    is("@sums", join(' ', @$alternatives{ 'sites', @KINDS }), "$what: which add up to the line of alternatives")
        if !$alternatives->{refused};
    return;
}

for my $cmdline ('', 'noreplace-paravirt', 'pv=soft', 'pv=trace', 'noreplace-smp') {
    my $run = boot(name => $cmdline || 'plain', cmdline => "selftest=off $cmdline");
    expect_pass($run, ($cmdline || 'plain') . ': boots');
    expect_table($run, $cmdline || 'plain');
}

# One of paravirt's and one of alternatives' with a bad length.
my $elf  = kernel_elf();
my $at   = victim('paravirt');
my ($record) = grep { $_->{instr} == $at } $elf->records;
my $image = $elf->write_copy(log_dir() . '/table-refused.elf', [ $record->{record} + 5 => "\x05" ]);
my $run   = boot(name => 'refused', image => $image, cmdline => 'selftest=off');
unlink $image;
is(($run->event('pass', family => 'paravirt') || {})->{refused}, 1, 'refused: one site was') or diag $run->describe;
expect_table($run, 'refused');

done_testing;
