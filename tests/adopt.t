#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# pv/ in a kernel that is not ours: tests/adopt/ is small, takes nothing but pv/, and what stands at its
# sites after boot is what each CPU wants, byte for byte and judged here, not by pv/.

use strict;
use warnings;
use lib 'tests/lib';
use Pedant;
use Pedant::Elf;
use Pedant::File qw(slurp spew);
use Pedant::Families;
use Pedant::Manifest;
use Pedant::Native;
use Test::More;

my $MAX_LINES = 510;    # of code: neither blank nor comment alone
my $image     = build_dir() . '/tests/adopt.elf';
my %headers   = map { $_ => 1 } qw(stdarg.h stdbool.h stddef.h stdint.h);

# Which NOPs a CPU wants, and what it has of the features that sites ask for (EDX of CPUID 1, SDM volume 2A).
my @MODERN = (0, 4, 8, 26);    # FPU, TSC, CX8, SSE2
my %cpu    = (
    486        => { nops => '486', features => [0] },
    Opteron_G1 => { nops => 'k8', features => \@MODERN },
    max        => { nops => 'k7', features => \@MODERN },
    qemu32     => { nops => 'p6', features => \@MODERN },
);

sub code_lines {
    my ($path) = @_;
    my $text = slurp($path);
    $text =~ s{/\*.*?\*/|//[^\n]*}{}gs;
    return scalar grep {/\S/} split /\n/, $text;
}

# Names that a source includes and may not.
sub foreign_includes {
    my ($path) = @_;
    my @names = slurp($path) =~ /^\s*[#%]\s*include\s*(\S+)/mg;
    return grep { !m{^"(?:pv/[\w/]+|host)\.h"$} && !(/^<(.*)>$/ && $headers{$1}) } @names;
}

subtest 'the sources' => sub {
    my @sources = glob 'tests/adopt/*';
    my $lines   = 0;
    $lines += code_lines($_) for @sources;
    cmp_ok($lines, '>',  0,          'there are some');
    cmp_ok($lines, '<=', $MAX_LINES, "they are at most $MAX_LINES lines, blank ones and comments apart");
    is_deeply([ map { foreign_includes($_) } @sources ], [], 'they include pv/ and the compiler only');
};

# docs/adopt.md quotes these sources: each line of its blocks of code stands in one of them.
my $guide = slurp('docs/adopt.md');
subtest 'what the guide quotes' => sub {
    my %line   = map { s/^\s+|\s+$//gr => 1 } map { split /\n/, slurp($_) } glob 'tests/adopt/* tests/sets/*.c';
    my @quoted = map {s/^\s+|\s+$//gr} map { split /\n/ } $guide =~ /^```(?:c|asm|ld)\n(.*?)^```$/msg;
    cmp_ok(scalar @quoted, '>', 20, 'it quotes');
    is_deeply([ grep { !$line{$_} } @quoted ], [], 'what it quotes is there');
    my ($sed) = slurp('Makefile') =~ m{^\$\(BUILD\)/pv/feature\.inc:.*?\)(sed .*?)$}ms;
    $sed =~ s/\$</pv\/feature.h/;
    $sed =~ s/\$\@/build\/pv\/feature.inc/;
    ok(index($guide, "```sh\n$sed\n```") > 0, "the line that makes NASM's features is the Makefile's") or diag($sed);
    my %lines = map { $_ => 1 } $guide =~ /\b(\d+)\s+lines\s+of\s+C,/g;
    my $lines = 0;
    $lines += code_lines($_) for glob 'tests/adopt/*';
    is_deeply([ keys %lines ], [$lines], 'it says how many lines tests/adopt/ has');
};

# The guide has all of these names.
sub named {
    my ($what, @names) = @_;
    cmp_ok(scalar @names, '>', 2, "there are $what");
    is_deeply([ grep { $guide !~ /(?<![\w.])\Q$_\E\b/ } @names ], [], "the guide names all $what");
    return;
}

sub unique { return sort keys %{ { map { $_ => 1 } @_ } } }

subtest 'what the guide names' => sub {
    my @hosts = slurp('pv/host.h') =~ /^(?!static)\w[\w ]*?[ *](pv_host_\w+)\(/mg;
    named('functions of a host', @hosts);
    my $word = { 11 => 'Eleven', 12 => 'Twelve', 13 => 'Thirteen', 14 => 'Fourteen', 15 => 'Fifteen', 16 => 'Sixteen' }->{ scalar @hosts } // @hosts;
    like($guide, qr/^$word functions\b/m, 'and says how many they are');
    named('families', map { slurp($_) =~ /^extern (?:const )?struct pv_family (\w+);/mg } glob 'pv/*.h');
    my ($members) = slurp('pv/image.h') =~ /^struct pv_image \{\n(.*?)^\};/ms;
    named('members of an image', grep { $_ ne 'next' } $members =~ /(\w+)(?=[,;])/g);
    my @sections = unique(map { slurp($_) =~ /section[ ("]+(\.[\w.]+)/g }
            glob 'pv/*.h pv/*.inc pv/*.S pv/backend/*.h pv/backend/*.S');
    @sections = grep { !/^\.(?:text|rodata|bss|discard|note.*)$/ } @sections;
    named('sections', @sections);
    my $script = slurp('tests/adopt/adopt.ld');
    is_deeply([ grep { !/^\.bss\./ && $script !~ /\*\(\Q$_\E\)/ } @sections ], [], 'and adopt.ld has them');
    is_deeply([ grep { !-e "docs/$_" } $guide =~ /\]\(([^)#]+)/g ], [], 'its links lead to something');
};

# What it costs, by gcc; another one's figures differ, and by some per cent so do those of a later engine.
subtest 'what the guide says of sizes' => sub {
    my $comment = `readelf -p .comment @{[ build_dir() ]}/pv/engine.c.o`;
    plan(skip_all => 'the objects are not made by gcc') if $comment !~ /GCC: /;
    my @objects = map { build_dir() . "/$_.o" } glob 'pv/*.c pv/*.S pv/backend/*.c pv/backend/*.S';
    my ($text, $data, $bss) = `size -t @objects` =~ /^\s*(\d+)\s+(\d+)\s+(\d+).*TOTALS/m;
    my ($own, $native) = map { `size -A $image` =~ /^\Q$_\E\s+(\d+)/m } qw(.pv.text .pv.native);
    my %found = ('code and constants of `pv/`' => $text, 'of the code, `.pv.text` with the host\'s four functions' => $own, '`.pv.native`' => $native);
    for my $row (sort keys %found) {
        my ($said) = map {tr/,//dr} $guide =~ /^\| \Q$row\E \| ([\d,]+)/m;
        ok($said && abs($said - $found{$row}) <= 0.1 * $found{$row}, "$row: as measured, within a tenth") or diag "the guide says $said, found $found{$row}";
    }
    my ($initialized, $zero) = $guide =~ /^\| its variables \| ([\d,]+) initialized, ([\d,]+) zero/m;
    ok(abs($initialized =~ tr/,//dr - $data) <= 0.1 * $data && abs($zero =~ tr/,//dr - $bss) <= 0.1 * $bss, 'its variables, too') or diag "found $data, $bss";
};

# A host's printing needs to know no more than tests/adopt/ does, as the guide says.
subtest 'what pv/ prints' => sub {
    my @calls = map { slurp($_) =~ /\bpv_host_(?:say|panic)\((.*?)\);/sg } glob 'pv/*.c pv/backend/*.c';
    cmp_ok(scalar @calls, '>', 0, 'it prints');
    is_deeply([ grep {/%[^sux]/} @calls ], [], 'it uses %s, %u and %x');
};

my $elf          = Pedant::Elf->new($image);
my @records      = $elf->records;
my @alternatives = Pedant::Families::alternatives($elf);
my @locks        = Pedant::Families::locks($elf);
my @branches     = Pedant::Families::branches($elf);
my @calls        = Pedant::Families::calls($elf);

subtest 'the image' => sub {
    my %ours = map { s{.*/}{}r => 1 } glob 'pv/* pv/backend/* tests/adopt/*';
    my @files = map { $_->{name} =~ s{.*/}{}r } grep { $_->{type} == 4 } $elf->symbols;
    cmp_ok(scalar @files, '>', 5, 'it names its source files');
    is_deeply([ grep { !$ours{ s/\.o$//r } } @files ], [], 'they are those of pv/ and of tests/adopt/');
};

# The site lines of a log that begin with $word: address => bytes.
sub sites {
    my ($run, $word) = @_;
    my $line = qr/^\Q$word\E 0x([0-9a-f]+) !?\w+: ((?:[0-9a-f]{2} )+)$/;
    return { map { /$line/ ? (hex $1 => $2) : () } $run->lines };
}

sub hex_bytes { return join '', map {"$_ "} unpack '(H2)*', $_[0] }

# The sites as they are in the file.
sub linked {
    return { map { $_->[0] => hex_bytes($elf->bytes(@$_)) } (map { [ $_->{instr}, $_->{len} ] } @records),
        (map { [ $_->{at}, $_->{len} ] } @alternatives, @branches, @calls), map { [ $_, 1 ] } @locks };
}

my %op_of = Pedant::Native::ops_by_type('pv/ops.def');

sub wanted_op {
    my ($record, $nops) = @_;
    my $op     = $op_of{ $record->{type} };
    my $target = $elf->has_symbol("native_$op") ? $elf->symbol("native_$op") : 0;
    my ($bytes) = Pedant::Native::site_bytes($op, $record->{instr}, $nops, $target);
    return $bytes // "no site of $op is known here";
}

# The back end trace has a function for each op; a site that is a jump stays one.
sub traced_op {
    my ($record) = @_;
    my ($at, $target) = ($record->{instr}, $elf->symbol("trace_$op_of{ $record->{type} }"));
    return pack 'C V C', 0xe9, ($target - $at - 5) & 0xffffffff, 0x90 if $elf->bytes($at, 2) eq "\xff\x25";
    return pack 'C C V', 0x2e, 0xe8, ($target - $at - 6) & 0xffffffff;
}

sub applies {
    my ($record, $cpu) = @_;
    my $has = grep { $_ == ($record->{feature} & 0x7fff) } @{ $cpu->{features} };
    return $has != ($record->{feature} >> 15);
}

# Nothing here branches in a replacement, and each site has one record.
sub wanted_alternative {
    my ($record, $cpu) = @_;
    my $bytes = $elf->bytes(applies($record, $cpu) ? @$record{qw(from n)} : @$record{qw(at len)});
    $bytes =~ s/\x90+\z// if !applies($record, $cpu);
    return $bytes . Pedant::Native::padding($record->{len} - length $bytes, $cpu->{nops});
}

# The key is off at first, the one call is of one() and the other of nothing; turned, both are of two().
my %function = map { $elf->symbol("__SCK__$_->[0]") => [ map { $_ && $elf->symbol($_) } @$_[ 1, 2 ] ] }[qw(number one two)], [ 'extra', 0, 'two' ];

sub wanted_branch {
    my ($branch, $cpu, $on) = @_;
    return $branch->{key} == $elf->symbol('turned') && Pedant::Families::branch_bytes($branch, $on != ($branch->{flags} & 1), $cpu->{nops});
}

sub wanted_call {
    my ($call, $on) = @_;
    return Pedant::Families::call_bytes($elf, $call, $function{ $call->{key} }[$on], 1);
}

# With: prefix => byte, on => keys and calls are turned, traced => the back end is trace.
sub wanted {
    my ($cpu, %with) = @_;
    my $on = $with{on} // 0;
    return { map { $_->[0] => hex_bytes($_->[1]) } (map { [ $_->{instr}, $with{traced} ? traced_op($_) : wanted_op($_, $cpu->{nops}) ] } @records),
        (map { [ $_->{at}, wanted_alternative($_, $cpu) ] } @alternatives), (map { [ $_->{at}, wanted_branch($_, $cpu, $on) ] } @branches),
        (map { [ $_->{at}, wanted_call($_, $on) ] } @calls), map { [ $_, $with{prefix} // "\x3e" ] } @locks };
}

# Calls go to functions themselves because the image was linked twice, by the records of the first link.
subtest 'keys and calls' => sub {
    is_deeply([ unique(map { $elf->function_at($_->{at}) } @branches) ], [qw(if_turned use_live)], 'branches in C and in GNU as');
    my %trampoline = map { $elf->symbol($_) => $_ } qw(__SCT__number __SCT__extra);
    my %is_jump = map { $trampoline{ $_->{at} } // $elf->function_at($_->{at}) => $_->{flags} & 1 } @calls;
    is_deeply(\%is_jump, { __SCT__number => 1, __SCT__extra => 1, if_turned => 1, use_live => 0 }, 'calls in C, a jump in GNU as, and trampolines');
};

# As if pvtool index had never been there: records of keys and calls are in no order, with the compiler's flags only.
my $no_index  = [ $elf->symbol('__pv_index') => "\0" x 148 ];
my @unsorted  = (
    map({ my ($is, $was) = @$_; [ $is => pack 'V3', map { $_ & 0xffffffff } $was->{at} - $is, $was->{target} - $is - 4, ($was->{key} | $was->{flags} & 1) - $is - 8 ] }
        map { [ $branches[$_]{record}, $branches[ -1 - $_ ] ] } 0 .. $#branches),
    map({ my ($is, $was) = @$_; [ $is => pack 'V2', map { $_ & 0xffffffff } $was->{at} - $is, $was->{key} - $is - 4 ] }
        map { [ $calls[$_]{record}, $calls[ -1 - $_ ] ] } 0 .. $#calls));
my $unindexed = $elf->write_copy(build_dir() . '/tests/adopt-unindexed.elf', $no_index, @unsorted);

for my $case (map { ([ $_, $image ], [ $_, $unindexed ]) } sort keys %cpu) {
    my ($name, $file) = @$case;
    my $cpu  = $cpu{$name};
    my $made = $file eq $image ? 0 : 5;
    my $run  = boot(name => "$name-$made", image => $file, cpu => $name, serial => 1, timeout => 30);
    checked($run, "on $name, " . ($made ? 'without pvtool index' : 'with an index'), sub {
        my $applying = grep { applies($_, $cpu) } @alternatives;
        cmp_ok($applying, '>', 0,             'some alternatives are for this CPU');
        cmp_ok($applying, '<', @alternatives, 'and some are not');
        cmp_ok(scalar @locks, '>', 1, 'there are lock prefixes, too');
        is($run->outcome,   'passed',             'the exit code says that all is well');
        is($run->last_line, 'adopt: all is well', 'and so does the last line');
        is(scalar $run->lines_like(qr/^FAILED/), 0, 'no check failed');
        is(scalar $run->lines_like(qr/^\w+: index made at load$/), $made, "so many tables made one at load: $made");
        cmp_ok(scalar $run->lines_like(qr/^ok: /), '>=', 30, 'the sites were used before, after, and at the end');
        is_deeply(sites($run, 'before'), linked(), 'before the passes every site is what the file says');
        is_deeply(sites($run, 'after'), wanted($cpu), 'after them it is what this CPU wants');
        is_deeply(sites($run, 'turned'), wanted($cpu, on => 1), 'a key and calls change, and nothing else');
        is_deeply(sites($run, 'traced'), wanted($cpu, traced => 1), 'they change back, and then the back end');
        is_deeply(sites($run, 'at the end'), wanted($cpu, prefix => "\xf0"), 'it changes back, to the byte, and lock prefixes do');
        is(scalar $run->lines_like(qr/^ok: keys and calls(?:, turned)?$/), 1 + 2 * (1 + @branches + @calls), 'and so it is when each site is a breakpoint');
    });
}

# Damage: the site is named, stays as it was, and nothing else does.
sub damaged {
    my ($what, $why, $at, @changes) = @_;
    my $copy = $elf->write_copy(build_dir() . "/tests/adopt-$what.elf", @changes);
    my $run  = boot(name => $what, image => $copy, cpu => 'qemu32', serial => 1, timeout => 30);
    checked($run, "a wrong $what", sub {
        is($run->outcome,   'failed',        'the exit code says that something failed');
        is($run->last_line, 'adopt: FAILED', 'and so does the last line');
        is_deeply([ unique($run->lines_like(qr/^refused /)) ], [ sprintf 'refused 0x%x: %s', $at, $why ],
            "one site is refused: $why");
        my $after  = sites($run, 'after');
        my $wanted = wanted($cpu{qemu32});
        is(scalar keys %$after, keys(%$wanted) - 1, 'the others are patched');
        is_deeply($after, { map { $_ => $wanted->{$_} } keys %$after }, 'and right');
        is(scalar $run->lines_like(qr/^FAILED: (?!the index$|facts$)/), 0, 'everything works still');
    });
    return;
}

my $record = $records[-1];
damaged('length', 'bad length', $record->{instr}, [ $record->{record} + 5 => "\x05" ]);
my $elsewhere = [ $record->{record} => pack 'V', $record->{instr} + 1 ];
damaged('address', 'the index has another place for it', $record->{instr}, $elsewhere);
damaged('address-unindexed', 'text is not what the record says', $record->{instr} + 1, $no_index, $elsewhere);

my ($i) = grep { $alternatives[$_]{feature} == 26 } 0 .. $#alternatives;
my $feature = [ $elf->symbol('__alt_instructions') + 12 * $i + 8 => pack 'v', 0x7fff ];
damaged('feature', 'no such CPU feature', $alternatives[$i]{at}, $feature);
damaged('feature-unindexed', 'no such CPU feature', $alternatives[$i]{at}, $no_index, $feature);
my $lock = $elf->symbol('__smp_locks');
my $byte = [ $lock => pack 'V', $elf->u32($lock) + 1 ];
damaged('prefix', 'the index has another place for it', $locks[0], $byte);
damaged('prefix-unindexed', 'text is not what the record says', $locks[0] + 1, $no_index, $byte);

# The slots were emptied after the passes: that is what the guide advises, and verify judges sites all the same.
{
    my $held = boot_and_hold(name => 'adopt-held', image => $image, cpu => 'qemu32', serial => 1, timeout => 20, until => qr/^adopt: /);
    ok($held->reached, 'held: the kernel comes to its end') or diag $held->describe;
    my ($from, $to) = (0x100000, $elf->symbol('stack_top'));
    my $dump = build_dir() . '/tests/adopt.dump';
    for my $case ([ 'as it is', 0, qr/all as they must be/ ], [ 'a site of an emptied op changed', 1, qr/paravirt irq\.irq_enable: expected 3e 3e 3e 3e 3e fb \(template\), found 90 / ]) {
        my ($what, $status, $line) = @$case;
        my $memory = $held->pmemsave($from, $to - $from);
        my ($site) = grep { $op_of{ $_->{type} } eq 'irq_enable' } @records;
        substr($memory, $site->{instr} - $from, 1) = "\x90" if $status;
        my ($code, $said) = verify_by_both($image, spew($dump, $memory));
        is($code, $status, "pvtool verify, $what") or diag $said;
        like($said, $line, 'it says so');
        like($said, qr/: 8 slots of pv_ops were emptied$/m, 'and what was emptied');
    }
    $held->quit;
    both_agree('this kernel');
}

done_testing;
