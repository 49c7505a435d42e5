# SPDX-License-Identifier: MIT
#
# The line that the first instructions print when there is less memory than the kernel has itself: by a port
# that is busy it comes whole, and one that stays so, or is not there, does not hold up the end.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Pedant;
use Pedant::Fifo;

use constant { FIONREAD => 0x541b, PIPE_SIZE => Pedant::Fifo::SIZE, LEFT => 8 };
use constant LINE => "panic: Pedant needs more memory than there is: stopped\n";

my $directory = tempdir(CLEANUP => 1);

sub is_full {
    my ($fifo) = @_;
    my $n = pack 'i', 0;
    ioctl $fifo, FIONREAD, $n or die "FIONREAD: $!\n";
    return unpack('i', $n) == PIPE_SIZE;
}

# Boots with too little memory; the port is read once it is full, or never. Returns the run, and what the
# port got.
sub boot_busy {
    my ($name, $read) = @_;
    my ($path, $text, $was_full) = ("$directory/$name", '', 0);
    my ($in, $out) = map { Pedant::Fifo::make("$path.$_") } qw(in out);
    syswrite $out, 'x' x (PIPE_SIZE - LEFT);
    my $run = boot(name => $name, memory => '1400k', serial1 => "pipe:$path", watch => sub {
        $was_full ||= is_full($out);
        while ($read && $was_full && sysread $out, $text, 4096, length $text) { }
        return 0;
    });
    while (sysread $out, $text, 4096, length $text) { }
    ok($was_full, "$name: the port was full");
    return ($run, substr $text, PIPE_SIZE - LEFT);
}

my ($run, $text) = boot_busy('slow', 1);
expect_outcome($run, 'panic', 'a slow port: the kernel ends as it says');
is($text, LINE, 'a slow port: it gets the whole line');
($run, $text) = boot_busy('stuck', 0);
expect_outcome($run, 'panic', 'a stuck port: the kernel ends as it says');
is($text, substr(LINE, 0, LEFT), 'a stuck port: it gets what fits');
expect_outcome(boot(name => 'none', memory => '1400k', serial => 0), 'panic', 'no port: the kernel ends as it says');

# The same on the screen, white on red, where the end is not asked for.
{
    my $held = boot_and_hold(name => 'screen', memory => '1400k', timeout => 10, until_vga => qr/more memory than there is: stopped/);
    ok($held->reached, 'a screen: it has the line') or diag $held->describe;
    my $cells = $held->pmemsave(0xb8000, 2 * (length(LINE) - 1));
    is($cells, join('', map {"$_\x4f"} split //, substr LINE, 0, -1), 'a screen: from its first cell on, white on red');
    ok($held->stands_still(2), 'a screen: and the machine stands still');
}

done_testing;
