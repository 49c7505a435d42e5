# SPDX-License-Identifier: MIT
#
# pvtool sites and check of Linux's layouts, 2.6.20 to 6.x, in little kernels: the form of each table is told by
# itself, wherever the table is; and what cannot be right is a finding.
use strict;
use warnings;
use Pedant::LinuxImage;
use Pedant::Pvtool;
use Test::More;

# What pvtool calls the forms, bytes a record with them.
my %alt = (absolute8 => '12 bytes, absolute, 8-bit feature', absolute => '12 bytes, absolute', relative => '12 bytes, relative',
    relative13 => '13 bytes, relative, padding length', relative14 => '14 bytes, relative, 32-bit feature');
my %how = (sections => ['section', 'section', 'its symbol table'], symbols => ['symbols', 'symbols', 'its symbol table'],
    stripped => ['section', 'search', 'kallsyms and exports'], named => ['symbols', 'symbols', 'kallsyms and exports']);

# Labels of the sites, by family.
sub sites_of {
    my ($layout) = @_;
    my %sites = (mcount => [qw(traced early)], paravirt => [qw(pv1 pv2 pv3)],
        alternatives => [qw(fence kept moved forward backward both both), $layout->{alt} eq 'absolute8' ? () : 'without', qw(inner init_fence)],
        smp_locks => [qw(fence inner lock1 init_lock init_fence)]);
    $sites{jump_label} = [qw(unlikely off_likely), $layout->{nop} ? () : 'short'] if $layout->{jump};
    $sites{static_call} = [qw(calling tail), map {"__SCT__$_"} qw(one none traced late other gone)] if $layout->{calls};
    return \%sites;
}

