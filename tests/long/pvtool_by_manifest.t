# SPDX-License-Identifier: MIT
#
# tests/pvtool_by_manifest.t, whole: pvtool, all of the damaged manifests.
use strict;
use warnings;
use Pedant::Share;

whole('tests/pvtool_by_manifest.t');
