// SPDX-License-Identifier: MIT
/*
 * Lock prefixes: every site of the kernel in both states, as the same instruction; bytes that are
 * neither; NASM's sites; text that was given up. Lost updates are shown from outside, with several
 * CPUs.
 */
#include "pv/smp_locks.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/spinlock.h"
#include "kernel/patch/image.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/insn.h"
#include "pv/paravirt.h"

#define LOCK 0xf0
#define DS   0x3e

void cmpxchg8b_emu(void); /* not C's convention */
extern uint32_t locks_counter;
void locks_increment(void);
extern uint8_t locks_first[], locks_second[];

static struct pv_stats stats;

static void apply(const int32_t *start, const int32_t *end, const uint8_t *from, const uint8_t *to)
{
	pv_stats_begin(&stats, NULL);
	pv_apply(&smp_locks_family, start, end, from, to, PV_STOPPED, &stats);
}

static uint8_t *site(const int32_t *record)
{
	return (uint8_t *)record + *record;
}

extern uint8_t _text[], _init_text[], _init_text_end[];

/*
 * Text that stays: init text is somebody else's memory by now. And a damaged record points
 * anywhere: what the engine refused is not looked at.
 */
static bool stays(const uint8_t *at)
{
	return at >= _text && at < _init_text;
}

static bool is_kernel_record(const uint8_t *at)
{
	for (const int32_t *r = kernel_tables.smp_locks; r < kernel_tables.smp_locks_end; r++)
		if (site(r) == at)
			return true;
	return false;
}

static bool has_record(const uint8_t *function, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (is_kernel_record(function + i))
			return true;
	return false;
}

static void assembled(struct ktap *t)
{
	CHECK(t, is_kernel_record(locks_first) && is_kernel_record(locks_second),
	      "NASM's prefixes are recorded");
	CHECK(t, !is_kernel_record(locks_first + 1), "and nothing else there");
	CHECK(t, has_record((const uint8_t *)(uint32_t)cmpxchg8b_emu, 32),
	      "what stands for cmpxchg8b takes its lock by one");
	locks_counter = 0;
	locks_increment();
	CHECK_EQ(t, locks_counter, 2, "the instructions do what they say");
}

/* What must not tear, each in a function of its own. */
#define PRIMITIVE(name, ...)                                    \
	static __attribute__((noinline)) uint32_t name(void *p) \
	{                                                       \
		return __VA_ARGS__;                             \
	}
PRIMITIVE(inc, (atomic_inc(p), 0))
PRIMITIVE(add, (atomic_add(1, p), 0))
PRIMITIVE(dec, atomic_dec_and_test(p))
PRIMITIVE(add_return, atomic_add_return(1, p))
PRIMITIVE(exchange, cmpxchg(p, 0, 1))
PRIMITIVE(take, spin_take(p))

/* Lost updates are a matter of luck, a missing prefix is not. */
static void primitives_are_recorded(struct ktap *t)
{
	uint32_t (*const all[])(void *) = {inc, add, dec, add_return, exchange, take};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const uint8_t *at = (const uint8_t *)(uint32_t)all[i];
		unsigned offset = 0, variable = 0;

		while (offset < 32 && !is_kernel_record(at + offset))
			offset++;
		all[i](&variable);
		CHECK(t, offset < 32 && at[offset] != 0x90, "%pS has a lock prefix",
		      (const void *)at);
		for (unsigned j = 0; j < sizeof(all) / sizeof(all[0]); j++)
			CHECK(t,
			      j == i || (const uint8_t *)(uint32_t)all[j] <= at ||
				      (const uint8_t *)(uint32_t)all[j] > at + offset,
			      "%pS: its own one", (const void *)at);
	}
}

/* Each site's instruction begins with the prefix, and is as long with the other one. */
static void same_instruction(struct ktap *t)
{
	unsigned bad = 0, sites = 0;

	for (const int32_t *r = kernel_tables.smp_locks; r < kernel_tables.smp_locks_end; r++) {
		uint8_t bytes[PV_INSN_MAX];
		struct pv_insn with_lock, with_ds;

		if (!stays(site(r)) || (*site(r) != LOCK && *site(r) != DS))
			continue;
		memcpy(bytes, site(r), sizeof(bytes));
		bytes[0] = LOCK;
		bad += !pv_insn_decode(bytes, sizeof(bytes), &with_lock);
		bytes[0] = DS;
		bad += !pv_insn_decode(bytes, sizeof(bytes), &with_ds) || bytes[1] == 0x90 ||
		       with_ds.len != with_lock.len || with_ds.len < 3;
		sites++;
	}
	CHECK_EQ(t, bad, 0, "with either prefix a site is one instruction of the same length");
	CHECK(t, sites > 0, "there are sites");
}

static unsigned count_bytes(uint8_t byte)
{
	unsigned n = 0;

	for (const int32_t *r = kernel_tables.smp_locks; r < kernel_tables.smp_locks_end; r++)
		n += stays(site(r)) && *site(r) == byte;
	return n;
}

static unsigned count_gone(void)
{
	unsigned n = 0;

	for (const int32_t *r = kernel_tables.smp_locks; r < kernel_tables.smp_locks_end; r++)
		n += site(r) >= _init_text && site(r) < _init_text_end;
	return n;
}

/*
 * The whole table there and back, with interrupts off: with several CPUs it must be `lock`. What is
 * counted is counted in text, and before the passes; tests/text.t counts it in the file.
 */
