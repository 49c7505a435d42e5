// SPDX-License-Identifier: MIT
/*
 * Static keys on made-up text in two images: records sorted where they lie, keys that change before
 * and behind jump_label_init(), counts, and records that name what is no key.
 */
#include "tests/host/host.h"

#include "pv/index.h"
#include "pv/jump_label.h"
#include "pv/nops.h"
#include "pv/poke.h"

#define IMAGES 2
#define MANY   60
#define STRIDE 8
#define KEYS   7 /* the last has no branch */

static uint8_t text[IMAGES][(MANY + 20) * STRIDE], own[16];
static struct jump_entry records[IMAGES][MANY], before[MANY];
static struct pv_table tables[IMAGES];
static struct pv_image images[IMAGES];
static struct {
	struct static_key key[KEYS];
	uint8_t variable[16]; /* nobody's */
} data;

uint64_t pv_host_sync_others(void)
{
	return 0;
}

const char *pv_host_live_begin(void)
{
	return interrupts ? NULL : "interrupts are off";
}

void pv_host_live_end(void)
{
}

/* ---- what a branch is, by its number: every third is likely, every fourth short, every fifth a jump ---- */

static bool is_likely(unsigned i)
{
	return i % 3 == 0;
}

static unsigned len_of(unsigned i)
{
	return i % 4 ? 5 : 2;
}

static uint8_t *site_of(unsigned image, unsigned i)
{
	return text[image] + i * STRIDE;
}

static struct static_key *key_of(unsigned i)
{
	return &data.key[i * 5 % (KEYS - 1)];
}

static uint8_t *target_of(unsigned image, unsigned i)
{
	return site_of(image, i) + 3 + i % 100;
}

static void put(uint8_t *out, unsigned image, unsigned i, bool jump, bool linked)
{
	static const uint8_t nop[] = {0x3e, 0x8d, 0x74, 0x26, 0x00}, nop_short[] = {0x66, 0x90};
	const unsigned len = len_of(i);
	const int32_t distance = target_of(image, i) - (site_of(image, i) + len);

	if (jump) {
		out[0] = len == 2 ? 0xeb : 0xe9;
		memcpy(out + 1, &distance, len - 1);
	} else if (linked) {
		memcpy(out, len == 2 ? nop_short : nop, len);
	} else {
		memcpy(out, pv_nops->bytes[len], len);
	}
}

static void record(struct jump_entry *e, const void *site, const void *target, uint32_t key)
{
	e->code = (int32_t)((uint32_t)site - (uint32_t)&e->code);
	e->target = (int32_t)((uint32_t)target - (uint32_t)&e->target);
	e->key = (int32_t)(key - (uint32_t)&e->key);
}

