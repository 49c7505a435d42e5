/* SPDX-License-Identifier: MIT */
/*
 * .pv_relocs against the relocations that the linker kept, byte for byte: a call that it has not is
 * slow for ever, and one that it names twice is refused at each boot. Without relocations the sites
 * alone are judged, as those of any table.
 */
#include "command/relocs.h"
#include "command/rules.h"
#include "read/bytes.h"
#include "read/relocs.h"

#include <stdlib.h>

static void compare(struct check *c, const struct section *s, const struct uses *uses)
{
	uint8_t *table;
	const size_t size = uses_table(uses, &table);
	size_t at = 0;

	while (at < s->size && s->bytes[at] == (at < size ? table[at] : 0))
		at++;
	if (size > s->size)
		check_finding(c, "section %s: %u bytes, and the table of %zu sites has %zu",
			      s->name, s->size, uses->n, size);
	else if (at < s->size)
		check_finding(
			c, "section %s: at %#zx: expected %s, found %s: pvtool relocs fills it",
			s->name, at, BYTES_HEX(at < size ? &table[at] : (const uint8_t *)"", 1),
			BYTES_HEX(s->bytes + at, 1));
	free(table);
}

void check_relocs(struct check *c)
{
	const struct section *s = image_section(&c->model.image, ".pv_relocs");
	struct uses uses;

	if (!s || !s->bytes || !relocs_kept(&c->model.image))
		return;
	uses_find(&uses, c);
	compare(c, s, &uses);
	uses_free(&uses);
}
