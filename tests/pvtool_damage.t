# SPDX-License-Identifier: MIT
#
# Damaged images and dumps, by lot: pvtool ends with 0, 1 or 2, within seconds, and never by a signal. A share of them
# here, all in tests/long/pvtool_damage.t. PVTOOL names another pvtool.
use strict;
use warnings;
use Pedant;
use Pedant::Pvtool;
use Pedant::Share;
use Test::More;

my $elf   = kernel_elf();
my $image = $elf->path;

# What a dump has to hold: to pv_ops, and the features that alternatives were applied for.
my $base  = $elf->symbol('_image');
my $ops   = $elf->symbol('pv_ops');
my ($end) = sort { $b <=> $a } $elf->symbol('_etext_all'), $ops + $elf->symbol_size('pv_ops'),
    $elf->symbol('alternative_state') + 40;
my $held = boot_and_hold(name => 'dump', cmdline => 'selftest=off');
ok($held->reached, 'the kernel reaches its end') or BAIL_OUT($held->describe);
my $clean = $held->pmemsave($base, $end - $base);
$held->quit;
my $dump = spew('dump', $clean);
is((pvtool("verify $image $dump"))[0], 0, 'its dump is good') or BAIL_OUT('no dump to damage');

# The seed is fixed, and each kind's own: a failure comes back, and the share is the beginning of the whole.
sub damaged {
    my ($name, $n, @how) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    srand 46;
    survives($name, share($n), @how);
    return;
}

# An image is read by all commands; without debug sections, which pvtool does not read, more of the damage is where
# it matters.
my $small = scratch('small.elf');
system("objcopy --strip-debug $image $small") == 0 or BAIL_OUT('objcopy failed');
my $whole    = slurp($small);
my @commands = ('sites %s', 'manifest %s', "manifest %s $dump", "verify %s $dump", "diff %s $dump", "list %s $dump", 'list %s');

my ($headers, $n_headers) = unpack 'x32 V x12 v', $whole;
my %at     = map { $_->{name} => $_ } Pedant::Elf->new($small)->sections;
my @tables = map { $at{$_} } qw(.parainstructions .altinstructions .altinstr_replacement .smp_locks __jump_table .static_call_sites .rodata .symtab .strtab);
damaged('images cut short', 100, sub { substr $whole, 0, int rand length $whole }, @commands);
damaged('bits in the ELF header', 100, sub { flip($whole, 0, 52, 1 + int rand 3) }, @commands);
damaged('bits in the section headers', 200,
    sub { flip($whole, $headers, $headers + 40 * $n_headers, 1 + int rand 8) }, @commands);
damaged("bits in $_->{name}", 100, sub { flip($whole, $_->{offset}, $_->{offset} + $_->{size}, 200) }, @commands)
    for @tables;
damaged('a word of the symbol table', 200, sub {
    my ($bytes, $table) = ($whole, $at{'.symtab'});
    my $n = $table->{size} / 16;
    for my $i (map { int rand $n } 1 .. 20) {
        substr($bytes, $table->{offset} + 16 * $i + 4 * (1 + int rand 2), 4) =
            pack 'V', (0, 1, 0x100100, 0x7fffffff, 0xffffffff, $ops)[int rand 6];
    }
    return $bytes;
}, @commands);

my @of_dump = map {"$_ $image %s"} qw(verify manifest diff list);
damaged('dumps cut short', 60, sub { substr $clean, 0, int rand length $clean }, @of_dump);
damaged('bits in dumps', 150, sub { flip($clean, 0, length $clean, 500) }, @of_dump);
damaged('bits in pv_ops', 100, sub { flip($clean, $ops - $base, $end - $base, 20) }, @of_dump);
damaged('dumps of noise', 30, sub { join '', map { chr int rand 256 } 1 .. length $clean }, @of_dump);

done_testing;