static void both_states(struct ktap *t)
{
	const uint8_t *before = smp_locks_state();
	const unsigned n = (unsigned)(kernel_tables.smp_locks_end - kernel_tables.smp_locks);
	const unsigned gone = count_gone(), patched = count_bytes(DS), kept = n - gone - patched;

	KTAP_SKIP_UNLESS(t, before == &smp_locks_up, "more than one CPU runs, or noreplace-smp");
	CHECK(t, patched > 10, "there are some prefixes, and they are DS: %u", patched);
	apply(kernel_tables.smp_locks, kernel_tables.smp_locks_end, &smp_locks_up, &smp_locks_smp);
	CHECK_EQ(t, stats.total.refused, 0, "no site is refused on the way to `lock`");
	CHECK_EQ(t, stats.total.sites, n, "every record is looked at");
	CHECK_EQ(t, stats.total.kind[PV_GONE], gone, "those in init text are gone");
	CHECK_EQ(t, count_bytes(DS), 0, "no prefix is DS any more");
	CHECK_EQ(t, count_bytes(LOCK), patched, "all that were are LOCK");
	apply(kernel_tables.smp_locks, kernel_tables.smp_locks_end, &smp_locks_smp, &smp_locks_up);
	CHECK_EQ(t, stats.total.refused, 0, "and none on the way back");
	CHECK_EQ(t, stats.total.kind[PV_KEPT], kept, "sites inside of other sites are left alone");
	CHECK_EQ(t, stats.total.kind[PV_INLINE], patched, "all others are patched");
	CHECK_EQ(t, count_bytes(DS), patched, "to DS");
}

/* Text in RAM that is nobody's, with an image of its own. */
static uint8_t text[32], own[1];
static struct pv_image image = {.name = "locks",
				.text = text,
				.text_end = text + sizeof(text),
				.engine = own,
				.engine_end = own + 1};
static int32_t records[3];
static const uint8_t lock_incl[] = {LOCK, 0xff, 0x00};

static void made_up_reset(void)
{
	static bool added;

	if (!added)
		pv_image_add(&image);
	added = true;
	memset(text, 0x90, sizeof(text));
	image.gone = image.gone_end = NULL;
	for (unsigned i = 0; i < 3; i++) {
		memcpy(text + 8 * i, lock_incl, sizeof(lock_incl));
		records[i] = text + 8 * i - (uint8_t *)&records[i];
	}
}

static void neither(struct ktap *t)
{
	made_up_reset();
	memcpy(text + 8, (uint8_t[]){0x0f, 0x1f, 0x00}, 3);
	apply(records, records + 3, &smp_locks_smp, &smp_locks_up);
	CHECK_EQ(t, stats.total.refused, 1, "a byte that is neither is refused, and counted");
	CHECK_EQ(t, stats.refusal[0].why, PV_WHY_BYTES, "since the text is not what it should be");
	CHECK_EQ(t, text[8], 0x0f, "and left alone");
	CHECK(t, text[0] == DS && text[16] == DS, "its neighbours are patched");
	apply(records, records + 3, &smp_locks_up, &smp_locks_smp);
	CHECK(t, text[0] == LOCK && text[8] == 0x0f && text[16] == LOCK,
	      "the way back finds the same two");
}

/* Bytes f0 that are no prefix of an instruction that may have one: each is refused, as it is. */
static void by_chance(struct ktap *t)
{
	static const uint8_t codes[][6] = {
		{0xb8, LOCK, 0xff, 0x00, 0x00, 0x90}, /* mov $0xfff0, %eax */
		{0xe8, LOCK, 0xff, 0xff, 0xff, 0x90}, /* call */
		{0x90, LOCK, 0x90, 0x90, 0x90, 0x90}, /* of nop */
		{0x90, LOCK, 0x01, 0xc0, 0x90, 0x90}, /* of add %eax, %eax */
		{0x90, LOCK, 0x3e, 0xff, 0x00, 0x90}, /* with a segment: 3e would be a second one */
	};

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		made_up_reset();
		memcpy(text + 7, codes[i], 6);
		apply(records, records + 3, &smp_locks_smp, &smp_locks_up);
		CHECK_EQ(t, stats.total.refused, 1, "f0 %02x is refused", codes[i][2]);
		CHECK_EQ(t, stats.refusal[0].why, PV_WHY_CODE, "since it is no prefix");
		CHECK(t, !memcmp(text + 7, codes[i], 6), "and as it was");
		CHECK(t, text[0] == DS && text[16] == DS, "its neighbours are patched");
	}
}

/* Its prefixes are DS when the memory goes to somebody else: nothing may be written to it. */
static void given_up(struct ktap *t)
{
	made_up_reset();
	apply(records, records + 3, &smp_locks_smp, &smp_locks_up);
	memset(text + 8, DS, 8);
	image.gone = text + 8;
	image.gone_end = text + 16;
	apply(records, records + 3, &smp_locks_up, &smp_locks_smp);
	CHECK_EQ(t, stats.total.kind[PV_GONE], 1, "a site in text that was given up is counted");
	CHECK_EQ(t, stats.total.refused, 0, "and no fault");
	CHECK_EQ(t, text[8], DS, "although it looks like one that is to be changed, it is not");
	CHECK(t, text[0] == LOCK && text[16] == LOCK, "the others are");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(assembled),        KTAP_TEST(primitives_are_recorded),
	KTAP_TEST(same_instruction), KTAP_TEST(both_states),
	KTAP_TEST(neither),          KTAP_TEST(by_chance),
	KTAP_TEST(given_up),
};
KTAP_SUITE(smp_locks, tests);
