// SPDX-License-Identifier: MIT
/* The least: says what it is called by, and what it was given. */
#include "tests/user/user.h"

int main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		say(i ? " " : "hello from ");
		say(argv[i]);
	}
	say("\n");
	return argc;
}
