#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Are these files of C as clang-format writes them? Its versions differ in some lines, so only one decides; what
# another would write otherwise is said in a line, and is no fault.
#
#	tools/format.sh FILE...

set -eu

decides=14
version=$(clang-format --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
[ "$version" != $decides ] || exec clang-format --dry-run -Werror "$@"

said=$(clang-format --dry-run "$@" 2>&1) || {
	echo "$said" >&2
	exit 1
}
others=$(echo "$said" | grep -c 'should be clang-formatted' || true)
echo "format: clang-format $decides decides; here is $version, which would write $others lines otherwise: no fault"
