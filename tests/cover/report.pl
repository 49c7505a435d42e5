#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Which lines of the kernel no boot of the tests has reached: of each file how many lines have code and how many
# of these were reached, and then the others, with their text. A line is reached when one of its instructions was
# translated in any boot of this very image, wherever it is inlined.
#
#	perl tests/cover/report.pl build/pedant.elf build/cover [PATTERN]
#
# PATTERN: of these files (a regular expression) all lines that were not reached are shown; without it, counts only.

use strict;
use warnings;
use Cwd qw(getcwd);
use Digest::MD5;
use IPC::Open2 qw(open2);

my ($elf, $dir, $pattern) = @ARGV;
defined $dir or die "usage: report.pl KERNEL DIRECTORY [PATTERN]\n";

sub lines_of {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    chomp(my @lines = <$in>);
    return @lines;
}

open my $in, '<:raw', $elf or die "$elf: $!\n";
my $sum = Digest::MD5->new->addfile($in)->hexdigest;
my (%reached, $boots);
for my $path (glob "$dir/$sum-*.reached") {
    $reached{ hex $_ } = 1 for lines_of($path);
    $boots++;
}
$boots or die "$dir: nothing of this image\n";

open my $code, '-|', qw(objdump -d --no-show-raw-insn), $elf or die "objdump: $!\n";
my @at = map { /^\s*([0-9a-f]+):\s/ ? hex $1 : () } <$code>;
close $code or die "objdump failed\n";

# { path => { line => was it reached? } }
sub by_line {
    my (@addresses) = @_;
    my ($top, %files) = (getcwd() . '/');
    my $pid = open2(my $out, my $to, 'addr2line', '-e', $elf);
    if (!(my $child = fork // die "fork: $!\n")) {
        print {$to} map { sprintf "%x\n", $_ } @addresses;
        close $to;
        exec 'true';
    }
    close $to;
    for my $at (@addresses) {
        my ($path, $line) = (readline($out) // '') =~ /^(.*?):(\d+)/ or next;
        $path =~ s{^\Q$top\E|^\./}{};
        $files{$path}{$line} ||= $reached{$at} ? 1 : 0;
    }
    waitpid $pid, 0;
    return \%files;
}

my $files = by_line(@at);
my ($all, $all_reached) = (0, 0);
printf "%d boots\n\n%-42s %6s %8s %6s\n", $boots, 'file', 'lines', 'reached', '%';
for my $path (sort grep { -e && !m{^(?:build|tests)/} } keys %$files) {
    my $lines = $files->{$path};
    my ($n, $yes) = (scalar keys %$lines, scalar grep {$_} values %$lines);
    $all += $n;
    $all_reached += $yes;
    printf "%-42s %6d %8d %6.1f\n", $path, $n, $yes, 100 * $yes / $n if $yes < $n;
    next if !defined $pattern || $path !~ $pattern;
    my @text = lines_of($path);
    printf "    %5d  %s\n", $_, $text[ $_ - 1 ] =~ s/\t/    /gr for grep { !$lines->{$_} } sort { $a <=> $b } keys %$lines;
}
printf "%-42s %6d %8d %6.1f\n", 'all', $all, $all_reached, 100 * $all_reached / $all;
