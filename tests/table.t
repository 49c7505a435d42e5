#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The table at the end of a boot, for people, says what the events say, for programs: each op's row, each family's
# line, whose sites they are, and rows of features, asked for and asked against, that add up to theirs; what sites are
# by now, which is another table; as linked, patched, by other back ends, with a site that was refused, and after keys,
# CPUs and a switch have changed some. And whose microseconds these are.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex qw(victim);
use Pedant::Families;

my @KINDS = qw(inline call jmp nop trap kept gone);
my $HEAD  = '  family       sites inline call jmp nop trap kept gone refused bytes  pad  ~us'; # of an emulator
my $FEATURES = '  feature      sites inline call jmp nop trap kept gone refused';
my $NOW   = '  by now       sites inline call jmp nop trap kept gone refused';
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

    my @lines   = lines_behind($run, $HEAD, qr/^ {2,3}[\w']+ +\d/);
    my @passes  = grep { !defined $_->{to} } $run->events('pass');
    my @family  = map { join ' ', split } grep {/^  \w/} @lines;
    my @wanted  = map { join ' ', @$_{ qw(family sites), @KINDS, qw(refused bytes pad) }, int(($_->{ns} + 500) / 1000) } @passes;
    is_deeply(\@family, \@wanted, "$what: a line for each family");

    my ($alternatives) = grep { $_->{family} eq 'alternatives' } @passes;
    my @rows = map { [split] } lines_behind($run, $FEATURES, qr/^   !?\w+ +\d/);
    cmp_ok(scalar @rows, '>', 5, "$what: and rows of features");
    is(scalar(keys %{ { map { $_->[0] => 1 } @rows } }), scalar @rows, "$what: each once");
    my @sums = map { my $i = $_; my $sum = 0; $sum += $_->[$i] for @rows; $sum } 1 .. 9;
    is("@sums", join(' ', @$alternatives{ 'sites', @KINDS, 'refused' }), "$what: which add up to the line of alternatives");
    my %row = map { $_->[0] => $_ } @rows;
    for my $event ($run->events('features')) {
        my ($for, $against) = map { $row{$_} // [ $_, (0) x 9 ] } $event->{feature}, "!$event->{feature}";
        is(join(' ', map { $for->[$_] + $against->[$_] } 1 .. 9), join(' ', @$event{ 'sites', @KINDS, 'refused' }), "$what: both rows of $event->{feature} are its event");
        is($against->[1], $event->{negated}, "$what: of which so many are against it");
    }
    my %negated = map { ("!$_->{feature}" => join ' ', @$_{ 'sites', @KINDS, 'refused' }) } $run->events('negated');
    is_deeply({ map { /^!/ ? ($_ => join ' ', @{ $row{$_} }[ 1 .. 9 ]) : () } keys %row }, \%negated, "$what: and these are events of their own");
    expect_places($run, $what, \@passes, @lines);
    my ($paravirt) = grep { $_->{family} eq 'paravirt' } @passes;
    for my $count (qw(sites refused)) {
        my $sum = 0;
        $sum += $_->{$count} for $run->events('ops');
        is($sum, $paravirt->{$count}, "$what: the ops' $count add up to paravirt's");
    }
    return;
}

# Whose: two rows below each family, the events that say it of the boot, and its own line; then what sites are by now.
sub expect_places {
    my ($run, $what, $passes, @lines) = @_;
    my %sites;
    push @{ $sites{ $_->{when} }{ $_->{family} } }, $_ for $run->events('sites');
    for my $pass (@$passes) {
        my $family = $pass->{family};
        my ($at)   = grep { $lines[$_] =~ /^  \Q$family\E / } 0 .. $#lines;
        my $of     = $sites{boot}{$family} || [];
        is_deeply([ map { join ' ', split } @lines[ $at + 1, $at + 2 ] ],
            [ map { join ' ', ($_->{of} eq 'kernel' ? "kernel's" : "tests'"), @$_{ 'sites', @KINDS, 'refused' } } @$of ], "$what: $family: whose sites they are");
        is(sum_of($of), join(' ', @$pass{ 'sites', @KINDS, 'refused' }), "$what: $family: together they are all");
    }
    my %now = map { my ($family, @counts) = split; ($family => "@counts") } lines_behind($run, $NOW, qr/^  \w+ +\d/);
    is_deeply(\%now, { map { my $now = sum_of($sites{now}{ $_->{family} }); $now eq sum_of($sites{boot}{ $_->{family} }) ? () : ($_->{family} => $now) } @$passes },
        "$what: what is otherwise by now has a line");
    is(scalar $run->lines_like(qr/^  ~us: microseconds of an emulator, not of a machine$/), 1, "$what: a line says what ~us are");
    is(($run->event('boot') || {})->{time_of}, 'an emulator', "$what: and an event");
    return;
}

sub sum_of {
    my ($counts) = @_;
    return join ' ', map { my $name = $_; my $sum = 0; $sum += $_->{$name} for @$counts; $sum } 'sites', @KINDS, 'refused';
}

for my $cmdline ('', 'noreplace-paravirt', 'pv=soft', 'pv=trace', 'noreplace-smp') {
    my $run = boot(name => $cmdline || 'plain', cmdline => "selftest=off $cmdline");
    expect_pass($run, ($cmdline || 'plain') . ': boots');
    expect_table($run, $cmdline || 'plain');
}

# By the file: where records' sites lie, and which features they are for, or against, of sites with one record.
{
    my $elf = kernel_elf();
    my $run = boot(name => 'by the file', cmdline => 'selftest=off');
    my ($from, $to) = map { $elf->symbol($_) } qw(_tests_text _tests_text_end);
    my %of = map { ($_->{of} => $_->{sites}) } grep { $_->{when} eq 'boot' && $_->{family} eq 'paravirt' } $run->events('sites');
    my $tests = grep { $_->{instr} >= $from && $_->{instr} < $to } $elf->records;
    is($of{tests}, $tests, 'so many paravirt sites lie in the text of tests');
    is($of{kernel}, $elf->records - $tests, 'and all others are the kernel\'s');

    my (%of_site, %wanted);
    push @{ $of_site{ $_->{at} } }, $_->{feature} for Pedant::Families::alternatives($elf);
    my %several = map { ($_ & 0x7fff) => 1 } map { @$_ > 1 ? @$_ : () } values %of_site;
    $wanted{ $_->[0] & 0x7fff }[ $_->[0] >> 15 ]++ for grep { @$_ == 1 && !$several{ $_->[0] & 0x7fff } } values %of_site;
    my $names = { map { /^#define X86_FEATURE_(\w+)\s+\((\d+) \* 32 \+ (\d+)\)/ ? ($2 * 32 + $3 => lc $1) : () } do { open my $in, '<', 'pv/feature.h' or die; <$in> } };
    my %found = map { ($_->{feature} => $_) } $run->events('features');
    my @known = grep { $names->{$_} && $found{ $names->{$_} } } sort { $a <=> $b } keys %wanted;
    cmp_ok(scalar(grep { $wanted{$_}[1] } @known), '>', 3, 'some features are asked against');
    is(join(' ', @{ $found{ $names->{$_} } }{qw(sites negated)}), join(' ', ($wanted{$_}[0] // 0) + ($wanted{$_}[1] // 0), $wanted{$_}[1] // 0), "$names->{$_}: as the file has them")
        for @known;
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

# Later changes leave the boot's table as it is.
my $after = boot(name => 'changed', smp => 2, cmdline => 'selftest=off switch=soft irq-statistics');
expect_pass($after, 'changed: boots');
expect_table($after, 'changed');
my %now;
$now{ $_->{family} } = $_ for grep { $_->{when} eq 'now' && $_->{of} eq 'tests' } $after->events('sites');
cmp_ok($now{paravirt}{call}, '>', 100, 'changed: another back end is what there is by now');
is($now{smp_locks}{kept}, $now{smp_locks}{sites}, 'changed: and locks are those of two CPUs');
is($after->event('pass', family => 'smp_locks')->{inline}, $after->event('pass', family => 'smp_locks')->{sites}, 'changed: which is not what the boot did');

# Instructions of each pass, exact by -icount, one a nanosecond. A short loop that leaves what it could take is right as well, and slow:
# an alternative costs 3007 then instead of 1132, and a lock prefix 1357 instead of 1008, a site of paravirt costs 105.
my %most    = (paravirt => 150, alternatives => 1500, smp_locks => 1200);
my $counted = boot(name => 'counted', cmdline => 'selftest=off', timeout => 60, extra => [ -icount => 'shift=0,sleep=off' ]);
for my $pass (map { $counted->event('pass', family => $_) // { family => $_, ns => 1e9, sites => 1 } } sort keys %most) {
    cmp_ok($pass->{ns} / $pass->{sites}, '<', $most{ $pass->{family} }, "counted: a site of $pass->{family} costs what the short loop does");
}
done_testing;
