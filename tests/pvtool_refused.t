# SPDX-License-Identifier: MIT
#
# What pvtool says of a record that the kernel would refuse: each reason there is, of the example of docs/adopt.md with one thing
# changed. sites names it, and lists all others as ever; check, index and manifest take it for a finding. What just may be is listed.
use strict;
use warnings;
use Pedant;
use Pedant::Elf;
use Pedant::Families;
use Pedant::Pvtool;
use Test::More;

my $elf = Pedant::Elf->new(build_dir() . '/tests/adopt.elf');
my $VZEROUPPER = "\xc5\xf8\x77";    # the decoder does not know it

sub sites_of {
    my ($family, @change) = @_;
    my $copy = $elf->write_copy(scratch('changed.elf'), @change);
    my ($status, $said) = pvtool("sites $copy --family $family");
    return ($status, grep { /^0x/ } split /\n/, $said);
}

# Without the columns' width, which follows what stands in them.
sub lines { return map { s/ {2,}/  /gr =~ s/ +\z//r } @_ }

my %listed = map { my (undef, @lines) = sites_of($_); ($_ => [ lines(@lines) ]) } qw(paravirt alternatives smp_locks jump_label static_call);

# Of the site at $at, which may be elsewhere now.
sub refuses {
    my ($family, $at, $reason, $what, @change) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, @lines) = sites_of($family, @change);
    my %was  = map { $_ => 1 } @{ $listed{$family} };
    my @new  = grep { !$was{$_} } lines(@lines);
    my $refused = grep { /  refused: / } @lines;
    ok($status == 1 && @lines == @{ $listed{$family} } && @new == 1 && $refused == 1 && $new[0] =~ /  refused: \Q$reason\E$/, "$family: $what: $reason")
        or diag "status $status:\n", map {"$_\n"} @new;
    my $copy = scratch('changed.elf');
    my @exit = map { (pvtool("$_ $copy"))[0] } 'check --header none', 'manifest', 'index';
    is_deeply(\@exit, [ 1, 1, 1 ], 'which check, manifest and index find, too');
    return;
}

sub takes {
    my ($family, $what, @change) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, @lines) = sites_of($family, @change);
    ok($status == 0 && !grep({ /  refused: / } @lines), "$family: $what: may be") or diag map {"$_\n"} @lines;
    return;
}

my $data = $elf->symbol('pv_images');
my $ops  = $elf->symbol('pv_ops');

# ---- paravirt: address, type, length, clobbers

my @records = $elf->records;
my ($call) = grep { $elf->bytes($_->{instr}, 2) eq "\xff\x15" } @records;
my ($jump) = grep { $elf->bytes($_->{instr}, 2) eq "\xff\x25" } @records;
sub para { my ($reason, $what, @change) = @_; return refuses('paravirt', $call->{instr}, $reason, $what, @change) }
para('its length is not 6', "$_ bytes", [ $call->{record} + 5 => chr $_ ]) for 5, 7;
para('its type is no op that has sites', $_->[0], [ $call->{record} + 4 => chr $_->[1] ])
    for [ 'a hook', 0 ], [ 'behind the last', $elf->symbol_size('pv_ops') / 4 ], [ 'the last that there can be', 255 ];
para('its site is not in an executable section', $_->[0], [ $call->{record} => pack 'V', $_->[1] ])
    for [ 'in data', $ops ], [ 'nowhere', 0x10 ], [ 'variables', $data ];
para("its site is no call or jump through the op's slot", $_->[0], [ $call->{instr} + $_->[1] => $_->[2] ])
    for [ 'another opcode', 0, "\xfe" ], [ 'another form', 1, "\x14" ], [ 'another slot', 2, pack 'V', $ops + 4 * ($call->{type} + 1) ];
para('its site is a jump, and the op a call', 'a jump', [ $call->{instr} + 1 => "\x25" ]);
refuses('paravirt', $jump->{instr}, 'its site is a call, and the op a jump', 'a call', [ $jump->{instr} + 1 => "\x15" ]);
para('its clobbers are not those that the op needs', 'all kept', [ $call->{record} + 6 => "\0\0" ]);

# ---- alternatives: site, replacement, feature, length, its length

