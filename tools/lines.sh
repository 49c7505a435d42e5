#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Lines of code (neither blank nor comment) by room of kernel/, and of all but what reports and tests.
#
#	tools/lines.sh

set -eu

REPORTS='kernel/(test|litmus|bare)/|/(machine|interrupts|event|result|list|stats|places|bench|workload)\.[ch]$'

code() { # files on standard input
	xargs cat /dev/null | perl -0777 -pe 's{/\*.*?\*/}{}gs; s{//[^\n]*}{}g' | grep -c '[^[:space:]]' || true
}

rooms=$(find kernel -name '*.[ch]' | sed 's,/[^/]*$,,' | sort -u)
printf '%-16s %6s %10s\n' room files 'code lines'
for room in $rooms; do
	files=$(find "$room" -maxdepth 1 -name '*.[ch]')
	printf '%-16s %6d %10d\n' "$room" "$(echo "$files" | wc -l)" "$(echo "$files" | code)"
done
printf '%-16s %6s %10d\n' 'without reports' '' "$(find kernel -name '*.[ch]' | grep -Ev "$REPORTS" | code)"
