// SPDX-License-Identifier: MIT
/*
 * Sites of one function. A function ends where the next symbol begins, so that a probe must be
 * one function to the compiler: it is called by pointer only, and its wrappers are inline.
 */
#include "tests/kernel/sites/sites.h"
#include "kernel/patch/image.h"
#include "lib/ksyms.h"
#include "pv/backend/backend.h"
#include "pv/host.h"

static struct pv_stats stats;

static uint32_t find_annotated(struct sites *sites, uint32_t start, uint32_t size)
{
	const struct paravirt_patch_site *site;
	uint32_t found = 0;

	sites->family = &paravirt_family;
	sites->n = 0;
	for (site = kernel_tables.paravirt; site < kernel_tables.paravirt_end; site++) {
		if (site->instr - start >= size)
			continue;
		if (found++ < SITES_MAX)
			sites->record[sites->n++] = *site;
	}
	sites->first = sites->record;
	sites->last = sites->record + sites->n;
	sites->at = (const uint8_t *)sites->record[0].instr;
	return found;
}

/* These are in the order of their addresses. */
static uint32_t find_called(struct sites *sites, uint32_t start, uint32_t size)
{
	const uint32_t *first = kernel_tables.relocs, *last;

	while (first < kernel_tables.relocs_end && *first < start)
		first++;
	for (last = first; last < kernel_tables.relocs_end && *last - start < size;)
		last++;
	sites->family = &pv_relocs_family;
	sites->first = first;
	sites->last = last;
	sites->n = (unsigned)(last - first);
	sites->at = (const uint8_t *)*first;
	return sites->n;
}

bool sites_find(struct ktap *t, struct sites *sites, const void *fn)
{
	uint32_t start = (uint32_t)fn, size = 0, annotated, found;

	sites->now = paravirt_state();
	if (!ksym_lookup(start, NULL, NULL, &size))
		return CHECK(t, false, "the probe at %p has a symbol", fn);
	annotated = find_annotated(sites, start, size);
	found = annotated ? 0 : find_called(sites, start, size);
	return CHECK(t, annotated + found && annotated + found <= SITES_MAX,
		     "%pS has 1 to %u sites, it has %u", fn, SITES_MAX, annotated + found);
}

bool sites_patch(struct ktap *t, struct sites *sites, const struct paravirt_state *to)
{
	pv_stats_begin(&stats, NULL);
	pv_apply(sites->family, sites->first, sites->last, sites->now, to, PV_STOPPED, &stats);
	sites->now = to;
	CHECK_EQ(t, stats.total.sites, sites->n, "the engine looks at each site of the probe");
	return CHECK(t, !stats.total.refused, "no site of %pS is refused: %s",
		     (const void *)sites->at, pv_why_text(stats.refusal[0].why));
}

void sites_apply_all(const struct paravirt_state *from, const struct paravirt_state *to,
		     enum pv_mode mode, struct pv_stats *all)
{
	pv_stats_begin(all, NULL);
	pv_apply(&paravirt_family, kernel_tables.paravirt, kernel_tables.paravirt_end, from, to,
		 mode, all);
	pv_apply(&pv_relocs_family, kernel_tables.relocs, kernel_tables.relocs_end, from, to, mode,
		 all);
}

static void each_of(const struct pv_family *family, const void *first, const void *last,
		    sites_each_fn *fn, void *arg)
{
	const uint8_t *record = first;
	struct pv_site site;

	for (; record < (const uint8_t *)last; record += family->record_size) {
		family->bytes(record, paravirt_linked(), &site);
		fn(arg, &site);
	}
}

void sites_each(sites_each_fn *fn, void *arg)
{
	each_of(&paravirt_family, kernel_tables.paravirt, kernel_tables.paravirt_end, fn, arg);
	each_of(&pv_relocs_family, kernel_tables.relocs, kernel_tables.relocs_end, fn, arg);
}

void sites_restore(struct ktap *t, struct sites *sites)
{
	sites_patch(t, sites, paravirt_state());
}

const struct pv_ops *sites_ops(unsigned type, const void *target)
{
	static struct pv_ops ops;

	ops = pv_native_ops;
	((const void **)(void *)&ops)[type] = target;
	return &ops;
}

const struct paravirt_state *sites_state(unsigned type, const void *target)
{
	static struct paravirt_state state;

	paravirt_state_make(&state, sites_ops(type, target));
	return &state;
}

void sites_with_slot(unsigned type, const void *target, probe_fn *fn, void *arg)
{
	const void **slot = (const void **)(void *)&pv_ops + type, *was;
	uint32_t flags;

	pv_host_gather();
	flags = pv_host_irq_save();
	was = *slot;
	*slot = target;
	fn(arg);
	*slot = was;
	pv_host_irq_restore(flags);
	pv_host_release();
}

void sites_run_by(struct ktap *t, probe_fn *fn, unsigned type, const void *target,
		  enum pv_kind kind, probe_fn *run, void *arg)
{
	const struct paravirt_state *state = paravirt_linked();
	struct sites sites;

	if (!target)
		target = (const void *)pv_slot(&pv_native_ops, type);
	if (kind != PV_KEPT)
		state = sites_state(type, target);
	CHECK_EQ(t, state->op[type].kind, kind, "the site of %s takes the form under test",
		 pv_op_name(type));
	if (!sites_find(t, &sites, (const void *)fn))
		return;
	if (sites_patch(t, &sites, state)) {
		if (kind == PV_KEPT)
			sites_with_slot(type, target, run, arg);
		else
			run(arg);
	}
	sites_restore(t, &sites);
}

void sites_run(struct ktap *t, probe_fn *fn, unsigned type, const void *target, enum pv_kind kind,
	       void *arg)
{
	sites_run_by(t, fn, type, target, kind, fn, arg);
}

void sites_each_form(struct ktap *t, const void *at, sites_form_fn *fn, const struct pv_ops *other)
{
	static struct paravirt_state state;
	static struct pv_ops direct;
	const struct {
		const char *form;
		const struct pv_ops *ops;
	} forms[] = {{"as linked", NULL},
		     {"native", &pv_native_ops},
		     {"direct", &direct},
		     {"other", other}};
	struct sites sites;

	direct = pv_native_ops;
	direct.init.patch = NULL;
	if (!sites_find(t, &sites, at))
		return;
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].ops)
			paravirt_state_make(&state, forms[i].ops);
		else if (i)
			continue;
		if (sites_patch(t, &sites, forms[i].ops ? &state : paravirt_linked()))
			fn(t, forms[i].form);
		sites_restore(t, &sites);
	}
}
