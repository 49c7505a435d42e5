// SPDX-License-Identifier: MIT
/*
 * Ways between states, there and back, of a field of alternatives and of the lock prefixes in and
 * around them: every pair of sets of features, text worked out by hand; what lock prefixes may do
 * while their outer site changes; whose each byte is.
 */
#include "tests/host/host.h"

#include "tests/host/field.h"

/* Linked, and 8 sets of features. */
static struct alternative_state sets[SETS];

static const struct alternative_state *state_of(unsigned i)
{
	return i < SETS ? &sets[i] : &alternative_linked;
}

static void states_make(void)
{
	for (unsigned i = 0; i < SETS; i++)
		state_set(&sets[i], i);
}

static void go(struct pv_table *table, const void *from, const void *to, struct outcome *out)
{
	form_apply(table, &image, from, to, PV_STOPPED, out);
}

static void text_of(unsigned i, uint8_t *text)
{
	text_in(i < SETS ? &sets[i] : NULL, text);
}

static void every_pair(void)
{
	static struct outcome out;
	uint8_t wanted[TEXT_SIZE];
	unsigned wrong = 0;

	for (unsigned from = 0; from <= SETS; from++)
		for (unsigned to = 0; to <= SETS; to++) {
			field_make();
			form = GENERAL;
			go(&alternatives, &alternative_linked, state_of(from), &out);
			wrong += !forms_agree(&alternatives, &image, state_of(from), state_of(to),
					      GENERAL, &out);
			text_of(to, wanted);
			wrong += memcmp(out.text, wanted, TEXT_SIZE) || out.stats.total.refused;
			memcpy(field.text, out.text, TEXT_SIZE);
			form = SHORT;
			go(&alternatives, state_of(to), &alternative_linked, &out);
			wrong += memcmp(field.text, as_linked, TEXT_SIZE) != 0;
		}
	ok(!wrong, "%s: linked, a set of features, another one, and back: all 81 pairs; %u wrong",
	   pv_nops->name, wrong);
}

/* From a state that it is not in: what is refused stays, by both paths alike. */
static void wrong_states(void)
{
	static struct outcome out;
	unsigned wrong = 0;

	for (unsigned is = 0; is <= SETS; is++)
		for (unsigned from = 0; from <= SETS; from++) {
			uint8_t now[TEXT_SIZE], said[TEXT_SIZE];

			field_make();
			form = SHORT;
			go(&alternatives, &alternative_linked, state_of(is), &out);
			memcpy(now, field.text, TEXT_SIZE);
			text_of(from, said);
			wrong += !forms_agree(&alternatives, &image, state_of(from), state_of(5),
					      GENERAL, &out);
			for (unsigned i = 0; i < SPOTS; i++) {
				unsigned at = starts[i], len = spots[i].len;

				wrong += memcmp(now + at, said + at, len) &&
					 memcmp(out.text + at, now + at, len);
			}
		}
	ok(!wrong, "from a state that the sites are not in: those that differ stay; %u wrong",
	   wrong);
}

/* A raw table goes there as one with facts does, and not back to what it does not know. */
static void raw_ways(void)
{
	static struct outcome out, back;
	uint8_t wanted[TEXT_SIZE];
	unsigned wrong = 0, refused = 0;

	for (unsigned to = 0; to < SETS; to++) {
		field_make();
		wrong += !forms_agree(&alternatives, &image, &alternative_linked, state_of(to), RAW,
				      &out);
		text_of(to, wanted);
		wrong += memcmp(out.text, wanted, TEXT_SIZE) != 0;
		form = RAW;
		go(&alternatives, NULL, state_of(to), &out);
		wrong += memcmp(field.text, wanted, TEXT_SIZE) || out.stats.total.refused;
		go(&alternatives, state_of(to), &alternative_linked, &back);
		wrong += memcmp(field.text, wanted, TEXT_SIZE) != 0;
		wrong += back.stats.total.refused != SPOTS - out.stats.total.kind[PV_KEPT];
		for (unsigned i = 0; i < back.stats.listed; i++)
			wrong += back.stats.refusal[i].why != PV_WHY_FACTS;
		refused += back.stats.total.refused;
		go(&alternatives, state_of(to), state_of(to), &out);
		wrong += memcmp(field.text, wanted, TEXT_SIZE) || out.stats.total.refused;
	}
	ok(!wrong && refused, "raw: to 8 sets of features as with facts, and no way back; %u wrong",
	   wrong);
}

