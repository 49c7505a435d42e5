/* SPDX-License-Identifier: MIT */
/*
 * What a pass may meet, at every place of the text: a site of a table before its own, the engine's
 * own section, text that was given up. None of these bytes is written, whatever is further away is
 * as without them, and all forms agree.
 *
 *	wrong = in_the_way(&table, &image, from, to);		text is in the state `from`
 *
 * Included once, after tests/host/forms.h.
 */
#ifndef TESTS_HOST_IN_THE_WAY_H
#define TESTS_HOST_IN_THE_WAY_H

#include "pv/index.h"
#include "tests/host/forms.h"

#define NEAR 16 /* no site here is longer */

enum obstacle { ANOTHERS, OWN, GONE, OBSTACLES };

struct anothers {
	uint8_t *at;
	uint8_t len, unused[3];
};

static enum pv_why anothers_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct anothers *site = record;

	(void)state;
	out->at = site->at;
	out->len = out->n = site->len;
	out->row = 0;
	out->kind = PV_KEPT;
	memset(out->bytes, 0, site->len);
	return PV_OK;
}

static const struct pv_family anothers_family = {
	.name = "another's", .record_size = sizeof(struct anothers), .bytes = anothers_bytes};

static void put(struct pv_image *in, enum obstacle what, uint8_t *at, uint8_t len)
{
	static struct anothers site;
	static struct pv_entry entry;
	static struct pv_table table;

	if (what == OWN) {
		in->engine = at;
		in->engine_end = at + len;
	} else if (what == GONE) {
		in->gone = at;
		in->gone_end = at + len;
	} else {
		site = (struct anothers){at, len, {0}};
		entry = (struct pv_entry){(uint32_t)at, 0};
		table = (struct pv_table){.family = &anothers_family,
					  .first = &site,
					  .last = &site + 1,
					  .index = &entry};
		pv_table_add(in, &table);
	}
}

static bool left_alone(const uint8_t *was, const uint8_t *is, const uint8_t *without, unsigned at,
		       unsigned len)
{
	for (unsigned i = 0; i < TEXT_SIZE; i++) {
		bool inside = i >= at && i < at + len;
		bool near = i + NEAR >= at && i < at + len + NEAR;

		if (is[i] != (inside || (near && is[i] == was[i]) ? was[i] : without[i]))
			return false;
	}
	return true;
}

static unsigned in_the_way(struct pv_table *table, struct pv_image *in, const void *from,
			   const void *to)
{
	static const uint8_t lengths[] = {1, 4, 9};
	static struct outcome without, out;
	const struct pv_image was = *in;
	unsigned wrong = !forms_agree(table, in, from, to, GENERAL, &without);

	for (unsigned what = 0; what < OBSTACLES; what++)
		for (unsigned i = 0; i < sizeof(lengths); i++)
			for (unsigned at = 0; at + lengths[i] <= TEXT_SIZE; at++) {
				put(in, what, in->text + at, lengths[i]);
				wrong += !forms_agree(table, in, from, to, GENERAL, &out) ||
					 !left_alone(in->text, out.text, without.text, at,
						     lengths[i]);
				*in = was;
			}
	return wrong;
}

#endif
