// SPDX-License-Identifier: MIT
/*
 * Facts, and what damage they find: of every sort of replacement what is noted; rooms that are too
 * small; and each byte of records, replacements, facts, index and text changed in several ways,
 * before passes from and to every state, by the general path and by the short loop.
 */
#include "tests/host/host.h"
#include <sanitizer/asan_interface.h>

#include "tests/host/field.h"
#include "tests/host/in_the_way.h"

static unsigned entry_of(unsigned record)
{
	unsigned i = 0;

	while (entries[i].record != record)
		i++;
	return i;
}

static void facts_made(void)
{
	unsigned groups = 0;

	field_make();
	for (unsigned i = 0; i < nr_records; i++) {
		const struct spot *spot = &spots[spot_of[i]];
		const struct pv_fact *fact = &facts.fact[entry_of(i)];
		unsigned which = which_of[i];
		bool good = fact->kind == spot->record[which].kind;

		if (fact->kind != PV_FACT_DECODE)
			good &= fact->rel_at == spot->record[which].fact_rel_at;
		good &= fact->n == (which ? 0 : spot->records);
		ok(good, "%s, record %u: kind %u, a displacement at %u, %u in the group",
		   spot->name, which, fact->kind, fact->rel_at, fact->n);
		groups += fact->n != 0;
	}
	ok(groups == SPOTS, "%u groups", groups);
}

static void sites_noted(void)
{
	unsigned wrong = 0;

	field_make();
	for (unsigned i = 0; i < nr_records; i++) {
		const struct spot *spot = &spots[spot_of[i]];
		const struct pv_fact *fact = &facts.fact[entry_of(i)];
		const uint8_t *linked;
		unsigned run = spot->len;

		if (which_of[i])
			continue;
		while (run && spot->linked[run - 1] == 0x90)
			run--;
		linked = pv_fact_linked(facts.fact, fact, (const uint32_t *)(void *)&records[i], 12,
					spot->len);
		wrong += !linked || memcmp(linked, spot->linked, spot->len) || fact->run != run;
	}
	ok(!wrong, "the bytes as linked and where their NOPs begin; %u wrong", wrong);
}

/* "long", "long with a lock" and "two calls" have more than 8 bytes. */
static void rooms(void)
{
	unsigned needed = 12 + 11 + 10 + 10, wrong = 0;
	struct pv_facts_room room;

	for (unsigned n = 0; n < needed; n++) {
		field_make();
		alternatives.facts = NULL;
		room = facts_room();
		room.linked_size = n;
		wrong += pv_facts_make(&alternatives, &room) || alternatives.facts;
	}
	field_make();
	room = facts_room();
	room.linked_size = needed;
	ok(!wrong && pv_facts_make(&alternatives, &room) && !room.linked_size &&
		   room.linked == facts.linked + needed,
	   "%u bytes for long sites are enough, and no fewer", needed);
}

/* One site with two records, of which one is bad in itself or by where its replacement is. */
static void bad_records(void)
{
	static struct outcome out;
	struct alternative_state state;
	unsigned i = 0;

	field_make();
	while (spot_of[i] != 11 || which_of[i]) /* "longest" */
		i++;
	records[i].cpuid = PV_FEATURE_WORDS * 32;
	pv_facts_make(&alternatives, (struct pv_facts_room[]){facts_room()});
	state_set(&state, 7);
	ok(forms_agree(&alternatives, &image, &alternative_linked, &state, RAW, &out) &&
		   out.stats.total.refused == 1 &&
		   why_of(&out.stats, &records[i]) == PV_WHY_FEATURE &&
		   out.text[starts[11]] == 0xb9,
	   "a feature that there is none of in a group's first record: that one is refused, and "
	   "the winner wins");
	state_set(&state, 1);
	ok(forms_agree(&alternatives, &image, &alternative_linked, &state, RAW, &out) &&
		   out.stats.total.refused == 1 &&
		   !memcmp(out.text + starts[11], spots[11].linked, 8),
	   "and when it is the last that might apply, nobody gets the site");
}

