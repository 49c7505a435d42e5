// SPDX-License-Identifier: MIT
/*
 * The event is made behind the commit's end and in its CPU's turn, so one follows the other.
 */
#include "kernel/live/change.h"
#include "kernel/base/event.h"
#include "lib/string.h"
#include "pv/poke.h"
#include <stddef.h>

#define NAMES 128 /* bytes; what does not fit ends in "..." */

/* Each family once, in the order of the changes. */
static void name_families(const struct pv_change *changes, unsigned n, char *names)
{
	size_t length = 0;

	*names = '\0';
	for (unsigned i = 0, first; i < n; i++) {
		const char *name = changes[i].family->name;

		for (first = 0; changes[first].family != changes[i].family;)
			first++;
		if (first < i)
			continue;
		if (length + strlen(name) + sizeof(", ...") > NAMES) {
			strlcpy(names + length, ", ...", NAMES - length);
			return;
		}
		if (length)
			length += strlcpy(names + length, ", ", NAMES - length);
		length += strlcpy(names + length, name, NAMES - length);
	}
}

static void on_commit(const struct pv_change *changes, unsigned n, const struct pv_stats *stats,
		      const char *why_not)
{
	char families[NAMES];

	name_families(changes, n, families);
	event_begin("change");
	event_text("families", families);
	event_number("changes", n);
	event_number("sites", stats->total.sites);
	event_number("refused", stats->total.refused);
	event_number("bytes", stats->bytes);
	event_number("rounds", why_not ? 0 : PV_ROUNDS);
	event_number("ns", stats->ns);
	event_number("stall_ns", stats->stall_ns);
	event_text("result", why_not ? why_not : "done");
	event_end();
}

void change_events(bool on)
{
	pv_committed = on ? on_commit : NULL;
}
