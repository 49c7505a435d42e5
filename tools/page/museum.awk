# SPDX-License-Identifier: MIT
#
# The museum's mistakes that are made in a guest, as JSON, from their descriptions: those of several CPUs name them.
#
#	awk -f tools/page/museum.awk kernel/museum/exhibits/*.c > museum.json

/^\t\t\.name = "/ { split($0, part, "\""); name = part[2] }
/^\t\t\.cpus = /  { name = "" }
/^\t},/ && name   { names = names (names ? ",\n" : "") "\"" name "\""; name = "" }
END               { print "[" names "]" }
