// SPDX-License-Identifier: MIT
#include "kernel/museum/exhibit.h"
#include <stddef.h>

const struct exhibit museum_alternatives[] = {
	{NULL},
};
