// SPDX-License-Identifier: MIT
/*
 * Branches in replacements: every form at every place of a replacement, with targets in it, at its
 * end and outside. What must come out is computed here by hand. Runs on the build machine with ASan
 * and UBSan; prints TAP.
 */
#include "tests/host/alternative.h"

/* All of the SDM's relative branches; XBEGIN is none that returns to where it was. */
static const struct form {
	const char *name;
	uint8_t opcode[2], n, rel; /* bytes of opcode, of displacement */
	uint8_t alone;             /* the kind of a replacement that is nothing else */
} forms[] = {
	{"call", {0xe8}, 1, 4, PV_CALL},
	{"jmp", {0xe9}, 1, 4, PV_JMP},
	{"cs call", {0x2e, 0xe8}, 2, 4, PV_CALL},
	{"jz", {0x0f, 0x84}, 2, 4, PV_INLINE},
	{"jg", {0x0f, 0x8f}, 2, 4, PV_INLINE},
	{"jmp short", {0xeb}, 1, 1, PV_JMP},
	{"jo short", {0x70}, 1, 1, PV_INLINE},
	{"jg short", {0x7f}, 1, 1, PV_INLINE},
	{"ds jnz short", {0x3e, 0x75}, 2, 1, PV_INLINE},
	{"loopne", {0xe0}, 1, 1, PV_INLINE},
	{"loope", {0xe1}, 1, 1, PV_INLINE},
	{"loop", {0xe2}, 1, 1, PV_INLINE},
	{"jecxz", {0xe3}, 1, 1, PV_INLINE},
};
#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static void put_displacement(uint8_t *at, unsigned size, uint32_t displacement)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(displacement >> 8 * i);
}

static uint32_t get_displacement(const uint8_t *at, unsigned size)
{
	uint32_t displacement = (uint32_t)(int32_t)(int8_t)at[0];

	if (size == 4)
		memcpy(&displacement, at, 4);
	return displacement;
}

/* At REPLACEMENT: `before` times inc, the branch to room + target, `after` times inc. Its length.
 */
static unsigned make_branch(const struct form *form, unsigned before, unsigned after,
			    unsigned target)
{
	uint8_t *at = room + REPLACEMENT + before;
	unsigned len = form->n + form->rel;

	memset(room + REPLACEMENT, 0x40, before + len + after);
	memcpy(at, form->opcode, form->n);
	put_displacement(at + form->n, form->rel, target - (REPLACEMENT + before + len));
	return before + len + after;
}

/* Where the branch goes, as an offset in room, when the bytes stand at `site`. */
static unsigned branch_target(const struct form *form, unsigned before, const uint8_t *bytes,
			      unsigned site)
{
	unsigned len = form->n + form->rel;

	return site + before + len + get_displacement(bytes + before + form->n, form->rel);
}

/* All but the displacement is as in the replacement. */
static bool rest_is_same(const struct form *form, unsigned before, unsigned n,
			 const struct pv_site *out)
{
	unsigned rel = before + form->n;

	return out->n == n && !memcmp(out->bytes, room + REPLACEMENT, rel) &&
	       !memcmp(out->bytes + rel + form->rel, room + REPLACEMENT + rel + form->rel,
		       n - rel - form->rel);
}

struct tally {
	unsigned done, wrong;
};

static void tally(struct tally *t, bool right, const struct form *form, unsigned before,
		  unsigned after, unsigned target)
{
	t->done++;
	t->wrong += !right;
	if (!right)
		printf("# wrong: %s, %u before, %u after, to %u\n", form->name, before, after,
		       target);
}

/* Every target from the start to the end, the end included: the bytes are the replacement's. */
static void inside(struct tally *t, const struct form *form, unsigned before, unsigned after)
{
	unsigned len = before + form->n + form->rel + after;

	for (unsigned offset = 0; offset <= len; offset++) {
		unsigned n = make_branch(form, before, after, REPLACEMENT + offset);
		struct pv_site out;
		enum pv_why why = bytes_of(SITE, 40, REPLACEMENT, n, FEATURE, &out);

		tally(t,
		      why == PV_OK && out.n == n && out.kind == PV_INLINE &&
			      !memcmp(out.bytes, room + REPLACEMENT, n),
		      form, before, after, REPLACEMENT + offset);
	}
}

/* One byte outside on either side and further: the same target from the site. */
static void outside(struct tally *t, const struct form *form, unsigned before, unsigned after)
{
	unsigned len = before + form->n + form->rel + after;
	const unsigned targets[] = {REPLACEMENT - 1,  REPLACEMENT + len + 1, SITE,
				    SITE + 40,        REPLACEMENT - 8,       SITE - 20,
				    REPLACEMENT + 35, REPLACEMENT + 30};

	for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		unsigned n = make_branch(form, before, after, targets[i]);
		uint8_t kind = before || after ? PV_INLINE : form->alone;
		struct pv_site out;
		enum pv_why why = bytes_of(SITE, 40, REPLACEMENT, n, FEATURE, &out);

		tally(t,
		      why == PV_OK && out.kind == kind && rest_is_same(form, before, n, &out) &&
			      branch_target(form, before, out.bytes, SITE) == targets[i],
		      form, before, after, targets[i]);
	}
}

