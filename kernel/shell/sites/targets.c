// SPDX-License-Identifier: MIT
/*
 * What a call may be made to call is not in the image: functions have no types there. So it is what the call was linked to,
 * what it has called since the shell began, what is in a list here, and nothing, where it was defined as one of nothing.
 */
#include "kernel/shell/sites/targets.h"
#include "kernel/shell/sites/names.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/image.h"

/* Of the same type as what the call is linked to. */
static const struct {
	const char *call, *function;
} also[] = {
	{"choice_call", "choice_fn_yes"},
};

#define SEEN 128

static struct {
	const struct static_call_key *key;
	const void *function;
} seen[SEEN];
static unsigned nr_seen;

void target_remember(const struct static_call_key *key)
{
	const void *function = pv_static_call_func(key);

	for (unsigned i = 0; i < nr_seen; i++)
		if (seen[i].key == key && seen[i].function == function)
			return;
	if (nr_seen == SEEN) {
		pr_warn("calls: %u functions are remembered, and no more: %pS is not\n", SEEN,
			function);
		return;
	}
	seen[nr_seen].key = key;
	seen[nr_seen++].function = function;
}

static bool remember_each(void *key, uint32_t sites, void *arg)
{
	(void)sites;
	(void)arg;
	target_remember(key);
	return true;
}

void targets_remember(void)
{
	names_each(&pv_static_calls, remember_each, NULL);
}

static bool is_data(const void *at)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		if ((const uint8_t *)at >= image->data && (const uint8_t *)at < image->data_end)
			return true;
	return false;
}

void targets_forget(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < nr_seen; i++)
		if (is_data(seen[i].key) &&
		    (!seen[i].function || pv_is_text((uint32_t)seen[i].function)))
			seen[kept++] = seen[i];
	nr_seen = kept;
}

/* Each once, the linked one first. */
void targets_each(const struct static_call_key *key, target_fn *visit, void *arg)
{
	const void *const nothing = (const void *)__static_call_return0;
	char name[KSYM_NAME];

	visit(key->linked == nothing ? NULL : key->linked, arg);
	names_of(key, name);
	for (unsigned i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (!strcmp(also[i].call, name) && ksym_address(also[i].function))
			visit((const void *)ksym_address(also[i].function), arg);
	for (unsigned i = 0; i < nr_seen; i++)
		if (seen[i].key == key && seen[i].function != key->linked && seen[i].function &&
		    seen[i].function != nothing)
			visit(seen[i].function, arg);
}

/* "0" is nothing. */
void target_name(const void *function, char name[KSYM_NAME])
{
	uint32_t offset = 0;

	if (!function || function == (const void *)__static_call_return0)
		strlcpy(name, "0", KSYM_NAME);
	else if (!ksym_lookup((uint32_t)function, name, &offset, NULL))
		snprintf(name, KSYM_NAME, "0x%08x", (uint32_t)function);
	else if (offset)
		snprintf(name + strlen(name), KSYM_NAME - strlen(name), "+0x%x", offset);
}
