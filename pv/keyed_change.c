// SPDX-License-Identifier: MIT
/*
 * Changes of sites that belong to keys, of several keys and several families at one instant.
 */
#include "pv/keyed.h"
#include "pv/poke.h"

#define TABLES 256 /* of both families: the kernel's and modules' */

struct plan {
	struct pv_change changes[TABLES];
	unsigned n; /* TABLES + 1: there are more */
};

/*
 * The records of a key in each table, or of all keys (NULL): all of a table also where damage has
 * put its records out of order. Others' sites are found to be unchanged.
 */
static void plan_key(struct plan *plan, const struct pv_keyed *k, const void *key)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next) {
			struct pv_change c = {k->family, t->first, t->last, NULL, NULL};

			if (t->family != k->family)
				continue;
			if (key && t->in_order) {
				c.first = pv_keyed_search(k, t, (uint32_t)key);
				c.last = pv_keyed_search(k, t, (uint32_t)key + 1);
			}
			if (c.first == c.last || plan->n > TABLES)
				continue;
			if (plan->n < TABLES)
				plan->changes[plan->n] = c;
			plan->n++;
		}
}

static const void *change_of(const struct pv_keyed_part *part, unsigned i)
{
	return (const uint8_t *)part->changes + i * part->kind->change_size;
}

static void *key_of(const void *change)
{
	return *(void *const *)change;
}

/* Those of families that were passed over. */
static void plan_all(struct plan *plan, const struct pv_keyed_part *parts, unsigned n)
{
	for (const struct pv_keyed_part *part = parts; part < parts + n; part++)
		if (part->n && part->kind->mode == PV_KEYS_LIVE)
			plan_key(plan, part->kind, part->n == 1 ? key_of(part->changes) : NULL);
}

/* Nobody looks at the version that is not present. */
static void put_all(const struct pv_keyed_part *parts, unsigned n, unsigned version)
{
	for (const struct pv_keyed_part *part = parts; part < parts + n; part++)
		for (unsigned i = 0; i < part->n; i++)
			part->kind->put(change_of(part, i), version);
}

/* After a commit it is the one that was. */
static void same_all(const struct pv_keyed_part *parts, unsigned n, unsigned from)
{
	for (const struct pv_keyed_part *part = parts; part < parts + n; part++)
		for (unsigned i = 0; i < part->n; i++)
			part->kind->same(change_of(part, i), from);
}

static void all_done(const struct pv_keyed_part *parts, unsigned n)
{
	for (const struct pv_keyed_part *part = parts; part < parts + n; part++)
		for (unsigned i = 0; i < part->n && part->kind->done; i++)
			part->kind->done(change_of(part, i));
}

static void say_refused(const struct pv_refusal *refusal)
{
	pv_host_say(PV_WARN, "%s: site at 0x%x: refused: %s", refusal->family->name,
		    (unsigned)(uintptr_t)refusal->at, pv_why_text(refusal->why));
}

const char *pv_keyed_change(const struct pv_keyed_part *parts, unsigned n, bool *whole)
{
	static struct pv_stats stats;
	static struct plan plan;
	const char *why;

	plan.n = 0;
	plan_all(&plan, parts, n);
	if (plan.n > TABLES)
		return "too many tables have such sites";
	pv_stats_begin(&stats, NULL);
	put_all(parts, n, !pv_present);
	why = pv_commit(plan.changes, plan.n, &stats);
	same_all(parts, n, pv_present);
	*whole &= !stats.total.refused;
	for (unsigned r = 0; r < stats.listed; r++)
		say_refused(&stats.refusal[r]);
	return why;
}

const void *pv_keyed_state(const struct pv_keyed *k)
{
	return k->mode == PV_KEYS_LIVE ? k->family->version[pv_present] : k->family->linked;
}

bool pv_keyed_say(const char *what, const void *key, const char *why)
{
	pv_host_say(PV_WARN, "%s at 0x%x: not changed: %s", what, (unsigned)(uintptr_t)key, why);
	return false;
}

struct named {
	const char *what;
	const void *key;
};

/* Why none of it can be, and whose fault that is. *live: text changes. */
static const char *why_not(const struct pv_keyed_part *parts, unsigned n, struct named *named,
			   bool *live)
{
	const char *why = NULL;

	for (const struct pv_keyed_part *part = parts; part < parts + n; part++)
		for (unsigned i = 0; i < part->n && !why; i++) {
			*named = (struct named){part->kind->what, key_of(change_of(part, i))};
			*live |= part->kind->mode == PV_KEYS_LIVE;
			if (part->kind->mode == PV_KEYS_KEPT)
				why = "text is as linked";
			else if (part->kind->why_not)
				why = part->kind->why_not(change_of(part, i));
		}
	return why;
}

bool pv_keyed_commit(const struct pv_keyed_part *parts, unsigned n)
{
	struct named named = {"", NULL};
	bool live = false, whole = true;
	const char *why = why_not(parts, n, &named, &live);

	if (!why && live)
		why = pv_live_begin();
	if (why)
		return pv_keyed_say(named.what, named.key, why);
	if (live) {
		why = pv_keyed_change(parts, n, &whole);
	} else {
		put_all(parts, n, pv_present);
		same_all(parts, n, pv_present);
	}
	if (!why)
		all_done(parts, n);
	if (live)
		pv_live_end();
	return why ? pv_keyed_say(named.what, named.key, why) : whole;
}
