// SPDX-License-Identifier: MIT
/*
 * A switch is a pass, from the state of one back end to that of the other, with more to wait for:
 *
 *	in a site		as in every pass: goes on in the middle of something else
 *	in an old function	soft_irq_disable() would write a variable that nobody reads any more
 *	interrupts kept		the new back end would not know of them
 *
 * Who is found so goes on, the host sees to that. And with one thing more to change: where IF is.
 * While both are under way, no site is met: not even by what the engine asks of the host.
 */
#include "pv/backend/switch.h"
#include "pv/host.h"
#include "pv/outside.h"

static const struct pv_backend *leaving, *coming;

PV_TEXT bool pv_in_backend(uint32_t address)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		if (address - (uint32_t)image->native <
		    (uint32_t)(image->native_end - image->native))
			return true;
	return false;
}

static PV_TEXT bool is_inside(uint32_t address)
{
	return pv_in_backend(address) || pv_amid_site(address);
}

static PV_TEXT uint32_t carry(uint32_t flags)
{
	return pv_backend_carry(leaving, coming, flags);
}

/* All tables' sites of the ops, annotated or found: their states are these; the statistics are of this walk. */
static void change(const struct paravirt_state *from, const struct paravirt_state *to,
		   enum pv_mode mode)
{
	const void *linked = paravirt_linked();

	pv_stats_begin(&paravirt_stats, paravirt_rows);
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		paravirt_rows[type] = (struct pv_count){0};
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (t->family->linked == linked)
				pv_apply(t->family, t->first, t->last, from, to, mode,
					 &paravirt_stats);
}

/*
 * What is refused in the state that it is in was so before, and goes through the table, or is
 * damage. What is refused only on its way from there would keep the old back end's code.
 */
static bool all_can_follow(const struct paravirt_state *from, const struct paravirt_state *to)
{
	uint32_t refused;

	change(from, from, PV_DRY);
	refused = paravirt_stats.total.refused;
	change(from, to, PV_DRY);
	return paravirt_stats.total.refused <= refused;
}

/* Neither this nor pv_apply() has a site, and other CPUs wait where none is. */
static void change_gathered(const struct paravirt_state *from, const struct paravirt_state *to)
{
	uint32_t flags = pv_host_irq_save();

	pv_backend_set(coming);
	change(from, to, PV_GATHERED);
	paravirt_next_is_current();
	pv_host_irq_restore(carry(flags));
}

static const char *in_turn(struct pv_switched *did)
{
	const struct paravirt_state *from = paravirt_state(), *to = paravirt_next(coming->ops);
	const uint64_t start = pv_host_time();
	const char *why;

	if (!pv_backend_fits(coming))
		return "the new back end is for a kernel in another ring";
	if (!pv_backend_can_leave(leaving))
		return "the back end in use cannot be left";
	if (!pv_in_backend((uint32_t)leaving->ops->irq.irq_disable.fn))
		return "no image says where the functions of the back end in use lie";
	if (!all_can_follow(from, to))
		return "there are sites that cannot become what the new back end wants";
	why = pv_host_gather_outside(is_inside, carry, &did->tries);
	if (!why) {
		change_gathered(from, to);
		pv_host_release();
	}
	did->sites = paravirt_stats.total.sites;
	did->ns = pv_host_time() - start;
	return why;
}

const char *pv_switch(const char *name, struct pv_switched *did)
{
	const char *why = pv_host_live_begin();

	*did = (struct pv_switched){.from = pv_backend_current()->name, .to = name};
	if (why)
		return why;
	leaving = pv_backend_current();
	coming = pv_backend_find(name);
	why = coming ? in_turn(did) : "there is no such back end";
	pv_host_live_end();
	return why;
}
