#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Modules from outside: handed over by QEMU and by GRUB they are loaded before the self-tests; what stands in
# memory then is what ld makes of the same file at the same place, and differs from that only in sites, which are
# what the kernel's own are; and what is damaged, in any number, is refused with its reason and leaves the rest
# as it is.
use strict;
use warnings;
use Test::More;
use Pedant;
use Pedant::File qw(slurp spew);

my $elf   = kernel_elf();
my $build = build_dir();
my $CC    = $ENV{CC} || 'gcc';
my $LD    = $ENV{LD} || 'ld';

sub module { return "$build/tests/module/$_[0].ko" }

sub of_module { my ($run, $name) = @_; return grep { $_->{name} eq $name } $run->events('module') }

# ---- a module's sections and symbols, by readelf

sub sections {
    my ($file) = @_;
    my @sections;
    for (`readelf -SW $file`) {
        my ($name, $type, $offset, $size, $rest) = /^\s*\[\s*\d+\]\s(\S+)\s+(\S+)\s+[0-9a-f]{8}\s([0-9a-f]+)\s([0-9a-f]+)\s[0-9a-f]+(.*)$/ or next;
        my ($flags, $align) = $rest =~ /^\s+([A-Za-z]*)\s+\d+\s+\d+\s+(\d+)/ or next;
        push @sections, { name => $name, type => $type, size => hex $size, flags => $flags, align => $align } if $flags =~ /A/;
    }
    return @sections;
}

sub place { my ($at, $align) = @_; return $align ? ($at + $align - 1) & ~($align - 1) : $at }

# Where the kernel puts them: text, what is only read, with the static calls' table behind it, data.
sub layout {
    my ($base, @sections) = @_;
    my $at = $base;
    my $parts = sub { my ($which) = @_; for (@sections) { next if !$which->($_); $at = place($at, $_->{align}); $_->{at} = $at; $at += $_->{size} } };
    my $calls = sub { $_[0]{name} eq '.static_call_sites' };
    $parts->(sub { $_[0]{flags} =~ /X/ });
    my $text_end = $at;
    $at = place($at, 4096);
    $parts->(sub { $_[0]{flags} !~ /[XW]/ && !$calls->($_[0]) });
    $parts->($calls);
    my ($table) = grep { $calls->($_) } @sections;
    $at += 16 if $table;    # found: two calls, and the table is not the last of its page
    $at = place($at, 4096);
    $parts->(sub { $_[0]{flags} =~ /W/ });
    return ($text_end, @sections);
}

# The file as ld links it there: section name => bytes.
sub linked {
    my ($file, @sections) = @_;
    my $dir = log_dir();
    my %undefined = map { (/ U (\S+)/ ? ($1 => 1) : ()) } `nm -u $file`;
    my $script = join '', (map { sprintf "%s = 0x%x;\n", $_, $elf->symbol($_) } sort keys %undefined),
        "SECTIONS {\n", (map { sprintf "\t%s 0x%x : SUBALIGN(1) { *(%s) }\n", @$_{qw(name at name)} } sort { $a->{at} <=> $b->{at} } @sections),
        "\t/DISCARD/ : { *(.comment .note* .debug* .eh_frame) }\n}\n";
    spew("$dir/module.ld", $script);
    my $said = `$LD -m elf_i386 --no-check-sections -T $dir/module.ld -o $dir/module.linked $file 2>&1`;
    is($?, 0, 'ld links it there') or diag $said;
    my $linked = Pedant::Elf->new("$dir/module.linked");
    return map { ($_->{name} => $linked->bytes($_->{at}, $_->{size})) } grep { $_->{size} && $_->{type} ne 'NOBITS' } @sections;
}

# ---- in memory