static void into_the_site(void)
{
	static struct outcome out;
	struct alternative_state state;
	unsigned i = 0, kind;
	uint32_t distance;

	field_make();
	while (spot_of[i] != 6) /* "call behind" */
		i++;
	distance = (uint32_t)(field.text + starts[6] + 2) -
		   (uint32_t)(field.sources + source_of[i] + 7);
	memcpy(field.sources + source_of[i] + 3, &distance, 4);
	pv_facts_make(&alternatives, (struct pv_facts_room[]){facts_room()});
	kind = facts.fact[entry_of(i)].kind;
	state_set(&state, 4);
	ok(kind == PV_FACT_DECODE &&
		   forms_agree(&alternatives, &image, &alternative_linked, &state, RAW, &out) &&
		   out.stats.total.refused == 1 && why_of(&out.stats, &records[i]) == PV_WHY_BRANCH,
	   "a branch into the site that it replaces is left to the decoder, which refuses it");
}

static unsigned first_entry(const char *name)
{
	unsigned i = 0;

	while (strcmp(spots[spot_of[entries[i].record]].name, name))
		i++;
	return i;
}

/* A field whose index is made up, with facts that go with it. */
static bool refused_and_left(unsigned spot, unsigned refused, enum pv_why why)
{
	static struct outcome out;
	struct alternative_state state;
	unsigned n = 0;

	state_set(&state, 3); /* not the last replacement, which is too near the end */
	if (!forms_agree(&alternatives, &image, &alternative_linked, &state, GENERAL, &out))
		return false;
	for (unsigned i = 0; i < out.stats.listed; i++)
		n += out.stats.refusal[i].why == why;
	return n && out.stats.total.refused == refused &&
	       !memcmp(out.text + starts[spot], spots[spot].linked, spots[spot].len);
}

static void seal(unsigned entry)
{
	const uint32_t *record = (const uint32_t *)(void *)&records[entries[entry].record];
	const uint32_t *fact = (const uint32_t *)(void *)&facts.fact[entry];
	uint32_t sum = 0;

	for (unsigned i = 0; i < 3; i++)
		sum = pv_sum(sum, record[i]);
	for (unsigned i = 1; i < sizeof(struct pv_fact) / 4; i++)
		sum = pv_sum(sum, fact[i]);
	facts.fact[entry].sum = sum;
}

/* Not damaged, but made wrong: sums hold. */
static void made_wrong(void)
{
	struct pv_entry was;
	unsigned e, elsewhere = TEXT_SIZE - 16;

	field_make();
	e = first_entry("three");
	memcpy(field.text + elsewhere, spots[1].linked, spots[1].len);
	for (unsigned i = e; i < e + 3; i++)
		entries[i].at = (uint32_t)(field.text + elsewhere);
	ok(refused_and_left(1, 3, PV_WHY_INDEX),
	   "an entry with the place of another text, which is the same, is refused");
	field_make();
	was = entries[e];
	entries[e] = entries[e + 1];
	entries[e + 1] = was;
	pv_facts_make(&alternatives, (struct pv_facts_room[]){facts_room()});
	ok(refused_and_left(1, 2, PV_WHY_FACTS), "a group out of order is refused");
	field_make();
	facts.fact[e].n = 2;
	seal(e);
	ok(refused_and_left(1, 3, PV_WHY_FACTS),
	   "a fact that has fewer records than the site is refused");
	field_make();
	e = first_entry("lock, fence");
	records[entries[e].record].replacementlen = spots[0].len + 1;
	seal(e);
	ok(refused_and_left(0, 1, PV_WHY_LENGTH),
	   "a replacement longer than its site is refused, whatever its fact says");
}

/* Replacements where none may be, and sites in a state that nobody knows. */
static void odd_states(void)
{
	static struct outcome out;
	struct alternative_state all, none;

	field_make();
	state_set(&all, 7);
	none = all;
	none.replacements = none.replacements_end = field.sources + sizeof(field.sources);
	ok(forms_agree(&alternatives, &image, &alternative_linked, &none, GENERAL, &out) &&
		   !memcmp(out.text, as_linked, TEXT_SIZE) &&
		   out.stats.refusal[0].why == PV_WHY_SOURCE,
	   "replacements elsewhere are refused");
	ok(out.stats.total.refused == nr_records, "all of them, that is %u",
	   out.stats.total.refused);
	ok(forms_agree(&alternatives, &image, NULL, &all, GENERAL, &out),
	   "from no state: the general path, in both forms");
}

static unsigned spot_named(const char *name)
{
	unsigned spot = 0;

	while (strcmp(spots[spot].name, name))
		spot++;
	return spot;
}

