// SPDX-License-Identifier: MIT
/*
 * Static keys and static calls.
 */
#include "arch/x86/dev/timer.h"
#include "kernel/museum/exhibit.h"
#include "kernel/patch/image.h"
#include "pv/keyed.h"
#include "pv/sweep.h"
#include <stddef.h>

#define WINDOW_MS 200 /* between two steps, at most, so that another CPU comes in between */

static uint32_t field(const int32_t *at)
{
	return (uint32_t)at + (uint32_t)*at;
}

/* A record that has a flag in its key's low bits. */
static const void *flagged_key(void)
{
	for (const struct jump_entry *e = kernel_tables.branches; e < kernel_tables.branches_end;
	     e++)
		if (field(&e->key) & PV_JUMP_LIKELY)
			return &e->key;
	return NULL;
}

static void lose_flag(const uint8_t *old, uint8_t *bytes)
{
	bytes[0] = (uint8_t)(old[0] - PV_JUMP_LIKELY);
	for (unsigned i = 1; i < sizeof(int32_t); i++)
		bytes[i] = (uint8_t)(old[i] - (bytes[i - 1] > old[i - 1]));
}

/* What is linked stays: that is the compiler's. */
static enum pv_why unlikely_all(const void *record, const void *state, struct pv_site *out)
{
	const struct jump_entry *e = record;
	const enum pv_why why = RIGHT(jump_label_family.bytes)(record, state, out);
	const uint32_t distance = field(&e->target) - ((uint32_t)out->at + out->len);

	if (why || !state || state == &jump_label_linked || !(field(&e->key) & PV_JUMP_LIKELY))
		return why;
	if (out->kind == PV_JMP) {
		out->kind = PV_NOP;
		out->n = 0;
		return why;
	}
	out->kind = PV_JMP;
	out->n = out->len;
	out->bytes[0] = out->len == 2 ? 0xeb : 0xe9;
	for (unsigned i = 1; i < out->len; i++)
		out->bytes[i] = (uint8_t)(distance >> 8 * (i - 1));
	return why;
}

static bool count_without_end(struct static_key *key)
{
	if (key->enabled != INT32_MAX)
		return RIGHT(static_key_slow_inc)(key);
	key->enabled = INT32_MIN;
	return true;
}

static struct static_key *raced; /* somebody else's count is lost: once is enough */

static int32_t count_now(const struct static_key *key)
{
	return *(const volatile int32_t *)&key->enabled;
}

/* Read, and written when another CPU has counted meanwhile, or has had the time to. */
static bool count_in_two_steps(struct static_key *key)
{
	const int32_t count = count_now(key);

	if (raced || count <= 0)
		return RIGHT(static_key_slow_inc)(key);
	for (unsigned ms = 0; ms < WINDOW_MS && count_now(key) == count; ms++)
		timer_delay_us(1000);
	if (count_now(key) != count)
		raced = key;
	key->enabled = count + 1;
	return true;
}

static void count_right(void)
{
	while (raced && count_now(raced) > 0)
		static_key_slow_dec(raced);
	raced = NULL;
}

static void forget_nothing(const struct pv_table *table)
{
	(void)table;
}

static void say_nothing(struct pv_sweep *s, const void *record, uint32_t at, enum pv_why why,
			const struct pv_site *text)
{
	if (why == PV_WHY_BYTES)
		s->limit = 0;
	else
		RIGHT(pv_sweep_refuse)(s, record, at, why, text);
}

/* xor %eax, %eax; xor %edx, %edx; ret */
static const void *return_0(void)
{
	return (const void *)__static_call_return0;
}

const struct exhibit museum_keys[] = {
	{
		.name = "flag-bits-lost",
		.mistake = 35,
		.title = "an address loses the flags in its low bits",
		.what = "the record of a likely branch has its key's address, and no flag",
		.expected =
			"flags go along; what is no record of the link any more is refused, and its key says so",
		.test = "keys.forms",
		.changes = {MUSEUM_MADE_AT(flagged_key, 4, lose_flag)},
	},
	{
		.name = "likely-mixed-up",
		.mistake = 36,
		.title = "likely and unlikely sites of one key are mixed up",
		.what = "jump_label_family.bytes takes each branch for an unlikely one",
		.expected =
			"a likely branch jumps when its key is off, an unlikely one when it is on",
		.test = "keys.forms",
		.changes = {MUSEUM_SLOT_RIGHT(jump_label_family.bytes, unlikely_all)},
	},
	{
		.name = "count-overflows",
		.mistake = 37,
		.title = "a key's count overflows",
		.what = "static_key_slow_inc() goes on from 2147483647",
		.expected = "a count at its end stays, and who wants one more is told",
		.test = "keys.counts",
		.changes = {MUSEUM_JUMP_RIGHT(static_key_slow_inc, count_without_end)},
	},
	{
		.name = "count-in-two-steps",
		.mistake = 37,
		.title = "two CPUs step over zero at the same time",
		.what = "static_key_slow_inc() reads the count, and writes it when another CPU has counted, too",
		.expected = "each step is one exchange, and the one over zero has its turn",
		.test = "keys.counted_by_all",
		.cpus = 2,
		.mend = count_right,
		.changes = {MUSEUM_JUMP_RIGHT(static_key_slow_inc, count_in_two_steps)},
	},
	{
		.name = "module-entries-stay",
		.mistake = 38,
		.title = "a module goes, and its entries stay",
		.what = "pv_static_keys.forget forgets nothing",
		.expected = "no key knows a record of a module that is gone",
		.test = "module.share_keys",
		.changes = {MUSEUM_SLOT(pv_static_keys.forget, forget_nothing)},
	},
	{
		.name = "refused-in-silence",
		.mistake = 39,
		.title = "table and text disagree, and nobody hears of it",
		.what = "pv_sweep_refuse() says nothing of a site whose bytes are others",
		.expected = "the site stays as it is, is counted, and its key says so",
		.test = "keys.refusals",
		.see = "make break M=498",
		.changes = {MUSEUM_JUMP_RIGHT(pv_sweep_refuse, say_nothing)},
	},
	{
		.name = "null-call-half-zero",
		.mistake = 40,
		.title = "a static call to NULL returns something",
		.what = "__static_call_return0 is 31 c0 90 90 c3: edx is what it was",
		.expected = "0, as wide as the result is, and a conditional one does nothing",
		.test = "calls.nothing",
		.see = "make break M=602",
		.changes = {MUSEUM_BYTES_AT(return_0, 5, 0x31, 0xc0, 0x90, 0x90, 0xc3)},
	},
	{.name = NULL},
};
