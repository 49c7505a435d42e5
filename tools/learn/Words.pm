# SPDX-License-Identifier: MIT
#
# What the learner's commands are told, looked at before anything is done: what cannot be is one line, and
# the status is 2.
#
#     refuse('new-test', "NAME=$name: there is such a file");
#     my $function = function_asked('diff');          # FUNC, or undef
#     print sites_of($function);                      # pvtool's tables
package Words;

use strict;
use warnings;
use Exporter qw(import);
use Pedant ();

use constant STT_FUNC => 2;    # labels of assemblers may have no type

our @EXPORT = qw(refuse function_asked sites_of);

sub refuse {
    my ($command, $why) = @_;
    print {*STDERR} "make $command: $why\n";
    exit 2;
}

# The function that FUNC names: one of the kernel's; undef where nothing was asked for.
sub function_asked {
    my ($command) = @_;
    my $name = $ENV{FUNC} // '';
    return undef if !length $name;
    refuse($command, "FUNC=$name: a function's name has letters, digits, _ and . only") if $name !~ /^[A-Za-z_][\w.]*\z/;
    my ($symbol) = grep { $_->{name} eq $name && ($_->{type} == STT_FUNC || !$_->{type}) } Pedant::kernel_elf()->symbols;
    refuse($command, "FUNC=$name: the kernel has no such function") if !$symbol;
    return $name;
}

# What `pvtool sites` says, a table a family, of a function's sites, or of all.
sub sites_of {
    my ($function) = @_;
    open my $sites, '-|', Pedant::build_dir() . '/tools/pvtool', 'sites', Pedant::kernel_path() or die "pvtool: $!\n";
    my @tables = do { local $/ = ''; <$sites> };
    close $sites or die 'pvtool sites: status ' . ($? >> 8) . "\n";
    return map { my ($head, @rows) = _rows($function, $_); @rows ? join '', $head, @rows : () } @tables;
}

sub _rows {
    my ($function, $table) = @_;
    my ($head, @rows) = map {"$_\n"} split /\n/, $table;
    return ($head, grep { !defined $function || (split)[1] =~ /^\Q$function\E\+/ } @rows);
}

1;