{
    my $held = boot_and_hold(name => 'memory', modules => [ module('sites'), module('second') ], cmdline => 'selftest=irq', timeout => 60);
    ok($held->reached, 'two modules: the kernel comes to its end') or diag $held->describe;
    is_deeply([ map { "$_->{name} $_->{result}" } $held->events('module') ], [ 'sites loaded', 'second loaded' ], 'both are loaded, in their order');
    is_deeply([ grep { $_->{result} eq 'fail' } $held->events('test') ], [], 'self-tests pass');
    my ($event) = of_module($held, 'sites');
    my $base = hex $event->{at};
    my ($text_end, @sections) = layout($base, sections(module('sites')));
    my %linked = linked(module('sites'), @sections);
    my %at = map { ($_->{name} => $_->{at}) } @sections;
    my ($text) = grep { $_->{name} eq '.text' } @sections;
    my $live = $held->pmemsave($text->{at}, $text->{size});

    # Each site by its record: address, length, family.
    my @records = unpack '(V C C v)*', $linked{'.parainstructions'};
    my (@sites, %family);
    while (my ($instr, $type, $len, $clobbers) = splice @records, 0, 4) { push @sites, { at => $instr, len => $len, type => $type, family => 'paravirt' } }
    my $n = 0;
    push @sites, map { { at => ($at{'.smp_locks'} + 4 * $n++ + $_) & 0xffffffff, len => 1, family => 'smp_locks' } } unpack 'V*', $linked{'.smp_locks'};
    my @alternative = unpack '(l< l< v C C)*', $linked{'.altinstructions'};
    push @sites, { at => $at{'.altinstructions'} + $alternative[0], len => $alternative[3], family => 'alternatives' };
    my @branches = unpack '(l< l< l<)*', $linked{'__jump_table'};
    for my $i (0 .. @branches / 3 - 1) {
        my $field = $at{'__jump_table'} + 12 * $i;
        push @sites, { at => $field + $branches[ 3 * $i ], len => 5, family => 'jump_label', target => $field + 4 + $branches[ 3 * $i + 1 ] };
    }
    while ($linked{'.text'} =~ /(?=([\xe8\xe9])(....))/gs) {
        my ($at, $to) = ($text->{at} + $-[0], ($text->{at} + $-[0] + 5 + unpack 'l<', $2) & 0xffffffff);
        push @sites, { at => $at, len => 5, family => 'static_call', func => $elf->symbol('module_test_old') }
            if $to == $elf->symbol('__SCT__module_test_call');
    }
    my ($trampoline) = map {/^([0-9a-f]+) \S __SCT__sites_call$/ ? hex $1 : ()} `nm @{[ log_dir() ]}/module.linked`;
    my ($plus_one) = map {/^([0-9a-f]+) \S plus_one$/ ? hex $1 : ()} `nm @{[ log_dir() ]}/module.linked`;
    while ($linked{'.text'} =~ /(?=\xe8(....))/gs) {
        my $at = $text->{at} + $-[0];
        push @sites, { at => $at, len => 5, family => 'static_call', func => $plus_one } if (($at + 5 + unpack 'l<', $1) & 0xffffffff) == $trampoline;
    }
    push @sites, { at => $trampoline, len => 5, family => 'static_call', func => $plus_one, tail => 1 };
    is(scalar @sites, $event->{sites}, "as many sites as its tables and its relocations say: $event->{sites}");

    # Outside of them it is as linked.
    my $outside = $live;
    substr($outside, $_->{at} - $text->{at}, $_->{len}) = substr $linked{'.text'}, $_->{at} - $text->{at}, $_->{len} for @sites;
    ok($outside eq $linked{'.text'}, 'text is what ld makes of it, but for sites');
    for my $name (qw(.rodata.str1.1 .export .altinstr_replacement)) {
        my ($section) = grep { $_->{name} eq $name } @sections;
        ok($held->pmemsave($section->{at}, $section->{size}) eq $linked{$name}, "$name is what ld makes of it");
    }

    # And sites are what they must be on one CPU, natively, with the keys and calls as they are defined.
    my $kernel = $held->pmemsave($elf->symbol('_text'), $elf->symbol('_etext') - $elf->symbol('_text'));
    my %native;    # an op's bytes at a site of the kernel's own
    for my $r ($elf->records) {
        next if $elf->is_init($r->{instr});
        $native{ $r->{type} } //= substr $kernel, $r->{instr} - $elf->symbol('_text'), $r->{len};
    }
    my $branch = sub { my ($op, $at, $to) = @_; return pack 'C V', $op, ($to - $at - 5) & 0xffffffff };
    for my $site (@sites) {
        my $is = substr $live, $site->{at} - $text->{at}, $site->{len};
        my $must =
            $site->{family} eq 'paravirt'    ? $native{ $site->{type} }
          : $site->{family} eq 'smp_locks'   ? "\x3e"
          : $site->{family} eq 'static_call' ? $branch->($site->{tail} ? 0xe9 : 0xe8, $site->{at}, $site->{func})
          : $site->{family} eq 'alternatives' ? substr($linked{'.altinstr_replacement'}, 0, $site->{len})
          :                                     undef;
        is(unpack('H*', $is), unpack('H*', $must), sprintf '%s at +%x', $site->{family}, $site->{at} - $base) if defined $must;
        isnt(unpack('H2', $is), 'e9', sprintf '%s at +%x is no jump', $site->{family}, $site->{at} - $base) if !defined $must;
    }
    my $gap = $held->pmemsave($text_end, place($text_end, 4096) - $text_end);
    is($gap, "\xcc" x length $gap, 'the rest of the page is breakpoints');
    $held->quit;
}

