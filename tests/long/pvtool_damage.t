# SPDX-License-Identifier: MIT
#
# tests/pvtool_damage.t, whole: pvtool, all of the damaged images and dumps.
use strict;
use warnings;
use Pedant::Share;

whole('tests/pvtool_damage.t');
