// SPDX-License-Identifier: MIT
/*
 * One site in the fake text, as a record of the first family says it, and what a pass makes of it.
 */
#include "tests/kernel/engine/engine_site.h"
#include "lib/string.h"
#include "pv/nops.h"

uint32_t site_get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return value;
}

void site_put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

struct paravirt_patch_site site_record(unsigned type, uint16_t clobbers)
{
	return (struct paravirt_patch_site){(uint32_t)(fake_text + SITE_AT), (uint8_t)type,
					    PV_SITE_LEN, clobbers};
}

/* Text with one site as linked; then a pass to `state`, or to the linked state. */
struct pv_stats *site_patch(struct paravirt_patch_site site, const struct paravirt_state *state)
{
	static struct pv_stats stats;
	const struct pv_insns *linked = &paravirt_linked()->op[site.type % PV_NR_TYPES];

	fake_reset();
	memset(fake_text, 0xcc, FAKE_SIZE);
	memcpy(fake_text + SITE_AT, linked->bytes, PV_SITE_LEN);
	pv_stats_begin(&stats, NULL);
	pv_apply(&paravirt_family, &site, &site + 1, paravirt_linked(), state, PV_STOPPED, &stats);
	return &stats;
}

const struct paravirt_state *site_state(const struct pv_ops *ops)
{
	static struct paravirt_state state;

	paravirt_state_make(&state, ops);
	return &state;
}

void site_check_call(struct ktap *t, uint32_t target)
{
	const uint8_t *site = fake_text + SITE_AT;

	CHECK_EQ(t, site[0] << 8 | site[1], 0x2ee8, "a call is 2e e8");
	CHECK_EQ(t, site_get32(site + 2) + (uint32_t)site + 6, target, "and goes to the function");
}

unsigned site_lead(unsigned n)
{
	return n < PV_SITE_LEN && !strcmp(pv_nops->name, "p6") ? PV_SITE_LEN - n : 0;
}

void site_check_template(struct ktap *t, const void *bytes, unsigned n, unsigned lead,
			 const char *what)
{
	const uint8_t *site = fake_text + SITE_AT;

	for (unsigned i = 0; i < lead; i++)
		CHECK_EQ(t, site[i], 0x3e, "%s: prefix %u of %u", what, i, lead);
	CHECK(t, !memcmp(site + lead, bytes, n), "a site of %s is the instruction", what);
	CHECK(t, lead || padding_decodes(site + n, PV_SITE_LEN - n), "and padding behind %s", what);
}
