# SPDX-License-Identifier: MIT
#
# A serial port whose reader sleeps: QEMU's pipe is full, and the transmitter never gets empty.
#
#     my ($in, $out) = map { Pedant::Fifo::make("$path.$_") } qw(in out);
package Pedant::Fifo;

use strict;
use warnings;
use Fcntl qw(O_RDWR O_NONBLOCK);
use POSIX qw(mkfifo);

use constant { F_SETPIPE_SZ => 1031, SIZE => 4096 };

# As small as Linux makes one, SIZE bytes, held open so that it never ends, which nobody reads.
sub make {
    my ($path) = @_;
    mkfifo($path, 0600) or die "$path: $!\n";
    sysopen my $fifo, $path, O_RDWR | O_NONBLOCK or die "$path: $!\n";
    fcntl $fifo, F_SETPIPE_SZ, SIZE or die "$path, F_SETPIPE_SZ: $!\n";
    return $fifo;
}

1;
