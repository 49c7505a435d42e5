# SPDX-License-Identifier: MIT
#
# tests/pvtool_view.t, whole: the kernel, its memory when it runs, and the page in a browser.
use strict;
use warnings;
use Pedant::Share;

whole('tests/pvtool_view.t');
