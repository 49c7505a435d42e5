// SPDX-License-Identifier: MIT
/*
 * Exercise 3. Passes over a family as simple as can be: a record holds what was linked and what it becomes. The
 * text is bytes of the judge's own, so a step too far is seen.
 *
 * make: build/tests/host/pv.a
 * with: build/tests/host/pv.a
 */
#include "../judge.h"
#include "pv/engine.h"
#include "pv/nops.h"
#include "tests/host/host.h"

#define LEN   6
#define SITES 3
#define APART 16

struct lamp {
	uint8_t *at;
	uint8_t linked[LEN], becomes[2], unused[4];
};

static const uint8_t linked = 0, patched = 1;

/* Six bytes of a call, or two of the instruction, which the engine pads. */
static enum pv_why lamp_bytes(const void *record, const void *state, struct pv_site *out)
{
	const struct lamp *lamp = record;

	out->at = lamp->at;
	out->len = LEN;
	out->row = 0;
	if (!state)
		return PV_OK;
	out->kind = state == &linked ? PV_KEPT : PV_INLINE;
	out->n = state == &linked ? LEN : 2;
	memcpy(out->bytes, state == &linked ? lamp->linked : lamp->becomes, out->n);
	return PV_OK;
}

static const struct pv_family family = {.name = "lamps",
					.record_size = sizeof(struct lamp),
					.linked = &linked,
					.bytes = lamp_bytes};

static uint8_t text[SITES * APART], before[sizeof(text)], own[16];
static struct lamp lamps[SITES];
static struct pv_stats stats;
static struct pv_image image = {.name = "judge",
				.text = text,
				.text_end = text + sizeof(text),
				.engine = own,
				.engine_end = own + sizeof(own)};

static const uint8_t call[LEN] = {0xff, 0x15, 0x10, 0x20, 0x30, 0x00};
static const uint8_t after[LEN] = {0x9c, 0x58, 0x8d,
				   0x74, 0x26, 0x00}; /* pushf; pop; a 486's NOP */

static void begin(const char *sentence)
{
	CASE("%s", sentence);
	memset(text, 0xcc, sizeof(text));
	for (unsigned i = 0; i < SITES; i++) {
		lamps[i] = (struct lamp){text + i * APART, {0}, {0x9c, 0x58}, {0}};
		memcpy(lamps[i].linked, call, LEN);
		memcpy(lamps[i].at, call, LEN);
	}
	pv_images = NULL;
	image.tables = NULL;
	pv_image_add(&image);
}

static void pass(const void *from, const void *to, enum pv_mode mode)
{
	memcpy(before, text, sizeof(text));
	stats = (struct pv_stats){.ns = 0};
	pv_apply(&family, lamps, lamps + SITES, from, to, mode, &stats);
}

static void holds(unsigned i, const uint8_t *bytes)
{
	IS_BYTES(lamps[i].at, bytes, LEN);
}

/* Only this one is refused, for its bytes, and they are as they were; its neighbours are patched. */
static void is_refused_alone(unsigned i)
{
	if (IS_BYTES(lamps[i].at, before + i * APART, LEN) &&
	    IS_NUMBER("sites that are refused", stats.total.refused, 1))
		IS_TRUE(stats.refusal[0].why == PV_WHY_BYTES,
			"refused for another reason than its bytes: %s",
			pv_why_text(stats.refusal[0].why));
	for (unsigned k = 0; k < SITES; k++)
		if (k != i)
			holds(k, after);
}

static void differs_at(const char *sentence, unsigned byte)
{
	begin(sentence);
	lamps[1].at[byte] ^= 1;
	pass(&linked, &patched, PV_STOPPED);
	is_refused_alone(1);
}

static void is_written(void)
{
	begin("text that is what the record says is written");
	pass(&linked, &patched, PV_STOPPED);
	for (unsigned i = 0; i < SITES; i++)
		holds(i, after);
	IS_NUMBER("sites that are refused", stats.total.refused, 0);
}

static void is_refused(void)
{
	differs_at(
		"a site whose first byte is another one is left as it is, and its neighbours are patched",
		0);
	differs_at("so is one whose last byte is another one", LEN - 1);
	begin("what stands behind the site is nobody's business");
	lamps[1].at[LEN] = 0x00;
	pass(&linked, &patched, PV_STOPPED);
	holds(1, after);
}

static void is_told(void)
{
	static const uint8_t found[LEN] = {0xff, 0x15, 0x10, 0x21, 0x30, 0x00};

	begin("a refusal holds the place, what was expected there and what was found");
	lamps[1].at[3] = 0x21;
	pass(&linked, &patched, PV_STOPPED);
	if (!IS_NUMBER("sites that are refused", stats.total.refused, 1))
		return;
	IS_TRUE(stats.refusal[0].at == lamps[1].at, "the place is another one");
	if (!IS_NUMBER("bytes that it holds", stats.refusal[0].n, LEN))
		return;
	IS_TRUE(!memcmp(stats.refusal[0].expected, call, LEN),
		"what it says was expected is not what was linked");
	IS_TRUE(!memcmp(stats.refusal[0].found, found, LEN),
		"what it says was found is not what is there");
}

static void backwards(void)
{
	begin("the way back is the same step, and the padding is looked at, too: its last byte is another one");
	pass(&linked, &patched, PV_STOPPED);
	lamps[1].at[LEN - 1] = 0x01;
	pass(&patched, &linked, PV_STOPPED);
	IS_NUMBER("sites that are refused", stats.total.refused, 1);
	holds(0, call);
	IS_BYTES(lamps[1].at, before + APART, LEN);
	begin("a site that holds the new bytes already is not as it should be either: somebody else was there");
	memcpy(lamps[1].at, after, LEN);
	pass(&linked, &patched, PV_STOPPED);
	is_refused_alone(1);
}

static void without_writing(void)
{
	begin("a dry run refuses the same sites");
	lamps[1].at[0] = 0x00;
	pass(&linked, &patched, PV_DRY);
	IS_NUMBER("sites that are refused", stats.total.refused, 1);
	IS_BYTES(text, before, sizeof(text));
	begin("a record that names no text at all: its place is refused, and nothing is read there");
	lamps[2].at = (uint8_t *)0xfffff000;
	pass(&linked, &patched, PV_STOPPED);
	if (IS_NUMBER("sites that are refused", stats.total.refused, 1))
		IS_TRUE(stats.refusal[0].why == PV_WHY_RANGE,
			"refused for another reason than its place: %s",
			pv_why_text(stats.refusal[0].why));
}

int main(void)
{
	is_written();
	is_refused();
	is_told();
	backwards();
	without_writing();
	return judged();
}
