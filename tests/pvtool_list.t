# SPDX-License-Identifier: MIT
#
# pvtool list and diff, of the example of docs/adopt.md and of its memory with some sites changed: all of text is listed, each
# byte once, under the names that symbols have; sites are named where they begin, with what they were; and where the
# sides differ, and nowhere else, there is a mark.
use strict;
use warnings;
use Pedant;
use Pedant::Elf;
use Pedant::Pvtool;
use Test::More;

my $elf   = Pedant::Elf->new(build_dir() . '/tests/adopt.elf');
my $image = $elf->path;
my $base  = 0x100000;

sub said_by { my ($command, $wanted) = @_; my ($status, $said) = pvtool($command); is($status, $wanted, "pvtool $command") or diag substr $said, -500; return $said }

# { address => what list says of the sites that begin there }, and their instructions as linked.
my (%named, %linked, @sites);
my $listed = said_by("sites $image", 0);
for (split /\n/, $listed) {
    my ($at, $name, $offset, $family, $record, $len, $text) = /^0x(\w{8})  (\S+)\+(0x\w+) +(\w+) +(\S.*?) {2,}(\d+) +(\S.*?)(?: {2,}|$)/ or next;
    push @sites, { at => hex $at, len => $len, function => $name, family => $family };
    $named{ hex $at } .= ($named{ hex $at } ? '; ' : '') . "$family $record";
    $linked{ hex $at } //= $text;
}
cmp_ok(scalar @sites, '>', 30, 'there are sites');
{
    my %n;
    $n{ $_->{family} }++ for @sites;
    like($listed, qr/^pvtool: \Q$image\E: @{[ map {"$n{$_} $_,"} qw(paravirt alternatives smp_locks jump_label static_call) ]} 0 refused, padding p6$/m, 'the last line counts them');
}

my $memory = $elf->memory($base);

# Some sites as they become: one instruction, two, a jump.
my ($one, $two, $three) = grep { $_->{family} eq 'paravirt' && $_->{function} eq 'use_sites' } @sites;
my ($branch) = grep { $_->{family} eq 'jump_label' } @sites;
my %patched = ($one->{at} => "\x3e\x3e\x3e\x3e\x3e\xfb", $two->{at} => "\x9c\x58\x0f\x1f\x40\x00", $branch->{at} => pack('C V', 0xe9, 0x10));
my $patched = $memory;
substr($patched, $_ - $base, length $patched{$_}) = $patched{$_} for keys %patched;
my %dump = (linked => spew('linked', $memory), patched => spew('patched', $patched));
my %text = ($one->{at} => 'sti', $two->{at} => 'pushfd', $branch->{at} => 'jmp');

# ---- list

