# SPDX-License-Identifier: MIT
#
# What can be broken, in parts, and what `make test` runs that is about a part: the cheapest first, so that most
# mutants end soon.
#
#     for my $stage (Parts::stages('pv/engine.c')) {
#         system(qw(make), @{ $stage->{targets} });
#         system(@{ $stage->{command} });
#     }
package Parts;

use strict;
use warnings;

# By cost, those of up to a quarter of a minute first; what is not named here is new, and comes last.
my @CHEAP = qw(ksyms scripts floors i386 learn order build lib lib_memory names ops_def ahead book text adopt pvtool_sites pvtool_families
    pvtool_verify pvtool pvtool_manifest pvtool_relocs pvtool_calls pvtool_view pvtool_refused pvtool_usage pvtool_list bench yardstick table cpuid
    clocks call_uses key_uses charts docs early exercises features gather_example damage_rules events shell screen user);
my @ORDER = (@CHEAP, qw(guest_nmi museum_cpus gdb small by_name cpus crash_cpus fuzz_calls module live make firmware locks
    guest_hostile damage_keys damage_calls damage_unseen guest_fuzz
    multiboot damage_tables pvtool_index smp_turns damage_facts locks smp cmdline damage_index damage
    matrix experiments litmus pvtool_cpus pvtool_by_manifest pvtool_damage pvtool_dump fuzz bochs));
my %CHEAP = map { $_ => 1 } @CHEAP;

# weight: of 100 mutants so many. files: whose they are, the first part that fits. builds: what a mutant has to
# build to count. makes: what the build makes with it; not to is to notice it. boots: arguments of boot.pl. host:
# tests on the build machine, as a pattern of their names. not: tests/NAME.t that are not about it; only: those that
# are; uses: those that use the module.
my $IMAGES = [qw(pedant.elf pedant-native.elf)];
my @BOOTS  = ([], [ 'cpu=max', 'smp=2', 'cpus=online, online' ], ['cpu=486'], ['cmdline=pv=soft']);
my %TOOLS  = map { m{(pvtool\w*)\.t$} => 1 } glob 'tests/pvtool*.t';
my %LIB    = map { $_ => 1 } qw(lib lib_memory floors ksyms i386 make);
my @PARTS = (
    { name => 'pv', weight => 28, files => qr{^pv/(?!made/).*\.(?:c|h|S|asm|inc|def)$}, builds => $IMAGES, boots => \@BOOTS,
        host => qr/^(?!cpus|lib|pit|printk|shell)/, not => { %LIB, map { $_ => 1 } qw(pvtool_families pvtool_verify pvtool_cpus multiboot cpus) } },
    { name => 'arch', weight => 20, files => qr{^(?:arch|boot)/.*\.(?:c|h|S|asm)$}, builds => $IMAGES,
        boots => [ @BOOTS, ['smp=4'], [ 'cpu=pentium', 'smp=3', 'cpus=online, online, online' ] ], host => qr/^(?:cpus|lib|pages|pit|printk|shell|state)/,
        not => { %LIB, %TOOLS, map { $_ => 1 } qw(ops_def adopt damage damage_tables damage_facts damage_index) } },
    { name => 'kernel', weight => 10, files => qr{^kernel/.*\.[ch]$}, builds => $IMAGES, boots => \@BOOTS, host => qr/^(?:lib|link|module|shell)/,
        not => { %LIB, %TOOLS, map { $_ => 1 } qw(ops_def adopt order ahead) } },
    { name => 'host', weight => 10, files => qr{^host/.*\.(?:c|h|asm)$}, builds => ['pedant.elf'],
        boots => [ [ 'cmdline=selftest=off', 'guest=' ], [ 'cmdline=selftest=off guest-text=open', 'guest=selftest=off', 'cpu=max' ] ], host => qr/^$/,
        only => { map { $_ => 1 } qw(guest guest_fuzz guest_hostile guest_nmi) } },
    { name => 'lib', weight => 8, files => qr{^lib/.*\.[ch]$}, builds => $IMAGES, boots => \@BOOTS, host => qr/^(?:lib|link|pit|shell)/,
        not => { %LIB, %TOOLS, map { $_ => 1 } qw(ops_def adopt order ahead damage damage_tables damage_facts damage_index bochs) } },
    { name => 'pvtool', weight => 12, files => qr{^tools/pvtool/.*\.[ch]$}, builds => ['tools/pvtool'], makes => [qw(pedant.elf tests/adopt.elf)],
        boots => [ [] ], host => qr/^(?:insn|look)_/, only => { map { $_ => 1 } keys %TOOLS, qw(adopt damage_facts) } },
    { name => 'scripts', weight => 4, files => qr{^(?:pv/ops\.awk|tools/\w+\.(?:awk|pl)|tools/(?:boot|i386)\.sh)$}, builds => [],
        makes => $IMAGES, boots => [ [] ], host => qr/^group_list/, only => { map { $_ => 1 } qw(floors ksyms scripts i386 ops_def experiments build make) } },
    { name => 'testlib', weight => 8, files => qr{^tests/lib/.*\.pm$}, builds => [], boots => [ [] ], host => qr/^$/, uses => 1 },
);

