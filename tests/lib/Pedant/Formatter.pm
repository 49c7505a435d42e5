# SPDX-License-Identifier: MIT
#
# For `PERL5LIB=tests/lib prove --formatter Pedant::Formatter` (prove's own -I reaches only the tests):
# prove's output, and as the very last line the one that `make test` promises, "N passed, N failed,
# N skipped". A file that died, or that did less than it planned, has no failing test to count, so it
# counts as one failure: the line and prove's exit status never disagree.
package Pedant::Formatter;

use strict;
use warnings;
use TAP::Formatter::Console;
use TAP::Formatter::File;

# As prove itself chooses: a log must not get the progress line that a terminal redraws.
our @ISA = -t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File';

sub summary {
    my ($self, $aggregate, $interrupted) = @_;
    $self->SUPER::summary($aggregate, $interrupted);
    my ($passed, $failed, $skipped) = (0, 0, 0);
    for my $parser ($aggregate->parsers) {
        my $skips = $parser->skipped;
        $passed  += $parser->passed - $skips;
        $skipped += $skips + ($parser->skip_all ? 1 : 0);
        $failed  += _failures($parser);
    }
    $failed ||= 1 if $interrupted;
    $self->_output("$passed passed, $failed failed, $skipped skipped\n");
    return;
}

sub _failures {
    my ($parser) = @_;
    my $failed = $parser->failed;
    return $failed || ($parser->has_problems ? 1 : 0);
}

1;
