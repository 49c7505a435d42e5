#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A linter, of which one version decides: others format or find some things otherwise, and no text is right for
# all. What another one has to say is a line, and no fault.
#
#	tools/decides.sh VERSION PROGRAM [ARGUMENT...]

set -eu

decides=$1
shift
version=$("$1" --version | grep -o '[0-9][0-9.]*' | head -1)
case $version in
"$decides" | "$decides".*) exec "$@" ;;
esac
said=$("$@" 2>&1) ||
	echo "lint: $1 $decides decides; here is $version, whose findings are no fault, such as: $(printf %s "$said" | grep -m1 ': ')"
