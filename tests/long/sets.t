#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Families and back ends are taken one by one: for each set, the files and the sections that the guide's table
# names are all that it needs. Built by the guide's flags and linked by a script that has no other section
# (an orphan is a failure), it boots, patches a site of each family and lives by it; and it wants no more
# functions of the host than the guide says. pvtool check is its build gate.

use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Pedant;
use Test::More;

my $dir    = tempdir(CLEANUP => 1);
my $pvtool = $ENV{PVTOOL} || build_dir() . '/tools/pvtool';
my $CC     = $ENV{CC} || 'gcc';
my $guide  = do { local (@ARGV, $/) = 'docs/adopt.md'; <> };

# The table: what one wants => { files, sections }.
my %part = map { my ($want, $files, $sections) = map {s/`//gr} @$_; ($want => { files => [ split ' ', $files ], sections => [ split /,? +/, $sections ] }) }
    map { [ split / \| /, s/^\| //r =~ s/ \|$//r ] } $guide =~ /^(\| (?:`\w+`|always|ops|alternatives|lock prefixes|live changes|keyed changes|static keys|static calls|switching|modules|replacing|found sites) \| `\S+\.c[ `].*\|)$/mg;
is_deeply([ sort keys %part ], [ 'alternatives', 'always', 'found sites', 'keyed changes', 'lguest', 'live changes', 'lock prefixes', 'modules', 'ops', 'replacing', 'soft', 'static calls', 'static keys', 'switching', 'trace' ], 'the guide has a table of parts') or BAIL_OUT('no table');

my ($flags) = $guide =~ /^## 2\. Compiler flags\n\n((?:    -.*\n)+)/m or BAIL_OUT('the guide has no flags');
$flags =~ s/\s+/ /g;
$flags .= $CC =~ /clang/ ? ' -fno-builtin' : ' -fno-tree-loop-distribute-patterns';
my @CORE = qw(pv_host_gather pv_host_has pv_host_irq_restore pv_host_irq_save pv_host_release pv_host_sync_self pv_host_text_writable
    pv_host_text_write pv_host_time);

my @LIVE = qw(pv_host_live_begin pv_host_live_end pv_host_say pv_host_sync_others);

# name => [ bits of least.c, parts, functions of the host beside those that all need ]
my %SETS = (
    'native'              => [ 1, ['ops'], [qw(pv_host_panic pv_host_say)] ],
    'soft'                => [ 9, [ 'ops', 'soft' ], [qw(pv_host_deliver pv_host_panic pv_host_say)] ],
    'lguest'              => [ 1, [ 'ops', 'lguest' ], [qw(pv_host_panic pv_host_say)] ],
    'trace'               => [ 17, [ 'ops', 'trace' ], [qw(pv_host_panic pv_host_say)] ],
    'alternatives'        => [ 2, ['alternatives'], [] ],
    'locks'               => [ 4, ['lock prefixes'], [] ],
    'alternatives, locks' => [ 6, [ 'alternatives', 'lock prefixes' ], [] ],
    'live changes'        => [ 4, [ 'lock prefixes', 'live changes' ], [qw(pv_host_live_begin pv_host_live_end pv_host_sync_others)] ],
    'static keys'         => [ 32, [ 'live changes', 'keyed changes', 'static keys' ], [@LIVE] ],
    'static calls'        => [ 64, [ 'live changes', 'keyed changes', 'static calls' ], [@LIVE] ],
    'keys and calls'      => [ 96, [ 'live changes', 'keyed changes', 'static keys', 'static calls' ], [@LIVE] ],
    'switching'           => [ 145, [ 'ops', 'trace', 'switching' ], [qw(pv_host_gather_outside pv_host_live_begin pv_host_live_end pv_host_panic pv_host_say)] ],
    'modules'             => [ 260, [ 'lock prefixes', 'modules' ], [qw(pv_host_gather_outside pv_host_live_begin pv_host_live_end pv_host_sync_others)] ],
    'replacing'           => [ 657, [ 'ops', 'trace', 'switching', 'live changes', 'replacing' ], [qw(pv_host_gather_outside pv_host_panic), @LIVE] ],
    'found sites'         => [ 1025, [ 'ops', 'found sites' ], [qw(pv_host_panic pv_host_say)] ],
    'everything'          => [ 1023, [ grep { $_ ne 'always' } keys %part ], [qw(pv_host_deliver pv_host_gather_outside pv_host_panic), @LIVE] ],
);

sub run {
    my ($command) = @_;
    my $said = `{ $command; } 2>&1`;
    return $? ? "$command\n$said" : '';
}

my %object;

sub compile {
    my ($file, $name, $more) = @_;
    return $object{$name} if $object{$name};
    my $object = "$dir/" . $name =~ tr{/}{-}r . '.o';
    my $wrong  = run("$CC " . ($file =~ /\.S$/ ? '-m32' : $flags) . " -O2 -Wall -Wextra -Werror -I. $more -c -o $object $file");
    BAIL_OUT($wrong) if $wrong;
    return $object{$name} = $object;
}

# tests/adopt/'s script, but for the sections that are not in @$sections.
sub script {
    my ($name, $sections) = @_;
    my %has = map { $_ => 1 } @$sections;
    my $text = do { local (@ARGV, $/) = 'tests/adopt/adopt.ld'; <> };
    $text =~ s/^\t\.pv_index.*?^\t\}\n//ms or die;
    for my $section (qw(.parainstructions .altinstructions .altinstr_replacement .smp_locks __jump_table .static_call_sites .pv_relocs .pv.native)) {
        $text =~ s/^\t\Q$section\E\b[^\n]*(?:\{[^}\n]*\}|\{\n.*?\n\t\})\n//ms or die "no $section" if !$has{$section};
    }
    $text =~ s/^(\t\.bss :)/\tpv_backends : { *(pv_backends) }\n$1/m if $has{pv_backends};
    $text =~ s/\*\(\.bss \.bss\.\* COMMON\)/*(.bss COMMON)@{[ $has{'.bss.percpu'} ? ' *(.bss.percpu)' : '' ]}/ or die;
    open my $out, '>', "$dir/$name.ld" or die $!;
    print {$out} $text;
    close $out or die $!;
    return "$dir/$name.ld";
}

for my $set (sort keys %SETS) {
    my ($bits, $parts, $functions) = @{ $SETS{$set} };
    my $name = $set =~ s/\W+/-/gr;
    subtest $set => sub {
        my @parts = map { $part{$_} } 'always', @$parts;
        my @pv    = map { compile("pv/$_", $_, '') } map { @{ $_->{files} } } @parts;
        my @own   = (compile("tests/sets/least.c", "least-$name", "-DSETS=$bits"), compile('tests/adopt/host.c', 'host.c', ''));
        push @own, compile(start(), 'start.S', '');
        is(run("ld -m elf_i386 -r -o $dir/$name.o @pv"), '', 'its files are an object');
        my @wants = grep { !/^__(?:start|stop)_pv_backends$|^mem(?:cpy|set)$/ } map {/ U (\w+)/} `nm -u $dir/$name.o`;
        is_deeply([ sort @wants ], [ sort @CORE, @$functions ], 'which wants these functions of the host');
        my $ld = script($name, [ map { @{ $_->{sections} } } @parts ]);
        my $link = "ld -m elf_i386 -z noexecstack --orphan-handling=warn -T $ld";
        my @calls;
        if (grep { $_ eq 'static calls' } @$parts) {
            # As the guide says, twice.
            is(run("$link --emit-relocs -o $dir/$name.first @own @pv && $pvtool calls $dir/$name.first > $dir/$name.S"), '', 'its calls are found');
            @calls = compile("$dir/$name.S", "$name.calls", '');
        }
        my $found = grep { $_ eq 'found sites' } @$parts;
        my $said = `$link @{[ $found ? '--emit-relocs' : '' ]} -o $dir/$name.elf @own @pv @calls 2>&1`;
        is($?, 0, 'it links') or return diag $said;
        is(run("$pvtool relocs $dir/$name.elf"), '', 'its sites are found') if $found;
        # Some are ld's own, and empty. Newer ones warn of segments that are writable and executable, too.
        my @orphans = grep { !/\.(?:rel|got|iplt|igot)\b|has a LOAD segment with RWX/ } split /\n/, $said;
        is_deeply(\@orphans, [], 'and needs no other section');
        is(run("$pvtool check $dir/$name.elf"), '', 'pvtool check has nothing to say');
        my $run = boot(name => "set-$name", image => "$dir/$name.elf", cpu => 'qemu32', serial => 1, timeout => 20);
        is($run->outcome,   'passed',             'it boots');
        is($run->last_line, 'least: all is well', 'and its sites work') or diag $run->describe;
    };
}

# Only what every set has.
sub start {
    open my $out, '>', "$dir/start.S" or die $!;
    print {$out} <<'END';
	.section .boot, "ax", @progbits
	.balign 4
	.long 0x1badb002, 0, -0x1badb002
	.globl start
start:
	mov $stack_top, %esp
	push $0
	popf
	lgdt gdt_ptr
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %ss
	ljmp $8, $adopt_main
	.section .rodata
	.balign 8
gdt:	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_ptr:
	.short gdt_ptr - gdt - 1
	.long gdt
	.section .note.GNU-stack, "", @progbits
END
    close $out or die $!;
    return "$dir/start.S";
}

done_testing;
