# SPDX-License-Identifier: MIT
#
# Commands that a text shows, and what it shows of what they print:
#
#     $ make sites FUNC=timer_ns
#     address     symbol ...
#     0x0010e023  timer_ns+0x3 ...
#
# indented by four blanks; "..." is left out, as a line or at a line's end. What is run prints those lines in
# this order, and only numbers, addresses and where a call goes to may differ.
#
#     for my $job (commands($text)) {
#         my @lines = said_by($tree, $job);
#         is_deeply([ missing($job->{shown}, @lines) ], [], $job->{command});
#     }
package Pedant::Shown;

use strict;
use warnings;
use Exporter qw(import);
use Pedant::File qw(spew);
use Pedant::Patience;

our @EXPORT_OK = qw(commands missing said_by same_compiler);

# { command, typed, shown } of each: an indented "$ ", up to the next; "(gdb) " is what is typed to it.
sub commands {
    my ($text) = @_;
    my @all;
    for my $block ($text =~ /((?:^ {4}.*\n)+)/mg) {
        next if $block !~ /^ {4}\$ /;
        for my $line (map {s/^ {4}//r} split /\n/, $block) {
            if    ($line =~ /^\$ (.*)/)       { push @all, { command => $1, typed => [], shown => [] } }
            elsif ($line =~ /^\(gdb\) (.*)/)  { push @{ $all[-1]{typed} }, $1 }
            elsif ($line !~ /^\s*\.\.\.$/)    { push @{ $all[-1]{shown} }, $line }
        }
    }
    return @all;
}

# What may differ from build to build. Bytes count, but for where they lead to, and for addresses in the image.
sub normal {
    my ($line) = @_;
    $line =~ s/\b(e[89]|ff [12]5)(?: [0-9a-f]{2}){4}\b/$1 THERE/g;
    $line =~ s/(?<= )[0-9a-f]{2} (?!0f 1f)[0-9a-f]{2} [12][0-9a-f] 00\b/THERE/g;
    $line =~ s/^\s*[0-9a-f]{3,8}(?=:\s)/N/;
    my @parts = split /((?:\b[0-9a-f]{2} )+[0-9a-f]{2}\b)/, $line;
    for my $i (grep { $_ % 2 == 0 } 0 .. $#parts) {
        $parts[$i] =~ s/\b0x[0-9a-f]+\b|\b[0-9a-f]{6,8}\b|\b\d+\b/N/g;
    }
    return join(' ', @parts) =~ s/\s+/ /gr =~ s/^ | $//gr;
}

# Instructions that are no site's are what a compiler chose: compared where it is that of the texts.
my $same;

sub same_compiler {
    return $same //= `@{[ $ENV{CC} || 'gcc' ]} -dumpversion` =~ /^12\b/ && !$ENV{OPT} ? 1 : 0;
}
sub compares { return same_compiler() || $_[0] !~ /^ +[0-9a-f]{6}(?:  |:\t)/ || $_[0] =~ /  # / }

# The lines of what is shown that are not among those that were said, in their order.
sub missing {
    my ($shown, @lines) = @_;
    my @normal = map { normal($_) } @lines;
    my ($at, @missing) = (0);
    for my $wanted (grep { /\S/ && compares($_) } @$shown) {
        my $begin = normal($wanted =~ s/ *\.\.\.$//r);
        my ($found) = grep { $wanted =~ /\.\.\.$/ ? index($normal[$_], $begin) == 0 : $normal[$_] eq $begin } $at .. $#normal;
        if (defined $found) { $at = $found + 1 }
        else                { push @missing, $wanted }
    }
    return @missing;
}

# The lines that a command prints in a tree, gdb's without its prompt.
sub said_by {
    my ($tree, $job) = @_;
    my $patience = patient(300);
    my $input = join '', map {"$_\n"} @{ $job->{typed} }, @{ $job->{typed} } ? 'quit' : ();
    spew("$tree/typed", $input);
    my $said = `cd $tree && BUILD=build timeout $patience sh -c '$job->{command}' < typed 2>&1`;
    return map { s/^(?:\(gdb\) )+//r =~ s/\r//r } split /\n/, $said;
}

1;