my ($start) = map { $elf->symbol($_) } '__alt_instructions';
my @alternatives = Pedant::Families::alternatives($elf);
my ($i) = grep { my $r = $alternatives[$_]; $r->{n} == 5 && $r->{len} == 5 && $elf->bytes($r->{from}, 1) eq "\xb8" } 0 .. $#alternatives;
my $alt    = $alternatives[$i];
my $record = $start + 12 * $i;
sub alt { my ($reason, $what, @change) = @_; return refuses('alternatives', $alt->{at}, $reason, $what, @change) }
sub new_code { return [ $alt->{from} => $_[0] . "\x90" x (5 - length $_[0]) ] }
sub jump_to { my ($to, $from) = @_; return pack 'C V', 0xe9, ($to - ($from // $alt->{from}) - 5) & 0xffffffff }
alt('its length is 0', 'nothing', [ $record + 10 => "\0\0" ]);
alt('its site is not in an executable section', 'in data', [ $record => pack 'V', ($ops - $record) & 0xffffffff ]);
alt('its site is not whole instructions', 'it ends in one', [ $record + 10 => "\x04\x04" ]);
alt('its site has an instruction that the kernel cannot measure', 'vzeroupper', [ $alt->{at} => $VZEROUPPER . "\x90\x90" ]);
alt('there is no such feature', 'behind the last', [ $record + 8 => pack 'v', $_ ]) for 320, 0x8000 | 320;
takes('alternatives', 'the last feature', [ $record + 8 => pack 'v', $_ ]) for 319, 0x8000 | 319;
alt('its replacement is longer than its site', 'a byte', [ $record + 11 => "\x06" ]);
alt('its replacement is not in .altinstr_replacement', $_->[0], [ $record + 4 => pack 'V', ($_->[1] - $record - 4) & 0xffffffff ])
    for [ 'in text', $alt->{at} ], [ 'a byte before', $elf->section('.altinstr_replacement')->{addr} - 1 ],
    [ 'a byte behind', $elf->section('.altinstr_replacement')->{addr} + $elf->section('.altinstr_replacement')->{size} - 4 ];
takes('alternatives', 'none', [ $record + 11 => "\0" ]);
alt('its replacement has an instruction that the kernel cannot measure', $_->[0], new_code($_->[1]))
    for [ 'vzeroupper', $VZEROUPPER ], [ 'a branch of 16 bits', "\x66\xe9\x10\x00" ];
alt('its replacement cannot be moved to the site', $_->[0], new_code($_->[1]))
    for [ 'a short jump out', "\xeb\x7f" ], [ 'a loop out', "\xe2\x7f" ];
takes('alternatives', 'a short jump inside', new_code("\xeb\x01"));
takes('alternatives', 'one to its end', new_code("\xeb\x03"));
alt('its replacement goes into what it overwrites', "$_ bytes behind its begin", new_code(jump_to($alt->{at} + $_))) for 1, 4;
takes('alternatives', "$_->[0]", new_code(jump_to($alt->{at} + $_->[1]))) for [ 'to its begin', 0 ], [ 'to its end', 5 ];

# ---- lock prefixes

my $locks  = $elf->symbol('__smp_locks');
my ($lock) = Pedant::Families::locks($elf);
refuses('smp_locks', $lock, 'its site is not in an executable section', 'in data', [ $locks => pack 'V', ($ops - $locks) & 0xffffffff ]);
refuses('smp_locks', $lock, 'its site is no lock prefix', 'another prefix', [ $lock => "\x3e" ]);

# ---- branches and calls

my ($branch) = Pedant::Families::branches($elf);
sub to { my ($at, $to) = @_; return [ $at => pack 'V', ($to - $at) & 0xffffffff ] }
sub branch { my ($reason, $what, @change) = @_; return refuses('jump_label', $branch->{at}, $reason, $what, @change) }
branch('its site is not in an executable section',   'in data', to($branch->{record}, $ops));
branch('its target is not in an executable section', 'in data', to($branch->{record} + 4, $ops));
branch('its key is not in data', 'in text', to($branch->{record} + 8, $branch->{at} & ~15));

my ($static) = grep { $elf->bytes($_->{at}, 1) eq "\xe8" } Pedant::Families::calls($elf);
sub static { my ($reason, $what, @change) = @_; return refuses('static_call', $static->{at}, $reason, $what, @change) }
static('its site is not in an executable section', 'in data', to($static->{record}, $ops));
static('its key is not in data', 'in text', to($static->{record} + 4, $static->{at} & ~3));
static('its site is no call, and no jump', 'a NOP', [ $static->{at} => "\x90" ]);
static("its site does not go to the key's trampoline", 'somewhere else', [ $static->{at} + 1 => "\0" ]);

done_testing;
