# SPDX-License-Identifier: MIT
#
# Writes a page as a string of C. A line `@INCLUDE NAME` of it is that file of the folder `web`; scripts, which
# are modules elsewhere, become one: a line that begins with `import` is left out, and the word `export` before a
# name. So each import has a line of its own, and no two modules have a name in common.
#
#	awk -v web=FOLDER -f page.awk FOLDER/view.html > view_page.def

function emit(line) {
	gsub(/[\\"?]/, "\\\\&", line)
	print "\"" line "\\n\""
}

function include(name,    line, path, status) {
	path = web "/" name
	while ((status = (getline line < path)) > 0) {
		if (name ~ /\.js$/) {
			if (line ~ /^import /)
				continue
			sub(/^export /, "", line)
		}
		emit(line)
	}
	if (status < 0) {
		print "page.awk: " path " cannot be read" > "/dev/stderr"
		exit 1
	}
	close(path)
}

/^@INCLUDE / { include($2); next }
{ emit($0) }
