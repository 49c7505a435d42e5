# SPDX-License-Identifier: MIT
#
# tests/damage.t, whole: every damaged record with all self-tests.
use strict;
use warnings;
use Pedant::Share;

whole('tests/damage.t');