/* One byte of displacement, and a site from which it does not suffice; four always do. */
static void out_of_reach(struct tally *t, const struct form *form, unsigned before, unsigned after)
{
	unsigned target = REPLACEMENT - 10, n = make_branch(form, before, after, target);
	struct pv_site out;
	enum pv_why why = bytes_of(FAR, 40, REPLACEMENT, n, FEATURE, &out);

	if (form->rel == 1)
		tally(t, why == PV_WHY_BRANCH, form, before, after, target);
	else
		tally(t, why == PV_OK && branch_target(form, before, out.bytes, FAR) == target,
		      form, before, after, target);
}

/* What the site's own bytes were is overwritten: to its start only, which runs it again. */
static void into_the_site(struct tally *t, const struct form *form, unsigned before, unsigned after)
{
	for (unsigned target = SITE + 1; target < SITE + 40; target++) {
		unsigned n = make_branch(form, before, after, target);
		struct pv_site out;

		tally(t, bytes_of(SITE, 40, REPLACEMENT, n, FEATURE, &out) == PV_WHY_BRANCH, form,
		      before, after, target);
	}
}

typedef void sort_fn(struct tally *t, const struct form *form, unsigned before, unsigned after);

/* The branch alone, first, in the middle and last. */
static void everywhere(sort_fn *sort, const char *sentence)
{
	struct tally t = {0, 0};

	for (unsigned i = 0; i < NR_FORMS; i++)
		for (unsigned before = 0; before <= 3; before++)
			for (unsigned after = 0; after <= 3; after++)
				sort(&t, &forms[i], before, after);
	ok(t.done >= NR_FORMS * 16 && t.wrong == 0, "%s (%u cases, %u wrong)", sentence, t.done,
	   t.wrong);
}

/* The furthest that one byte reaches from the site, and one further, both ways. */
static void short_reach(void)
{
	static const struct {
		unsigned target;
		enum pv_why why;
	} edges[] = {
		{SITE + 2 + 127, PV_OK},
		{SITE + 2 + 128, PV_WHY_BRANCH},
	};
	struct pv_site out;

	for (unsigned i = 0; i < 2; i++) {
		unsigned n = make_branch(&forms[5], 0, 0, edges[i].target);

		ok(bytes_of(SITE, 2, REPLACEMENT, n, FEATURE, &out) == edges[i].why,
		   "a short jump over %u bytes %s", edges[i].target - SITE - 2,
		   edges[i].why ? "is refused" : "is moved");
	}
	make_branch(&forms[5], 0, 0, REPLACEMENT - 1);
	ok(bytes_of(REPLACEMENT + 125, 2, REPLACEMENT, 2, FEATURE, &out) == PV_OK,
	   "a short jump back over 128 bytes is moved");
	ok(bytes_of(REPLACEMENT + 126, 2, REPLACEMENT, 2, FEATURE, &out) == PV_WHY_BRANCH,
	   "a short jump back over 129 bytes is refused");
}

static void several_branches(void)
{
	static const uint8_t code[] = {0xe8, 0,    0, 0, 0, /* call outside */
				       0x74, 0x05,          /* jz to behind the next call */
				       0xe8, 0,    0, 0, 0, /* call outside */
				       0xe2, 0xf2,          /* loop to the start */
				       0x40, 0xe9, 0, 0, 0, 0};
	uint8_t *at = room + REPLACEMENT;
	struct pv_site out;

	memcpy(at, code, sizeof(code));
	put_displacement(at + 1, 4, FAR - (REPLACEMENT + 5));
	put_displacement(at + 8, 4, FAR + 1 - (REPLACEMENT + 12));
	put_displacement(at + 16, 4, FAR + 2 - (REPLACEMENT + 20));
	ok(bytes_of(SITE, 20, REPLACEMENT, 20, FEATURE, &out) == PV_OK && out.kind == PV_INLINE,
	   "a replacement may have several branches");
	ok(SITE + 5 + get_displacement(out.bytes + 1, 4) == FAR &&
		   SITE + 12 + get_displacement(out.bytes + 8, 4) == FAR + 1 &&
		   SITE + 20 + get_displacement(out.bytes + 16, 4) == FAR + 2,
	   "those that leave it are all moved, the last one too");
	ok(out.bytes[6] == 5 && out.bytes[13] == 0xf2, "and those that do not stay");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_feature(&state, FEATURE, true);
	everywhere(inside,
		   "a branch to the inside or to the end of its replacement stays as it is");
	everywhere(outside, "a branch to the outside has the same target from the site");
	everywhere(out_of_reach,
		   "a short branch that does not reach is refused, a long one reaches");
	everywhere(into_the_site, "a branch into the middle of the site itself is refused");
	short_reach();
	several_branches();
	return tests_end();
}
