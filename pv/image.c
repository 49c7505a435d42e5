// SPDX-License-Identifier: MIT
/*
 * The images and their tables, and whose a byte is.
 */
#include "pv/image.h"
#include "pv/host.h"
#include "pv/types.h"

struct pv_image *pv_images;

void pv_image_add(struct pv_image *image)
{
	image->next = pv_images;
	pv_barrier();
	pv_images = image;
}

void pv_image_remove(struct pv_image *image)
{
	struct pv_image **at = &pv_images;

	while (*at && *at != image)
		at = &(*at)->next;
	if (*at)
		*at = image->next;
}

PV_TEXT bool pv_is_text(uint32_t at)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		if (pv_image_text(image, at, 1).first)
			return true;
	return false;
}

void pv_table_add(struct pv_image *image, struct pv_table *table)
{
	struct pv_table **end = &image->tables;

	while (*end)
		end = &(*end)->next;
	table->next = NULL;
	table->n = table->index ? pv_table_records(table) : 0;
	pv_barrier();
	*end = table;
}

void pv_table_remove(struct pv_image *image, struct pv_table *table)
{
	struct pv_table **at = &image->tables;

	while (*at && *at != table)
		at = &(*at)->next;
	if (*at)
		*at = table->next;
}

PV_TEXT uint32_t pv_whole_records(const struct pv_family *family, const void *first,
				  const void *last)
{
	size_t bytes = (size_t)((const uint8_t *)last - (const uint8_t *)first);

	return last < first ? 0 : (uint32_t)(bytes / family->record_size);
}

PV_TEXT uint32_t pv_table_records(const struct pv_table *table)
{
	return pv_whole_records(table->family, table->first, table->last);
}

PV_TEXT bool pv_table_holds(const struct pv_table *t, const void *record)
{
	const uint32_t offset = (uint32_t)record - (uint32_t)t->first,
		       size = t->family->record_size;

	return offset / size < pv_table_records(t) && offset % size == 0;
}

PV_TEXT void pv_entry_site(const struct pv_table *t, uint32_t i, struct pv_site *site)
{
	site->len = 0;
	if (t->index[i].record >= t->n)
		return;
	t->family->bytes(pv_table_record(t, i), NULL, site);
	if ((uint32_t)site->at != t->index[i].at)
		site->len = 0;
}

/* The first entry whose site begins at or behind an address, or as many as there are. */
static PV_TEXT uint32_t search(const struct pv_table *t, uint32_t at)
{
	uint32_t low = 0, high = t->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (t->index[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

PV_TEXT uint32_t pv_table_reach(const struct pv_table *t, uint32_t byte)
{
	return search(t, byte < PV_SITE_MAX ? 0 : byte - PV_SITE_MAX + 1);
}

/* Without an index all records are looked at, and the same one is found. */
static PV_TEXT bool find_raw(const struct pv_table *t, uint32_t byte, struct pv_place *out)
{
	const uint8_t *record = t->first;
	struct pv_site site;
	bool found = false;

	for (uint32_t n = pv_table_records(t); n--; record += t->family->record_size) {
		t->family->bytes(record, NULL, &site);
		if (byte - (uint32_t)site.at >= site.len || (found && site.at >= out->at))
			continue;
		*out = (struct pv_place){t, record, site.at, site.len};
		found = true;
	}
	return found;
}

/* From entry i on; of sites that overlap, the first. */
static PV_TEXT bool find_in(const struct pv_table *t, uint32_t i, uint32_t byte,
			    struct pv_place *out)
{
	struct pv_site site;

	if (!t->index)
		return find_raw(t, byte, out);
	for (; i < t->n && t->index[i].at <= byte; i++) {
		pv_entry_site(t, i, &site);
		if (!site.len || byte - (uint32_t)site.at >= site.len)
			continue;
		*out = (struct pv_place){t, pv_table_record(t, i), site.at, site.len};
		return true;
	}
	return false;
}

PV_TEXT bool pv_find(const uint8_t *byte, struct pv_place *out)
{
	const uint32_t at = (uint32_t)byte;

	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (find_in(t, pv_table_reach(t, at), at, out))
				return true;
	return false;
}

PV_TEXT bool pv_find_live(const uint8_t *first, struct pv_place *out)
{
	const uint32_t at = (uint32_t)first;

	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (t->index && t->family->version[0] &&
			    find_in(t, search(t, at), at, out) && out->at == first)
				return true;
	return false;
}

PV_TEXT bool pv_find_live_in(const struct pv_table *t, const void *from, const void *last,
			     struct pv_range bytes, pv_fits_fn *fits, struct pv_place *out)
{
	const uint32_t at = (uint32_t)bytes.first, len = (uint32_t)bytes.end - at;
	const uint8_t *record = from;
	struct pv_site site;

	for (uint32_t n = pv_whole_records(t->family, from, last); n--;
	     record += t->family->record_size) {
		t->family->bytes(record, NULL, &site);
		if (at - (uint32_t)site.at >= site.len && (uint32_t)site.at - at >= len)
			continue;
		*out = (struct pv_place){t, record, site.at, site.len};
		if (fits(out, bytes))
			return true;
	}
	return false;
}

PV_TEXT bool pv_find_live_raw(struct pv_range bytes, pv_fits_fn *fits, struct pv_place *out)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (!t->index && t->family->version[0] &&
			    pv_find_live_in(t, t->first, t->last, bytes, fits, out))
				return true;
	return false;
}

/* A place between two records is in none. */
PV_TEXT const struct pv_table *pv_table_of(const struct pv_family *family, const void *record,
					   const struct pv_image **image)
{
	for (*image = pv_images; *image; *image = (*image)->next)
		for (const struct pv_table *t = (*image)->tables; t; t = t->next)
			if (t->family == family && pv_table_holds(t, record))
				return t;
	return NULL;
}
