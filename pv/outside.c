// SPDX-License-Identifier: MIT
/*
 * The pass of an engine whose host has found a place for every CPU.
 */
#include "pv/outside.h"
#include "pv/host.h"

#define REP   0xf3
#define REPNE 0xf2

/*
 * An instruction that repeats is interrupted where it begins, and then half done. Its first byte says
 * so: what begins with a prefix gets none before it (pv_insn_may_lead()).
 */
PV_TEXT bool pv_amid_site(uint32_t address)
{
	const uint8_t *at = (const uint8_t *)address;
	struct pv_place site;

	return pv_is_text(address) && pv_find(at, &site) &&
	       (site.at != at || *at == REP || *at == REPNE);
}

static const char *change_gathered(const struct pv_change *c, struct pv_stats *stats)
{
	const uint64_t start = pv_host_time();
	uint32_t tries = 0;
	const char *why = pv_host_gather_outside(pv_amid_site, NULL, &tries);

	if (why)
		return why;
	pv_apply(c->family, c->first, c->last, c->from, c->to, PV_GATHERED, stats);
	pv_host_release();
	stats->ns += pv_host_time() - start;
	return NULL;
}

const char *pv_change_all(const struct pv_change *change, struct pv_stats *stats)
{
	const char *why = pv_host_live_begin();

	if (why)
		return why;
	why = change_gathered(change, stats);
	pv_host_live_end();
	return why;
}
