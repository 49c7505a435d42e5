# SPDX-License-Identifier: MIT
#
# A table of measurements: printed, and kept for tests/bench/docs.pl, which puts it into the documentation.
#
#     show('guest-ops', "Instructions ...\n", map { sprintf ... } @rows);     # build/bench/guest-ops.txt
#     printed('sizes', sub { printf ... });                                  # the same, of what is printed
#     put_json('guest.json', \@rows);
package Pedant::Figures;

use strict;
use warnings;
use Exporter qw(import);
use File::Path qw(make_path);
use JSON::PP;
use Pedant;

our @EXPORT = qw(show printed put put_json);

sub put {
    my ($name, $text) = @_;
    my $dir = build_dir() . '/bench';
    make_path($dir);
    open my $out, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print {$out} $text;
    close $out or die "$dir/$name: $!\n";
    return;
}

sub put_json {
    my ($name, $what) = @_;
    return put($name, JSON::PP->new->canonical->pretty->encode($what));
}

sub show {
    my ($name, @text) = @_;
    my $text = join('', @text) =~ s/ +$//gmr;
    print "\n$text";
    return put("$name.txt", $text);
}

sub printed {
    my ($name, $print) = @_;
    open my $buffer, '>', \my $text or die "$name: $!\n";
    my $before = select $buffer;
    $print->();
    select $before;
    return show($name, $text =~ s/^\n+//r);
}

1;
