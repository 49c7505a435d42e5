# SPDX-License-Identifier: MIT
#
# Runs pvtool under a time limit, on files in a directory that goes away with the test, and on damaged
# copies of them: whatever a file says, pvtool ends with 0, 1 or 2, says why, and not by a signal.
#
#     use Pedant::Pvtool;
#     my ($status, $said) = pvtool('check ' . image_of($assembly, $linker_script));
#     survives('cut short', 100, sub { substr $whole, 0, int rand length $whole }, 'check %s');
#
# PVTOOL names another pvtool than the build's.
package Pedant::Pvtool;

use strict;
use warnings;
use Exporter qw(import);
use File::Temp qw(tempdir);
use Pedant::File qw(slurp);
use Test::More;

our @EXPORT = qw(pvtool verify_held scratch spew slurp image_of survives flip);

my $pvtool = $ENV{PVTOOL} || ($ENV{BUILD} || 'build') . '/tools/pvtool';
my $dir    = tempdir(CLEANUP => 1);

# A sanitizer's report must not look like findings, which exit with 1 as well.
$ENV{ASAN_OPTIONS}  = 'exitcode=99';
$ENV{UBSAN_OPTIONS} = 'halt_on_error=1:exitcode=99';
BAIL_OUT("$pvtool is not there: make it first, or set PVTOOL") if !-x $pvtool;

# The path of a file in the test's directory.
sub scratch { return "$dir/$_[0]" }

# Writes such a file and returns its path.
sub spew {
    my ($name, $bytes) = @_;
    return Pedant::File::spew(scratch($name), $bytes);
}

# The exit status (a signal is 128 and more) and what it wrote; 124 if it took too long.
sub pvtool {
    my ($arguments) = @_;
    my $said = qx(timeout 20 $pvtool $arguments 2>&1);
    return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $said);
}

# pvtool verify of the memory of a kernel that is held, all of its image; the options are verify's.
sub verify_held {
    my ($held, $elf, $options) = @_;
    my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
    my $dump = spew('held.dump', $held->pmemsave($start, $end - $start));
    return pvtool(join ' ', 'verify', $options // (), $elf->path, $dump);
}

sub _run_or_stop {
    my ($command) = @_;
    my $said = qx($command 2>&1);
    return if !$?;
    diag($said);
    BAIL_OUT($command);
}

# Assembles a text for NASM, links it by a linker script; the path of the image.
sub image_of {
    my ($assembly, $script) = @_;
    my ($asm, $ld) = (spew('image.asm', $assembly), spew('image.ld', $script));
    _run_or_stop("nasm -f elf32 -w-all -o $dir/image.o $asm");
    _run_or_stop("ld -m elf_i386 -z noexecstack -z max-page-size=4096 "
            . "-T $ld -o $dir/image.elf $dir/image.o");
    return "$dir/image.elf";
}

# $bytes with $times bits between the two offsets changed.
sub flip {
    my ($bytes, $from, $to, $times) = @_;
    substr($bytes, $from + int rand($to - $from), 1) ^= chr(1 << int rand 8) for 1 .. $times;
    return $bytes;
}

# Runs each of the commands, with the path for its %s, on some of $n files that $make->() returns. The one
# that pvtool does not survive is kept.
sub survives {
    my ($name, $n, $make, @commands) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %seen;
    for my $i (1 .. $n) {
        my $bytes   = $make->();
        my $command = sprintf $commands[ $i % @commands ], spew('damaged', $bytes);
        my ($status, $said) = pvtool($command);
        $seen{$status}++;
        next if $status <= 2 && length $said;
        my $kept = File::Temp->new(TEMPLATE => 'pvtool-XXXXXX', TMPDIR => 1, UNLINK => 0);
        print {$kept} $bytes;
        fail($name);
        diag("$command, kept as $kept: exit status $status\n", substr $said, -2000);
        return;
    }
    pass("$name: " . join ', ', map {"$seen{$_} with status $_"} sort keys %seen);
    return;
}

1;
