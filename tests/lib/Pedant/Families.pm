# SPDX-License-Identifier: MIT
#
# What alternatives, lock prefixes, branches of static keys and static calls must have become, worked out a second time from the records in
# the file and apart from the kernel, as Pedant::Native does for paravirt sites. Judged sites are put
# back in a dump, so that what remains can be compared with the file as a whole.
#
#     my $held  = boot_and_hold(name => 'patched');
#     my $text  = $held->pmemsave($start, $size);
#     my @wrong = Pedant::Families::judge($elf, $held, $start, \$text);
package Pedant::Families;

use strict;
use warnings;
use Pedant::Native;

use constant { NOT => 1 << 15, FEATURE_BYTES => 40 };

# { at, len, from, n, feature } for each record of alternatives; offsets are relative to themselves.
sub alternatives {
    my ($elf) = @_;
    my ($start, $end) = map { $elf->symbol($_) } qw(__alt_instructions __alt_instructions_end);
    return map {
        my ($site, $new, $feature, $len, $n) = unpack 'V V v C C', $elf->bytes($_, 12);
        { at => ($_ + $site) & 0xffffffff, from => ($_ + 4 + $new) & 0xffffffff, feature => $feature, len => $len, n => $n }
    } map { $start + 12 * $_ } 0 .. ($end - $start) / 12 - 1;
}

# The addresses of lock prefixes.
sub locks {
    my ($elf) = @_;
    my ($start, $end) = map { $elf->symbol($_) } qw(__smp_locks __smp_locks_end);
    return map { ($_ + $elf->u32($_)) & 0xffffffff } map { $start + 4 * $_ } 0 .. ($end - $start) / 4 - 1;
}

# { record, at, len, target, key, flags } of the branches of static keys, as pvtool index left them. How long
# one is, its linked bytes tell: a NOP or a jump, of two bytes or five.
sub branches {
    my ($elf) = @_;
    my ($start, $end) = map { $elf->symbol($_) } qw(__jump_table __jump_table_end);
    return map {
        my ($site, $target, $key) = unpack 'V3', $elf->bytes($_, 12);
        my $at   = ($_ + $site) & 0xffffffff;
        my $word = ($_ + 8 + $key) & 0xffffffff;
        my $len  = $elf->bytes($at, 2) =~ /^(?:\xeb|\x66\x90)/s ? 2 : 5;
        { record => $_, at => $at, len => $len, target => ($_ + 4 + $target) & 0xffffffff, key => $word & ~15, flags => $word & 15 }
    } map { $start + 12 * $_ } 0 .. ($end - $start) / 12 - 1;
}

# A branch's bytes when it jumps, and when it does not.
sub branch_bytes {
    my ($branch, $jumps, $nops) = @_;
    my ($len, $distance) = ($branch->{len}, $branch->{target} - $branch->{at} - $branch->{len});
    return Pedant::Native::padding($len, $nops) if !$jumps;
    return $len == 2 ? pack 'C c', 0xeb, $distance : pack 'C l<', 0xe9, $distance;
}

# A likely branch jumps while its key is off, an unlikely one while it is on; on is a count above 0.
sub _judge_branches {
    my ($elf, $held, $start, $text, $nops) = @_;
    my @wrong;
    for my $branch (grep { !$elf->is_init($_->{at}) } branches($elf)) {
        my ($at, $len) = @$branch{qw(at len)};
        my $on       = unpack('l<', $held->pmemsave($branch->{key}, 4)) > 0;
        my $found    = substr $$text, $at - $start, $len;
        my $expected = branch_bytes($branch, $on != ($branch->{flags} & 1), $nops);
        push @wrong, sprintf '%08x %s: branch, key %s: expected %s, found %s', $at, $elf->function_at($at) // '?',
            $on ? 'on' : 'off', map { join ' ', unpack '(H2)*', $_ } $expected, $found
            if $found ne $expected;
        _put_back($elf, $start, $text, $at, $len);
    }
    return @wrong;
}

# { record, at, len, key, flags } of static calls.
sub calls {
    my ($elf) = @_;
    my ($start, $end) = map { $elf->symbol($_) } qw(__static_call_sites __static_call_sites_end);
    return map {
        my ($site, $key) = unpack 'V2', $elf->bytes($_, 8);
        my $word = ($_ + 4 + $key) & 0xffffffff;
        { record => $_, at => ($_ + $site) & 0xffffffff, len => 5, key => $word & ~3, flags => $word & 3 }
    } map { $start + 8 * $_ } 0 .. ($end - $start) / 8 - 1;
}

# A call's bytes, of a function or of nothing (0); of that, what has the result 0.
sub call_bytes {
    my ($elf, $call, $function, $narrow) = @_;
    my $nothing = $elf->symbol('__static_call_return0');
    my $tail    = $call->{flags} & 1;
    return "\x2e\x2e\x2e\x31\xc0" if !$tail && $narrow && (!$function || $function == $nothing);
    return pack 'C V', $tail ? 0xe9 : 0xe8, (($function || $nothing) - $call->{at} - 5) & 0xffffffff;
}

sub _judge_calls {
    my ($elf, $held, $start, $text) = @_;
    my @wrong;
    my $version = unpack 'V', $held->pmemsave($elf->symbol('pv_present'), 4);
    for my $call (grep { !$elf->is_init($_->{at}) } calls($elf)) {
        my @key      = unpack 'V5', $held->pmemsave($call->{key}, 20);
        my $found    = substr $$text, $call->{at} - $start, 5;
        my $expected = call_bytes($elf, $call, $key[$version], $key[4]);
        push @wrong, sprintf '%08x %s: static call: expected %s, found %s', $call->{at}, $elf->function_at($call->{at}) // '?',
            map { join ' ', unpack '(H2)*', $_ } $expected, $found
            if $found ne $expected;
        _put_back($elf, $start, $text, $call->{at}, 5);
    }
    return @wrong;
}

