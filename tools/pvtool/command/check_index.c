/* SPDX-License-Identifier: MIT */
/*
 * The index is what pvtool index would write now, byte for byte: one that is missing, older than
 * its image, or damaged costs the kernel its sites. An image without the section needs none.
 */
#include "command/rules.h"
#include "family/site_index.h"
#include "read/bytes.h"

#include <stdio.h>
#include <string.h>

#define LISTED 20 /* differences; more are counted */

static uint8_t expected_at(const struct site_index *index, uint32_t offset)
{
	return offset < index->size ? index->bytes[offset] : 0;
}

static bool is_empty(const struct section *s)
{
	for (uint32_t i = 0; i < s->size; i++) {
		if (s->bytes[i])
			return false;
	}
	return true;
}

/* "0x12" of a field, "12 34" of other bytes. */
static const char *value_text(const uint8_t *bytes, uint32_t len, char out[BYTES_TEXT])
{
	uint32_t value = 0;

	if (len != 1 && len != 4)
		return bytes_text(bytes, len, out);
	for (uint32_t i = 0; i < len; i++)
		value |= (uint32_t)bytes[i] << 8 * i;
	snprintf(out, BYTES_TEXT, "%#x", value);
	return out;
}

static void differs(struct check *c, const struct index_place *place, const uint8_t *expected,
		    const uint8_t *found)
{
	char is[BYTES_TEXT], should[BYTES_TEXT];

	value_text(expected, place->len, should);
	value_text(found, place->len, is);
	if (place->item.site)
		check_finding_of(c, place->item.site, place->item.record,
				 SITE_INDEX_SECTION ": %s: expected %s, found %s", place->name,
				 should, is);
	else
		check_finding(c, "section " SITE_INDEX_SECTION ": %s: expected %s, found %s",
			      place->name, should, is);
}

/* Nothing but zeros stands behind the index. */
static void differs_behind(struct check *c, const struct section *s, uint32_t at)
{
	check_finding(
		c, "section " SITE_INDEX_SECTION ": behind its end, at %#x: expected 00, found %s",
		at, BYTES_HEX(s->bytes + at, 1));
}

/* A field that differs is one finding. */
static void compare(struct check *c, const struct site_index *index, const struct section *s)
{
	size_t found = 0;

	for (uint32_t at = 0; at < s->size; at++) {
		struct index_place place;

		if (s->bytes[at] == expected_at(index, at))
			continue;
		found++;
		site_index_place(index, at, &place);
		if (found <= LISTED && at < index->size)
			differs(c, &place, index->bytes + place.at, s->bytes + place.at);
		else if (found <= LISTED)
			differs_behind(c, s, at);
		if (at >= index->size)
			break;
		at = place.at + place.len - 1;
	}
	if (found > LISTED)
		check_finding(c, "section " SITE_INDEX_SECTION ": and %zu more differences",
			      found - LISTED);
}

void check_index(struct check *c)
{
	const struct section *s = image_section(&c->model.image, SITE_INDEX_SECTION);
	struct site_index index;
	char why[SITE_INDEX_WHY];

	if (!s)
		return;
	if (!site_index_make(&index, &c->model))
		check_finding_of(c, index.bad.site, index.bad.record, "no index: %s", index.why);
	else if (!site_index_fits(&index, &c->model, why))
		check_finding(c, "section " SITE_INDEX_SECTION ": %s", why);
	else if (is_empty(s))
		check_finding(c, "section " SITE_INDEX_SECTION ": empty: pvtool index fills it");
	else
		compare(c, &index, s);
	site_index_free(&index);
}
