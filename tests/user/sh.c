// SPDX-License-Identifier: MIT
/* The least of a shell: runs what it is given, waits, and ends with its status. */
#include "tests/user/user.h"

int main(int argc, char **argv)
{
	int status = 255;

	if (argc < 2)
		return 255;
	if (!fork()) {
		exec(argv[1], argv + 1);
		exit(255);
	}
	wait(&status);
	return status;
}
