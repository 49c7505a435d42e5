#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# One list of rules: what a boot refuses, pvtool check names, and the reverse. Each field of records of all
# tables is damaged in many ways, at as many records of one image; check judges the file, a boot without an index
# judges the same (with one, a record that is not as linked is refused whatever its fields say), and the two
# verdicts are held against each other, record by record.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Families;
use Pedant::Native;

my $elf  = kernel_elf();
my $tool = $ENV{PVTOOL} // build_dir() . '/tools/pvtool';
my %TYPE = reverse Pedant::Native::ops_by_type('pv/ops.def');
my %size = (paravirt => 8, alternatives => 12, smp_locks => 4, jump_label => 12, static_call => 8);
my %base = (paravirt => '__parainstructions', alternatives => '__alt_instructions', smp_locks => '__smp_locks',
    jump_label => '__jump_table', static_call => '__static_call_sites');
$_ = $elf->symbol($_) for values %base;
my ($text, $init_end, $engine, $ops) = map { $elf->symbol($_) } qw(_text _init_text_end _pv_text pv_ops);

# What check asks beyond what a kernel has to know before it writes: of what was linked, not of records.
my $ONLY_CHECK = qr/in the replacement$|goes into (?:the middle|.*, no code)|no instruction begins at its target/;

# Places that no site has, whatever its family.
sub nowhere {
    my ($record) = @_;
    return (0, 1, $text - 1, $text - 6, $init_end, $engine + 16, $ops, $record, 0xfffffffc, 0xffffffff);
}

# ---- the damage: changes of the file, by record; what each is, for who reads a failure ----

my (@changes, %what);

sub damage {
    my ($family, $record, $what, $at, $bytes) = @_;
    die "two damages of one record\n" if $what{"$family $record"};
    $what{"$family $record"} = $what;
    push @changes, [ $at => $bytes ];
    return;
}

