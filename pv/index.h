/* SPDX-License-Identifier: MIT */
/*
 * The index of a table: its sites in the order of their addresses, so that a pass is one sweep,
 * sites that overlap are neighbours, and "whose byte is this?" is a binary search. And facts: what
 * the records of a family with groups do not say.
 *
 * pvtool makes both after the link, into .pv_index (pv_index_use()). Where there is no tool, or for
 * a table that comes later, they are made at load, in arrays that the caller has:
 *
 *	static struct pv_entry entries[N], spare[N];
 *	static struct pv_table locks = {.family = &smp_locks_family, .first = f, .last = l};
 *
 *	static uint8_t behind[N];
 *	struct pv_facts_room room = {.behind = behind};
 *
 *	pv_index_make(&locks, entries, spare);
 *	pv_facts_make(&locks, &room);
 *	pv_table_add(&image, &locks);
 *
 *	struct pv_facts_room room = {facts, replacements, size, linked, sizeof(linked)};
 *
 *	pv_index_make(&alternatives, entries, spare);
 *	pv_facts_make(&alternatives, &room);
 *	pv_table_add(&image, &alternatives);
 *
 * Text, records and replacements have to be as linked at that moment.
 */
#ifndef PV_INDEX_H
#define PV_INDEX_H

#include "pv/facts.h"

/*
 * What pvtool leaves: at the section's start, this. Offsets are from its first byte. A part for
 * each table that has records.
 */
struct pv_index_part {
	uint32_t first, records; /* the table's address, and how many */
	uint32_t entries;        /* offset of as many struct pv_entry */
	uint32_t facts;          /* offset of as many struct pv_fact, or bytes of a family that */
				 /* looks, or words of one that sums; 0: none */
};
#define PV_INDEX_MAGIC 0x32495650u /* "PVI2" */
#define PV_INDEX_PARTS 8
struct pv_index {
	uint32_t magic, size; /* of everything */
	struct pv_sources sources;
	struct pv_index_part part[PV_INDEX_PARTS];
};

/*
 * Give a table what pvtool left for it in [index, end). False: nothing that fits, and the table is
 * as it was.
 */
bool pv_index_use(struct pv_table *table, const struct pv_index *index, const void *end);

/*
 * Sort the table's sites into `entries`, of which there must be as many as records; `spare` is as
 * large. Linear; takes about 1 KiB of stack. A record that names no place sorts as it is, and is
 * refused by each pass.
 */
void pv_index_make(struct pv_table *table, struct pv_entry *entries, struct pv_entry *spare);

#endif
