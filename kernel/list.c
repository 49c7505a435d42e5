// SPDX-License-Identifier: MIT
/*
 * The listing of sites. A refused one is listed with its reason in place of its bytes.
 */
#include "kernel/list.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"

static void list_site(const void *record, enum pv_why why, const struct pv_site *old_site,
		      const struct pv_site *new_site, void *arg)
{
	const struct paravirt_patch_site *site = record;
	char line[160];
	unsigned used;

	(void)arg;
	used = (unsigned)snprintf(line, sizeof(line), "paravirt %08x %pS %s:", site->instr,
				  (void *)site->instr, pv_op_name(site->type));
	if (why) {
		pr_info("%s refused: %s\n", line, pv_why_text(why));
		return;
	}
	for (unsigned i = 0; i < old_site->len && used < sizeof(line); i++)
		used += (unsigned)snprintf(line + used, sizeof(line) - used, " %02x",
					   old_site->bytes[i]);
	if (used < sizeof(line))
		used += (unsigned)snprintf(line + used, sizeof(line) - used, " ->");
	for (unsigned i = 0; i < new_site->len && used < sizeof(line); i++)
		used += (unsigned)snprintf(line + used, sizeof(line) - used, " %02x",
					   new_site->bytes[i]);
	pr_info("%s\n", line);
}

void list_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end,
		   bool keep)
{
	static struct paravirt_state target;

	paravirt_state_make(&target, &pv_ops);
	pv_list(&paravirt_family, start, end, paravirt_linked(), keep ? paravirt_linked() : &target,
		list_site, NULL);
}
