// SPDX-License-Identifier: MIT
/*
 * The listing of sites. A refused one is listed with its reason in place of its bytes, one whose
 * text was given up with that.
 */
#include "kernel/patch/list.h"
#include "lib/format.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "lib/string.h"

static char line[PRINTK_LINE];

static void __init add_bytes(const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used, " %02x", bytes[i]);
	}
}

static void __init add_text(const char *text)
{
	strlcpy(line + strlen(line), text, sizeof(line) - strlen(line));
}

static void __init list_site(const void *record, enum pv_why why, const struct pv_site *old_site,
			     const struct pv_site *new_site, void *arg)
{
	const struct pv_family *family = arg;

	(void)record;
	snprintf(line, sizeof(line), "%s %08x %pS", family->name, (uint32_t)old_site->at,
		 (void *)old_site->at);
	if (family->rows && !why) {
		add_text(" ");
		add_text(family->name_row(new_site->row));
	}
	if (why) {
		pr_info("%s refused: %s\n", line, pv_why_text(why));
		return;
	}
	if (new_site->kind == PV_GONE) {
		pr_info("%s: its text is gone\n", line);
		return;
	}
	add_text(":");
	add_bytes(old_site->bytes, old_site->len);
	add_text(" ->");
	add_bytes(new_site->bytes, new_site->len);
	pr_info("%s\n", line);
}

void __init list_sites(const struct pv_family *family, const void *first, const void *last,
		       const void *from, const void *to)
{
	pv_list(family, first, last, from, to, list_site, (void *)family);
}