static uint32_t lot(uint32_t below)
{
	static uint32_t seed = 11;

	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static void make_image(unsigned image)
{
	unsigned order[MANY];

	for (unsigned i = 0; i < MANY; i++) {
		unsigned k = lot(i + 1);

		order[i] = order[k];
		order[k] = i;
		put(site_of(image, i), image, i, i % 5 == 0, true);
	}
	for (unsigned n = 0; n < MANY; n++)
		record(&records[image][n], site_of(image, order[n]), target_of(image, order[n]),
		       (uint32_t)key_of(order[n]) | is_likely(order[n]));
	tables[image] = (struct pv_table){.family = &jump_label_family,
					  .first = records[image],
					  .last = records[image] + MANY};
	images[image] = (struct pv_image){.name = "test",
					  .text = text[image],
					  .text_end = text[image] + sizeof(text[image]),
					  .data = (uint8_t *)&data,
					  .data_end = (uint8_t *)(&data + 1),
					  .engine = own,
					  .engine_end = own + sizeof(own)};
	pv_image_add(&images[image]);
}

/* All as linked; the first two keys are on. */
static void make(void)
{
	memset(text, 0x40, sizeof(text));
	memset(&data, 0, sizeof(data));
	memset(data.variable, 0x55, sizeof(data.variable));
	for (unsigned k = 0; k < 2; k++)
		data.key[k] = (struct static_key)STATIC_KEY_INIT_TRUE;
	pv_images = NULL;
	for (unsigned image = 0; image < IMAGES; image++)
		make_image(image);
}

static uint32_t word_of(const struct jump_entry *e)
{
	return (uint32_t)&e->key + (uint32_t)e->key;
}

static unsigned number_of(unsigned image, const struct jump_entry *e)
{
	return (unsigned)((uint8_t *)((uint32_t)&e->code + (uint32_t)e->code) - text[image]) /
	       STRIDE;
}

/* Does a record say what the branch at its site is? */
static bool says(unsigned image, const struct jump_entry *e)
{
	const unsigned i = number_of(image, e) % MANY; /* whatever the record says */
	const uint32_t flags = is_likely(i) | (len_of(i) == 2 ? PV_JUMP_SHORT : 0) |
			       (i % 5 == 0 ? PV_JUMP_LINKED : 0);

	return (uint8_t *)((uint32_t)&e->code + (uint32_t)e->code) == site_of(image, i) &&
	       (uint8_t *)((uint32_t)&e->target + (uint32_t)e->target) == target_of(image, i) &&
	       word_of(e) == ((uint32_t)key_of(i) | flags);
}

static bool in_order(unsigned image)
{
	const struct jump_entry *e = records[image];

	for (unsigned n = 1; n < MANY; n++) {
		uint32_t key = word_of(&e[n]) & ~15u, last = word_of(&e[n - 1]) & ~15u;

		if (key < last ||
		    (key == last && number_of(image, &e[n]) <= number_of(image, &e[n - 1])))
			return false;
	}
	return true;
}

static void sorting(void)
{
	bool same = true, first = true;

	for (unsigned round = 0; round < 20; round++) {
		make();
		jump_label_init(&tables[0]);
		for (unsigned n = 0; n < MANY; n++)
			same &= says(0, &records[0][n]);
		first &= in_order(0) && tables[0].in_order;
	}
	ok(same, "shuffled records say the same where they come to lie, and have their flags");
	ok(first, "and are in order: by key, then by site");
	for (unsigned k = 0; k < KEYS - 1; k++) {
		const struct jump_entry *e = (const void *)(data.key[k].type & ~3u);

		ok(e && (word_of(e) & ~15u) == (uint32_t)&data.key[k] &&
			   (e == records[0] || (word_of(e - 1) & ~15u) != (uint32_t)&data.key[k]),
		   "key %u has its first record", k);
		ok((data.key[k].type & 3) == (k < 2), "and what it was at first");
	}
	ok(!data.key[KEYS - 1].type, "a key without a branch has none");
}

static void changed_before(void)
{
	struct static_key was[KEYS];

	make();
	ok(static_branch_disable(&data.key[0]) && static_branch_enable(&data.key[3]) &&
		   static_branch_inc(&data.key[3]),
	   "keys change before");
	data.key[4].enabled = 1; /* by who knows no more of it */
	jump_label_init(&tables[0]);
	ok(data.key[4].on[0] && data.key[4].on[1], "a count is what counts");
	ok(!data.key[0].on[0] && !data.key[0].on[1] && data.key[3].on[0] && data.key[3].on[1] &&
		   data.key[1].on[0] && !data.key[2].on[0] && data.key[3].enabled == 2,
	   "and have their values of then");
	memcpy(before, records[0], sizeof(before));
	memcpy(was, data.key, sizeof(was));
	jump_label_init(&tables[0]);
	ok(!memcmp(before, records[0], sizeof(before)) && !memcmp(was, data.key, sizeof(was)),
	   "once more does no harm");
}

/* What is no key is not written to, and where damage is nothing is moved. */
static void no_key(void)
{
	const struct jump_entry *damaged = &records[0][17];
	bool all = true;

	make();
	record(&records[0][17], site_of(0, 3), target_of(0, 3), (uint32_t)data.variable);
	memcpy(before, records[0], sizeof(before));
	jump_label_init(&tables[0]);
	for (unsigned i = 0; i < sizeof(data.variable); i++)
		all &= data.variable[i] == 0x55;
	ok(all, "what is no key is not written to");
	for (unsigned n = 0; n < MANY; n++)
		all &= records[0][n].code == before[n].code &&
		       (&records[0][n] == damaged || says(0, &records[0][n]));
	ok(all && !tables[0].in_order, "no record is moved, and the others have their flags");
}

/* ---- text that follows ---- */

static const uint8_t *left_out[IMAGES]; /* sites of records that are damaged from the start */

static unsigned wrong(void)
{
	uint8_t expected[5];
	unsigned n = 0;

	for (unsigned image = 0; image < IMAGES; image++)
		for (unsigned i = 0; i < MANY; i++) {
			if (site_of(image, i) == left_out[image])
				continue;
			put(expected, image, i, (key_of(i)->enabled > 0) != is_likely(i), false);
			n += memcmp(expected, site_of(image, i), len_of(i)) != 0;
		}
	return n;
}

/* Damaged: one record of each image names what is no key, so no record is moved. */
static void begin(bool damaged)
{
	static struct pv_stats stats;

	make();
	static_key_enable(&data.key[4]);
	for (unsigned image = 0; image < IMAGES; image++) {
		const unsigned i = number_of(image, &records[image][5]);

		left_out[image] = damaged ? site_of(image, i) : NULL;
		if (damaged)
			record(&records[image][5], site_of(image, i), target_of(image, i),
			       (uint32_t)data.variable);
		jump_label_init(&tables[image]);
		pv_table_add(&images[image], &tables[image]);
		stats = (struct pv_stats){.ns = 0};
		pv_apply(&jump_label_family, tables[image].first, tables[image].last,
			 &jump_label_linked, jump_label_family.version[pv_present], PV_STOPPED,
			 &stats);
		ok(stats.total.sites == MANY && stats.total.refused == damaged,
		   "the pass over image %u takes all branches%s", image,
		   damaged ? " but the damaged one" : "");
	}
}

/* Key by key, there and back. */
static void changes(bool damaged)
{
	unsigned n = 0;
	bool done = true;

	for (unsigned k = 0; k < 2 * KEYS; k++) {
		struct static_key *key = &data.key[k / 2];

		done &= static_key_enabled(key) ? static_branch_disable(key)
						: static_branch_enable(key);
		n += wrong();
	}
	ok(done != damaged && !n, "branches of both images change with their key%s",
	   damaged ? ", out of order, too" : "");
}

static void follows(void)
{
	begin(false);
	jump_label_live();
	ok(!wrong(), "which are as their keys say");
	changes(false);
}

static void out_of_order(void)
{
	begin(true);
	changes(true);
}

static void counts(void)
{
	struct static_key *key = &data.key[1];

	static_branch_enable(key);
	ok(static_branch_dec(key) && static_branch_dec(key) && static_branch_inc(key) &&
		   !static_key_enabled(key) && !static_key_count(key) && !wrong(),
	   "one less, one less, one more: off");
	ok(static_branch_inc(key) && static_branch_inc(key) && static_branch_dec(key) &&
		   static_key_enabled(key) && !wrong(),
	   "two more, one less: on");
	key->enabled = INT32_MAX;
	ok(!static_branch_inc(key) && key->enabled == INT32_MAX && !wrong(), "no more than all");
	ok(static_branch_dec(key) && key->enabled == INT32_MAX - 1, "one less than all");
	key->enabled = 1;
	static_branch_disable(key);
	key->enabled = INT32_MIN;
	ok(!static_branch_dec(key) && key->enabled == INT32_MIN && !wrong(), "nor less than none");
	ok(static_branch_enable(key) && key->enabled == 1 && !wrong(), "and on from there");
	interrupts = 0;
	ok(!static_branch_disable(key) && key->enabled == 1 && !wrong(), "not with interrupts off");
	ok(static_branch_inc(key) && key->enabled == 2, "but a count that text does not follow");
	interrupts = 1;
}

/* ---- records that are damaged while keys change ---- */

static bool turn(struct static_key *key)
{
	return static_key_enabled(key) ? static_branch_disable(key) : static_branch_enable(key);
}

/* Its key turns, and the damaged branch stays; then it is whole again. */
static void damage(const char *what, struct jump_entry *e, const void *target, uint32_t key)
{
	const struct jump_entry whole = *e;
	const unsigned i = number_of(1, e);
	uint8_t was[5], *site = site_of(1, i);
	bool done;

	memcpy(was, site, sizeof(was));
	record(e, site, target, key);
	done = turn(key_of(i));
	ok(!done, "%s: a change says so", what);
	ok(wrong() == 1 && !memcmp(was, site, sizeof(was)),
	   "%s: the branch stays, and all others have changed", what);
	*e = whole;
	turn(key_of(i));
	ok(!wrong(), "%s: and back", what);
}

static void damaged_later(void)
{
	static struct static_key stranger; /* it looks like one */
	struct jump_entry *e = records[1], *near = records[1];

	while (len_of(number_of(1, e)) == 2)
		e++;
	while (len_of(number_of(1, near)) == 5)
		near++;
	damage("a target that is none", e, own, word_of(e));
	damage("a target out of reach", near, text[1] + sizeof(text[1]) - 1, word_of(near));
	stranger.type = (uint32_t)e;
	stranger.on[0] = stranger.on[1] = static_key_enabled(key_of(number_of(1, e)));
	damage("a key out of data", e, target_of(1, number_of(1, e)),
	       (uint32_t)&stranger | (word_of(e) & PV_JUMP_FLAGS));
	damage("a key that is none", e, target_of(1, number_of(1, e)), (uint32_t)data.variable);
}

/* More of them than a change can have. */
static void many_tables(void)
{
	static struct pv_table none[300];

	for (unsigned i = 0; i < 300; i++) {
		none[i] = (struct pv_table){.family = &jump_label_family,
					    .first = records[0],
					    .last = records[0],
					    .in_order = true};
		pv_table_add(&images[0], &none[i]);
	}
	ok(turn(key_of(0)) && turn(key_of(0)) && !wrong(),
	   "tables without a record of the key are no part of a change");
	for (unsigned i = 0; i < 300; i++)
		pv_table_remove(&images[0], &none[i]);
}

int main(void)
{
	sorting();
	changed_before();
	no_key();
	follows();
	counts();
	many_tables();
	for (unsigned image = 0; image < IMAGES; image++)
		tables[image].in_order = false; /* so that damaged records are met */
	damaged_later();
	out_of_order();
	return tests_end();
}
