// SPDX-License-Identifier: MIT
/*
 * The listing of a table whose records do not hold what stood at their site: a line for each site
 * and each refusal, in the order of addresses, and what the pass refuses is what the listing said;
 * with an index and without.
 */
#include "tests/host/fakes.h"

static char seen[256];

/* A line: the record's number and what became of it; ? is what no refusal can say. */
static void visit(const void *record, enum pv_why why, const struct pv_site *old_site,
		  const struct pv_site *new_site, void *arg)
{
	size_t n = strlen(seen);
	const struct fake *first = arg, *fake = record;

	snprintf(seen + n, sizeof(seen) - n, "%u%s ", (unsigned)(fake - first),
		 why >= PV_NR_WHYS || new_site->at != fake->at              ? "?"
		 : why                                                      ? "!"
		 : new_site->kind == PV_GONE                                ? "gone"
		 : !memcmp(old_site->bytes, new_site->bytes, new_site->len) ? "="
									    : "+");
}

/* The lines for a table are these, and the pass refuses as many records as they do. */
static bool lists(const struct fake *records, size_t n, const char *lines)
{
	static struct added a;
	unsigned refused = 0;

	if (indexed)
		add(&a, records, n);
	seen[0] = '\0';
	pv_list(&fakes, records, records + n, &fake_linked, &fake_patched, visit, (void *)records);
	for (const char *c = seen; *c; c++)
		refused += *c == '!';
	pass(records, n, &fake_linked, &fake_patched, PV_DRY);
	if (indexed)
		pv_table_remove(&image, &a.table);
	return !strcmp(seen, lines) && stats.total.refused == refused;
}

static void listing(void)
{
	struct fake r[] = {{text + 8, 6, 2, 0x51, 1, 0, {0}},  {text + 8, 6, 4, 0x52, 1, 0, {0}},
			   {text + 20, 6, 6, 0x53, 0, 0, {0}}, {text + 22, 6, 6, 0x54, 1, 0, {0}},
			   {text + 40, 6, 6, 0x55, 1, 9, {0}}, {text + 64, 6, 6, 0x56, 1, 0, {0}},
			   {text - 9, 6, 6, 0x57, 0, 0, {0}}};

	reset();
	image.gone = text + 64;
	image.gone_end = text + 128;
	begin();
	ok(lists(r, 7, "6! 0+ 2= 3! 4! 5gone ") && !memcmp(text, before, SIZE),
	   "a listing is in the order of addresses, a line a site, refusals with theirs: %s", seen);
	r[3].at += 8;
	ok(lists(r + 2, 2, "0= 1+ "), "what does not apply is listed as it stays: %s", seen);
}

static void listing_of_overlaps(void)
{
	static struct added a;
	struct fake site = {text + 8, 6, 6, 0x51, 1, 0, {0}};
	struct fake part[] = {{text + 10, 3, 3, 0x52, 1, 0, {0}},
			      {text + 8, 6, 6, 0x53, 1, 0, {0}}};
	struct fake lost[] = {{text + 64, 6, 6, 0x53, 1, 0, {0}},
			      {text + 66, 6, 6, 0x54, 1, 0, {0}}};

	reset();
	add(&a, &site, 1);
	ok(lists(part, 1, "0! "), "a part of a site of another table is listed as refused: %s",
	   seen);
	ok(lists(part + 1, 1, indexed ? "0! " : "0+ "),
	   "the whole site may be a raw record's, and no other table's: %s", seen);
	pv_table_remove(&image, &a.table);
	image.gone = text + 64;
	image.gone_end = text + 128;
	ok(lists(lost, 2, "0gone 1gone "), "of text that was given up no more is asked: %s", seen);
}

/* A site that is not whole instructions is refused with the record that decides. */
static void listing_of_half_instructions(void)
{
	struct fake r[] = {{text + 8, 6, 6, 0x51, 1, 0, {0}},
			   {text + 8, 6, 6, 0x52, 1, PV_WHY_FEATURE, {0}},
			   {text + 8, 6, 6, 0x53, 0, 0, {0}}};
	struct fake longer[] = {{text + 32, 6, 6, 0x54, 1, 0, {0}},
				{text + 32, 6, 7, 0x55, 1, 0, {0}}};

	reset();
	text[13] = 0xb8; /* its immediate operand would lie behind the site */
	ok(lists(r, 1, "0! "), "half an instruction is listed as refused: %s", seen);
	ok(lists(r, 3, "1! "), "once, with the record that decides: %s", seen);
	r[0].why = PV_WHY_FEATURE;
	r[1].why = PV_OK;
	ok(lists(r, 3, "1! 0! "), "and bad ones before it as well: %s", seen);
	ok(lists(longer, 2, "1! "), "bytes that are longer than their site are refused: %s", seen);
}

static void ignore(const void *record, enum pv_why why, const struct pv_site *old_site,
		   const struct pv_site *new_site, void *arg)
{
	(void)record, (void)why, (void)old_site, (void)new_site, (void)arg;
}

/* How often records of one group are asked. */
static unsigned asks(unsigned n, bool applies)
{
	static struct fake r[256];
	static struct added a;

	for (unsigned i = 0; i < n; i++)
		r[i] = (struct fake){text + 8, 6, 2, 0x51, applies, 0, {0}};
	if (indexed)
		add(&a, r, n);
	asked = 0;
	pv_list(&fakes, r, r + n, &fake_linked, &fake_patched, ignore, NULL);
	if (indexed)
		pv_table_remove(&image, &a.table);
	return asked;
}

static void listing_of_many(void)
{
	reset();
	for (unsigned applies = 0; applies < 2; applies++)
		ok(asks(200, applies) < 3 * asks(100, applies),
		   "a group of 200 records is asked %u times, one of 100 half as often",
		   asks(200, applies));
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	for (unsigned i = 0; i < 2; i++) {
		indexed = i;
		listing();
		listing_of_overlaps();
		listing_of_half_instructions();
		listing_of_many();
	}
	return tests_end();
}
