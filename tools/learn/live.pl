#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The memory of a kernel that ran to its end, for who wants to look: dump leaves it in BUILD/dump, as pvtool
# takes it, and diff shows with it what became of a function (FUNC), or of all. Boots as `make run` does, by
# the same words of the environment; without self-tests, unless CMDLINE asks for some.
#
#	FUNC=timer_ns BUILD=build perl -Itests/lib tools/learn/live.pl diff

use strict;
use warnings;
use lib 'tools/learn';
use Pedant;
use Pedant::File qw(spew);
use Words;

my $pvtool = build_dir() . '/tools/pvtool';
my $dump   = build_dir() . '/dump';

sub arguments {
    my %said    = map { lc($_) => $ENV{$_} } grep { length($ENV{$_} // '') } qw(SMP CPU ACCEL);
    my $cmdline = $ENV{CMDLINE} // '';
    $cmdline = join ' ', grep {length} $cmdline, 'selftest=off' if $cmdline !~ /(?:^| )selftest=/;
    return (%said, memory => 128, timeout => $ENV{LIMIT} || 60, cmdline => $cmdline, extra => [ split ' ', $ENV{QEMU_ARGS} // '' ]);
}

# Writes the dump; returns the kernel's last line.
sub take {
    my $elf  = kernel_elf();
    my $held = boot_and_hold(name => 'dump', arguments());
    if (!$held->reached) {
        print {*STDERR} "dump: the kernel does not come to its end: ", $held->describe;
        exit 1;
    }
    my ($start, $end) = map { $elf->symbol($_) } qw(_image _image_end);
    spew($dump, $held->pmemsave($start, $end - $start));
    my $line = $held->last_line;
    $held->quit;
    return ($line, $start, $end - $start);
}

sub dump_it {
    my ($line, $start, $size) = take();
    my $image = kernel_path();
    printf "%s: %d bytes from 0x%08x on, of a kernel whose last line is\n  %s\n", $dump, $size, $start, $line;
    print "To look at it:\n", map {"  $pvtool $_\n"} "verify $image $dump", "list $image $dump --function timer_ns",
        "diff $image $dump --function timer_ns";
    return 0;
}

# pvtool's status 1 says that lines differ, which is what is asked for.
sub diff {
    my $function = function_asked('diff');
    if (defined $function && !sites_of($function)) {
        print "make diff: $function has no sites: it is as linked\n";
        return 0;
    }
    take();
    my @command = ($pvtool, 'diff', kernel_path(), $dump, defined $function ? ('--function', $function) : ());
    system(@command);
    return $? & 127 || $? >> 8 > 1 ? 1 : 0;
}

my %does = (dump => \&dump_it, diff => \&diff);
my $what = $does{ $ARGV[0] // '' } or refuse('live.pl', 'dump or diff');
exit $what->();
