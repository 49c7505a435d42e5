// SPDX-License-Identifier: MIT
/* Nothing, successfully. */
#include "tests/user/user.h"

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}
