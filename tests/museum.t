#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The museum's mistakes that are made in a guest: each shows, by what only it does, and the repair helps. The list of the kernel,
# that of docs/museum.md and the one here are one.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::File qw(slurp);
use Pedant::Museum;
use Pedant::Shell;

my $found = qr/expected 0x[0-9a-f]+, found 0x[0-9a-f]+/;

# Who notices, and what is said then.
my %HAPPENS = (
    'patches-itself'       => [ 'engine_refusals.refuses_bad_records', qr/\S+: the engine's own section: in the engine's own section, .*: expected 0x5, found 0x\d/ ],
    'sync-too-late'        => [ 'nmi.handler_sees_new_bytes', qr/\S+: and has to wait for the end of the pass: expected 0x1, found 0x2/ ],
    'byte-by-byte'         => [ 'nmi.handler_runs_new_padding', qr/panic: (?:invalid opcode|breakpoint|page fault|general protection).*/ ],
    'instant-early'        => [ 'live.at_every_instruction', qr/\S+: at each moment all sites are in the same form: expected 0x0, found 0x[1-9a-f][0-9a-f]*/ ],
    'page-end'             => [ 'engine_text.patches_at_page_ends', qr/\S+: no site of page_cross_site\S* is refused: text is not what the record says/ ],
    'no-handler'           => [ 'live.breakpoint_means_present', qr/panic: breakpoint \(vector 3\)/ ],
    'no-room-for-a-call'   => [ 'calls.breakpoints', qr/panic: .*/ ],
    'register-lost'        => [ 'engine_records.refuses_records', qr/\S+: a result where eax must survive: would change registers that the site keeps: $found/ ],
    'template-too-long'    => [ 'engine_paravirt.template_lengths', qr/\S+: a template of 7 bytes is inline if it fits: $found/ ],
    'template-branch'      => [ 'engine_paravirt.moves_branches', qr/\S+: to where the template's goes: $found/ ],
    'wrong-section'        => [ 'module.comes_and_goes', qr/\S+: it is loaded: a (?:table is not whole records|record's site is not in its text)/ ],
    'option-too-late'      => [ 'engine_text.undoes_the_kernel', qr/\S+: all sites are in the kernel's state: $found/ ],
    'missing-op'           => [ 'engine_records.functions_by_default', qr/\S+: no function is a trap: expected 0x5, found 0x4/ ],
    'call-not-moved'       => [ 'alternative.branches_and_operands', qr/\S+: alt_asm_call\(1000\) with: expected 0x1040, found 0x1010/ ],
    'first-instruction'    => [ 'alternative.branches_and_operands', qr/\S+: alt_asm_insn_call\(1000\) with: expected 0x1041, found 0x1000/ ],
    'first-record-wins'    => [ 'alternative.last_that_applies_wins', qr/\S+: C, order 213, features 2: expected 0x10001, found 0x10000/ ],
    'padded-for-the-first' => [ 'alternative.sites_are_as_long_as_the_longest', qr/\S+: alt_\w+: record \d: the site: $found/ ],
    'feature-of-one'       => [ 'smp.features', qr/\S+: it is missed when it is not there: expected 0x3, found 0xffffffffffffffff/ ],
    'lock-nop'             => [ 'smp_locks.both_states', qr/\S+: there are some prefixes, and they are DS: 0/ ],
    'lock-replaced'        => [ 'smp_locks.neither', qr/\S+: since the text is not what it should be: $found/ ],
    'lock-by-chance'       => [ 'smp_locks.by_chance', qr/\S+: f0 ff is refused: expected 0x1, found 0x0/ ],
    'text-that-is-gone'    => [ 'smp_locks.given_up', qr/\S+: a site in text that was given up is counted: expected 0x1, found 0x0/ ],
    'flag-bits-lost'       => [ 'keys.forms', qr/\S+: key \d changes/ ],
    'likely-mixed-up'      => [ 'keys.forms', qr/\S+: likely, off: at first: expected 0x0, found 0x1/ ],
    'count-overflows'      => [ 'keys.counts', qr/\S+: a count at its end stays/ ],
    'module-entries-stay'  => [ 'module.share_keys', qr/\S+: the key has its own record/ ],
    'refused-in-silence'   => [ 'keys.refusals', qr/\S+: a site that holds something else: the key says so/ ],
    'null-call-half-zero'  => [ 'calls.nothing', qr/\S+: 0 with 64 bits/ ],
    'nop-of-two'           => [ 'cpu.nops_decode', qr/\S+: p6, 5 bytes: one instruction: expected 0x5, found 0x3/ ],
    'nop-of-p6'            => [ 'cpu.nops_are_of_their_cpu', qr/\S+: 486: has nops of 0f 1f: expected 0x0, found 0x1/ ],
    'all-are-intel'        => [ 'cpu.nops_selected', qr/\S+: vendor \d family \d+: padding \w+ \(it is p6\)/ ],
    'nop-off-by-one'       => [ 'cpu.nops_decode', qr/\S+: p6, 4 bytes: one instruction: expected 0x4, found 0x3/ ],
    'option-misspelt'      => [ 'cmdline.each_option', qr/\S+: noreplace-paravirt is known: expected 0x0, found 0x1/ ],
    'module-unpatched'     => [ 'module.calls_ops_by_name', qr/\S+: lguest: none goes through the table: expected 0x0, found 0x[1-9a-f]/ ],
);
my @names = sort keys %HAPPENS;

# ---- the lists

my %docs = documented();
my ($list) = Pedant::Shell::transcript(museum_script('list', ['museum']));
my @rows   = map { /^  ([\w-]+) +(\d+)  (guest|kernel|2 CPUs) +\S/ ? [ $1, $2, $3 ] : () } @$list;
cmp_ok(scalar @rows, '>=', 25, 'there are at least 25 mistakes');
is($list->[-1], sprintf('  %d mistakes: break NAME makes one, in a guest or in this kernel, and repair puts it right', scalar @rows), 'which are counted');
is_deeply([ sort map {"$_->[0] $_->[1]"} @rows ], [ sort map {"$_ $docs{$_}[0]"} keys %docs ], 'docs/museum.md has each of them, with its mistake');
is_deeply([ sort map { $_->[2] eq 'guest' ? $_->[0] : () } @rows ], \@names, 'and here is what each does that is made in a guest');
is_deeply([ grep { $docs{$_}[1] !~ /`\Q$HAPPENS{$_}[0]\E`/ } @names ], [], 'docs/museum.md says what catches it');
is_deeply([ grep { $_->[1] < 1 || $_->[1] > 45 } @rows ], [], 'each is one of 45');
my $said = @rows;
like(slurp($_), qr/\b$said of them\b/, "$_ says how many") for 'docs/museum.md', 'README.md';

# ---- each of them

# On a machine that has no time for its guest's timer a test is skipped: it is asked again.
sub late { return grep {/ was skipped: the timer's line does not rise/} @_ }

my (%said, $all);
my @left = @names;
for my $try (1 .. 4) {
    $all = museum_script("guests-$try", [ (map { ("break $_", 'repair') } @left), 'verify' ]);
    my @said = Pedant::Shell::transcript($all);
    is($all->outcome, 'passed', 'all are made and repaired') or diag $all->describe if !late($all->lines);
    $said{ $left[$_] } = [ @said[ 2 * $_, 2 * $_ + 1 ] ] for 0 .. $#left;
    like(join("\n", @{ $said[-1] }), qr/is as in the file pedant, 0 wrong$/, 'the file is what it was') or diag join "\n", @{ $said[-1] };
    is(scalar(grep {/^guest \d+\|/} $all->lines), 0, 'what guests say is not shown');
    @left = grep { late(map {@$_} @{ $said{$_} }) } @left or last;
}
check_exhibit($_, $HAPPENS{$_}, 'a guest', @{ $said{$_} }) for @names;

done_testing();
