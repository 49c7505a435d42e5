# SPDX-License-Identifier: MIT
#
# all-or-nothing: one bad record of any family, and no byte of text is changed, as memory shows beside the
# file; it is named, and the run fails. An image that is whole is patched as always.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::DamagedIndex;
use Pedant::Families;

my $elf   = kernel_elf();
my @locks = Pedant::Families::locks($elf);
my @text  = ([ map { $elf->symbol($_) } qw(_image _init_text) ]);

# Bytes of text that are not the file's. Init text is gone by then.
sub changed {
    my ($held) = @_;
    my $n = 0;
    for my $range (@text) {
        my ($from, $to) = @$range;
        my $differ = $held->pmemsave($from, $to - $from) ^ $elf->bytes($from, $to - $from);
        $n += $differ =~ tr/\0//c;
    }
    return $n;
}

sub hold {
    my ($name, @changes) = @_;
    my $image = $elf->write_copy(log_dir() . "/whole-$name.elf", @changes);
    my $held  = boot_and_hold(name => "whole-$name", image => $image, cmdline => 'all-or-nothing selftest=off');
    ok($held->reached, "$name: the kernel comes to its end") or diag $held->describe;
    unlink $image;
    return $held;
}

my $whole = hold('undamaged');
cmp_ok(changed($whole), '>', 500, 'an image that is whole is patched');
is(scalar $whole->lines_like(qr/all-or-nothing/), 0, 'without a word');
like($whole->last_line, qr/^pedant: \d+ passed, 0 failed/, 'and passes');

# A lock record's last one, a paravirt record's type, an alternative's feature, a branch's target, a call's key.
my ($paravirt, $alternative) = ($elf->symbol('__parainstructions'), $elf->symbol('__alt_instructions'));
my $lock = $elf->symbol('__smp_locks') + 4 * $#locks;
my ($branch) = Pedant::Families::branches($elf);
my ($call)   = Pedant::Families::calls($elf);
my %bad = (
    paravirt     => [ $paravirt + 4 => "\xff" ],
    alternatives => [ $alternative + 8 => pack 'v', 0x7fff ],
    smp_locks    => [ $lock => pack 'V', ($elf->symbol('_text') - 1 - $lock) & 0xffffffff ],
    static_call  => [ $call->{record} + 4 => pack 'V', ($call->{key} + 20 - $call->{record} - 4) & 0xffffffff ],
    jump_label   => [ $branch->{record} + 4 => pack 'V', ($branch->{at} - $branch->{record} - 4) & 0xffffffff ],
);
for my $family (sort keys %bad) {
    my $held = hold($family, $bad{$family});
    my @refused = $held->events('refused');
    is(changed($held), 0, "$family: no byte of text is changed");
    is(scalar(grep { $_->{family} eq $family } @refused), 1, "$family: the record is named, once");
    is(scalar @refused, 1, "$family: and no other");
    is(scalar $held->lines_like(qr/^all-or-nothing: .*nothing is patched$/), 1, "$family: a line says why");
    is_deeply({ map { ($_->{family} => $_->{refused}) } $held->events('pass') },
        { paravirt => 0, alternatives => 0, smp_locks => 0, jump_label => 0, static_call => 0, $family => 1 }, "$family: it is counted");
    is(scalar(grep { $_->{bytes} || $_->{inline} } $held->events('pass')), 0, "$family: nothing became anything");
    like($held->last_line, qr/^pedant: \d+ passed, [1-9]\d* failed/, "$family: and the run fails");
}
done_testing;
