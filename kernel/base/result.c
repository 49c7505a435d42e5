// SPDX-License-Identifier: MIT
/*
 * Results about the boot are kept, since who prints them (KTAP) wants to know first how many.
 */
#include "kernel/base/result.h"
#include "kernel/base/event.h"
#include "lib/string.h"
#include <stddef.h>

#define BOOT_MAX 12

struct results results;

static struct {
	const char *name, *why;
} boot[BOOT_MAX];
static unsigned nr_boot;

void result_tell(const char *suite, const char *name, const char *result, const char *why)
{
	const bool failed = !strcmp(result, "fail"), skipped = !strcmp(result, "skip");

	results.failed += failed;
	results.skipped += skipped;
	results.passed += !failed && !skipped;
	event_begin("test");
	event_text("suite", suite);
	event_text("name", name);
	event_text("result", result);
	event_text("why", why);
	event_end();
}

void result_boot(const char *name, const char *why)
{
	if (nr_boot == BOOT_MAX)
		nr_boot--, why = "more results about the boot than there is room for";
	boot[nr_boot].name = name;
	boot[nr_boot++].why = why;
	result_tell("boot", name, why ? "fail" : "ok", why ? why : "");
}

bool result_of_boot(unsigned i, const char **name, const char **why)
{
	if (i >= nr_boot)
		return false;
	*name = boot[i].name;
	*why = boot[i].why;
	return true;
}
