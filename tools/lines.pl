#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# How much there is to read of kernel/, room by room: files, lines, and lines of code, which are those without
# blank ones and comments. What one person reads to know the kernel comes first, and is summed up; then what
# reports, tests, or shows it.
#
#	tools/lines.pl

use strict;
use warnings;

my @kernel = qw(kernel kernel/base kernel/bare kernel/task kernel/module);
my @beside = qw(kernel/patch kernel/live kernel/guest kernel/test kernel/litmus kernel/shell kernel/museum);
my $reports = qr{^kernel/screen\.[ch]$};

sub code {
    my ($text) = @_;
    $text =~ s{/\*.*?\*/}{}gs;
    $text =~ s{//[^\n]*}{}g;
    return scalar grep { /\S/ } split /\n/, $text;
}

# Of one room, and those in it unless that is kernel/ itself.
sub room {
    my ($room) = @_;
    my @files = grep { $_ !~ $reports } glob $room eq 'kernel' ? "$room/*.[ch]" : "$room/*.[ch] $room/*/*.[ch]";
    my ($lines, $code) = (0, 0);
    for my $path (@files) {
        open my $in, '<', $path or die "$path: $!\n";
        local $/;
        my $text = <$in>;
        $lines += $text =~ tr/\n//;
        $code += code($text);
    }
    return (scalar @files, $lines, $code);
}

sub table {
    my ($title, @rooms) = @_;
    my @sum = (0, 0, 0);
    for my $name (@rooms) {
        my @row = room($name);
        printf "  %-16s %5d %6d %6d\n", "$name/", @row;
        $sum[$_] += $row[$_] for 0 .. 2;
    }
    printf "  %-16s %5d %6d %6d\n\n", $title, @sum;
    return;
}

printf "  %-16s %5s %6s %6s\n", 'room', 'files', 'lines', 'code';
table('the kernel', @kernel);
table('beside it', @beside);
