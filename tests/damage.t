# SPDX-License-Identifier: MIT
#
# Damages .parainstructions, or the text that it describes, in a copy of the image without an index (with one:
# damage_index.t), boots that, and looks:
# each damaged record is refused with a line and an event that name it and say why, every other site is
# patched, the self-tests still run (Pedant::Share says which), and the exit status says failure. No hang, no reset, no
# panic.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Families;
use Pedant::Native;
use Pedant::Share;

my $EVENTS_MAX = 128;    # refusals that are listed one by one; the rest are counted
my $elf        = kernel_elf();
my @records    = $elf->records;
my $no_index   = [ $elf->symbol('__pv_index') => "\0" x 4 ];
my ($table, $table_end) = map { $elf->symbol($_) } qw(__parainstructions __parainstructions_end);
my ($text, $init_end)   = map { $elf->symbol($_) } qw(_text _init_text_end);    # where records may point to

# The reasons, in the kernel's words.
my %WHY = (
    type    => qr/no such op/,
    length  => qr/bad length/,
    clobber => qr/would change registers/,
    range   => qr/not in patchable text/,
    own     => qr/engine's own section/,
    overlap => qr/overlaps another site/,
    bytes   => qr/text is not what the record says/,
    table   => qr/not a whole number of records/,
    outside => qr/not in the image/,
);

# Type by name, and from that a site of each op outside the tests.
my %TYPE = reverse Pedant::Native::ops_by_type('pv/ops.def');

sub outside_tests {
    my ($record) = @_;
    return $record->{instr} < $elf->symbol('_tests_text') || $record->{instr} >= $elf->symbol('_tests_text_end');
}

sub site_of {
    my ($op, $where) = @_;
    my ($record) = grep { $_->{type} == $TYPE{$op} && ($where || \&outside_tests)->($_) } @records;
    return $record // die "no site of $op\n";
}

# The change that gives a record other members; those not named stay.
sub change {
    my ($record, %members) = @_;
    my %new = (%$record, %members);
    return [ $record->{record} => pack('V C C v', @new{qw(instr type len clobbers)}) ];
}

# The addresses of the words in the image's data that point at the table's end: of the passes, of the index.
sub pointers_to_end {
    my @at;
    for my $section (grep { $_->{name} =~ /^\.(rodata|data)$/ } $elf->sections) {
        my $bytes = $elf->bytes($section->{addr}, $section->{size});
        push @at, map { $section->{addr} + 4 * $_ } grep { unpack('V', substr $bytes, 4 * $_, 4) == $table_end }
            0 .. length($bytes) / 4 - 1;
    }
    # The word before it points at the start: that tells a table from a number that happens to be equal.
    @at = grep { $elf->u32($_ - 4) == $table } @at;
    die sprintf("%d words point at the table's end, expected 2\n", scalar @at) if @at != 2;
    return @at;
}

sub end_at {
    my ($end) = @_;
    return map { [ $_ => pack 'V', $end ] } pointers_to_end();
}

