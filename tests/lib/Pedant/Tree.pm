# SPDX-License-Identifier: MIT
#
# A copy of the tree, for a test that changes it: what is built already stays so, since objects are copied
# with their times, and make remakes what was changed.
#
#     my $tree = Pedant::Tree::copy("$dir/tree");
#     system("cd $tree && sed -i ... && make BUILD=build");
package Pedant::Tree;

use strict;
use warnings;
use File::Path qw(make_path);
use Pedant::Machine;
use Pedant::Make;

# The caller's jobs are not ours; but what was built with other flags would be built again.
delete @ENV{qw(MAKELEVEL MFLAGS)};
$ENV{MAKEFLAGS} = Pedant::Make::flags();

my @SOURCES = qw(Makefile linker.ld README.md boot arch pv host kernel lib tools tests docs);

# Of the build directory, what nobody needs there.
my %UNNEEDED = map { $_ => 1 } qw(bench clang exercise fuzz litmus logs mutants npm page relocs);

# Copies to $to, which is not there yet. The build directory's name there is `build`: what depends on what is
# noted by that name, so of one that has another name nothing is copied, and all is built anew. Returns $to.
sub copy {
    my ($to) = @_;
    my @built = Pedant::Machine::build_dir() ne 'build' ? () : grep { !$UNNEEDED{ (split m{/})[-1] } } glob 'build/*';
    make_path("$to/build");
    system('cp', '-a', (grep {-e} @SOURCES), "$to/") == 0 or die "the tree cannot be copied to $to\n";
    !@built or system('cp', '-a', @built, "$to/build/") == 0 or die "what is built cannot be copied to $to\n";
    return $to;
}

1;
