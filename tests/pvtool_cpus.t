# SPDX-License-Identifier: MIT
#
# pvtool verify on kernels whose CPUs came, and on those where they left again: under each back end, on
# CPUs with few features and many, with what noreplace-smp and noreplace-paravirt leave. All bytes of code
# are what they must be; and one byte that is not is one violation, at its site. What one CPU's kernel
# looks like is pvtool_dump.t's.
use strict;
use warnings;
use Pedant;
use Pedant::Families;
use Pedant::Pvtool;
use Test::More;

my $elf   = kernel_elf();
my $image = $elf->path;
my $base  = $elf->symbol('_image');

# From the image's first byte to the last of code, of pv_ops, of the features that alternatives go by.
my ($end) = sort { $b <=> $a } $elf->symbol('_etext_all'), $elf->symbol('pv_ops') + $elf->symbol_size('pv_ops'),
    $elf->symbol('alternative_state') + 40;

# verify of a dump given as bytes: the status, the violations' lines, the summary.
sub verify {
    my ($bytes, $options) = @_;
    my ($status, $said) = pvtool("verify $image " . spew('dump', $bytes) . ' ' . ($options // ''));
    my @lines = split /\n/, $said;
    my $summary = pop @lines // '';
    return ($status, \@lines, $summary);
}

# Memory of a kernel with four CPUs at its end; $test is what they did until then, a self-test.
sub dump_of {
    my ($name, $test, $cpu, $options) = @_;
    my $held = boot_and_hold(name => $name, smp => 4, cpu => $cpu, timeout => 60,
        cmdline => "selftest=$test $options");
    ok($held->reached, "$name: the kernel comes to its end") or diag($held->describe), return;
    is(($held->event('end') || {})->{failed}, 0, "$name: and nothing failed") or diag $held->describe;
    my $bytes = $held->pmemsave($base, $end - $base);
    $held->quit;
    return $bytes;
}

sub clean {
    my ($name, $test, $cpu, $options, $state) = @_;
    my $bytes = dump_of($name, $test, $cpu, $options) // return;
    my ($status, $lines, $summary) = verify($bytes);
    ok($status == 0 && !@$lines && $summary =~ /: state $state\b.*: all as they must be$/,
        "$name: every byte of code is what it must be: $state")
        or diag("exit $status\n", map {"$_\n"} @$lines, $summary);
    return $bytes;
}

# QEMU's `max` calls itself an AMD K7 of sorts.
my ($up, $smp, $k7_up, $k7_smp) = map { my $nops = $_; map {"padding $nops, locks $_"} qw(up smp) } qw(p6 k7);
my ($left, $back) = map {"smp_long.$_"} qw(all_leave come_and_go);
my %dump = (
    left => clean('max-left', $left, 'max,vendor=GenuineIntel', '', "native, $up"),
    back => clean('max-back', $back, 'max,vendor=GenuineIntel', '', "native, $smp"),
);
clean('max-four', 'off', 'max', '', "native, $k7_smp");
clean('max-two-left', 'smp_long.one_stays', 'max', '', "native, $k7_smp");
for my $pv (qw(soft trace)) {
    clean("$pv-four", 'off', 'qemu32', "pv=$pv", "$pv, $smp");
    clean("$pv-left", $left, 'qemu32', "pv=$pv", "$pv, $up");
    clean("$pv-back", $back, 'qemu32', "pv=$pv", "$pv, $smp");
}
for my $cpu (qw(pentium pentium3)) {
    my $nops = $cpu eq 'pentium' ? '486' : 'p6';
    clean("$cpu-back", $back, $cpu, '', "native, padding $nops, locks smp");
    clean("$cpu-left", $left, $cpu, '', "native, padding $nops, locks up");
}
clean('noreplace-smp-left', $left, 'max', 'noreplace-smp', "native, $k7_smp");
clean('noreplace-paravirt-left', $left, 'max', 'noreplace-paravirt', "linked, $k7_up");
clean('noreplace-both-back', $back, 'pentium3', 'noreplace-smp noreplace-paravirt', "linked, $smp");
BAIL_OUT('no dumps to go on with') if grep { !defined } values %dump;

# The state of the other.
for my $case ([ left => 'smp' ], [ back => 'up' ]) {
    my ($which, $locks) = @$case;
    my ($status, $lines) = verify($dump{$which}, "--locks $locks");
    ok($status == 1 && @$lines > 0 && !grep({ !/: smp_locks lock: expected / } @$lines),
        "verify --locks $locks finds that it is not so: each prefix, and nothing else")
        or diag map {"$_\n"} @$lines;
}

# One byte: one violation, which names a place from the site's begin to that byte. A change is [ address,
# bits to flip, site, what ].
sub finds_each {
    my ($name, $bytes, @changes) = @_;
    my @missed;
    for my $change (@changes) {
        my ($at, $bits, $site, $what) = @$change;
        my $changed = $bytes;
        substr($changed, $at - $base, 1) ^= chr $bits;
        my ($status, $lines, $summary) = verify($changed);
        my ($place) = map { /^0x(\w{8}) / ? hex $1 : () } @$lines;
        next if $status == 1 && @$lines == 1 && $place && $place >= $site && $place <= $at
            && $lines->[0] =~ $what && $summary =~ /: 1 violation$/;
        push @missed, sprintf '%08x ^ %02x: exit %d, wanted %s at %08x, found: %s', $at, $bits, $status, $what,
            $site, join ' / ', @$lines, $summary;
    }
    ok(@changes && !@missed, "$name (" . @changes . ' bytes)') or diag map {"$_\n"} splice @missed, 0, 5;
    return;
}

# At most twelve of them, from all over the list.
sub some {
    my (@list) = @_;
    my $step = @list / 12;
    return @list <= 12 ? @list : @list[ map { int $_ * $step } 0 .. 11 ];
}

my @sites = grep { !$elf->is_init($_->{at}) } Pedant::Families::alternatives($elf);
my @locks = grep { !$elf->is_init($_) } Pedant::Families::locks($elf);
my %covered = map { my $at = $_->{at}; map { ($at + $_ => 1) } 0 .. $_->{len} - 1 } @sites;
my @free    = grep { !$covered{$_} } @locks;
my %is_lock = map { ($_ => 1) } @locks;

# Those that end with a NOP of P6 which is longer than a byte.
sub padded {
    my ($bytes) = @_;
    return grep { substr($bytes, $_->{at} - $base, $_->{len}) =~ /(?:\x66\x90|\x0f\x1f[\x00-\x84].*)\z/s } @sites;
}

my ($lock, $alternative) = (qr/: smp_locks lock: expected /, qr/: alternatives \S+: expected .* found /);
for my $which (sort keys %dump) {
    my $bytes = $dump{$which};
    my $gone  = $elf->symbol('_init_text') + 100;
    finds_each("$which: a prefix of the other state", $bytes, map { [ $_, 0xf0 ^ 0x3e, $_, $lock ] } some(@free));
    finds_each("$which: a prefix that is neither", $bytes, map { [ $_, 0x01, $_, $lock ] } some(@free));
    finds_each("$which: an alternative's first byte", $bytes,
        map { [ $_->{at}, 0x10, $_->{at}, $alternative ] } some(grep { !$is_lock{ $_->{at} } } @sites));
    finds_each("$which: the last byte of its padding", $bytes,
        map { [ $_->{at} + $_->{len} - 1, 0x08, $_->{at}, $alternative ] } some(padded($bytes)));
    finds_each("$which: poison", $bytes, [ $gone, 0x40, $gone, qr/: given up: / ]);
}

done_testing;
