#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The last screen, read cell by cell from text memory: each line, and each cell of the bars, says what the events of the
# same boot say; one refused site is seen among a thousand; the verdict has the colour that it deserves. And the log stays
# there after a panic, behind a shell, and where it is asked for.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex qw(victim);

use constant { COLUMNS => 80, ROWS => 25, VALUES => 12, BAR => 67, BLOCK => "\xdb", SQUARE => "\xfe", PALE => 0x08 };

my @KINDS  = qw(inline call jmp nop trap kept gone refused);
my @WIDTHS = (7, 5, 4, 4, 5, 5, 5, 8);
my %COLOUR = (inline => 0x0a, call => 0x09, jmp => 0x0d, nop => 0x0b, trap => 0x0e, kept => 0x07, gone => 0x06, refused => 0x0c);
my ($GREEN, $RED, $YELLOW) = (0x2f, 0x4f, 0x6e);
my $NUMBERS = 1 + 12 + 6;    # the column where the kinds' numbers begin

# Rows of [ text, attributes ], a byte a cell each.
sub screen_of {
    my ($held) = @_;
    my $memory = $held->pmemsave(0xb8000, COLUMNS * ROWS * 2);
    return map { [ s/(.)./$1/gsr, s/.(.)/$1/gsr ] } unpack '(a' . COLUMNS * 2 . ')' . ROWS, $memory;
}

# The rows, as soon as the machine stands still: the screen is drawn behind the log's last line.
sub last_screen {
    my ($name, $cmdline, %args) = @_;
    my $held = boot_and_hold(name => $name, cmdline => $cmdline, timeout => 120, %args);
    ok($held->reached && $held->stands_still(60), "$name: the kernel is at its end") or diag $held->describe;
    $held->read_files;
    return ($held, screen_of($held));
}

