# SPDX-License-Identifier: MIT
#
# A kernel whose sites nobody annotated (SITES=relocs): all self-tests pass, under each back end, as linked, with one CPU
# and more; memory is what pvtool works out of the file; the table is what objdump finds, of whatever calls an op; modules of
# either kind come to kernels of either kind; and what is damaged in the table is refused, and costs nothing else.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::Elf;
use Pedant::Museum;
use Pedant::Pvtool;

my $build = build_dir();
my $path  = "$build/relocs/pedant.elf";
{
    delete local @ENV{qw(MAKELEVEL MFLAGS MAKEFLAGS BUILD PVTOOL)};
    my $said = `make -j2 SITES=relocs BUILD=$build/relocs WERROR=$ENV{WERROR} CC='$ENV{CC}' LD='$ENV{LD}' $path $build/relocs/tests/module/called.ko 2>&1`;
    ok($? == 0 && $said !~ /warning:/, 'it builds, without a warning, and check has nothing to say') or BAIL_OUT($said);
    my $wrong = `make SITES=annotated BUILD=$build/relocs $path 2>&1`;
    like($wrong, qr/SITES=annotated: sites are annotated, or SITES=relocs finds them after the link/, 'another kind is refused by make');
}
my $elf = Pedant::Elf->new($path);
my ($table, $table_end, $plain) = map { $elf->symbol($_) } qw(__pv_relocs __pv_relocs_end pv_plain);
my $n    = $elf->u32($table);
my @at   = unpack 'V*', $elf->bytes($table + 4, 4 * $n);
my @byte = unpack 'C*', $elf->bytes($table + 4 + 4 * $n, $n);
cmp_ok($n, '>', 400, "$n sites are found");

# objdump's: each call or jump of five bytes to what begins at a multiple of eight behind pv_plain.
{
    my $all = $elf->symbol_size('pv_plain') || 8 * 64;
    my %wanted;
    for (`objdump -d -j .text -j .init.text $path`) {
        my ($at, $opcode, $to) = /^ *([0-9a-f]+):\s+(e8|e9)(?: [0-9a-f]{2}){4}\s+\S+ +([0-9a-f]+)/ or next;
        my $offset = hex($to) - $plain;
        $wanted{ hex $at } = $offset / 8 | ($opcode eq 'e9' ? 0x80 : 0) if $offset >= 0 && $offset < $all && $offset % 8 == 0;
    }
    is_deeply({ map { ($at[$_] => $byte[$_]) } 0 .. $n - 1 }, \%wanted, 'the table is what objdump sees, sites and what they call');
    is("@at", join(' ', sort { $a <=> $b } @at), 'in the order of their addresses');
}

# What the museum breaks has no sites, whatever those are.
{
    my @run = map { ("break $_", 'repair') } qw(template-branch others-run-on module-unpatched);
    my $run = museum_script('relocs', \@run, image => $path, file => $path, smp => 2);
    is($run->outcome, 'passed', 'mistakes of the museum are made and repaired') or diag $run->describe;
    is(scalar(grep {/^  \S+\.\S+ passes in /} $run->lines), 3, 'three of them');
}

