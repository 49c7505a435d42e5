// SPDX-License-Identifier: MIT
/*
 * Events of several CPUs at the same time. By name only, since they are no facts; tests/events.t
 * looks whether all of them came, and whole.
 */
#include "kernel/base/event.h"
#include "tests/kernel/machine/smp_all.h"
#include <stddef.h>

#define EVENTS 100 /* of each CPU */

static void tell(void *unused)
{
	(void)unused;
	for (uint32_t n = 1; n <= EVENTS; n++) {
		event_begin("told");
		event_number("cpu", smp_processor_id());
		event_number("number", n);
		event_text("text", "of some length, so that others come in between");
		event_number("sum", smp_processor_id() + n);
		event_end();
	}
}

static void by_all(struct ktap *t)
{
	NEEDS_CPUS(t);
	smp_all(t, tell, NULL);
	CHECK(t, true, "each of %u CPUs has told %u events", smp_online(), EVENTS);
}

static const struct ktap_test tests[] = {
	{.name = "by_all", .run = by_all, .by_name_only = true},
};
KTAP_SUITE(event, tests);