# [ address, bytes, text, comment ] of lines.
sub lines_of {
    my ($said) = @_;
    my @lines;
    for (split /\n/, $said) {
        my ($at, $bytes, $text, $comment) = /^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *(\S.*?)(?: +# (.*))?$/ or next;
        push @lines, [ hex $at, pack('H*', $bytes =~ s/ //gr), $text, $comment ];
    }
    return @lines;
}

my @code = grep { $_->{flags} & 4 && $_->{size} } $elf->sections;
my %function = map { $_->{addr} => $_->{name} } grep { $_->{type} == 2 } $elf->symbols;

sub holds_list {
    my ($what, $said, $bytes, $n_changed) = @_;
    my @lines = lines_of($said);
    my (@wrong, %next, %comment);
    my %in = map { my $s = $_; map { $_ => $s } $s->{addr} .. $s->{addr} + $s->{size} - 1 } @code;
    for (@lines) {
        my ($at, $some, $text, $comment) = @$_;
        push @wrong, sprintf '%x: %s', $at, unpack 'H*', $some if $some ne substr $bytes, $at - $base, length $some;
        push @wrong, sprintf '%x is there again', $at if $next{$at};
        $next{ $at + $_ } = 1 for 0 .. length($some) - 1;
        $comment{$at} = $comment if defined $comment;
    }
    is_deeply([ @wrong[ 0 .. ($#wrong < 5 ? $#wrong : 5) ] ], [], "$what: bytes are memory's");
    is_deeply([ grep { !$next{$_} && substr($bytes, $_ - $base, 1) ne "\0" } sort { $a <=> $b } keys %in ], [], "$what: all of text is there but zeros");
    is_deeply([ grep { !$in{$_} } keys %next ], [], "$what: and nothing else");
    my %was = map { my $now = substr $bytes, $_->{at} - $base, $_->{len}; $now ne $elf->bytes($_->{at}, $_->{len}) ? ($_->{at} => 1) : () } @sites;
    is(scalar keys %was, $n_changed, "$what: so many sites are otherwise");
    is_deeply(\%comment, { map { $_ => $named{$_} . ($was{$_} ? ", was $linked{$_}" : '') } keys %named }, "$what: sites are named where they begin, and what they were");
    my %symbol = map { ("$_->{name} $_->{addr}" => 1) } $elf->symbols;
    my @names  = map { /^([0-9a-f]{8}) <(\S+)>:$/ ? [ hex $1, $2 ] : () } split /\n/, $said;
    is_deeply([ grep { !$symbol{"$_->[1] $_->[0]"} } @names ], [], "$what: names are symbols");
    my %named_at = map { $_->[0] => 1 } @names;
    is_deeply([ map { $function{$_} } grep { $in{$_} && !$named_at{$_} } keys %function ], [], "$what: each function has its own");
    is_deeply([ $said =~ /^Disassembly of section (\S+):$/mg ], [ map { $_->{name} } @code ], "$what: section by section");
    return @lines;
}

my $file = said_by("list $image", 0);
holds_list('the file', $file, $memory, 0);
is(said_by("list $image $dump{linked}", 0), $file, 'memory as it was linked is listed as the file');
my %at = map { $_->[0] => $_->[2] } holds_list('memory', said_by("list $image $dump{patched}", 0), $patched, 3);
like($at{$_}, qr/^$text{$_}\b/, "$text{$_}: what stands there is listed") for sort keys %text;

# Data is no code: no instruction, eight bytes a line.
{
    my ($blob) = grep { $_->{name} eq '.boot' } @code;
    my ($first, $second) = lines_of($file);
    is_deeply([ map { [ @{$_}[ 0, 2 ], length $_->[1] ] } $first, $second ], [ [ $blob->{addr}, '.byte', 8 ], [ $blob->{addr} + 8, '.byte', 4 ] ], 'the multiboot header is data');
}

sub function_of { my ($name) = @_; my ($symbol) = grep { $_->{name} eq $name && $_->{type} == 2 } $elf->symbols; return ($symbol->{addr}, $symbol->{addr} + $symbol->{size}) }
{
    my ($start, $end) = function_of('use_sites');
    my @lines = lines_of(my $said = said_by("list $image --function use_sites", 0));
    like($said, qr/\A\n[0-9a-f]{8} <use_sites>:\n/, 'of one function');
    is_deeply([ map { $_->[0] } @lines ], [ map { $_->[0] } grep { $_->[0] >= $start && $_->[0] < $end } lines_of($file) ], 'the same lines');
    like(said_by("list $image --function nonesuch", 2), qr/^pvtool: \S+: no function nonesuch$/, 'there is none of that name');
    said_by("list $image --function data_end", 2);
}

# ---- diff

my $same = said_by("diff $image $dump{linked}", 0);
like($same, qr/^pvtool: \S+: \d+ functions, 0 lines differ$/m, 'memory as it was linked does not differ');
my $said = said_by("diff $image $dump{patched}", 1);
my %with_sites = map { $_->{function} => 1 } @sites;
my @heads = $said =~ /^0x[0-9a-f]{8} (\S+)$/mg;
is_deeply([ sort @heads ], [ sort keys %with_sites ], 'functions that have sites, each once');
my (%marks, %left, %right, %comment);
for (split /\n/, $said) {
    my ($at, $rest) = /^ *([0-9a-f]{6,8})  (.*)$/ or next;
    $at = hex $at;
    $comment{$at} = $1 if $rest =~ s/ +# (.*)$//;
    $rest .= ' ' x 80;
    my $mark = substr $rest, 73, 1;
    ($left{$at}, $right{$at}) = map { join '', /^((?:[0-9a-f]{2} )+)/ ? $1 =~ s/ //gr : () } substr($rest, 0, 72), substr $rest, 75;
    $marks{$at} = $mark if $mark ne ' ';
}
my ($start, $end) = function_of('use_sites');
is_deeply(\%marks, { $one->{at} => '|', $two->{at} => '|', $two->{at} + 1 => '>', $two->{at} + 2 => '>', $branch->{at} => '|' }, 'marks are where they differ');
is_deeply(\%comment, \%named, 'and sites are named');
like($said, qr/^pvtool: \S+: @{[ scalar @heads ]} functions, 5 lines differ$/m, 'the last line counts both');
for my $side ([ 'as linked', $memory, \%left ], [ 'as it is', $patched, \%right ]) {
    my ($what, $bytes, $its) = @$side;
    is(join('', map { $its->{$_} } sort { $a <=> $b } grep { $_ >= $start && $_ < $end } keys %$its), unpack('H*', substr $bytes, $start - $base, $end - $start),
        "$what: all bytes of a function, one behind the other");
}
my $of_one = said_by("diff $image $dump{patched} --function use_live", 1);
is_deeply([ $of_one =~ /^0x[0-9a-f]{8} (\S+)$/mg ], ['use_live'], 'of one function');
like($of_one, qr/: 1 function, 1 lines differ$/m, 'and its lines');
said_by("diff $image $dump{patched} --function if_turned", 0);
like(said_by("diff $image $dump{patched} --function start", 2), qr/^pvtool: \S+: no function start that has sites$/m, 'one without sites is none');

done_testing;