/* Text alone does not tell: no record applies, and nothing is padding. */
static void one_in_another(void)
{
	static struct outcome out;
	struct alternative_state none;
	struct alt_instr *inner;

	field_make();
	inner = &records[entries[first_entry("a byte")].record];
	inner->instr_offset = (int32_t)((uint32_t)(field.text + starts[spot_named("call behind")]) +
					3 - (uint32_t)inner);
	pv_index_make(&alternatives, entries, spare);
	pv_facts_make(&alternatives, (struct pv_facts_room[]){facts_room()});
	state_set(&none, 0);
	ok(forms_agree(&alternatives, &image, &alternative_linked, &none, RAW, &out) &&
		   out.stats.total.refused == 1 && why_of(&out.stats, inner) == PV_WHY_OVERLAP,
	   "a site in another one, both as linked: the inner one is refused");
}

/* Text that ends with a site: ASan sees what is touched behind it. */
static void end_of_text(void)
{
	static struct outcome out;
	struct alternative_state all;
	uint8_t wanted[TEXT_SIZE];
	unsigned wrong = 0;

	state_set(&all, 7);
	for (unsigned spot = 0; spot < SPOTS; spot++) {
		unsigned end = starts[spot] + spots[spot].len;

		field_make();
		text_in(&all, wanted);
		image.text_end = field.text + end;
		ASAN_POISON_MEMORY_REGION(field.text + end, TEXT_SIZE - end);
		form = SHORT;
		form_apply(&alternatives, &image, &alternative_linked, &all, PV_STOPPED, &out);
		ASAN_UNPOISON_MEMORY_REGION(field.text + end, TEXT_SIZE - end);
		image.text_end = field.text + TEXT_SIZE;
		wrong += memcmp(field.text, wanted, end) != 0;
		wrong += memcmp(field.text + end, as_linked + end, TEXT_SIZE - end) != 0;
	}
	ok(!wrong, "each site as the last one of text: nothing behind it is touched; %u wrong",
	   wrong);
}

/*
 * So many bytes behind the last replacement are there, in all forms: which of the last ones may still be read as a
 * whole word depends on it, and what comes out does not.
 */
static void end_of_sources(void)
{
	static struct outcome out;
	struct alternative_state all;
	uint8_t wanted[TEXT_SIZE];
	unsigned wrong = 0;

	for (unsigned more = 0; more <= 8; more++) {
		uint8_t *end;

		field_make();
		state_set(&all, 7);
		text_in(&all, wanted);
		end = field.sources + sources_n + more;
		all.replacements_end = end;
		ASAN_POISON_MEMORY_REGION(end, field.sources + sizeof(field.sources) - end);
		wrong += !forms_agree(&alternatives, &image, &alternative_linked, &all, RAW, &out);
		ASAN_UNPOISON_MEMORY_REGION(end, field.sources + sizeof(field.sources) - end);
		wrong += out.stats.total.refused || memcmp(out.text, wanted, TEXT_SIZE) != 0;
	}
	ok(!wrong, "replacements that end at each place: nothing behind them is read; %u wrong",
	   wrong);
}

static void things_in_the_way(void)
{
	struct alternative_state all;
	unsigned wrong;

	field_make();
	state_set(&all, 7);
	wrong = in_the_way(&alternatives, &image, &alternative_linked, &all);
	ok(!wrong,
	   "what is in the way, everywhere: another table's site, the engine's own, text that is "
	   "gone; %u wrong",
	   wrong);
}

/* What there is to damage: some bytes that one site needs. */
struct target {
	const char *what;
	void *bytes;
	unsigned size, spot;
	bool must; /* something is refused, whatever it is */
};

static const struct alternative_state *from_state, *to_state;
static struct outcome undamaged;

/* The site is as it was, or as it will be; all other sites will be. */
static bool only_this_one(const struct target *t, const struct outcome *out, const uint8_t *now)
{
	unsigned start = starts[t->spot], len = spots[t->spot].len;
	bool left = !memcmp(out->text + start, now + start, len);

	return (left || !memcmp(out->text + start, undamaged.text + start, len)) &&
	       !memcmp(out->text, undamaged.text, start) &&
	       !memcmp(out->text + start + len, undamaged.text + start + len,
		       TEXT_SIZE - start - len);
}

