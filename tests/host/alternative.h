/* SPDX-License-Identifier: MIT */
/*
 * Records of alternatives in a room where everything has a known place, and what the family makes
 * of them. Included once, before all else.
 *
 *	memcpy(room + REPLACEMENT, code, n);
 *	why = bytes_of(SITE, 40, REPLACEMENT, n, FEATURE, &out);
 */
#ifndef TESTS_HOST_ALTERNATIVE_H
#define TESTS_HOST_ALTERNATIVE_H

#include "pv/alternative.h"
#include "pv/engine.h"
#include "pv/feature.h"
#include "pv/index.h"
#include "pv/nops.h"

#include "tests/host/host.h"

#define SITE        256 /* where in `room` things are */
#define REPLACEMENT 320
#define FAR         768
#define FEATURE     X86_FEATURE_ERMS

static uint8_t room[1024];

static struct alternative_state state = {
	.replacements = room + REPLACEMENT,
	.replacements_end = room + sizeof(room),
};

static void set_feature(struct alternative_state *to, unsigned feature, bool on)
{
	to->features[feature / 32] &= ~(1u << feature % 32);
	to->features[feature / 32] |= (uint32_t)on << feature % 32;
}

static struct alt_instr *record_set(struct alt_instr *record, unsigned site, unsigned len,
				    unsigned from, unsigned n, unsigned feature)
{
	uint32_t place = (uint32_t)record;

	record->instr_offset = (int32_t)((uint32_t)(room + site) - place);
	record->repl_offset = (int32_t)((uint32_t)(room + from) - place - 4);
	record->cpuid = (uint16_t)feature;
	record->instrlen = (uint8_t)len;
	record->replacementlen = (uint8_t)n;
	return record;
}

static enum pv_why bytes_of(unsigned site, unsigned len, unsigned from, unsigned n,
			    unsigned feature, struct pv_site *out)
{
	static struct alt_instr record;

	memset(out, 0xee, sizeof(*out));
	return alternative_family.bytes(record_set(&record, site, len, from, n, feature), &state,
					out);
}

#endif