# ---- they go again

{
    my $run = boot(name => 'unload', modules => [ map { module($_) } qw(sites second) ], cmdline => 'unload selftest=module.*', smp => 2);
    expect_pass($run, 'unload: the kernel passes');
    is_deeply([ map { "$_->{name} $_->{result}" } $run->events('module') ], [ 'sites loaded', 'second loaded', 'second unloaded', 'sites unloaded' ],
        'the last one goes first');
    is(scalar(grep { $_->{result} eq 'skip' } grep { $_->{suite} eq 'module' } $run->events('test')), 0, 'and self-tests find them gone');
}

expect_pass(boot(name => 'inside', smp => 2, cmdline => 'selftest=module.another_is_inside', timeout => 60), 'one that is in a module keeps it: the kernel passes');

# ---- who cannot be loaded

{
    my $run = boot(name => 'order', modules => [ map { module($_) } qw(second sites lacks third) ], cmdline => 'selftest=module.*');
    is($run->outcome, 'failed', 'some are refused: the run fails');
    is_deeply([ map { "$_->{name}: $_->{result}, $_->{reason}" } $run->events('module') ],
        [ 'second: refused, nobody has the symbol sites_key', 'sites: loaded, ', 'lacks: refused, nobody has the symbol nobody_has_this', 'third: loaded, ' ],
        'each with its reason, the others are loaded');
    expect_line($run, qr/^module lacks: refused: nobody has the symbol nobody_has_this$/, 'and a line says it');
    is_deeply([ map { $_->{name} } grep { $_->{result} eq 'fail' } $run->events('test') ], ['modules'], 'a result of the boot, and the only failure');
}

# Many damaged ones at once: whatever each says, the kernel lives, and those that are whole are loaded.
{
    my $whole = slurp(module('sites'));
    my @damaged;
    srand 7;
    for my $i (1 .. 56) {
        my $bytes = $whole;
        my $headers = unpack 'V', substr $whole, 32, 4;    # of sections
        if ($i % 4 == 0) { $bytes = substr $whole, 0, 1 + int rand length $whole }
        else {
            # The ELF header's and the section headers' fields.
            my $at = $i % 4 == 1 ? 16 + int rand 36 : $headers + int rand(length($whole) - $headers);
            substr($bytes, $at, 1) = chr(ord(substr $bytes, $at, 1) ^ 1 << int rand 8);
        }
        push @damaged, spew(log_dir() . "/damaged$i.ko", $bytes);
    }
    my $run = boot(name => 'damaged', modules => [ module('sites'), @damaged, module('second') ], cmdline => 'selftest=ops*', timeout => 60);
    is($run->outcome, 'failed', '56 damaged modules: the run fails');
    is_deeply([ map { $_->{name} } grep { $_->{result} eq 'fail' } $run->events('test') ], ['modules'], 'for them, and for nothing else');
    is_deeply([ map { $_->{name} } grep { $_->{result} eq 'loaded' } $run->events('module') ], [qw(sites second)], 'what is whole is loaded');
    my @said = grep { $_->{result} eq 'refused' } $run->events('module');
    is(scalar(@said) + scalar($run->lines_like(qr/^  module    damaged\d+: no ELF object: left alone$/)), scalar @damaged, 'each damaged one is told of');
    is(scalar(grep { length $_->{reason} < 10 } @said), 0, 'with its reason');
    unlink @damaged;
}

