/* SPDX-License-Identifier: MIT */
#include "family/keyed.h"
#include "pv/facts.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 3 /* of a record, at most */

uint32_t keyed_sum(const struct family *family, const struct record *record)
{
	const uint32_t key = record->key | record->flags;

	if (family->record_size == 4 * WORDS)
		return pv_sum(pv_sum(pv_sum(pv_sum(0, record->addr), record->target), key), 0);
	return pv_sum(pv_sum(pv_sum(pv_sum(0, record->addr), key), 0), 0);
}

static int by_key(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->addr > b->addr) - (a->addr < b->addr);
}

/* Each word is relative to itself. */
static void put_record(const struct model *model, const struct family *family, uint32_t at,
		       const struct record *record, uint8_t out[4 * WORDS])
{
	bytes_put32(out, record->addr - at);
	if (family->record_size == 4 * WORDS)
		bytes_put32(out + 4, record->target - (at + 4));
	at += family->record_size - 4;
	bytes_put32(out + family->record_size - 4,
		    (record->key | family->flags(model, record)) - at);
}

static bool arrange(struct model *model, const struct family *family)
{
	const struct family_table *table = model_table(model, family);
	const uint32_t size = family->record_size;
	struct record *sorted = bytes_need(calloc(table->n + 1, sizeof(*sorted)));
	uint8_t *bytes = (uint8_t *)table->bytes;
	bool changed = false;

	if (table->n)
		memcpy(sorted, table->records, table->n * sizeof(*sorted));
	qsort(sorted, table->n, sizeof(*sorted), by_key);
	for (size_t i = 0; i < table->n; i++) {
		uint8_t record[4 * WORDS];

		put_record(model, family, table->addr + size * (uint32_t)i, &sorted[i], record);
		changed |= memcmp(bytes + size * i, record, size) != 0;
		memcpy(bytes + size * i, record, size);
	}
	free(sorted);
	return changed;
}

bool keyed_arrange(struct model *model)
{
	bool changed = false;

	for (size_t i = 0; i < MODEL_FAMILIES; i++)
		if (model_families[i]->flags)
			changed |= arrange(model, model_families[i]);
	return changed;
}