sub text_is {
    my ($row, $wanted, $what) = @_;
    return is($row->[0] =~ s/ +$//r, $wanted, $what);
}

# What lies from one column on: its characters, in one colour.
sub part_is {
    my ($row, $column, $wanted, $attribute, $what) = @_;
    my ($text, $attributes) = map { substr $_, $column, length $wanted } @$row;
    is($text, $wanted, $what);
    return is($attributes, chr($attribute) x length $wanted, "$what: its colour");
}

sub sum_of {
    my (@events) = @_;
    my %sum;
    for my $event (@events) { $sum{$_} += $event->{$_} // 0 for @KINDS, qw(sites bytes pad ns) }
    return \%sum;
}

# A cell for each kind that there is, and of the others its share of where it ends less of where it begins.
sub bar_of {
    my ($count) = @_;
    my @there = grep { $count->{$_} } @KINDS;
    my ($all, $end, $bar) = (0, 0, '');
    $all += $count->{$_} for @there;
    for my $kind (@there) {
        my $from = int($end * (BAR - @there) / $all);
        $end += $count->{$kind};
        $bar .= chr($COLOUR{$kind}) x (1 + int($end * (BAR - @there) / $all) - $from);
    }
    return $bar;
}

sub expect_bar {
    my ($rows, $row, $name, $count) = @_;
    my $bar = $rows->[$row];
    part_is($bar, 1, $name, 0x07, "$name: the name of the bar");
    is(substr($bar->[0], VALUES, BAR), BLOCK x BAR, "$name: the bar is of full blocks");
    is(unpack('H*', substr $bar->[1], VALUES, BAR), unpack('H*', bar_of($count)), "$name: each of its cells has the colour of what became");
    my ($column, @text) = (VALUES, '');
    for my $kind (grep { $count->{$_} } @KINDS) {
        my $item = SQUARE . "$kind $count->{$kind}";
        if ($column + length $item >= COLUMNS) {
            push @text, '';
            $column = VALUES;
        }
        my $attributes = $rows->[ $row + @text ][1];
        is(substr($attributes, $column, length $item), chr($COLOUR{$kind}) x length $item, "$name: $kind has its colour in the legend");
        $text[-1] .= "$item ";
        $column += 1 + length $item;
    }
    is($rows->[ $row + 1 + $_ ][0], sprintf('%-80s', ' ' x VALUES . $text[$_]), "$name: the legend counts them") for 0 .. $#text;
    return;
}

sub us { return int(($_[0]{ns} + 500) / 1000) }

sub expect_family {
    my ($row, $name, $count, $colour) = @_;
    my @counts = @$count{@KINDS};
    my $text   = sprintf ' %-12s %5u%7u%5u%4u%4u%5u%5u%5u%8u %5u %4u %5u', $name, $count->{sites}, @counts, $count->{bytes}, $count->{pad}, us($count);
    text_is($row, $text, "$name: the line has the numbers of its events");
    my $colours = join '', map { chr($counts[$_] ? $COLOUR{ $KINDS[$_] } : PALE) x $WIDTHS[$_] } 0 .. $#KINDS;
    is(unpack('H*', substr $row->[1], $NUMBERS, length $colours), unpack('H*', $colours), "$name: in their colours, and what there is none of is pale");
    return part_is($row, 1, $name, $colour, "$name: the name");
}

# All that stands there. cpus: how many are online.
sub expect_screen {
    my ($run, $rows, $name, %is) = @_;
    return subtest $name => sub {
        my ($boot, $end) = map { $run->event($_) || {} } qw(boot end);
        my @rows = @$rows;
        is($rows[0][0], sprintf(' %-79s', 'Pedant, the kernel that patches itself at boot'), 'the title');
        is($rows[0][1], "\x1f" x COLUMNS, 'on blue, over the whole row');
        my ($model)   = map { /^  model     (.*)/ ? $1 : () } $run->lines;
        my ($padding) = map { /^  back end  .* padding (\w+)$/ ? $1 : () } $run->lines;
        my @wanted    = (
            [ machine => "$boot->{cpu}, time of $boot->{time_of}" ],
            defined $model ? [ model => $model ] : (),
            [ memory     => int($boot->{memory} / 2**20) . ' MiB' ],
            [ CPUs       => "$is{cpus} of " . $run->event('cpus')->{n} . ' online' ],
            [ 'back end' => "$boot->{backend} in ring 0, padding $padding" ],
        );
        my $row = 2;
        text_is($rows[ $row++ ], sprintf(' %-10s %s', @$_), "$_->[0]: what the boot told") for @wanted;
        my @passes = grep { !defined $_->{to} } $run->events('pass');
        my @now    = grep { $_->{when} eq 'now' } $run->events('sites');
        expect_bar(\@rows, $row + 1, 'at boot', sum_of(@passes));
        expect_bar(\@rows, $row + 4, 'by now',  sum_of(@now));
        $row += 7;
        text_is($rows[ $row++ ], ' family       sites inline call jmp nop trap kept gone refused bytes  pad   ~us', 'the head of the families');
        expect_family($rows[ $row++ ], $_->{family}, $_, 0x07) for @passes;
        expect_family($rows[ $row++ ], 'all', sum_of(@passes), 0x0f);
        is(join('', map { $rows[$_][0] } grep { $_ == 1 || $_ >= $row } 0 .. 23), ' ' x (COLUMNS * (1 + 24 - $row)), 'the rest is blank');
        is($rows[24][0], sprintf(' %-79s', "pedant: $end->{passed} passed, $end->{failed} failed, $end->{skipped} skipped"), 'the verdict is the last event\'s');
        is($rows[24][1], chr($is{verdict}) x COLUMNS, 'in the colour that it deserves');
    };
}

# ---- the summary

{
    my ($run, @rows) = last_screen('screen-green', 'selftest=cpu', smp => 2);
    cmp_ok($run->event('end')->{failed} // 1, '==', 0, 'nothing failed there');
    expect_screen($run, \@rows, 'two CPUs, and nothing failed', cpus => 2, verdict => $GREEN);
}
{
    my ($run, @rows) = last_screen('screen-yellow', 'selftest=guest* pv=soft', cpu => '486');
    my $end = $run->event('end') || {};
    cmp_ok($end->{skipped} // 0, '>', $end->{passed} // 0, 'more is skipped than passes where there is no guest');
    expect_screen($run, \@rows, 'another CPU, another back end, little that is tried', cpus => 1, verdict => $YELLOW);
}
{
    my $elf = kernel_elf();
    my $at  = victim('paravirt');
    my ($record) = grep { $_->{instr} == $at } $elf->records;
    my $image = $elf->write_copy(log_dir() . '/screen-refused.elf', [ $record->{record} + 5 => "\x05" ]);
    my ($run, @rows) = last_screen('screen-red', 'selftest=off', image => $image);
    unlink $image;
    is(sum_of($run->events('pass'))->{refused}, 1, 'one site is refused');
    cmp_ok(scalar grep({ $_->[1] =~ /\x0c/ && $_->[0] =~ /\xdb/ } @rows), '>', 0, 'and has a red cell in a bar, as one of a thousand');
    expect_screen($run, \@rows, 'a refused site', cpus => 1, verdict => $RED);
}

# ---- the log

# Whatever else was printed: its end is on the screen.
sub expect_log {
    my ($name, $cmdline, $what, %args) = @_;
    my ($run, @rows) = last_screen($name, $cmdline, %args);
    is(scalar grep({ $_->[0] =~ /\xdb/ } @rows), 0, "$what: there is no summary");
    my @text = map { $_->[0] =~ s/ +$//r } @rows;
    is((grep { length } @text)[-1], ($run->lines)[-1], "$what: the log's last line is the last one there");
    return @text;
}

expect_log('screen-keep', 'selftest=off keep-log', 'keep-log');
my @panic = expect_log('screen-panic', 'selftest=off crash=panic', 'a panic');
ok(scalar(grep {/^panic: /} @panic), 'and the panic is seen') or diag explain \@panic;
my @script = expect_log('screen-shell', 'selftest=off shell=script', 'a shell');
ok(scalar(grep {/^shell: there is no script/} @script), 'and what it said is seen') or diag explain \@script;
done_testing();
