// SPDX-License-Identifier: MIT
/*
 * The moment of patching.
 */
#include "kernel/museum/exhibit.h"
#include "pv/host.h"
#include <stddef.h>

static void gather_nobody(void)
{
}

const struct exhibit museum_moment[] = {
	{
		.name = "others-run-on",
		.mistake = 4,
		.title = "text changes while the other CPUs run through it",
		.what = "pv_host_gather() comes back at once",
		.expected =
			"all others stand still from the first byte to the last, and serialize before they go on",
		.test = "gather.others_stand_still",
		.see = "make break M=164",
		.cpus = 2,
		.changes = {MUSEUM_JUMP(pv_host_gather, gather_nobody)},
	},
	{NULL},
};
