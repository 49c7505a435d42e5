#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The sites of a function (FUNC), or all: pvtool's lines, one a site.
#
#	FUNC=timer_ns BUILD=build perl -Itests/lib tools/learn/sites.pl

use strict;
use warnings;
use lib 'tools/learn';
use Pedant;
use Words;

my $function = function_asked('sites');
my @tables   = sites_of($function);
if (@tables) { print join "\n", @tables }
else         { print "make sites: $function has none\n" }
