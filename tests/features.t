# SPDX-License-Identifier: MIT
#
# features=-NAME,...: the kernel is what it would be on a CPU without these. Alternatives in memory are what pvtool
# works out for the features that are left; all self-tests pass; what is no feature is said.
use strict;
use warnings;
use Pedant;
use Pedant::Pvtool;
use Test::More;

my $elf  = kernel_elf();
my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
my %BIT  = (xmm2 => 26, erms => 9 * 32 + 9, cx8 => 8, rdtscp => 32 + 27, lfence_rdtsc => 3 * 32 + 18);

sub features {
    my ($held) = @_;
    return $held->pmemsave($elf->symbol('alternative_state'), 40);
}

sub hold {
    my ($name, $option) = @_;
    my $held = boot_and_hold(name => "features-$name", cpu => 'max,vendor=GenuineIntel', cmdline => "selftest=off $option");
    ok($held->reached, "$name: the kernel comes to its end") or diag $held->describe;
    return $held;
}

my $all   = hold('all', '');
my $words = features($all);
my $text  = $all->pmemsave($start, $end - $start);
$all->quit;
ok(vec($words, $BIT{$_}, 1), "a CPU that has all has $_") for sort keys %BIT;

for my $case ([ 'xmm2', 'xmm2', 'lfence_rdtsc' ], [ 'xmm2,-erms,-cx8', qw(xmm2 erms cx8 lfence_rdtsc) ]) {
    my ($list, @without) = @$case;
    my $held     = hold("without $list" =~ s/\W+/-/gr, "features=-$list");
    my $expected = $words;
    vec($expected, $BIT{$_}, 1) = 0 for @without;
    is(unpack('H*', features($held)), unpack('H*', $expected), "-$list: alternatives go by the features without them");
    my $now = $held->pmemsave($start, $end - $start);
    my ($status, $said) = verify_held($held, $elf, '--features ' . join ',', map { sprintf '%x', $_ } unpack 'V10', $expected);
    $held->quit;
    isnt($now, $text, 'and text is another one');
    is($status, 0, 'as pvtool works it out for these') or diag $said;
}

expect_pass(boot(name => 'features-tests', cpu => 'max', cmdline => 'features=-xmm2,-erms,-cx8,-rdtscp,-smap'),
    'all self-tests pass on such a CPU');
{
    my $run = boot(name => 'features-pages', cpu => 'qemu32,-pse');
    expect_pass($run, 'and on one without large pages');
    expect_line($run, qr/^paging: the CPU has no 4 MiB pages: off, nothing is protected$/, 'which says what that costs');
}
for my $case ([ 'xmm2', qr/^features=xmm2: a feature can be taken away only/ ], [ '-xmm3', qr/^features=-xmm3: the CPU has no such feature/ ],
    [ '-', qr/^features=-: the CPU has no such feature/ ], [ ',,-always', qr/^features=-always: the CPU has no such feature/ ]) {
    my ($list, $line) = @$case;
    my $run = boot(name => 'features-said' . $list =~ s/\W/-/gr, cpu => 'max', cmdline => "selftest=boot features=$list");
    expect_pass($run, "features=$list");
    ok(scalar $run->lines_like($line), 'and it is said');
}

done_testing;
