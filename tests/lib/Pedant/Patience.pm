# SPDX-License-Identifier: MIT
#
# How long is waited for what never comes: so many times as long as the environment's PATIENCE says, of who knows that the machine is busy.
#
#     my $end = time + patient(30);
package Pedant::Patience;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(patient);

sub patient { my ($seconds) = @_; return $seconds * ($ENV{PATIENCE} || 1) }

1;