/* An index without facts: as raw. */
static void no_facts(void)
{
	static struct outcome out, raw;

	field_make();
	form = RAW;
	outcome_of(&alternatives, &image, &alternative_linked, state_of(7), PV_STOPPED, &raw);
	alternatives.facts = NULL;
	ok(forms_agree(&alternatives, &image, &alternative_linked, state_of(7), GENERAL, &out) &&
		   outcomes_agree(&out, &raw),
	   "a table with an index and no facts is patched as a raw one");
}

static bool is_nested(unsigned lock, unsigned *spot)
{
	for (*spot = 0; *spot < SPOTS; ++*spot)
		if (lock_place[lock] - starts[*spot] < spots[*spot].len)
			return true;
	return false;
}

/* Is the site in this state as linked, but for padding? */
static bool is_kept(unsigned spot, const uint8_t *text)
{
	unsigned at = starts[spot], run = spots[spot].len;
	uint8_t padded[16];

	memcpy(padded, as_linked + at, run);
	while (run && padded[run - 1] == 0x90)
		run--;
	pv_nops_fill(padded + run, spots[spot].len - run);
	return !memcmp(text + at, padded, spots[spot].len) ||
	       !memcmp(text + at, as_linked + at, spots[spot].len);
}

/* Text in which prefixes were taken away where they are free, or in a site that is as linked. */
static void locks_away(const uint8_t *text, uint8_t *wanted, unsigned *kept)
{
	unsigned spot;

	memcpy(wanted, text, TEXT_SIZE);
	*kept = 0;
	for (unsigned i = 0; i < nr_locks; i++) {
		if (is_nested(i, &spot) && !is_kept(spot, text))
			++*kept;
		else
			wanted[lock_place[i]] = 0x3e;
	}
}

static void nested_locks(void)
{
	static struct outcome out;
	uint8_t there[TEXT_SIZE], wanted[TEXT_SIZE];
	unsigned wrong = 0, kept, all_kept = 0;

	for (unsigned set = 0; set <= SETS; set++) {
		field_make();
		pv_table_add(&image, &alternatives);
		writable = true;
		pv_apply(&alternative_family, records, alternatives.last, &alternative_linked,
			 state_of(set), PV_STOPPED, &out.stats);
		memcpy(there, field.text, TEXT_SIZE);
		locks_away(there, wanted, &kept);
		wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up, RAW,
				      &out);
		wrong += memcmp(out.text, wanted, TEXT_SIZE) || out.stats.total.refused;
		wrong += out.stats.total.kind[PV_KEPT] != kept ||
			 out.stats.total.kind[PV_INLINE] != nr_locks - kept;
		memcpy(field.text, out.text, TEXT_SIZE);
		wrong += !forms_agree(&lock_table, &image, &smp_locks_up, &smp_locks_smp, RAW,
				      &out);
		wrong += memcmp(out.text, there, TEXT_SIZE) || out.stats.total.refused;
		all_kept += kept;
	}
	ok(!wrong && all_kept,
	   "prefixes in alternatives go while those are as linked, and come "
	   "back; %u left alone, %u wrong",
	   all_kept, wrong);
}

/* While prefixes are away, a site with one is refused; it goes on when they are back. */
static void outer_while_away(void)
{
	static struct outcome out;
	uint8_t wanted[TEXT_SIZE], there[TEXT_SIZE];
	unsigned wrong = 0, refused = 0, spot;

	for (unsigned set = 0; set < SETS; set++) {
		field_make();
		form = SHORT;
		go(&lock_table, &smp_locks_smp, &smp_locks_up, &out);
		memcpy(there, field.text, TEXT_SIZE);
		wrong += !forms_agree(&alternatives, &image, &alternative_linked, state_of(set),
				      GENERAL, &out);
		text_of(set, wanted);
		for (unsigned i = 0; i < nr_locks; i++) {
			if (is_nested(i, &spot))
				memcpy(wanted + starts[spot], there + starts[spot],
				       spots[spot].len);
			else
				wanted[lock_place[i]] = 0x3e;
		}
		wrong += memcmp(out.text, wanted, TEXT_SIZE) || out.stats.total.refused != 4;
		refused += out.stats.total.refused;
	}
	ok(!wrong && refused == 4 * SETS,
	   "an alternative whose prefix is away is refused, whatever the features; %u wrong",
	   wrong);
}