# All self-tests, and memory.
my $manifest = scratch('manifest');
is((pvtool("manifest $path -o $manifest"))[0], 0, 'it has a manifest');
for my $case ([ '', 1 ], [ '', 4 ], [ 'pv=soft', 2 ], [ 'pv=trace', 1 ], [ 'noreplace-paravirt', 1 ], [ 'noinline-paravirt', 2 ]) {
    my ($cmdline, $cpus) = @$case;
    my $what = "$cmdline, $cpus CPUs" =~ s/^, //r;
    my $run = boot(name => "relocs $what" =~ s/\W+/-/gr, image => $path, smp => $cpus, cmdline => $cmdline, timeout => 120);
    expect_pass($run, "$what: all self-tests pass");
    my $pass = $run->event('pass', family => 'relocs') || {};
    is($pass->{sites}, $n, "$what: the pass has all sites");
    is($pass->{kept}, $cmdline eq 'noreplace-paravirt' ? $n : 0, "$what: and keeps none but when it is asked to");
    is($pass->{inline}, 0, "$what: inlines none when it is asked to") if $cmdline =~ /no/;
    my $held = boot_and_hold(name => "held $what" =~ s/\W+/-/gr, image => $path, smp => $cpus, timeout => 120, cmdline => "selftest=irq $cmdline");
    ok($held->reached, "$what: comes to its end") or diag $held->describe;
    my ($status, $said) = verify_held($held, $elf);
    is($status, 0, "$what: memory is what it must be") or diag $said;
    ($status, my $by_manifest) = pvtool("verify $manifest " . scratch('held.dump'));
    is($status, 0, "$what: by the manifest alone, too") or diag $by_manifest;
    my ($kinds) = $said =~ /, $n relocs \((.*?)\)/;
    note("$what: ", $kinds // $said);
    $held->quit;
}
{
    my $held = boot_and_hold(name => 'relocs-switched', image => $path, smp => 2, timeout => 120, cmdline => 'switch=soft,trace selftest=irq');
    ok($held->reached, 'switched: comes to its end') or diag $held->describe;
    my ($status, $said) = verify_held($held, $elf, '--state trace');
    is($status, 0, 'switched twice: sites of both kinds have followed') or diag $said;
    $held->quit;
}

# What the listing says before the pass is what stands there behind it, but in text that was given up.
{
    my $held = boot_and_hold(name => 'relocs-listed', image => $path, timeout => 120, cmdline => 'debug-alternative=relocs selftest=off');
    ok($held->reached, 'listed: comes to its end') or diag $held->describe;
    my ($start, $end) = map { $elf->symbol($_) } qw(_text _etext);
    my $text = $held->pmemsave($start, $end - $start);
    my @lines = $held->lines_like(qr/^relocs [0-9a-f]{8} /);
    is(@lines, $n, 'a line for each');
    is_deeply([ grep {
        my ($at, $new) = /^relocs ([0-9a-f]{8}) .* -> ((?:[0-9a-f]{2} ?){5})$/ or return 1;
        my $from = hex($at) - $start;
        $from >= 0 && hex($at) + 5 <= $end && $new ne join ' ', unpack '(H2)*', substr $text, $from, 5
    } @lines ], [], 'and its bytes are what stands there then');
    $held->quit;
}

# Modules whose ops are called by name, or annotated, in either kernel.
for my $kernel ([ annotated => kernel_elf()->path ], [ found => $path ]) {
    for my $module ([ annotated => "$build/tests/module/sites.ko" ], [ found => "$build/relocs/tests/module/called.ko" ]) {
        my $what = "a kernel with $kernel->[0] sites, a module with $module->[0] ones";
        my $run = boot(name => $what =~ s/\W+/-/gr, image => $kernel->[1], modules => [ $module->[1] ], cmdline => 'selftest=irq switch=soft');
        expect_pass($run, "$what: passes");
        my ($event) = $run->events('module');
        ok($event && $event->{result} eq 'loaded' && $event->{sites} >= 7, "$what: its sites are patched") or diag explain $event;
    }
}

# Damage.
sub damaged {
    my ($what, $refused, $pattern, @change) = @_;
    my $image = $elf->write_copy(log_dir() . '/relocs-damaged.elf', @change);
    my $run = boot(name => "damaged $what" =~ s/\W+/-/gr, image => $image, cmdline => 'selftest=irq');
    is($run->outcome, 'failed', "$what: the run fails") or diag $run->describe;
    like(join("\n", $run->lines), $pattern, "$what: a line says why");
    is(($run->event('pass', family => 'relocs') || {})->{refused}, $refused, "$what: so many are refused");
    is_deeply([ grep { $_->{result} eq 'fail' && $_->{suite} ne 'boot' } $run->events('test') ], [], "$what: and nothing else fails");
    unlink $image;
    return;
}
my ($i) = grep { !$elf->is_init($at[$_]) } 0 .. $n - 1;
my $bytes = $table + 4 + 4 * $n;
damaged('another op', 1, qr/refused: relocs site at 0*@{[ sprintf '%x', $at[$i] ]} .*: text is not what the record says; expected e8/, [ $bytes + $i => chr($byte[$i] ^ 1) ]);
damaged('no op', 1, qr/refused: relocs site at .*: no such op/, [ $bytes + $i => "\x7f" ]);
damaged('another place', 1, qr/refused: relocs site at/, [ $table + 4 + 4 * $i => pack 'V', $at[$i] + 1 ]);
damaged('a number that cannot be', 0, qr/relocs: no such number of records: the image is damaged/, [ $table => "\xff\xff\xff\xff" ]);
damaged('none at all', 0, qr/relocs: there is no site at all: the image is damaged/, [ $table => "\0\0\0\0" ]);

done_testing;
