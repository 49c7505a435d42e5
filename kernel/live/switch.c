// SPDX-License-Identifier: MIT
/*
 * A switch that was made or not, as one line and one event.
 */
#include "kernel/live/switch.h"
#include "arch/x86/smp/smp.h"
#include "kernel/base/event.h"
#include "lib/div64.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/switch.h"
#include <stddef.h>

#define NAME_MAX 64

static bool is_quiet;

static void make_event(const struct pv_switched *did, const char *why)
{
	event_begin("switch");
	event_text("from", did->from);
	event_text("to", did->to);
	event_number("sites", did->sites);
	event_number("refused", did->sites ? paravirt_stats.total.refused : 0);
	event_number("cpus", smp_online());
	event_number("tries", did->tries);
	event_number("ns", did->ns);
	event_text("result", why ? why : "done");
	event_end();
}

const char *switch_backend(const char *name)
{
	struct pv_switched did;
	const char *why = pv_switch(name, &did);

	if (!is_quiet)
		make_event(&did, why);
	return why;
}

void switch_quietly(bool quiet)
{
	is_quiet = quiet;
}

static const char *switch_and_say(const char *name)
{
	struct pv_switched did;
	const char *why = pv_switch(name, &did);

	make_event(&did, why);
	if (why)
		pr_err("switch: %s to %s: %s\n", did.from, did.to, why);
	else
		pr_info("  switch    %s to %s: %u sites, %u refused; %u CPUs, %u %s, %u us\n",
			did.from, did.to, did.sites, paravirt_stats.total.refused, smp_online(),
			did.tries, did.tries == 1 ? "try" : "tries",
			(uint32_t)div_u64(did.ns, 1000));
	return why;
}

const char *switch_backends(const char *names)
{
	const char *why = NULL;
	char name[NAME_MAX];

	while (*names && !why) {
		size_t n = 0;

		while (names[n] && names[n] != ',')
			n++;
		strlcpy(name, names, n + 1 < sizeof(name) ? n + 1 : sizeof(name));
		why = switch_and_say(name);
		names += n + (names[n] == ',');
	}
	return why;
}