/* Every refusal is of a record of this site, or of none that there is. */
static bool refused_here(const struct target *t, const struct outcome *out)
{
	for (unsigned i = 0; i < out->stats.listed; i++) {
		const struct alt_instr *record = out->stats.refusal[i].record;

		if (record && out->stats.refusal[i].why != PV_WHY_INDEX &&
		    spot_of[record - records] != t->spot)
			return false;
	}
	return !t->must || out->stats.total.refused;
}

static unsigned damage(const struct target *t)
{
	static const uint8_t patterns[] = {0x01, 0x08, 0x80, 0xff, 0x5a};
	static struct outcome out;
	unsigned wrong = 0;

	for (unsigned byte = 0; byte < t->size; byte++)
		for (unsigned k = 0; k < sizeof(patterns); k++) {
			uint8_t *at = (uint8_t *)t->bytes + byte;
			bool agree;

			*at ^= patterns[k];
			agree = forms_agree(&alternatives, &image, from_state, to_state, GENERAL,
					    &out);
			if (!agree || !only_this_one(t, &out, field.text) ||
			    !refused_here(t, &out)) {
				wrong++;
				printf("# %s, byte %u of %s ^ %02x: %u refused%s\n",
				       spots[t->spot].name, byte, t->what, patterns[k],
				       out.stats.total.refused, agree ? "" : ", forms differ");
			}
			*at ^= patterns[k];
		}
	return wrong;
}

/* Is this record's replacement what stands at its site in a state? */
static bool in_use(unsigned i, const struct alternative_state *state)
{
	const struct spot *spot = &spots[spot_of[i]];

	if (state == &alternative_linked)
		return false;
	for (unsigned which = spot->records; which--;) {
		unsigned feature = spot->record[which].feature;

		if ((state->features[0] >> (feature & 31) & 1) != (feature >> 15))
			return which == which_of[i];
	}
	return false;
}

static unsigned damage_site(unsigned i)
{
	unsigned spot = spot_of[i], e = entry_of(i), wrong = 0;
	struct target record = {"record", &records[i], sizeof(records[i]), spot, true};
	struct target fact = {"fact", &facts.fact[e], sizeof(facts.fact[e]), spot, true};
	struct target entry = {"entry", &entries[e], sizeof(entries[e]), spot, true};
	struct target source = {"source", field.sources + source_of[i], records[i].replacementlen,
				spot, in_use(i, from_state) || in_use(i, to_state)};
	struct target text = {"text", field.text + starts[spot], spots[spot].len, spot, true};
	struct target linked = {"linked", NULL, spots[spot].len, spot, false};

	wrong += damage(&record) + damage(&fact) + damage(&entry) + damage(&source);
	if (which_of[i])
		return wrong;
	wrong += damage(&text);
	if (spots[spot].len > 8) {
		linked.bytes = (uint8_t *)facts.fact + facts.fact[e].linked[0];
		wrong += damage(&linked);
	}
	return wrong;
}

static void damaged(const struct alternative_state *from, const struct alternative_state *to,
		    const char *how)
{
	unsigned wrong = 0;
	struct outcome out;

	field_make();
	form = GENERAL;
	form_apply(&alternatives, &image, &alternative_linked, from, PV_STOPPED, &out);
	from_state = from;
	to_state = to;
	wrong += !forms_agree(&alternatives, &image, from, to, GENERAL, &undamaged) ||
		 undamaged.stats.total.refused;
	for (unsigned i = 0; i < nr_records; i++)
		wrong += damage_site(i);
	ok(!wrong,
	   "%s: each byte of records, facts, index, replacements and text, damaged in five ways: "
	   "refused for its site only; %u wrong",
	   how, wrong);
}

int main(void)
{
	struct alternative_state all, some;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	pv_nops_select(PV_VENDOR_INTEL, 6);
	facts_made();
	sites_noted();
	rooms();
	bad_records();
	into_the_site();
	made_wrong();
	odd_states();
	one_in_another();
	end_of_text();
	end_of_sources();
	things_in_the_way();
	field_make();
	state_set(&all, 7);
	state_set(&some, 2);
	damaged(&alternative_linked, &all, "from linked");
	damaged(&alternative_linked, &some, "from linked, to what few decide");
	damaged(&some, &all, "from one set of features to another");
	damaged(&all, &alternative_linked, "back");
	return tests_end();
}