sub _applies {
    my ($record, $features) = @_;
    return vec($features, $record->{feature} & ~NOT, 1) != !!($record->{feature} & NOT);
}

# The sites, each once: the last of its records that applies is its winner.
sub _sites {
    my ($elf, $features) = @_;
    my %sites;
    for my $record (grep { !$elf->is_init($_->{at}) } alternatives($elf)) {
        my $site = $sites{ $record->{at} } //= { at => $record->{at}, len => $record->{len} };
        $site->{winner} = $record if _applies($record, $features);
    }
    return sort { $a->{at} <=> $b->{at} } values %sites;
}

# No record applies: as linked, but for the one-byte NOPs at the end. Where the run of these begins
# cannot be told from an operand 0x90 in front of it, so any beginning is right.
sub _kept_is_right {
    my ($site, $linked, $found, $nops) = @_;
    my ($run) = $linked =~ /(\x90*)\z/;
    return grep { $found eq substr($linked, 0, -$_ || length $linked) . Pedant::Native::padding($_, $nops) }
        0 .. length $run;
}

# The replacement, padded; but a call, jmp or jcc with four bytes of displacement that leaves it goes
# to the same target from its new place.
sub _replaced_is_right {
    my ($site, $new, $found, $nops) = @_;
    my ($from, $n) = @{ $site->{winner} }{qw(from n)};
    return if substr($found, $n) ne Pedant::Native::padding($site->{len} - $n, $nops);
    for (my $i = 0; $i < $n; $i++) {
        next if substr($found, $i, 1) eq substr($new, $i, 1);
        ($i) = grep { _is_moved($site, $new, $found, $_) } $i - 3 .. $i;
        return if !defined $i;
        $i += 3;
    }
    return 1;
}

# Is there a displacement at $i, moved?
sub _is_moved {
    my ($site, $new, $found, $i) = @_;
    my ($from, $n) = @{ $site->{winner} }{qw(from n)};
    return if $i < 1 || $i + 4 > $n || substr($new, 0, $i) !~ /(?:[\xe8\xe9]|\x0f[\x80-\x8f])\z/;
    my ($was, $is) = map { unpack 'V', substr $_, $i, 4 } $new, $found;
    my $target = ($i + 4 + $was) & 0xffffffff;
    return $target > $n && $is == (($was + $from - $site->{at}) & 0xffffffff);
}

sub _put_back {
    my ($elf, $start, $text, $at, $len) = @_;
    substr($$text, $at - $start, $len) = $elf->bytes($at, $len);
    return;
}

# Each prefix is the same byte, but in a site whose bytes were replaced.
sub _judge_locks {
    my ($elf, $start, $text, $prefix, @sites) = @_;
    my @wrong;
    for my $at (grep { !$elf->is_init($_) } locks($elf)) {
        next if grep { $_->{winner} && $at >= $_->{at} && $at < $_->{at} + $_->{len} } @sites;
        my $found = ord substr $$text, $at - $start, 1;
        push @wrong, sprintf '%08x %s: lock prefix: expected %02x, found %02x', $at, $elf->function_at($at) // '?',
            $prefix, $found
            if $found != $prefix;
        _put_back($elf, $start, $text, $at, 1);
    }
    return @wrong;
}

# Of the records of lock prefixes: all, and those inside of alternatives whose bytes were replaced, as features
# that $held, which runs $elf, went by want it. In init text, too.
sub count_locks {
    my ($elf, $held) = @_;
    my $features = $held->pmemsave($elf->symbol('alternative_state'), FEATURE_BYTES);
    my @replaced = grep { _applies($_, $features) } alternatives($elf);
    my @locks    = locks($elf);
    my @covered  = grep { my $at = $_; grep { $at >= $_->{at} && $at < $_->{at} + $_->{len} } @replaced } @locks;
    return (scalar @locks, scalar @covered);
}

# Sentences about what in $$text, a dump from $start on of the text of $held, which runs $elf, is not as
# it must be. In it all of these sites are as linked afterwards, and init text, which is poison, is, too. $prefix is what lock prefixes must be:
# by default DS, one CPU's.
sub judge {
    my ($elf, $held, $start, $text, $prefix) = @_;
    my $boot  = $held->event('boot') || {};
    my $nops  = Pedant::Native::nops_for($boot->{vendor}, $boot->{family});
    my @sites = _sites($elf, $held->pmemsave($elf->symbol('alternative_state'), FEATURE_BYTES));
    my @wrong = Pedant::Native::given_up($elf, $start, $text);
    push @wrong, _judge_branches($elf, $held, $start, $text, $nops);
    push @wrong, _judge_calls($elf, $held, $start, $text);
    push @wrong, _judge_locks($elf, $start, $text, $prefix // 0x3e, @sites);
    for my $site (@sites) {
        my ($winner, $len) = @$site{qw(winner len)};
        my $found  = substr $$text, $site->{at} - $start, $len;
        my $linked = $elf->bytes($winner ? @$winner{qw(from n)} : ($site->{at}, $len));
        my $right  = $winner ? \&_replaced_is_right : \&_kept_is_right;
        push @wrong, sprintf '%08x %s: alternative: of %s, found %s', $site->{at},
            $elf->function_at($site->{at}) // '?', map { join ' ', unpack '(H2)*', $_ } $linked, $found
            if !$right->($site, $linked, $found, $nops);
        _put_back($elf, $start, $text, $site->{at}, $len);
    }
    return @wrong;
}

1;
