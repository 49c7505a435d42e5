// SPDX-License-Identifier: MIT
/*
 * States that all sites of a family follow: the back end, and which features alternatives are for.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/smp/smp.h"
#include "kernel/live/switch.h"
#include "kernel/patch/image.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/term/out.h"
#include "lib/div64.h"
#include "lib/string.h"
#include "pv/alternative.h"
#include "pv/backend/backend.h"
#include "pv/feature.h"
#include "pv/outside.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"

#define CR4_SMAP 0x00200000u

extern const struct pv_backend *const __start_pv_backends[], *const __stop_pv_backends[];

void offer_backends(struct completion *c)
{
	for (const struct pv_backend *const *at = __start_pv_backends; at < __stop_pv_backends;
	     at++)
		if (pv_backend_fits(*at))
			completion_offer(c, (*at)->name);
}

bool cmd_switch(unsigned n, char **words)
{
	(void)n;
	return switch_backends(words[1]) == NULL;
}

/* ---- features ---- */

static bool has(const uint32_t words[PV_FEATURE_WORDS], unsigned feature)
{
	return words[feature / 32] >> (feature % 32) & 1;
}

static unsigned find(const char *name)
{
	unsigned feature = 0;

	while (feature < PV_FEATURE_WORDS * 32 &&
	       (!pv_feature_name(feature) || strcmp(pv_feature_name(feature), name)))
		feature++;
	return feature;
}

static void put(uint32_t words[PV_FEATURE_WORDS], unsigned feature, bool on)
{
	words[feature / 32] &= ~(1u << feature % 32);
	words[feature / 32] |= (uint32_t)on << feature % 32;
}

/* What is not there cannot be executed, and what the machine was set up for cannot go. */
static bool ask(uint32_t words[PV_FEATURE_WORDS], const char *word)
{
	const bool on = *word == '+';
	const unsigned feature = find(word + 1);

	if (*word != '+' && *word != '-')
		return fail("features: %s: +NAME or -NAME", word);
	if (feature == PV_FEATURE_WORDS * 32)
		return fail("features: %s: no feature has this name", word + 1);
	if (feature == X86_FEATURE_ALWAYS)
		return fail("features: %s: every CPU has it", word + 1);
	if (on && !cpu_has(feature))
		return fail("features: %s: this CPU has it not", word + 1);
	if (!on && feature == X86_FEATURE_SMAP && cpu_has(feature) && read_cr4() & CR4_SMAP)
		return fail(
			"features: smap: it is switched on (CR4), and programs' memory needs it");
	put(words, feature, on);
	if (feature == X86_FEATURE_XMM2) /* as features= has it */
		put(words, X86_FEATURE_LFENCE_RDTSC, on && cpu_has(X86_FEATURE_LFENCE_RDTSC));
	return true;
}

/* A module's replacements lie in it. The two states are the same for all of one image's tables. */
static const char *take_table(const struct pv_image *image, const struct pv_table *t,
			      const uint32_t words[PV_FEATURE_WORDS], struct pv_stats *stats)
{
	static struct alternative_state from, to;

	from = alternative_state;
	if (image != &kernel_image) {
		from.replacements = (const uint8_t *)t->sources.at;
		from.replacements_end = from.replacements + t->sources.size;
	}
	to = from;
	memcpy(to.features, words, sizeof(to.features));
	return pv_change_all(&(struct pv_change){t->family, t->first, t->last, &from, &to}, stats);
}

/*
 * Lock prefixes in sites that go back to what was linked are compared with what was linked: so with one CPU they are there
 * meanwhile, and are taken away again.
 */
static const char *take(const uint32_t words[PV_FEATURE_WORDS], struct pv_stats *stats)
{
	const uint8_t *locks = smp_locks_state();
	const char *why = NULL;
	static struct pv_stats of_locks;

	pv_stats_begin(&of_locks, NULL);
	smp_locks_switch(kernel_tables.smp_locks, kernel_tables.smp_locks_end, &smp_locks_smp,
			 &of_locks);
	for (const struct pv_image *image = pv_images; image && !why; image = image->next)
		for (const struct pv_table *t = image->tables; t && !why; t = t->next)
			if (t->family == &alternative_family)
				why = take_table(image, t, words, stats);
	if (!why)
		memcpy(alternative_state.features, words, sizeof(alternative_state.features));
	smp_locks_switch(kernel_tables.smp_locks, kernel_tables.smp_locks_end, locks, &of_locks);
	return why;
}

static void list_features(void)
{
	say("  %-14s %-4s %s\n", "feature", "CPU", "sites are for");
	for (unsigned feature = 0; feature < PV_FEATURE_WORDS * 32 && !out_stopped(); feature++)
		if (pv_feature_name(feature))
			say("  %-14s %-4s %s\n", pv_feature_name(feature),
			    cpu_has(feature) ? "yes" : "no",
			    has(alternative_state.features, feature) ? "yes" : "no");
}

bool cmd_features(unsigned n, char **words)
{
	static struct pv_stats stats;
	uint32_t to[PV_FEATURE_WORDS];
	const char *why;

	if (n == 1) {
		list_features();
		return true;
	}
	memcpy(to, alternative_state.features, sizeof(to));
	for (unsigned i = 1; i < n; i++)
		if (!ask(to, words[i]))
			return false;
	pv_stats_begin(&stats, NULL);
	why = take(to, &stats);
	if (why)
		return fail("features: not changed: %s", why);
	say("  %u sites: %u replaced, %u as compiled, %u gone, %u refused; %u bytes written, %u CPUs, %u us\n",
	    stats.total.sites,
	    stats.total.kind[PV_INLINE] + stats.total.kind[PV_CALL] + stats.total.kind[PV_JMP] +
		    stats.total.kind[PV_NOP],
	    stats.total.kind[PV_KEPT], stats.total.kind[PV_GONE], stats.total.refused, stats.bytes,
	    smp_online(), (uint32_t)div_u64(stats.ns + 500, 1000));
	return stats.total.refused == 0;
}

void offer_features(struct completion *c)
{
	char name[24];

	for (unsigned feature = 0; feature < PV_FEATURE_WORDS * 32; feature++)
		if (pv_feature_name(feature) && feature != X86_FEATURE_ALWAYS && cpu_has(feature)) {
			name[0] = has(alternative_state.features, feature) ? '-' : '+';
			strlcpy(name + 1, pv_feature_name(feature), sizeof(name) - 1);
			completion_offer(c, name);
		}
}
