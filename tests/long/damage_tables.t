# SPDX-License-Identifier: MIT
#
# tests/damage_tables.t, whole: every damaged table with all self-tests.
use strict;
use warnings;
use Pedant::Share;

whole('tests/damage_tables.t');
