/* SPDX-License-Identifier: MIT */
/*
 * Facts: what the records of a family with groups do not say of their sites. pvtool leaves them
 * beside the index, or they are made at load by decoding; each pass looks whether they hold.
 */
#ifndef PV_FACTS_H
#define PV_FACTS_H

#include "pv/image.h"

/*
 * Of one record of a family with groups, in the index's order. What concerns the site is in the
 * fact of the group's first record, and 0 in the others. The sums (pv_sum()) make it binding: no
 * change of one byte in the record, its replacement or this keeps them.
 */
struct pv_fact {
	uint32_t sum;    /* of the record's words and the words below */
	uint32_t source; /* of the replacement's bytes */
	uint8_t n;       /* records in the group */
	uint8_t run;     /* where the site's last one-byte NOPs begin; its length: none */
	uint8_t rel_at;  /* where the replacement's one displacement to elsewhere stands; 0: none */
	uint8_t kind;    /* enum pv_kind of the replacement; PV_FACT_DECODE: decode it */
	uint32_t linked[2]; /* the site's bytes, as two words; when it has more than 8: */
			    /* where they stand, from the facts' first byte on, and their sum */
};
_Static_assert(sizeof(struct pv_fact) == 20, "pvtool writes these");
#define PV_FACT_DECODE 0xff /* several branches to elsewhere, or a short one, or a bad record */
#define PV_FACT_BROKEN 0    /* n: the site is not whole instructions */

/* Sum up a word, and the n bytes of a site or replacement: at least two words, zeros behind. */
static inline __attribute__((always_inline)) uint32_t pv_sum(uint32_t sum, uint32_t word)
{
	return (sum << 5 | sum >> 27) + word;
}

/*
 * The fact of a family that looks, one byte: what stands behind the site, in its instruction, which
 * no pass changes. Old bytes are compared with it, too.
 */
#define PV_LOOK_BYTES 2u /* of text: the site's byte and that one */

/*
 * The fact of a record that belongs to a key, a word: pv_sum() of what its fields say, as addresses,
 * the key with its flags, and zeros up to four words, from 0 on (pv/keyed.c). A NOP does not tell
 * where it would jump to, nor when.
 */

/*
 * Facts for a table that has an index, one a record. For a family with groups: from where the
 * replacements may be; sites of more than 8 bytes go to `linked`, which gets shorter by that. For
 * one that looks: into `behind`, and all else may be 0. False: there is no room for them, and the
 * table has no facts.
 */
struct pv_facts_room {
	struct pv_fact *facts;
	const uint8_t *sources;
	size_t sources_size;
	uint8_t *linked;
	size_t linked_size;
	uint8_t *behind;
};
bool pv_facts_make(struct pv_table *table, struct pv_facts_room *room);

/* What stands at a site, by decoding. */
struct pv_text {
	bool whole;  /* whole instructions */
	uint8_t run; /* where the one-byte NOPs at the end begin that may be merged */
};
struct pv_text pv_text_read(const uint8_t *at, unsigned len);

/* A little-endian word, on any build machine. */
static inline __attribute__((always_inline)) uint32_t pv_sum_word(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Of n bytes, in two lanes, so that a CPU need not wait for one word to take the next. */
static inline __attribute__((always_inline)) uint32_t pv_sum_lanes(const uint8_t *bytes, uint32_t n)
{
	const uint8_t *end = bytes + n, *whole = end - n % 16;
	uint32_t even = 0, odd = 0;

	for (; bytes != whole; bytes += 16) {
		even = pv_sum(even, pv_sum_word(bytes));
		odd = pv_sum(odd, pv_sum_word(bytes + 4));
		even = pv_sum(even, pv_sum_word(bytes + 8));
		odd = pv_sum(odd, pv_sum_word(bytes + 12));
	}
	for (; bytes != end; bytes++)
		even = pv_sum(even, *bytes);
	return pv_sum(even, odd);
}

/* Are they all as they were? They can be read. */
bool pv_sources_hold(const struct pv_sources *sources);

/* Is the fact of entry i what was left for this record? The replacement is looked at, too. */
bool pv_fact_holds(const struct pv_fact *fact, const uint32_t *record, size_t record_size);
bool pv_fact_source_holds(const struct pv_fact *fact, const uint8_t *source, unsigned n);

/*
 * The bytes of a site of len bytes as linked, by the fact of its group's first record; NULL when
 * that is not what was left for the record.
 */
const uint8_t *pv_fact_linked(const struct pv_fact *facts, const struct pv_fact *fact,
			      const uint32_t *record, size_t record_size, unsigned len);

#endif
