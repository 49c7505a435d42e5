# SPDX-License-Identifier: MIT
#
# tests/pvtool_linux_damage.t, whole: each byte of Linux's tables, and of kallsyms.
use strict;
use warnings;
use Pedant::Share;

whole('tests/pvtool_linux_damage.t');