# A convention's ops are damaged in the same ways: what clobbers an op needs differs.
{
    my @records = $elf->records;
    my %of_type;
    push @{ $of_type{ $_->{type} } }, $_ for @records;
    my @victims;    # ops in turn, so that each damage meets several
    while (grep {@$_} values %of_type) {
        push @victims, map { shift @{ $of_type{$_} } // () } sort { $a <=> $b } keys %of_type;
    }
    for my $round (0 .. 2) {
        my $twin = pop @victims;
        for my $at (nowhere($twin->{record}), map { $twin->{instr} + $_ } 0, 1, 6) {
            my $r = shift @victims;
            damage(paravirt => $r->{record}, sprintf('site %#x', $at), $r->{record}, pack 'V', $at);
        }
        for my $move (-1, 1, 2) {
            my $r = shift @victims;
            damage(paravirt => $r->{record}, "site $move", $r->{record}, pack 'V', $r->{instr} + $move);
        }
        for my $type (0, 1, $twin->{type}, $TYPE{iret}, $elf->symbol_size('pv_ops') / 4, 255) {
            my $r = shift @victims;
            damage(paravirt => $r->{record}, "type $type", $r->{record} + 4, pack 'C', $type);
        }
        for my $len (0, 5, 7, 255) {
            my $r = shift @victims;
            damage(paravirt => $r->{record}, "length $len", $r->{record} + 5, pack 'C', $len);
        }
    }
    my %convention;    # by what its sites may lose
    push @{ $convention{ $_->{clobbers} } }, $_ for @victims;
    for my $clobbers (sort keys %convention) {
        for my $new (0 .. 8, 0x100, 0x107, 0xffff) {
            my $r = shift @{ $convention{$clobbers} } or last;
            damage(paravirt => $r->{record}, "clobbers $clobbers, now $new", $r->{record} + 6, pack 'v', $new);
        }
    }
    # Text that no boot without self-tests runs.
    my ($first, $end) = map { $elf->symbol($_) } qw(_tests_text _tests_text_end);
    my @unused = grep { $_->{instr} >= $first && $_->{instr} < $end && !$what{"paravirt $_->{record}"} } @records;
    my ($jump) = grep { $_->{type} == $TYPE{iret} } @unused;
    my ($call) = grep { $_->{type} != $TYPE{iret} } @unused;
    damage(paravirt => $jump->{record}, 'a call where a jump is', $jump->{instr} + 1, "\x15") if $jump;
    damage(paravirt => $call->{record}, 'a jump where a call is', $call->{instr} + 1, "\x25");
}

{
    my @all = Pedant::Families::alternatives($elf);
    my (%times, @locks);
    @locks = Pedant::Families::locks($elf);
    $times{ $_->{at} }++ for @all;
    $all[$_]{record} = $base{alternatives} + 12 * $_ for 0 .. $#all;
    my @victims = grep { my $r = $_; $times{ $r->{at} } == 1 && !grep { $_ - $r->{at} < $r->{len} && $_ >= $r->{at} } @locks } @all;
    my ($start, $end) = map { $elf->symbol($_) } qw(__alt_replacements __alt_replacements_end);
    my $field = sub {
        my ($what, $offset, $form, $value) = @_;
        my $r = shift @victims or return;
        $value = $value->($r) if ref $value;
        $value = ($value - $r->{record} - $offset) & 0xffffffff if $form eq 'V';
        damage(alternatives => $r->{record}, $what, $r->{record} + $offset, pack $form, $value);
    };
    $field->(sprintf('site %#x', $_), 0, 'V', $_) for nowhere($base{alternatives});
    for my $move (-1, 1) { $field->("site $move", 0, 'V', sub { $_[0]{at} + $move }) }
    $field->(sprintf('source %#x', $_), 4, 'V', $_) for 0, $text, $start - 1, $end + 1, 0xffffffff;
    $field->('source across the end', 4, 'V', sub { $end - $_[0]{n} + 1 });
    $field->("feature $_", 8, 'v', $_) for 319, 320, 0x7fff, 0x8000 | 320, 0xffff;
    for my $more (-1, 1) { $field->("length $more", 10, 'C', sub { ($_[0]{len} + $more) & 0xff }) }
    $field->("length $_", 10, 'C', $_) for 0, 255;
    for my $more (-1, 1) { $field->("replacement's length $more", 11, 'C', sub { ($_[0]{n} + $more) & 0xff }) }
    $field->("replacement's length $_", 11, 'C', $_) for 0, 255;
    $field->("replacement's length, as long as the site's, and one", 11, 'C', sub { $_[0]{len} + 1 });
}

{
    my @locks   = Pedant::Families::locks($elf);
    my @victims = 0 .. $#locks;
    my $twin    = $locks[ pop @victims ];
    my $move    = sub {
        my ($what, $to) = @_;
        my $i      = shift @victims;
        my $record = $base{smp_locks} + 4 * $i;
        $to = $to->($locks[$i]) if ref $to;
        damage(smp_locks => $record, $what, $record, pack 'V', ($to - $record) & 0xffffffff);
    };
    $move->(sprintf('site %#x', $_), $_) for nowhere($base{smp_locks}), $twin, $twin + 1;
    for my $by (-1, 1, 2) { $move->("site $by", sub { $_[0] + $by }) }
    for my $byte (0x2e, 0x3e, 0x90, 0xf3) {
        my $i = shift @victims;
        damage(smp_locks => $base{smp_locks} + 4 * $i, sprintf('byte %02x', $byte), $locks[$i], chr $byte);
    }
}

{
    my ($first, $end) = map { $elf->symbol($_) } qw(_tests_text _tests_text_end);
    my @victims = Pedant::Families::branches($elf);
    my $twin    = pop @victims;
    my $field   = sub {
        my ($what, $offset, $to) = @_;
        my $b = shift @victims or die "too few branches\n";
        $to = $to->($b) if ref $to;
        damage(jump_label => $b->{record}, $what, $b->{record} + $offset, pack 'V', ($to - $b->{record} - $offset) & 0xffffffff);
    };
    $field->(sprintf('site %#x', $_), 0, $_) for 1, $text - 1, $init_end, $engine + 16, $ops, 0xffffffff, $twin->{at} + 1;
    for my $by (-1, 1) { $field->("site $by", 0, sub { $_[0]{at} + $by }) }
    $field->(sprintf('target %#x', $_), 4, $_) for 0, $text - 1, $engine + 16, $ops, 0xffffffff;
    $field->('target 1', 4, sub { $_[0]{target} + 1 });
    $field->(sprintf('key %#x', $_), 8, $_) for 0, $text & ~15, $ops & ~15, $base{jump_label} & ~15, 0xfffffff0;
    $field->('another key', 8, sub { $twin->{key} | $_[0]{flags} });
    my ($unused) = grep { $_->{at} >= $first && $_->{at} < $end } @victims;
    damage(jump_label => $unused->{record}, 'a byte', $unused->{at} + 1, "\x12");
}

{
    my @victims = Pedant::Families::calls($elf);
    my $twin    = pop @victims;
    my $field   = sub {
        my ($what, $offset, $to) = @_;
        my $call = shift @victims or die "too few calls\n";
        $to = $to->($call) if ref $to;
        damage(static_call => $call->{record}, $what, $call->{record} + $offset, pack 'V', ($to - $call->{record} - $offset) & 0xffffffff);
    };
    $field->(sprintf('site %#x', $_), 0, $_) for 1, $text - 1, $init_end, $engine + 16, $ops, 0xffffffff, $twin->{at} + 1;
    for my $by (-1, 1) { $field->("site $by", 0, sub { $_[0]{at} + $by }) }
    $field->(sprintf('key %#x', $_), 4, $_) for 0, $text & ~3, $ops & ~3, $base{static_call} & ~3, 0xfffffffc;
    $field->('another key', 4, sub { $twin->{key} | $_[0]{flags} });
}

# ---- the two verdicts ----

my $image = $elf->write_copy(log_dir() . '/damage-rules.elf', [ $elf->symbol('__pv_index') => "\0" x 4 ], @changes);
my @said  = `$tool check $image 2>&1`;
my (%check, %boot);
for (@said) {
    my ($family, $number, $why) = /: (\w+) record (\d+): (.*)/ or next;
    next if $why =~ /^(?:\.pv_index|no index):/ || $why =~ $ONLY_CHECK;
    $check{ "$family " . ($base{$family} + $size{$family} * $number) } //= $why;
}
my $run = boot(name => 'damage-rules', image => $image, cmdline => 'selftest=off');
unlink $image;
for my $event ($run->events('refused')) {
    $boot{ "$event->{family} " . hex $event->{record} } //= $event->{reason};
}
is($run->outcome, 'failed', 'the boot ends, and says failure') or diag $run->describe;
for my $pass ($run->events('pass')) {
    my $listed = grep { $_->{family} eq $pass->{family} } $run->events('refused');
    is($listed, $pass->{refused}, "$pass->{family}: each refusal is listed: $listed");
    cmp_ok($listed, '>', 10, 'and there are many');
}

for my $family (sort keys %size) {
    my %seen = map { $_ => 1 } grep {/^$family /} keys %what, keys %check, keys %boot;
    my @differ = map {
        my ($number) = /(\d+)$/;
        sprintf '%s record %d, %s: check: %s; boot: %s', $family, ($number - $base{$family}) / $size{$family}, $what{$_} // 'not damaged',
            $check{$_} // 'good', $boot{$_} // 'good'
    } grep { !defined $check{$_} != !defined $boot{$_} } sort keys %seen;
    is(join("\n", @differ), '', "$family: check and the boot agree on " . keys(%seen) . ' records');
}
my @good = grep { !$boot{$_} } keys %what;
cmp_ok(scalar @good, '>', 5, 'some changes are none that anybody can see');
cmp_ok(scalar @good, '<', keys(%what) / 3, 'most are: ' . keys %what);

done_testing;