# Files that tests on the build machine know best; for all others these are dear, since they are compiled anew.
my $HOST_FIRST = qr{^(?:pv/(?:\w+\.c|insn_map\.h)|lib/\w+\.[ch]|kernel/(?:module|shell/term)/\w+\.c
    |arch/x86/(?:smp/(?:acpi|firmware|firmware_find|mptable|printk_lock)|dev/(?:pit_counts|ps2_keys)|cpu/state)\.c)$}x;

# What a test needs beside the image, of the build directory.
my %NEEDS = (
    pvtool_linux_damage => ['tests/pvtool-asan'],
    (map { $_ => ['pedant-native.elf'] } qw(yardstick pvtool_dump floors hostile user workloads)),
    (map { $_ => ['pedant-small.elf'] } qw(small guest)),
    (map { $_ => ['pedant.iso'] } qw(matrix bochs)),
    (map { $_ => ['tests/guest.list'] } qw(guest_hostile guest_nmi)),
    (map { $_ => ['tests/adopt.elf'] } qw(adopt pvtool_view pvtool_refused pvtool_usage pvtool_list)),
    pvtool_leaks => [ 'tests/adopt.elf', 'tests/pvtool-asan' ],
    litmus      => [ 'tests/litmus/native', 'litmus/bochs-10.iso' ],
    fuzz        => [ map {"tests/host/${_}_fuzz"} qw(engine group keyed module) ],
);

sub parts { return @PARTS }

# The part that a file is of, or undef.
sub of {
    my ($path) = @_;
    my ($part) = grep { $path =~ $_->{files} } @PARTS;
    return $part;
}

sub _slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return <$in>;
}

sub _module { my ($path) = @_; return $path =~ s{^tests/lib/(.*)\.pm$}{$1}r =~ s{/}{::}gr }

# The names of tests that use a module, or one that uses it.
sub _users {
    my ($path) = @_;
    my %uses = map { my $file = $_; ($file => { map { $_ => 1 } _slurp($file) =~ /\b(?:use|require|parent|formatter|boot\.pl)\W+(Pedant(?:::\w+)*)/g }) }
        glob 'tests/lib/*.pm tests/lib/*/*.pm tests/*.t';
    my %wanted = (_module($path) => 1);
    my $more = 1;
    while ($more) {
        my @new = grep { my $file = $_; $file =~ /\.pm$/ && !$wanted{ _module($file) } && grep { $uses{$file}{$_} } keys %wanted } keys %uses;
        $wanted{ _module($_) } = 1 for @new;
        $more = @new;
    }
    return { map { m{^tests/(\w+)\.t$} ? ($1 => 1) : () } grep { my $file = $_; grep { $uses{$file}{$_} } keys %wanted } keys %uses };
}

# In their order.
sub _tests {
    my ($part, $path) = @_;
    my %place = map { $ORDER[$_] => $_ } 0 .. $#ORDER;
    my @all   = sort { ($place{$a} // 99) <=> ($place{$b} // 99) || $a cmp $b } map {m{^tests/(\w+)\.t$}} glob 'tests/*.t';
    my $users = $part->{uses} && _users($path);
    return grep { $users ? $users->{$_} || /^lib/ : $part->{only} ? $part->{only}{$_} : !$part->{not}{$_} } @all;
}

# { name, targets, command, dear, watches } of each, the cheapest first; what is only made has no command. Names of targets begin with the
# build directory's. watches: a file, and while it is the same nothing that this stage looks at has changed.
sub stages {
    my ($path, $build) = @_;
    my $part  = of($path);
    my @perl  = ($^X, '-Itests/lib');
    my @makes = $part->{makes} ? { name => 'make', targets => [ map {"$build/$_"} @{ $part->{makes} } ] } : ();
    my @boots = map { { name => join(' ', 'boot', @$_), targets => [], command => [ @perl, 'tests/mutants/boot.pl', @$_ ],
        watches => $part->{uses} ? undef : "$build/pedant.elf" } } @{ $part->{boots} };
    my @host  = map { { name => "host $_", targets => ["$build/tests/host/$_"], command => ["$build/tests/host/$_"],
        watches => "$build/tests/host/$_" . (-e "tests/insn/$_.c" ? '' : '.i386') } }
        grep { $_ =~ $part->{host} } map {m{/(\w+_test)\.c$}} sort glob 'tests/host/*_test.c tests/insn/*_test.c';
    my @tests = map { { name => "tests/$_.t", targets => [ map {"$build/$_"} 'pedant.elf', 'tests/loader.elf', @{ $NEEDS{$_} || [] } ],
        command => [ @perl, "tests/$_.t" ] } } _tests($part, $path);
    my @all = (@makes, @boots, $path =~ $HOST_FIRST ? (@host, @tests) : (@tests, @host));
    $_->{dear} = $_->{name} =~ m{^tests/(\w+)} && !$CHEAP{$1} ? 1 : 0 for @all;
    return @all;
}

1;