# a. each layout, in each place
for my $version (sort keys %layouts) {
    for my $place (sort keys %how) {
        my $linux  = linux_image($version, $place);
        my $layout = $linux->{layout};
        my $sites  = sites_of($layout);
        my ($apart, $hidden, $names) = @{ $how{$place} };
        my %form = (mcount => "4 bytes, absolute, by $hidden", paravirt => "8 bytes, absolute, by $apart",
            alternatives => "$alt{$layout->{alt}}, by $apart", smp_locks => "4 bytes, $layout->{lock}, by $apart",
            jump_label => '12 bytes, ' . ($layout->{jump} // '') . ", by $hidden", static_call => "8 bytes, relative, by $apart");
        my $tables = join ', ', map { @{ $sites->{$_} } . " $_ ($form{$_})" } grep { $sites->{$_} } qw(mcount paravirt alternatives smp_locks jump_label static_call);
        my ($status, $said) = pvtool("check $linux->{path}");
        is("$status $said", "0 pvtool: $linux->{path}: Linux $version-pedant, $names: $tables: nothing that cannot be right\n", "check of $version, $place");
        ($status, $said) = pvtool("sites $linux->{path}");
        my @listed = map { [split ' ', $_, 4] } grep {/^0x/} split /\n/, $said;
        my @wanted = map { my $f = $_; map { [$linux->at($_), $f] } @{ $sites->{$f} } } keys %$sites;
        is_deeply([sort map {"$_->[0] $_->[2]"} @listed], [sort map { sprintf '0x%08x %s', @$_ } @wanted], "sites of $version, $place: all of them") or diag($said);
        is($status, 0, 'and none is refused');
        my @has = ([ xmm2 => 7 ], [ '0*32+27' => 6 ], [ xmm2 => 5 ], [ xmm2 => 6 ], [ xmm2 => 5 ], [ xmm2 => 3 ], [ xmm2 => 3 ],
            $layout->{alt} eq 'absolute8' ? () : [ '!0*32+27' => 2 ], [ '0*32+27' => 4 ], [ xmm2 => 7 ]);
        is(join(', ', map { / alternatives +(\S+) +(\d+) / ? "$1 $2" : () } split /\n/, $said), join(', ', map {"@$_"} @has),
            'what alternatives are for, and how long');
        like($said, qr/^pvtool: \Q$linux->{path}\E: Linux $version-pedant, .*, 0 refused$/m, 'the last line says it');
    }
}

# b. one family, and none of that name
my $linux = linux_image('6.1', 'sections');
my ($status, $said) = pvtool("sites $linux->{path} --family alternatives");
like($said, qr/^0x[0-9a-f]{8}  fence\+0x0 +alternatives  xmm2 +7 +lock addl \$0x0, \(%esp\); nop x2 +mfence$/m, 'a site, its instructions, its replacement');
is(scalar(grep { /^0x/ && !/ alternatives / } split /\n/, $said), 0, 'and those of this family only');
($status, $said) = pvtool("sites $linux->{path} --family ftrace");
is($status, 2, 'a family that is none');
like($said, qr/^pvtool: no family ftrace, only mcount paravirt alternatives smp_locks jump_label static_call$/m, 'the families are named');

# c. findings: an address, bytes there, and the line
my %record;
{
    my %size = (alternatives => 12, smp_locks => 4, paravirt => 8, mcount => 4, jump_label => 12, static_call => 8);
    my %section = (alternatives => '.altinstructions', smp_locks => '.smp_locks', paravirt => '.parainstructions',
        mcount => '__mcount_loc', jump_label => '__jump_table', static_call => '.static_call_sites');
    %record = map { my $f = $_; ($f => sub { $linux->{elf}->section($section{$f})->{addr} + $size{$f} * $_[0] }) } keys %size;
}
sub relative { my ($at, $to) = @_; return pack 'V', ($to - $at) & 0xffffffff }

sub finds {
    my ($name, $like, @change) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $damaged = $linux->{elf}->write_copy(scratch('damaged.elf'), [@change]);
    my ($exit, $lines) = pvtool("check $damaged");
    is($exit, 1, $name) or diag($lines);
    like($lines, $like, "$name: the line");
    is((pvtool("sites $damaged"))[0], $like =~ /overlaps/ ? 0 : 1, "$name: sites refuses it");
    return;
}
my $alt = $record{alternatives};
finds('a replacement that is too long', qr/ fence\+0x0: alternatives record 0: its replacement is longer than its site$/m, $alt->(0) + 11, "\x08");
finds('a site of nothing', qr/ fence\+0x0: alternatives record 0: length 0$/m, $alt->(0) + 10, "\0\0");
finds('a feature of no word', qr/ alternatives record 0: there is no such feature$/m, $alt->(0) + 8, "\xff\x7f");
finds('a replacement in data', qr/ alternatives record 0: its replacement is in no text$/m, $alt->(0) + 4, relative($alt->(0) + 4, $linux->at('key1')));
finds('half an instruction', qr/ alternatives record 0: its replacement is not whole instructions$/m, $alt->(0) + 11, "\x02");
finds('a site in data', qr/ alternatives record 0: its site is in no text$/m, $alt->(0), relative($alt->(0), $linux->at('key1')));
finds('a site that ends in an instruction', qr/ alternatives record 0: its site is not whole instructions$/m, $alt->(0) + 10, "\x04");
finds('a lock that is none', qr/ smp_locks record 2: its site is no lock prefix$/m, $record{smp_locks}->(2), relative($record{smp_locks}->(2), $linux->at('out')));
finds('a call of another slot', qr/ pv1\+0x0: paravirt record 0: its site calls through another slot of pv_ops than its type's$/m, $record{paravirt}->(0) + 4, "\x01");
finds('a site that is no call', qr/ out\+0x0: paravirt record 0: its site is no call through pv_ops$/m, $record{paravirt}->(0), pack 'V', $linux->at('out'));
finds('a call of another function', qr/ calling\+0x0: mcount record 0: its site calls neither __fentry__ nor mcount$/m, $record{mcount}->(0), pack 'V', $linux->at('calling'));
finds('a branch that is none', qr/ ahead\+0x0: jump_label record 0: its site is neither a NOP nor a jump to its target$/m, $record{jump_label}->(0), relative($record{jump_label}->(0), $linux->at('ahead')));
finds('a branch to data', qr/ unlikely\+0x0: jump_label record 0: its target is in no text$/m, $record{jump_label}->(0) + 4, relative($record{jump_label}->(0) + 4, $linux->at('key1')));
finds('a key in text', qr/ unlikely\+0x0: jump_label record 0: its key is in no data$/m, $record{jump_label}->(0) + 8, relative($record{jump_label}->(0) + 8, 0xc1000000));
finds('a static call that is none', qr/ ahead\+0x0: static_call record 0: its site is neither a call nor a jump$/m, $record{static_call}->(0), relative($record{static_call}->(0), $linux->at('ahead')));
finds('a trampoline that is none', qr/ __SCT__gone\+0x0: static_call record 7: its trampoline is neither a jump nor a return$/m, $linux->at('__SCT__gone'), "\x90");
finds('a site twice', qr/ early\+0x0: mcount record 1: overlaps mcount record 0 at 0xc1002000$/m, $record{mcount}->(0), pack 'V', $linux->at('early'));
finds('alternatives that overlap', qr/: alternatives record \d: overlaps alternatives record \d at 0xc10000/, $alt->(3), relative($alt->(3), $linux->at('forward') - 5));
finds('an alternative over a call of the tracer', qr/ alternatives record 2: overlaps mcount record 0 at 0xc1000000$/m, $alt->(2), relative($alt->(2), 0xc1000000));

# d. files that are cut, or lack everything
sub refuses {
    my ($name, $like, $bytes, $exit) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($got, $lines) = pvtool('check ' . spew('cut.elf', $bytes));
    is($got, $exit, $name);
    like($lines, $like, "$name: the line");
    return;
}
my $whole   = slurp($linux->{path});
my $headers = unpack 'x32 V', $whole;
my %number  = do { my $i = 0; map { ($_->{name} => $i++) } $linux->{elf}->sections };
sub with_size { my ($name, $size) = @_; my $bytes = $whole; substr($bytes, $headers + 40 * $number{$name} + 20, 4) = pack 'V', $size; return $bytes }
refuses('half a record of alternatives', qr/^\.altinstructions: 119 bytes are no whole number of 12-byte records$/m, with_size('.altinstructions', 119), 1);
refuses('half a record of branches', qr/^__jump_table: 30 bytes are no whole number of 12-byte records$/m, with_size('__jump_table', 30), 1);
refuses('half of the file', qr/^pvtool: \S+cut\.elf: /m, substr($whole, 0, length($whole) / 2), 2);
sub nameless {
    my ($version) = @_;
    my $stripped = slurp(linux_image($version, 'stripped')->{path});
    for my $name ('.altinstructions', '.smp_locks', '.parainstructions', '.static_call_sites', '__ksymtab') {
        $stripped =~ s/\Q$name\E\0/'.' . 'x' x (length($name) - 1) . "\0"/e;
    }
    (my $mute = $stripped) =~ s/x5\0x6\0/x5-x6\0/ or die 'there are no tokens';
    return ($stripped, $mute);
}
{
    my ($stripped, $mute) = nameless('6.1');
    refuses('no table has a name', qr/: Linux 6\.1-pedant, kallsyms: 2 mcount \(4 bytes, absolute, by search\), 3 jump_label \(12 bytes, relative, by search\), 6 static_call \(by symbols\): nothing that cannot be right$/m, $stripped, 0);
    refuses('and kallsyms have damaged tokens', qr/: Linux 6\.1-pedant, no symbols: 3 jump_label \(12 bytes, relative, by search\): nothing that cannot be right$/m, $mute, 0);
    ($stripped, $mute) = nameless('2.6.20');
    refuses('of a kernel that had no branches', qr/: Linux 2\.6\.20-pedant, without symbols, kallsyms or any table of sites$/m, $mute, 2);
}
{
    my $over = $whole;
    substr($over, $headers + 40 * $number{'.init.text'} + 12, 4) = pack 'V', $linux->at('traced');
    refuses('sections that overlap', qr/: Linux 6\.1-pedant, sections that overlap$/m, $over, 2);
}

# e. the other commands know that it is not for them
for my $command ('manifest', 'list') {
    my ($exit, $lines) = pvtool("$command " . spew('other.elf', $whole));
    is($exit, 2, "$command of a Linux kernel");
    like($lines, qr/^pvtool: /, 'says why not');
}
done_testing;