# Boot the damaged copy and check what every damage has in common. What a case says: changes, refused (how
# many), why (a key of %WHY), at (the address that is named), sites (records seen, when not all).
sub try {
    my ($what, %case) = @_;
    my $name  = $what =~ s/\W+/-/gr;
    my $image = log_dir() . "/damage-$name.elf";
    $elf->write_copy($image, $no_index, @{ $case{changes} });
    my $run = boot(name => $name, image => $image, cmdline => selftests($case{why} // $what));
    checked($run, $what, sub {
        is($run->outcome, 'failed', 'the exit code says failure');
        expect_account($run, %case);
        expect_named($run, %case) if $case{why};
        expect_rest($run, %case);
    });
    unlink $image;
    return $run;
}

# Every refused record is counted, every other one is patched.
sub expect_account {
    my ($run, %case) = @_;
    my $pass = $run->event('pass', family => 'paravirt') or return fail('there is an event pass');
    is($pass->{refused}, $case{refused}, "refused: $case{refused}");
    my $sites = $case{sites} // @records;
    is($pass->{sites}, $sites, "sites: $sites");
    my $patched = 0;
    $patched += $pass->{$_} for qw(inline call jmp nop);
    is($patched, $case{patched} // $sites - $case{refused}, 'every other site is patched');
    my $events = () = $run->events('refused');
    is($events, $case{refused} < $EVENTS_MAX ? $case{refused} : $EVENTS_MAX, 'each refusal has its event');
    return;
}

sub expect_named {
    my ($run, %case) = @_;
    my $why = $WHY{ $case{why} };
    my $at  = sprintf '%08x', $case{at};
    ok(scalar $run->lines_like(qr/refused: .*(?:\b|0x)$at\b.*$why/), "a line names $at and why");
    my ($event) = grep { $_->{site} eq "0x$at" && $_->{reason} =~ $why } $run->events('refused');
    ok($event, 'and so does an event');
    return;
}

# The self-tests ran to their end, and say that the image is damaged.
sub expect_rest {
    my ($run, %case) = @_;
    my $damaged = $run->event('test', suite => 'boot', name => 'paravirt', result => 'fail');
    ok($damaged && length $damaged->{why}, 'the self-test of the boot fails, with a reason');
    is_deeply([ $run->ktap->problems ], [], 'the KTAP output is whole');
    like($run->last_line, qr/^pedant: \d+ passed, [1-9]\d* failed, \d+ skipped$/, 'the last line is there');
    return;
}

sub try_record {
    my ($what, $why, $record, %members) = @_;
    my %new = (%$record, %members);
    return try($what, changes => [ change($record, %members) ], refused => 1, why => $why, at => $new{instr});
}

my $victim = site_of('read_cr0');
my $other  = site_of('read_cr2');

# Addresses.
try_record('address 0',                     range => $victim, instr => 0);
try_record('address ffffffff',              range => $victim, instr => 0xffffffff);
try_record('address fffffffc',              range => $victim, instr => 0xfffffffc);
try_record('address before text',           range => $victim, instr => $text - 6);
try_record('address across the start',      range => $victim, instr => $text - 1);
try_record('address after text',            range => $victim, instr => $init_end);
try_record('address across the end',        range => $victim, instr => $init_end - 5);
try_record('address in data',               range => $victim, instr => $elf->symbol('pv_ops'));
try_record('address in the table itself',   range => $victim, instr => $table);
try_record('address in the engine',         own   => $victim, instr => $elf->symbol('_pv_text'));
try_record('address in the engine, inside', own   => $victim, instr => $elf->symbol('_pv_text') + 64);
try_record('address of other code',         bytes => $victim, instr => $elf->symbol('kernel_main'));

# Types. 0 is the patch hook, 1 the kernel's ring: slots that are no function which a site calls.
try_record('type beyond the table', type  => $victim, type => $elf->symbol_size('pv_ops') / 4);
try_record('type 255',              type  => $victim, type => 255);
try_record('type of the hook',      type  => $victim, type => 0);
try_record('type of the ring',      type  => $victim, type => 1);
try_record('type of another op',    bytes => $victim, type => $TYPE{read_cr2});

# Lengths, and what the site may lose.
try_record("length $_", length => $victim, len => $_) for 0, 1, 5, 7, 255;
try_record('clobbers 0 at a C site', clobber => site_of('cpuid'), clobbers => 0);

# Records against each other. Which of two is refused depends on the table's order.
{
    my ($first, $second) = sort { $a->{record} <=> $b->{record} } $victim, $other;
    try('duplicate record', changes => [ change($second, %$first, record => $second->{record}) ], refused => 1,
        why => 'overlap', at => $first->{instr});
    for my $shift (1, 5, -1, -5) {
        my $what = 'overlap ' . abs($shift) . ($shift < 0 ? ' before' : ' after');
        my $run  = try($what, changes => [ change($second, instr => $first->{instr} + $shift,
            type => $first->{type}) ], refused => 1);
        my ($event) = $run->events('refused');
        like(($event || {})->{reason} // '', qr/$WHY{overlap}|$WHY{bytes}/, "$what: and the reason is that");
    }
}
try('record of zeros', changes => [ [ $victim->{record} => "\0" x 8 ] ], refused => 1, why => 'type', at => 0);
try('record of ones', changes => [ [ $victim->{record} => "\xff" x 8 ] ], refused => 1, why => 'type',
    at => 0xffffffff);

# The site's own bytes. It is in a function that runs after the boot only, for a crash on purpose.
{
    my $site = site_of('wbinvd', sub { ($elf->function_at($_[0]{instr}) // '') eq 'patching_break' });
    my $at   = $site->{instr};
    my %refusal = (refused => 1, why => 'bytes', at => $at);
    try('site with another slot', changes => [ [ $at + 2 => pack 'V', 0xdeadbeef ] ], %refusal);
    try('site with another opcode', changes => [ [ $at => "\x90\x90" ] ], %refusal);
    try('site that jumps', changes => [ [ $at + 1 => "\x25" ] ], %refusal);
}

# Many records at once.
{
    my @ten = (grep { outside_tests($_) } @records)[ 0 .. 9 ];
    try('ten records', changes => [ map { change($_, len => 5) } @ten ], refused => 10, why => 'length',
        at => $ten[9]{instr});
}
{
    my $zeros = [ $table => "\0" x ($table_end - $table) ];
    my $run   = try('table of zeros', changes => [$zeros], refused => scalar @records);
    my $more  = @records - $EVENTS_MAX;
    expect_line($run, qr/refused: and $more more/, 'table of zeros: refusals that are not listed are counted');
}

# The table's ends. A table that is refused as a whole is named by where it ends.
{
    try('end in the middle of a record', changes => [ end_at($table_end + 4) ], refused => 1,
        why => 'table', at => $table_end + 4, patched => scalar @records);
    try('end one byte early', changes => [ end_at($table_end - 1) ], refused => 1, sites => @records - 1,
        patched => @records - 1, why => 'table', at => $table_end - 1);
    try('end before the start', changes => [ end_at($table - 8) ], refused => 1, sites => 0, patched => 0,
        why => 'table', at => $table - 8);
    try('end three records late', changes => [ end_at($table_end + 24) ], refused => 3, sites => @records + 3);
    try('empty table', changes => [ end_at($table) ], refused => 0, sites => 0);
    try('end beyond memory', changes => [ end_at(0xfffffff8) ], refused => 1, sites => 0, patched => 0,
        why => 'outside', at => 0xfffffff8);
    try('start at 0', changes => [ map { [ $_ - 4 => "\0" x 4 ] } pointers_to_end() ], refused => 1, sites => 0, patched => 0,
        why => 'outside', at => $table_end);
}

# What is no damage: records have no order.
{
    my $image = log_dir() . '/damage-reversed.elf';
    my @bytes = map { $elf->bytes($_->{record}, 8) } reverse @records;
    $elf->write_copy($image, [ $table => join '', @bytes ]);
    system(build_dir() . '/tools/pvtool', 'index', $image) == 0 or die "pvtool index $image\n";
    expect_pass(boot(name => 'reversed', image => $image), 'a table in the opposite order is as good');
    unlink $image;
}

# One case byte by byte: what is not refused holds what it must.
{
    my $image = log_dir() . '/damage-memory.elf';
    $elf->write_copy($image, $no_index, change($victim, len => 5));
    my $held = boot_and_hold(name => 'memory', image => $image);
    ok($held->reached, 'a damaged image comes to its end without a debug exit, too') or diag $held->describe;
    my $boot  = $held->event('boot') || {};
    my $found = $held->pmemsave($text, $init_end - $text);
    my @wrong = Pedant::Families::judge($elf, $held, $text, \$found);
    push @wrong, Pedant::Native::differences($elf, $text, $found,
        nops   => Pedant::Native::nops_for($boot->{vendor}, $boot->{family}),
        ops    => { reverse %TYPE },
        slots  => $held->pmemsave($elf->symbol('pv_ops'), $elf->symbol_size('pv_ops')),
        linked => { $victim->{instr} => 1 });
    is_deeply(\@wrong, [], 'the refused site is as linked, and each other one is patched');
    unlink $image;
}

done_testing;
