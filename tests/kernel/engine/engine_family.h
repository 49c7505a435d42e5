/* SPDX-License-Identifier: MIT */
/*
 * A family made for testing the engine: records that say themselves what stands at their site, over
 * a text in RAM that belongs to nobody else.
 *
 *	struct fake_record record = {FAKE(64), .len = 8, .n = 3, .kind = PV_INLINE};
 *	fake_reset();
 *	fake_apply(t, &record, 1, &fake_linked, &fake_patched, PV_STOPPED);
 *	fake_expect(&record);
 *	CHECK(t, fake_text_as_expected(), "the site is patched and nothing else");
 */
#ifndef TESTS_KERNEL_ENGINE_ENGINE_FAMILY_H
#define TESTS_KERNEL_ENGINE_ENGINE_FAMILY_H

#include "kernel/test/ktap.h"
#include "pv/engine.h"

#define FAKE_SIZE    1024
#define FAKE_GUARD   256  /* room around the text, so that what lies beyond its ends is known */
#define FAKE_ROOM    4096 /* a page of its own, so that it can be code for a test */
#define FAKE_ROWS    4
#define fake_text    (fake_room + FAKE_GUARD)
#define fake_own     (fake_room + 64) /* the image's own section, in the room before its text */
#define FAKE_OWN     16
#define FAKE(offset) .at = fake_text + (offset)

struct fake_record {
	uint8_t *at;
	uint8_t len, n, kind, row;
	uint8_t why; /* what the family itself says: PV_OK, PV_WHY_TYPE, ... */
};

/* The states: as linked, and two sets of new bytes. */
extern const uint8_t fake_linked, fake_patched, fake_third;
extern const struct pv_family fake_family;
extern uint8_t fake_room[FAKE_ROOM];
extern struct pv_stats fake_stats;
extern struct pv_count fake_rows[FAKE_ROWS];

/* Text as linked. */
void fake_reset(void);

/* A pass with fresh statistics, whose sums are checked. */
void fake_apply(struct ktap *t, const struct fake_record *records, size_t n, const void *from,
		const void *to, enum pv_mode mode);

/* fake_expect_linked(), then fake_expect() for each site that should be in fake_patched. */
void fake_expect_linked(void);
void fake_expect(const struct fake_record *record);

/* All of it, and nothing written around it. */
bool fake_text_as_expected(void);

/* A table of the made-up image, and none any more. */
void fake_add(struct pv_table *table);
void fake_remove(struct pv_table *table);

/* Do n bytes decode into exactly ceil(n / 8) instructions? */
bool padding_decodes(const uint8_t *bytes, unsigned n);

#endif