# With their sums: one that is whole is loaded, and none of which a byte has changed, wherever.
{
    my $path = spew(log_dir() . '/sealed.ko', slurp(module('sites')));
    is(system("$build/tools/pvtool seal $path && $build/tools/pvtool seal $path"), 0, 'a module is sealed, twice if one likes');
    my $whole = slurp($path);
    is(length $whole, 12 + length slurp(module('sites')), 'that is twelve bytes behind it');
    my @damaged;
    srand 8;
    for my $i (1 .. 24) {
        my $bytes = $whole;
        substr($bytes, rand(length($whole) - 12), 1) ^= chr 1 + int rand 255;
        push @damaged, spew(log_dir() . "/unsealed$i.ko", $bytes);
    }
    my $run = boot(name => 'sealed', modules => [ @damaged, $path ], cmdline => 'selftest=ops*', timeout => 60);
    is_deeply([ map { $_->{name} } grep { $_->{result} eq 'loaded' } $run->events('module') ], ['sealed'], 'sealed, the whole one is loaded');
    is(scalar(grep { $_->{reason} =~ /^it is damaged: its sum is [0-9a-f]{8}, and was [0-9a-f]{8}$/ } $run->events('module')) + $run->lines_like(qr/no ELF object: left alone$/), 24,
        'and each that is not is refused for that');
    unlink @damaged, $path;
}

# ---- GRUB

{
    my $dir = log_dir() . '/module-iso';
    system "rm -rf $dir && mkdir -p $dir/boot/grub && cp $build/pedant.elf $dir/boot/ && cp @{[ module('sites') ]} $dir/boot/";
    spew("$dir/boot/grub/grub.cfg", "set timeout=0\nmenuentry \"Pedant\" {\n\tmultiboot /boot/pedant.elf selftest=irq\n\tmodule /boot/sites.ko sites.ko\n}\n");
    my $said = `grub-mkrescue -o $dir.iso --install-modules="multiboot normal biosdisk iso9660 part_msdos configfile" -d /usr/lib/grub/i386-pc $dir 2>&1`;
    is($?, 0, 'an ISO with a module') or diag $said;
    my $run = boot(name => 'grub', iso => "$dir.iso", timeout => 60);
    expect_pass($run, 'GRUB hands over a module: the kernel passes');
    is_deeply([ map { "$_->{name} $_->{result}" } $run->events('module') ], ['sites loaded'], 'and has loaded it');
    system "rm -rf $dir $dir.iso";
}

# ---- one's own

my $dir = log_dir() . '/module-own';
system "rm -rf $dir && mkdir -p $dir";

# make module, of a source outside of the tree; its exit status and what it said.
sub make_module {
    my ($name, $source) = @_;
    my $m = defined $source ? 'M=' . spew("$dir/$name.c", $source) : $name;
    my $said = `make --no-print-directory BUILD=$build WERROR=$ENV{WERROR} CC='$CC' LD='$LD' module $m 2>&1`;
    return ($? >> 8, $said);
}

{
    my ($status, $said) = make_module('hello', <<'END');
#include "kernel/module/module.h"
#include "lib/printk.h"

static int hello(void)
{
	pr_info("hello, kernel\n");
	return 0;
}

static void bye(void)
{
}

module_init(hello);
module_exit(bye);
END
    is($status, 0, 'make module builds one from outside of the tree') or diag $said;
    my $run = boot(name => 'own', modules => ["$build/module/hello.ko"], cmdline => 'selftest=irq');
    expect_pass($run, 'the kernel passes with it');
    expect_line($run, qr/^hello, kernel$/, 'and it says what it has to say');
    ($status, $said) = make_module('');
    isnt($status, 0, 'make module without a source fails');
    like($said, qr/^make module: M=FILE\.c names its source$/m, 'and says what it wants');
    ($status, $said) = make_module('M=nowhere.c');
    like($said, qr/^make module: M=nowhere\.c: there is no such file$/m, 'also for one that is not there');
}

# More than there is, and more than any may have.
for my $case ([ 63, qr/there is no memory for its \d+ KiB/ ], [ 65, qr/it wants \d+ KiB of memory, more than 65536/ ]) {
    my ($mib, $why) = @$case;
    my ($status, $said) = make_module("big$mib", "extern char big[];\nchar big[$mib << 20] = {0};\n");
    is($status, 0, "a module of $mib MiB") or diag $said;
    my $run = boot(name => "big-$mib", modules => ["$build/module/big$mib.ko"], memory => 64, cmdline => 'selftest=pages*');
    like((of_module($run, "big$mib"))[0]{reason}, $why, "$mib MiB: it is refused");
    is_deeply([ map { $_->{name} } grep { $_->{result} eq 'fail' } $run->events('test') ], ['modules'], 'and all else is well');
}
system "rm -rf $dir";

done_testing;
