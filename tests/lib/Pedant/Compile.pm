# SPDX-License-Identifier: MIT
#
# What compilers make of a few lines that include our headers: the instructions of each function, as objdump
# writes them, with the symbols that they refer to.
#
#     use Pedant::Compile;
#     for my $form (forms()) {                     # each compiler here, with sites and bare
#         my $code = compiled($form, qq(#include "pv/paravirt.h"\nvoid f(void) { halt(); }\n));
#         print "$_\n" for @{ $code->{f} };        # "hlt", "ret"
#     }
package Pedant::Compile;

use strict;
use warnings;
use Exporter qw(import);
use File::Temp qw(tempdir);

our @EXPORT = qw(forms compiled);

# As the kernel is compiled, but without frame pointers: fewer instructions to look at.
my $FLAGS = '-m32 -march=i486 -mgeneral-regs-only -std=gnu11 -ffreestanding -fno-pic -fno-stack-protector'
    . ' -fno-strict-aliasing -fno-asynchronous-unwind-tables -fcf-protection=none -fomit-frame-pointer -O2 -I.';
my $dir = tempdir(CLEANUP => 1);

# { compiler, sites, name } for each way to compile; one compiler is there in any case.
sub forms {
    my @compilers = grep { !system "command -v $_ > $dir/where" } qw(gcc clang);
    die "there is no compiler\n" if !@compilers;
    return map { my $c = $_; map { { compiler => $c, sites => $_, name => "$c, " . ($_ ? 'sites' : 'bare') } } 1, 0 } @compilers;
}

# { function => [ instructions ] }; dies with the compiler's messages.
sub compiled {
    my ($form, $source) = @_;
    open my $out, '>', "$dir/snippet.c" or die "$dir/snippet.c: $!\n";
    print {$out} $source;
    close $out or die "$dir/snippet.c: $!\n";
    my $said = `LC_ALL=C $form->{compiler} $FLAGS -DCONFIG_PARAVIRT=$form->{sites} -c -o $dir/snippet.o $dir/snippet.c 2>&1`;
    die "$form->{name}: $said" if $?;
    return _functions(`objdump -dr --no-show-raw-insn $dir/snippet.o`);
}

# A relocation stands on a line of its own, behind its instruction: "  2: R_386_32 pv_ops".
sub _functions {
    my (%functions, $now);
    for my $line (@_) {
        if    ($line =~ /^[0-9a-f]+ <([^>]+)>:/)                         { $now = $functions{$1} = [] }
        elsif ($line =~ /^\s*[0-9a-f]+: R_\S+\s+(\S+)/)                  { $now->[-1] .= " [$1]" }
        elsif ($line =~ /^\s*[0-9a-f]+:\s+(\S.*?)\s*$/ && $now) { push @$now, $1 =~ s/\s+/ /gr }
    }
    return \%functions;
}

1;
