#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The museum's mistakes that are made in the running kernel, under two CPUs; and what is asked of it that cannot be, at the wrong moment, or
# too early.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::File qw(slurp);
use Pedant::Museum;
use Pedant::Shell;

my %HAPPENS = (
    'others-run-on'      => [ 'gather.others_stand_still', qr/\S+: CPU 1 stands still: expected 0x[0-9a-f]+, found 0x[0-9a-f]+/ ],
    'locks-late'         => [ 'hotplug.last_and_first', qr/\S+: each time one CPU was online: expected 0x2, found 0x3/ ],
    'count-in-two-steps' => [ 'keys.counted_by_all', qr/\S+: none is lost: expected 0x0, found 0x[1-9a-f][0-9a-f]*/ ],
);
my %FUNCTION = ('others-run-on' => 'pv_host_gather', 'locks-late' => 'cpu_up', 'count-in-two-steps' => 'static_key_slow_inc');
my @names    = sort keys %HAPPENS;
my %docs     = documented();

# ---- in the kernel

# On a machine that has no time for the second CPU that may stand still by itself.
my $run;
for my $try (1 .. 4) {
    $run = museum_script("kernel-$try", [ 'museum', (map { ("break $_", 'verify', 'repair') } @names), 'verify' ], smp => 2);
    last if !grep {/NOTHING: gather\.others_stand_still passes/} $run->lines;
}
my @said = Pedant::Shell::transcript($run);
my $list = shift @said;
is_deeply([ sort map { /^  ([\w-]+) +\d+  (?:kernel|2 CPUs) / ? $1 : () } @$list ], \@names, 'here is what each does that is made in the kernel');
for my $i (0 .. $#names) {
    my ($name, $broken, $verify, $repaired) = ($names[$i], @said[ 3 * $i .. 3 * $i + 2 ]);
    check_exhibit($name, $HAPPENS{$name}, 'this kernel', $broken, $repaired);
    my @wrong = map { /^  0x[0-9a-f]{8} (\w+)\+0x[0-9a-f]+\/0x[0-9a-f]+: no site's: / ? $1 : () } @$verify;
    is_deeply([ sort { $a cmp $b } keys %{ { map { $_ => 1 } @wrong } } ], [ sort $FUNCTION{$name}, @{$broken}[0] && _has_room($name) ], "$name: verify names it, and nothing else")
        or diag join "\n", @$verify;
    like($docs{$name}[1], qr/`\Q$HAPPENS{$name}[0]\E`/, "docs/museum.md says what catches $name");
}
is_deeply([ map { /([1-9]\d*) wrong$/ ? $_ : () } @{ $said[-1] } ], [], 'in the end nothing is wrong') or diag join "\n", @{ $said[-1] };
is($run->outcome, 'failed', 'verify has failed while something was broken');
my ($test) = grep { $_->{suite} eq 'shell' } $run->events('test');
is($test->{why}, scalar(@names) . ' lines of it failed', 'and nothing else has');
is_deeply([ map { $_->{suite} } grep { $_->{suite} !~ /^(?:boot|shell)$/ } $run->events('test') ], [], 'a test that is asked by the museum is no result');
is(scalar(grep {/\bnot ok\b/} $run->lines), 0, 'nor a line of KTAP');

# The wrong one calls the right one, which is in a room of its own.
sub _has_room { return $_[0] eq 'others-run-on' ? () : 'museum_right' }

# What docs/museum.md shows is what is said, but for how many bytes a compiler's code takes.
sub _same { return map { s/^ {4}//r =~ s/: \d+ bytes$/: N bytes/r } @_ }
my ($shown) = slurp('docs/museum.md') =~ /^    pedant> break locks-late\n(.*?)\n\n/ms;
my $i = (grep { $names[$_] eq 'locks-late' } 0 .. $#names)[0];
is_deeply([ _same(split /\n/, $shown) ], [ _same(@{ $said[ 3 * $i ] }[ 1 .. $#{ $said[ 3 * $i ] } ], 'pedant> repair', @{ $said[ 3 * $i + 2 ] }[ 1, 2 ]) ], 'docs/museum.md shows what is said');

# ---- what cannot be

my @ODD = (
    [ 'repair'                => qr/^repair: nothing is broken$/ ],
    [ 'break frobnicate'      => qr/^break: frobnicate is no mistake that is here: museum lists them$/ ],
    [ 'break'                 => qr/^break takes more than this: \[-v\] NAME$/ ],
    [ 'break -x lock-nop'     => qr/^break: -x: -v or nothing stands before the name$/ ],
    [ 'museum frob*'          => qr/^museum: no mistake has a name like frob\*$/ ],
    [ 'museum nop*'           => qr/^(?:  nop-\S+ .*\n){3}  3 mistakes: [^\n]*$/ ],
    [ 'break others-run-on'   => qr/^break: others-run-on: it takes 2 CPUs, and 1 runs: make museum has two$/ ],
    [ 'break lock-nop'        => qr/^  happened  smp_locks\.both_states: /m ],
    [ 'break lock-nop'        => qr/^break: lock-nop is broken: repair it first$/ ],
    [ 'break nop-of-two'      => qr/^break: lock-nop is broken: repair it first$/ ],
    [ 'museum lock-nop'       => qr/ <- broken\n/ ],
    [ 'repair -x'             => qr/^repair: -v or nothing: it is what is broken$/ ],
    [ 'repair -v'             => qr/^  lock-nop is put right: \d bytes\nguest 1\| .*^guest 1\|   ok 1 both_states\n.*^  smp_locks\.both_states passes in guest 1$/ms ],
    [ 'break -v nop-of-two'   => qr/^guest 1\|   # not true: p6, 5 bytes: .*^  happened  cpu\.nops_decode: /ms ],
    [ 'repair'                => qr/^  cpu\.nops_decode passes in guest 1$/m ],
    [ 'guest start pedant selftest=live.at_every_instruction_long' => qr/^guest 1: pedant, / ],
    [ 'break lock-nop'        => qr/^break: lock-nop: a guest runs: guest stop ends it$/m ],
    [ 'guest stop'            => qr/^guest 1: ended: it was stopped$/m ],
    [ 'break nop-of-two'      => qr/^  happened  cpu\.nops_decode: /m ],
    [ 'exit' ],
);
my $odd = museum_script('odd', [ map { $_->[0] } @ODD ]);
my @odd = Pedant::Shell::transcript($odd);
for my $i (0 .. $#ODD - 1) {
    my ($command, @lines) = @{ $odd[$i] };
    like(join("\n", @lines), $ODD[$i][1], "$i: $command");
}
expect_line($odd, qr/^museum: nop-of-two was broken, and is put right$/, 'at the end what is broken is put right');
my ($shell_md) = slurp('docs/shell.md') =~ /^    pedant> break lock-nop\n(.*?)\n    pedant> repair\n/ms;
is_deeply([ _same(split /\n/, $shell_md) ], [ _same(@{ $odd[7] }[ 1 .. $#{ $odd[7] } ]) ], 'docs/shell.md shows what is said');

my $without = museum_script('without', ['break lock-nop'], file => '');
expect_line($without, qr/^break: lock-nop: no boot module is this kernel's own file: make museum brings it$/, 'without the file it says how to get it');
my $small = museum_script('small', [ 'break lock-nop', 'repair', 'verify' ], cmdline => 'guest-memory=512');
expect_line($small, qr/^  happened  not known: there is not so much memory in one piece; it is put right$/, 'without memory for a guest nothing is left broken');
expect_line($small, qr/is as in the file pedant, 0 wrong$/, 'as one sees');

# A file in which the wrong version does what the right one does.
{
    my $elf  = kernel_elf();
    my $from = $elf->symbol('count_without_end');
    my $tame = log_dir() . "/pedant-$$.elf";
    $elf->write_copy($tame, [ $from => "\xe9" . pack "V", ($elf->symbol("museum_right") - $from - 5) & 0xffffffff ]);
    my $none = museum_script('none', [ 'break count-overflows', 'repair' ], file => $tame);
    expect_line($none, qr/^  happened  NOTHING: keys\.counts passes all the same$/, 'when nothing happens that is said');
    expect_line($none, qr/^  keys\.counts passes in guest 1$/, 'and it can be repaired all the same');
    is($none->outcome, 'failed', 'but it is a failure');
    unlink $tame;
}

# ---- a person

my $shell = Pedant::Shell->new(name => 'museum person', cmdline => 'selftest=off shell=nopages', modules => [ kernel_path() ]);
my @keys = $shell->keys("break inst\t\r\x03");
like(join("\n", @keys), qr/^  happened  not known: interrupted; it is put right$/m, 'Ctrl-C while a guest runs, whose name was completed') or diag $shell->said;
is($shell->typed, 'break instant-early', 'as one sees it');
is_deeply([ $shell->ask('repair') ], ['repair: nothing is broken'], 'nothing is left broken');
like(join("\n", $shell->ask('break lock-nop')), qr/^  happened  smp_locks/m, 'and the next one can be made');
like(join("\n", $shell->keys("repair\r\x03")), qr/^  lock-nop is put right: \d bytes\n  whether that helps is not known: interrupted$/m, 'Ctrl-C behind a repair: it is put right');
is($shell->leave, 33, 'exit: the machine ends, and all passed');

done_testing();
