// SPDX-License-Identifier: MIT
/*
 * The listing of a table whose records do not hold what stood at their site: a line for each site
 * and each refusal, and what the pass refuses is what the listing said.
 */
#include "tests/host/fakes.h"

static char seen[256];

/* A line: the record's number and what became of it; ? is what no refusal can say. */
static void visit(const void *record, enum pv_why why, const struct pv_site *old_site,
		  const struct pv_site *new_site, void *arg)
{
	size_t n = strlen(seen);
	const struct fake *first = arg;

	snprintf(seen + n, sizeof(seen) - n, "%u%s ",
		 (unsigned)((const struct fake *)record - first),
		 why >= PV_NR_WHYS                                          ? "?"
		 : why                                                      ? "!"
		 : new_site->kind == PV_GONE                                ? "gone"
		 : !memcmp(old_site->bytes, new_site->bytes, new_site->len) ? "="
									    : "+");
}

/* The lines for a table are these, and the pass refuses as many records as they do. */
static bool lists(const struct fake *records, size_t n, const char *lines)
{
	static const uint8_t state;
	unsigned refused = 0;

	seen[0] = '\0';
	pv_list(&fakes, records, records + n, NULL, &state, visit, (void *)records);
	for (const char *c = seen; *c; c++)
		refused += *c == '!';
	apply(records, n, PV_DRY);
	return !strcmp(seen, lines) && stats.total.refused == refused;
}

static void listing(void)
{
	struct fake r[] = {{text + 8, 6, 2, 0x51, 1, 0},  {text + 8, 6, 4, 0x52, 1, 0},
			   {text + 20, 6, 6, 0x53, 0, 0}, {text + 22, 6, 6, 0x54, 1, 0},
			   {text + 40, 6, 6, 0x55, 1, 9}, {text + 64, 6, 6, 0x56, 1, 0},
			   {text - 9, 6, 6, 0x57, 0, 0}};

	reset();
	image.gone = text + 64;
	image.gone_end = text + 128;
	begin();
	ok(lists(r, 7, "0+ 2! 3+ 4! 5gone 6! ") && !memcmp(text, before, SIZE),
	   "a listing is in the table's order, a line a site, refusals with theirs: %s", seen);
	r[3].at += 8;
	ok(lists(r + 2, 2, "0= 1+ "), "what does not apply is listed as it stays: %s", seen);
}

static void listing_of_overlaps(void)
{
	struct fake site = {text + 8, 6, 6, 0x51, 1, 0}, part = {text + 10, 3, 3, 0x52, 1, 0};
	struct fake lost[] = {{text + 64, 6, 6, 0x53, 1, 0}, {text + 66, 6, 6, 0x54, 1, 0}};

	reset();
	apply(&site, 1, PV_STOPPED);
	ok(lists(&part, 1, "0! "), "a part of a site of an earlier pass is listed as refused: %s",
	   seen);
	image.gone = text + 64;
	image.gone_end = text + 128;
	ok(lists(lost, 2, "0! 1gone "), "overlaps in text that was given up are overlaps: %s",
	   seen);
}

/* The pass refuses a site that is not whole instructions with the last of its records. */
static void listing_of_half_instructions(void)
{
	struct fake r[] = {{text + 8, 6, 6, 0x51, 1, 0},
			   {text + 8, 6, 6, 0x52, 1, PV_WHY_FEATURE},
			   {text + 8, 6, 6, 0x53, 0, 0}};
	struct fake longer[] = {{text + 32, 6, 6, 0x54, 1, 0}, {text + 32, 6, 7, 0x55, 1, 0}};

	reset();
	text[13] = 0xb8; /* its immediate operand would lie behind the site */
	ok(lists(r, 1, "0! "), "half an instruction is listed as refused: %s", seen);
	ok(lists(r, 3, "1! 2! "), "with the site's last record, and bad ones before it as well: %s",
	   seen);
	ok(lists(r, 2, "1! "), "once when the last record is bad itself: %s", seen);
	ok(lists(longer, 2, "1! "), "bytes that are longer than their site are refused: %s", seen);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	listing();
	listing_of_overlaps();
	listing_of_half_instructions();
	return tests_end();
}
