# SPDX-License-Identifier: MIT
#
# Tests in a real browser: programs of node, below tests/page/, whose lines are checks. What they need is not
# everywhere: Chromium is large, and what npm installs needs a registry.
#
#     plan skip_all => $_ for grep {defined} Pedant::Browser::missing();
#     Pedant::Browser::run('tests/page/laboratory.mjs', $build, $dump);
package Pedant::Browser;

use strict;
use warnings;
use JSON::PP qw(decode_json);
use Pedant::Patience;
use Test::More;

my $build = $ENV{BUILD} || 'build';
my $LIMIT = patient(300);

sub _program {
    my ($name) = @_;
    my ($path) = grep { -x $_ && !-d _ } map {"$_/$name"} split /:/, $ENV{PATH};
    return $path;
}

# Why there is none, or undef.
sub missing {
    return 'no node in PATH (package nodejs)'         if !_program('node');
    return "no $build/npm (tools/npm.sh $build/npm)" if !-d "$build/npm/node_modules/playwright-core";
    return 'no chromium in PATH (package chromium)'   if !_program('chromium');
    return;
}

# Each line is a check or a skip; that it comes to its end is one, too.
sub run {
    my (@command) = @_;
    local $ENV{CHROMIUM} = _program('chromium');
    open my $node, '-|', 'timeout', $LIMIT, 'node', @command or die "node: $!\n";
    while (my $line = <$node>) {
        my $said = decode_json($line);
        SKIP: {
            skip("$said->{what}: $said->{skip}", 1) if defined $said->{skip};
            ok($said->{ok}, $said->{what}) or diag("found: $said->{found}");
        }
    }
    close $node;
    is($? >> 8, 0, "$command[0] comes to its end");
    return;
}

1;
