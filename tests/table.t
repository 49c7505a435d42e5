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
use Pedant::DamagedIndex qw(victim);
use Pedant::Families;

my @KINDS = qw(inline call jmp nop trap kept gone);
my $HEAD  = '  family       sites inline call jmp nop trap kept gone refused bytes  pad   us';
my $OPS   = '  op                sites  became       op                sites  became';

# "inline", or "refused 1, inline 3".
sub became {
    my ($event) = @_;
    my @parts = map { $event->{$_} == $event->{sites} ? return $_ : $event->{$_} ? "$_ $event->{$_}" : () } 'refused', grep { defined $event->{$_} } @KINDS;
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

# Two columns, read downwards; a left one that is too wide has the line for itself.
sub cells {
    my (@left, @right);
    my $cell = qr/\w+ +\d+  \w+(?: \d+)?(?:, \w+ \d+)*/;
    for (@_) {
        my ($left, $right) = /^  ($cell)?(?: +($cell))?$/ or next;
        fail("the right column is straight: $_") if $right && index($_, $right) != 39;
        push @left,  $left  // ();
        push @right, $right // ();
    }
    return (@left, @right);
}

sub expect_table {
    my ($run, $what) = @_;
    my @ops = map { sprintf '%-17s %4u  %s', $_->{op}, $_->{sites}, became($_) } $run->events('ops');
    is_deeply([ cells(lines_behind($run, $OPS, qr/^  (?: {37})?\w+ +\d+  \w/)) ], \@ops, "$what: a row for each op, in their order");

    my @lines   = lines_behind($run, $HEAD, qr/^ {2,3}\w+ +\d/);
    my @passes  = grep { !defined $_->{to} } $run->events('pass');
    my @family  = map { join ' ', split } grep {/^  \w/} @lines;
    my @wanted  = map { join ' ', @$_{ qw(family sites), @KINDS, qw(refused bytes pad) }, int(($_->{ns} + 500) / 1000) } @passes;
    is_deeply(\@family, \@wanted, "$what: a line for each family");

    my ($alternatives) = grep { $_->{family} eq 'alternatives' } @passes;
    my @rows = map { [split] } grep {/^   \w/} @lines;
    cmp_ok(scalar @rows, '>', 5, "$what: and rows of features");
    is(scalar(keys %{ { map { $_->[0] => 1 } @rows } }), scalar @rows, "$what: each once");
    my @sums = map { my $i = $_; my $sum = 0; $sum += $_->[$i] for @rows; $sum } 1 .. 9;
    is("@sums", join(' ', @$alternatives{ 'sites', @KINDS, 'refused' }), "$what: which add up to the line of alternatives");
    my ($paravirt) = grep { $_->{family} eq 'paravirt' } @passes;
    for my $count (qw(sites refused)) {
        my $sum = 0;
        $sum += $_->{$count} for $run->events('ops');
        is($sum, $paravirt->{$count}, "$what: the ops' $count add up to paravirt's");
    }
    return;
}

for my $cmdline ('', 'noreplace-paravirt', 'pv=soft', 'pv=trace', 'noreplace-smp') {
    my $run = boot(name => $cmdline || 'plain', cmdline => "selftest=off $cmdline");
    expect_pass($run, ($cmdline || 'plain') . ': boots');
    expect_table($run, $cmdline || 'plain');
}

# Bad lengths: of one of an op's sites, of all of another's, and of one alternative's replacement.
my $elf  = kernel_elf();
my $at   = victim('paravirt');
my ($record) = grep { $_->{instr} == $at } $elf->records;
my ($last)   = grep { $_->{type} != $record->{type} } reverse $elf->records;
my @bad      = ($record, grep { $_->{type} == $last->{type} } $elf->records);
my @alts     = Pedant::Families::alternatives($elf);
my ($first)  = grep { $alts[$_]{at} == victim('alternatives') } 0 .. $#alts;
my $image = $elf->write_copy(log_dir() . '/table-refused.elf', (map { [ $_->{record} + 5 => "\x05" ] } @bad),
    [ $elf->symbol('__alt_instructions') + 12 * $first + 11 => "\xff" ]);
my $run = boot(name => 'refused', image => $image, cmdline => 'selftest=off');
unlink $image;
my %refused = map { ($_->{family} => $_->{refused}) } $run->events('pass');
is_deeply(\%refused, { paravirt => scalar @bad, alternatives => 1, smp_locks => 0, jump_label => 0, static_call => 0 }, 'refused: so many were') or diag $run->describe;
my %of_op = map { ($_->{type} => $_) } $run->events('ops');
is($of_op{ $record->{type} }{refused}, 1, 'one of an op is');
is($of_op{ $last->{type} }{refused}, $of_op{ $last->{type} }{sites}, 'and all of another');
expect_table($run, 'refused');

done_testing;
