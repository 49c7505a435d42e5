// SPDX-License-Identifier: MIT
/*
 * Records that belong to keys: whether they are what was linked, and their order.
 */
#include "pv/keyed.h"
#include "pv/facts.h"

/* ---- where records and keys may be ---- */

/* No image says where its data lie, or one of those that say it holds the key. */
static PV_TEXT bool is_data(const struct pv_keyed *k, uint32_t key)
{
	bool any = false;

	for (const struct pv_image *image = pv_images; image; image = image->next) {
		const struct pv_range data = {image->data, image->data_end};

		if (pv_range_holds(data, key, k->key_size))
			return true;
		any |= image->data != NULL;
	}
	return !any;
}

#define SUM_WORDS 4 /* zeros behind the record's */

static PV_TEXT uint32_t sum(const struct pv_keyed *k, const int32_t *record)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < SUM_WORDS; i++)
		sum = pv_sum(sum, i < k->words ? pv_keyed_to(record + i) : 0);
	return sum;
}

/* Or nobody knows. */
static PV_TEXT bool is_linked(const struct pv_keyed *k, const struct pv_table *t,
			      const int32_t *record)
{
	const uint32_t i = (uint32_t)(record - (const int32_t *)t->first) / k->words;

	return !t->sums || t->sums[i] == sum(k, record);
}

PV_TEXT enum pv_why pv_keyed_why(const struct pv_keyed *k, const int32_t *record,
				 const struct pv_image **image)
{
	const struct pv_table *table = pv_table_of(k->family, record, image);
	const uint32_t key = pv_keyed_key(k, record);

	if (!table)
		return PV_OK;
	if (!is_linked(k, table, record))
		return PV_WHY_FACTS;
	return is_data(k, key) && k->is_key((const void *)key) ? PV_OK : PV_WHY_KEY;
}

/* ---- the table ---- */

void *pv_keyed_linked_key(const struct pv_keyed *k, const struct pv_table *table,
			  const int32_t *record)
{
	void *key = (void *)pv_keyed_key(k, record);

	if (!is_linked(k, table, record) || !is_data(k, (uint32_t)key))
		return NULL;
	return k->looks_like_key(table, key) ? key : NULL;
}

/* Flags that only the linked text, and where it lies, can tell. False: there is no such text. */
static bool note(const struct pv_keyed *k, int32_t *record)
{
	const uint8_t *at = (const uint8_t *)pv_keyed_to(record);
	int32_t *field = record + k->words - 1;
	unsigned flags = pv_keyed_to(field) & k->given;

	for (const struct pv_image *image = pv_images; image; image = image->next) {
		const struct pv_range range = pv_image_text(image, (uint32_t)at, k->site_least);

		if (!range.first)
			continue;
		flags |= k->note(at, (unsigned)(range.end - at));
		flags |= range.first == image->init ? k->init : 0;
		*field = (int32_t)(pv_keyed_key(k, record) + flags - (uint32_t)field);
		return true;
	}
	return false;
}

static bool sorts_before(const struct pv_keyed *k, const int32_t *a, const int32_t *b)
{
	const uint32_t key_a = pv_keyed_key(k, a), key_b = pv_keyed_key(k, b);

	return key_a != key_b ? key_a < key_b : pv_keyed_to(a) < pv_keyed_to(b);
}

/* Each field is relative to itself. */
static void exchange(const struct pv_keyed *k, int32_t *a, int32_t *b)
{
	const int32_t moved = (int32_t)((uint32_t)b - (uint32_t)a);

	for (unsigned i = 0; i < k->words; i++) {
		const int32_t was = a[i];

		a[i] = b[i] + moved;
		b[i] = was - moved;
	}
}

/* A heap whose root is the last in order. */
static void sift(const struct pv_keyed *k, int32_t *first, uint32_t root, uint32_t n)
{
	const unsigned w = k->words;

	for (uint32_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && sorts_before(k, first + w * child, first + w * (child + 1)))
			child++;
		if (!sorts_before(k, first + w * root, first + w * child))
			return;
		exchange(k, first + w * root, first + w * child);
	}
}

static bool is_sorted(const struct pv_keyed *k, const int32_t *first, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (sorts_before(k, first + k->words * i, first + k->words * (i - 1)))
			return false;
	return true;
}

static void sort(const struct pv_keyed *k, int32_t *first, uint32_t n)
{
	if (is_sorted(k, first, n))
		return;
	for (uint32_t i = n / 2; i--;)
		sift(k, first, i, n);
	for (uint32_t i = n; i-- > 1;) {
		exchange(k, first, first + k->words * i);
		sift(k, first, 0, i);
	}
}

/* Where damage is, nothing is moved: it may be the table's end, and what is behind it others'. */
static void arrange(const struct pv_keyed *k, struct pv_table *table)
{
	const uint32_t n = pv_table_records(table);
	int32_t *first = (int32_t *)(uintptr_t)table->first;
	bool whole = true;

	for (uint32_t i = 0; i < n; i++) {
		int32_t *record = first + k->words * i;

		whole &= pv_keyed_linked_key(k, table, record) && note(k, record);
	}
	if (whole)
		sort(k, first, n);
}

void pv_keyed_init(const struct pv_keyed *k, struct pv_table *table)
{
	if (!table->index)
		arrange(k, table);
	table->in_order = is_sorted(k, table->first, pv_table_records(table));
}

const int32_t *pv_keyed_search(const struct pv_keyed *k, const struct pv_table *t, uint32_t key)
{
	const int32_t *first = t->first;
	uint32_t low = 0, high = pv_table_records(t);

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (pv_keyed_key(k, first + k->words * middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return first + k->words * low;
}
