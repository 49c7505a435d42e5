/* SPDX-License-Identifier: MIT */
/*
 * What passed and what failed: results about the boot, which every kernel has, and those of
 * self-tests. Each is counted, and an event `test`.
 *
 *	result_boot("modules", modules_boot());
 *	...
 *	machine_end(results.failed ? MACHINE_FAILED : MACHINE_PASSED);
 */
#ifndef KERNEL_BASE_RESULT_H
#define KERNEL_BASE_RESULT_H

#include <stdbool.h>

struct results {
	unsigned passed, failed, skipped;
};
extern struct results results;

/* result: "ok", "fail" or "skip"; why: "" of what is ok. */
void result_tell(const char *suite, const char *name, const char *result, const char *why);

/* About the boot itself, of the suite `boot`. why: NULL if it is fine. */
void result_boot(const char *name, const char *why);

/* The same, in their order, for who prints them: false behind the last one. */
bool result_of_boot(unsigned i, const char **name, const char **why);

#endif
