# SPDX-License-Identifier: MIT
#
# tests/pvtool_dump.t, whole: a changed byte at every site, and all self-tests in each boot.
use strict;
use warnings;
use Pedant::Share;

whole('tests/pvtool_dump.t');