/* Facts of the outer site that are damaged say nothing: its prefix stays. */
static void damaged_outer(void)
{
	static struct outcome out;
	unsigned wrong = 0, i = 0, e = 0;

	field_make();
	while (spot_of[i] != 12) /* "long with a lock" */
		i++;
	while (entries[e].record != i)
		e++;
	pv_table_add(&image, &alternatives);
	for (unsigned byte = 0; byte < sizeof(struct pv_fact); byte++)
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t *at = (uint8_t *)&facts.fact[e] + byte;

			if (byte >= 4 && byte < 8)
				continue; /* of the replacement, which is not in use */
			*at ^= (uint8_t)(1 << bit);
			wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up,
					      RAW, &out);
			wrong += out.text[starts[12]] != 0xf0 || out.stats.total.refused ||
				 out.stats.total.kind[PV_KEPT] != 1;
			*at ^= (uint8_t)(1 << bit);
		}
	ok(!wrong, "in a site whose fact is damaged a prefix stays; %u wrong", wrong);
}

/* A second record of a prefix whose site is replaced by one with the same byte: left as the first.
 */
static void nested_twice(void)
{
	static struct outcome out;
	unsigned wrong = 0;

	field_make();
	lock_make(starts[12]);
	lock_table.last = locks + nr_locks;
	pv_index_make(&lock_table, lock_entries, lock_spare);
	form = SHORT;
	go(&alternatives, &alternative_linked, state_of(4), &out);
	pv_table_add(&image, &alternatives);
	wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up, RAW, &out);
	wrong += out.text[starts[12]] != 0xf0 || out.stats.total.refused ||
		 out.stats.total.kind[PV_KEPT] != 2;
	pv_table_remove(&image, &alternatives);
	form = SHORT;
	go(&alternatives, state_of(4), &alternative_linked, &out);
	pv_table_add(&image, &alternatives);
	wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up, RAW, &out);
	wrong += out.text[starts[12]] != 0x3e || out.stats.total.refused != 1;
	ok(!wrong, "a prefix recorded twice is left alone twice, or refused once; %u wrong", wrong);
}

/* Padding is a part of what was linked: nobody's, or the CPU's own. */
static void damaged_padding(void)
{
	static struct outcome out;
	unsigned wrong = 0;

	for (unsigned byte = 0; byte < spots[12].len; byte++) {
		field_make();
		pv_table_add(&image, &alternatives);
		field.text[starts[12] + byte] ^= 0x21;
		wrong += !forms_agree(&lock_table, &image, &smp_locks_smp, &smp_locks_up, RAW,
				      &out);
		wrong += out.text[starts[12]] != field.text[starts[12]] ||
			 out.stats.total.kind[PV_KEPT] != 1 || out.stats.total.refused;
	}
	ok(!wrong,
	   "in a site of which a byte is another one, padding or not, a prefix stays; "
	   "%u wrong",
	   wrong);
}

static bool is_found(unsigned byte, const struct pv_table *outer, unsigned at, unsigned len)
{
	struct pv_place place;
	bool found = pv_find(field.text + byte, &place);

	if (!len)
		return !found;
	return found && place.table == outer && place.at == field.text + at && place.len == len;
}

static void whose_byte(void)
{
	unsigned wrong = 0, spot = 0, lock;
	struct pv_place place;

	field_make();
	pv_table_add(&image, &alternatives);
	pv_table_add(&image, &lock_table);
	for (unsigned byte = 0; byte < TEXT_SIZE; byte++) {
		for (spot = 0; spot < SPOTS && byte - starts[spot] >= spots[spot].len;)
			spot++;
		for (lock = 0; lock < nr_locks && lock_place[lock] != byte;)
			lock++;
		if (spot < SPOTS)
			wrong += !is_found(byte, &alternatives, starts[spot], spots[spot].len);
		else
			wrong += !is_found(byte, &lock_table, byte, lock < nr_locks);
	}
	ok(!wrong, "whose byte is this? of all %u; %u wrong", TEXT_SIZE, wrong);
	ok(!pv_find(field.text - 1, &place) && !pv_find(field.text + TEXT_SIZE, &place) &&
		   !pv_find(NULL, &place) && !pv_find((uint8_t *)0xffffffff, &place),
	   "and of none that is not text");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	for (unsigned i = 0; pv_nops_tables[i]; i++) {
		pv_nops = pv_nops_tables[i];
		field_make();
		states_make();
		every_pair();
	}
	wrong_states();
	raw_ways();
	no_facts();
	nested_locks();
	outer_while_away();
	damaged_outer();
	nested_twice();
	damaged_padding();
	whose_byte();
	return tests_end();
}
