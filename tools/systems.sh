#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The two commands on other systems: each gets a root of its own with gcc, git, make and nothing else (made once
# by debootstrap), a clean copy of what is committed, and runs the command there. Needs root and
# debootstrap; mirrors are debootstrap's own unless DEBIAN_MIRROR or UBUNTU_MIRROR name others.
#
#	tools/systems.sh [-r ROOTS] [-c COMMAND] SYSTEM...
#	tools/systems.sh ubuntu-22.04 debian-13
#
# ROOTS: where the roots are (build/systems). COMMAND: what runs in each (make run && make test). The log
# of each is ROOTS/SYSTEM.log. Fails when one of them failed.

set -eu

roots=build/systems
command='make run && make test'
while getopts r:c: option; do
	case $option in
	r) roots=$OPTARG ;;
	c) command=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- debian-12 debian-13 ubuntu-22.04 ubuntu-24.04

release() {
	case $1 in
	debian-12) echo bookworm ;;
	debian-13) echo trixie ;;
	ubuntu-22.04) echo jammy ;;
	ubuntu-24.04) echo noble ;;
	*)
		echo "systems: no such system: $1" >&2
		exit 2
		;;
	esac
}

# Ubuntu's tools of ours are in universe. Its keys are not on every Debian, and what is checked here is ours.
make_root() { # system, root
	code=$(release "$1")
	case $1 in
	debian-*) debootstrap --variant=minbase "$code" "$2" "${DEBIAN_MIRROR:-}" ;;
	ubuntu-*) debootstrap --no-check-gpg --variant=minbase --components=main,universe "$code" "$2" \
		"${UBUNTU_MIRROR:-}" /usr/share/debootstrap/scripts/jammy ;; # newer ones have no script of their own here
	esac
	chroot "$2" apt-get -q update || echo "systems: apt-get update failed, in part at least"
	chroot "$2" apt-get -q install -y --no-install-recommends gcc git make
	touch "$2/root/made"
}

# Mounts are this process's own, and go with it.
in_root() { # root, command
	unshare --mount --pid --fork sh -euc '
		mount --make-rprivate /
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		mount -t tmpfs -o size=2g tmpfs "$1/tmp"
		exec chroot "$1" sh -euc "cd /root/pedant; $2"' sh "$@"
}

try() { # system
	root=$roots/$1
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	[ -e "$root/root/made" ] || { rm -rf "$root" && make_root "$1" "$root"; } || return 1
	rm -rf "$root/root/pedant"
	git clone -q --no-hardlinks . "$root/root/pedant" || return 1
	in_root "$root" "$command"
}

mkdir -p "$roots"
failed=0
for system in "$@"; do
	log=$roots/$system.log
	began=$(date +%s)
	if (try "$system") > "$log" 2>&1 < /dev/null; then result=passed; else result=FAILED failed=1; fi
	printf '%-13s %s  %4d s  %s\n' "$system" "$result" $(($(date +%s) - began)) "$(grep -a ' passed, ' "$log" | tail -1)"
done
exit $failed
