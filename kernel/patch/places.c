// SPDX-License-Identifier: MIT
/*
 * linker.ld puts the text of the self-tests side by side. Their init text, if ever they have some,
 * is counted as the kernel's own.
 */
#include "kernel/patch/places.h"

/* Weak, so that no compiler knows that two arrays begin at two places. */
extern const uint8_t _tests_text[] __attribute__((weak));
extern const uint8_t _tests_text_end[] __attribute__((weak));

bool places_have_tests(void)
{
	return (uint32_t)_tests_text_end - (uint32_t)_tests_text != 0;
}

static void count_site(const void *record, enum pv_why why, const struct pv_site *old_site,
		       const struct pv_site *new_site, void *arg)
{
	struct places *places = arg;
	const bool tests = old_site->at >= _tests_text && old_site->at < _tests_text_end;
	struct pv_count *count = tests ? &places->tests : &places->own;

	count->sites += record != NULL;
	if (why)
		count->refused++;
	else
		count->kind[new_site->kind]++;
}

void places_count(const struct pv_change *change, const void *state, struct places *out)
{
	*out = (struct places){0};
	pv_list(change->family, change->first, change->last, state, state, count_site, out);
}

void places_add(struct pv_count *to, const struct pv_count *count)
{
	to->sites += count->sites;
	to->refused += count->refused;
	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++)
		to->kind[kind] += count->kind[kind];
}
