# SPDX-License-Identifier: MIT
#
# Damaged Linux kernels, and dumps of them: pvtool ends with 0, 1 or 2 and says why, whatever a table says. It is built
# with ASan and UBSan here, so that a read beyond anything counts, too. Each byte of the tables in turn, and of kallsyms;
# a share of them here, all in tests/long/pvtool_linux_damage.t.
use strict;
use warnings;

BEGIN { $ENV{PVTOOL} = ($ENV{BUILD} || 'build') . '/tests/pvtool-asan' }
use Pedant::Elf;
use Pedant::LinuxImage;
use Pedant::Pvtool;
use Pedant::Share;
use Test::More;

# The seed is fixed, and each kind's own: a failure comes back, and the share is spread over the whole.
sub damaged {
    my ($name, $n, @how) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    srand 11;
    survives($name, $n, @how);
    return;
}

# Each byte of these sections, or every tenth; with a bit changed, or all of them, or none left.
sub bytes_of {
    my ($name, $linux, $file, $commands, @sections) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $whole = slurp($file);
    my %there = map { ($_->{name} => $_) } Pedant::Elf->new($file)->sections;
    my @at = map { my $s = $there{$_}; $s ? ($s->{offset} .. $s->{offset} + $s->{size} - 1) : () } @sections;
    my $n = share(scalar @at);
    my $step = @at / $n;
    my $i = 0;
    damaged("$name, $n of " . @at . ' bytes', $n, sub {
        my $bytes = $whole;
        my $at = $at[int($i++ * $step)];
        my $old = ord substr $bytes, $at, 1;
        substr($bytes, $at, 1) = chr((0, 0xff, 0x80 ^ $old, (1 << int rand 8) ^ $old)[int rand 4]);
        return $bytes;
    }, @$commands);
    return;
}

# One of each layout of kallsyms.
my %kallsyms = map { $_ => 1 } qw(2.6.20 4.19 6.1 6.6);
my @tables = qw(.parainstructions .altinstructions .smp_locks __jump_table __mcount_loc .static_call_sites __ksymtab);
for my $version (sort keys %layouts) {
    my $linux = linux_image($version, 'sections');
    my $dump  = spew("$version.dump", $linux->memory);
    bytes_of("tables of $version", $linux, $linux->{path}, ['check %s', "verify %s $dump", 'sites %s'], @tables);
    next if !$kallsyms{$version};
    my $stripped = linux_image($version, 'stripped');
    spew("$version.dump", $stripped->memory);
    bytes_of("kallsyms and hidden tables of $version", $stripped, $stripped->{path}, ["verify %s $dump", 'check %s', 'sites %s'], '.rodata');
}

my $linux   = linux_image('6.1', 'stripped');
my $whole   = slurp($linux->{path});
my $memory  = $linux->memory;
my $dump    = spew('good.dump', $memory);
my @of_all  = ('check %s', "verify %s $dump", 'sites %s');
my @of_dump = ("verify $linux->{path} %s");
my ($headers, $n_headers) = unpack 'x32 V x12 v', $whole;
damaged('images cut short', share(300), sub { substr $whole, 0, int rand length $whole }, @of_all);
damaged('bits in the headers', share(300), sub { flip($whole, $headers, $headers + 40 * $n_headers, 1 + int rand 8) }, @of_all);
damaged('bits anywhere', share(300), sub { flip($whole, 0, length $whole, 1 + int rand 30) }, @of_all);
damaged('dumps cut short', share(100), sub { substr $memory, 0, int rand length $memory }, @of_dump);
damaged('bits in dumps', share(200), sub { flip($memory, 0, length $memory, 1 + int rand 100) }, @of_dump);
damaged('boot_cpu_data of noise', share(100), sub {
    my $at = $linux->at('boot_cpu_data') - 0xc1000000;
    return flip($memory, $at, $at + 160, 1 + int rand 20);
}, @of_dump);
damaged('dumps of noise', share(50), sub { join '', map { chr int rand 256 } 1 .. length $memory }, @of_dump);

done_testing;
