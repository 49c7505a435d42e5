// SPDX-License-Identifier: MIT
/*
 * The engine against a host that writes down what it is asked: in which order text is written and
 * the CPU synchronized, what an interrupt that no flag stops would see at every single byte, and
 * that bad records write nothing. Runs on the build machine with ASan and UBSan; prints TAP.
 */
#include "pv/engine.c"
#include "pv/group.c"
#include "pv/insn.c"
#include "pv/nops.c"
#include "pv/paravirt.c"

#include "tests/host/host.h"

#define SITES     40
#define SITE_ROOM 9 /* a site and what lies between two */

struct pv_ops pv_ops;

static void missing(void)
{
}

void (*const pv_missing[PV_NR_TYPES])(void) = {[0 ... PV_NR_TYPES - 1] = missing};

static uint8_t text[SITES * SITE_ROOM], before[sizeof(text)], after[sizeof(text)];
static uint8_t map[PV_MAP_SIZE(sizeof(text))], scratch[sizeof(map)], own[16];
static struct paravirt_patch_site records[SITES];
static struct paravirt_state patched;
static unsigned torn;

static struct pv_image image = {
	.name = "test",
	.text = text,
	.text_end = text + sizeof(text),
	.own = own,
	.own_end = own + sizeof(own),
	.map = map,
	.scratch = scratch,
};

static const uint8_t template_bytes[] = {0xfa};

static bool patch_hook(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	(void)ops;
	return type == PV_TYPE_irq_disable &&
	       paravirt_patch_insns(out, type, template_bytes, template_bytes + 1);
}

static void some_function(void)
{
}

static const uint8_t types[] = {PV_TYPE_irq_disable, PV_TYPE_cpuid, PV_TYPE_iret, PV_TYPE_pte_val};

/* Sites as they are linked: call or jmp through the slot, int3 in between. */
static void make_text(void)
{
	for (unsigned i = 0; i < SITES; i++) {
		uint8_t type = types[i % sizeof(types)], *at = text + i * SITE_ROOM + 1;

		memset(text + i * SITE_ROOM, 0xcc, SITE_ROOM);
		memcpy(at, linked.op[type].bytes, PV_SITE_LEN);
		records[i] = (struct paravirt_patch_site){(uint32_t)at, type, PV_SITE_LEN,
							  PV_CLOBBER_ANY};
	}
	memcpy(before, text, sizeof(text));
	memset(map, 0, sizeof(map));
}

static void make_states(void)
{
	uint32_t *slot = (uint32_t *)(void *)&pv_ops;

	paravirt_init();
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		if (pv_op_has_sites(type))
			slot[type] = (uint32_t)some_function;
	pv_ops.mmu.pte_val = paravirt_ident_64;
	pv_ops.init.patch = patch_hook;
	paravirt_state_make(&patched, &pv_ops);
}

static struct pv_stats pass(const void *from, const void *to, enum pv_mode mode)
{
	struct pv_stats stats = {.row = NULL};

	trace_clear();
	pv_apply(&paravirt_family, records, records + SITES, from, to, mode, &stats);
	return stats;
}

/* What the trace of a pass over n sites that change must be. */
static const char *expected_trace(unsigned n)
{
	static char expected[sizeof(trace)];
	unsigned used = 0;

	expected[used++] = 't';
	expected[used++] = 'G';
	expected[used++] = 'S';
	while (n--)
		expected[used++] = 'w';
	strcpy(expected + used, "YREt");
	return expected;
}

static void order_of_a_pass(void)
{
	struct pv_stats stats;

	make_text();
	stats = pass(&linked, &patched, PV_STOPPED);
	memcpy(after, text, sizeof(text));
	ok(stats.total.refused == 0 && stats.total.sites == SITES, "all %u sites are patched",
	   SITES);
	ok(!strcmp(trace, expected_trace(SITES)),
	   "interrupts off, one write a site, one synchronization, interrupts on: %s", trace);
	ok(interrupts == 1, "interrupts are on again afterwards");
	ok(stats.bytes == SITES * PV_SITE_LEN, "%u bytes are rewritten", stats.bytes);
	ok(stats.total.kind[PV_INLINE] == 10 && stats.total.kind[PV_CALL] == 10 &&
		   stats.total.kind[PV_JMP] == 10 && stats.total.kind[PV_NOP] == 10,
	   "a quarter each became inline, call, jmp and nop");
	stats = pass(&patched, &patched, PV_STOPPED);
	ok(!strcmp(trace, expected_trace(0)), "a pass that changes nothing writes nothing: %s",
	   trace);
	stats = pass(&patched, &linked, PV_STOPPED);
	ok(!memcmp(text, before, sizeof(text)) && stats.total.refused == 0,
	   "the pass back restores every byte");
}

static void interrupts_stay_off(void)
{
	make_text();
	interrupts = 0;
	pass(&linked, &patched, PV_STOPPED);
	ok(interrupts == 0, "interrupts that were off stay off");
	interrupts = 1;
}

static void dry_run_writes_nothing(void)
{
	struct pv_stats stats;

	make_text();
	stats = pass(&linked, &patched, PV_DRY);
	ok(!strcmp(trace, "tt"), "a dry run touches neither interrupts nor text: %s", trace);
	ok(!memcmp(text, before, sizeof(text)), "no byte differs after a dry run");
	ok(stats.total.sites == SITES && stats.bytes == SITES * PV_SITE_LEN,
	   "but it counts what a pass would do");
	stats = pass(&linked, &patched, PV_STOPPED);
	ok(stats.total.refused == 0, "and a pass after it is refused nothing");
}

/* At every byte: each site is as before or as after, but for the one that is being written. */
static void look(void)
{
	for (unsigned i = 0; i < SITES; i++) {
		uint8_t *at = (uint8_t *)records[i].instr;
		size_t offset = (size_t)(at - text);

		if (at != writing && memcmp(at, before + offset, PV_SITE_LEN) &&
		    memcmp(at, after + offset, PV_SITE_LEN))
			torn++;
	}
}

static void every_byte_seen(void)
{
	make_text();
	between_bytes = look;
	pass(&linked, &patched, PV_STOPPED);
	between_bytes = NULL;
	ok(torn == 0, "at no byte of the pass is another site than the one written half-way");
	ok(!memcmp(text, after, sizeof(text)), "the text is as after the pass before");
}

static void bad_records_write_nothing(void)
{
	struct pv_stats stats;

	make_text();
	records[3].instr += 1;
	records[7].type = PV_NR_TYPES;
	records[11].len = 7;
	records[15] = records[14];
	records[19].instr = (uint32_t)own + 2;
	records[23].instr = 0xfffffffd;
	records[27].type = PV_TYPE_kernel_rpl;
	records[33].clobbers = PV_CLOBBER_NONE; /* cpuid: a C function */
	stats = pass(&linked, &patched, PV_STOPPED);
	ok(stats.total.refused == 8, "eight bad records are eight refusals, found %u",
	   stats.total.refused);
	ok(!strcmp(trace, expected_trace(SITES - 8)), "and no write is made for them");
	ok(stats.refusal[0].why == PV_WHY_BYTES && stats.refusal[1].why == PV_WHY_TYPE &&
		   stats.refusal[2].why == PV_WHY_LENGTH &&
		   stats.refusal[3].why == PV_WHY_OVERLAP && stats.refusal[4].why == PV_WHY_OWN &&
		   stats.refusal[5].why == PV_WHY_RANGE && stats.refusal[6].why == PV_WHY_TYPE &&
		   stats.refusal[7].why == PV_WHY_CLOBBER,
	   "each with its reason");
	ok(text[3 * SITE_ROOM + 1] == 0xff && text[7 * SITE_ROOM + 1] == 0xff,
	   "what they meant stays as it was linked");
}

static void bad_tables(void)
{
	struct pv_stats stats = {.row = NULL};

	make_text();
	pv_apply(&paravirt_family, records, (uint8_t *)(records + 2) + 4, &linked, &patched,
		 PV_STOPPED, &stats);
	ok(stats.total.sites == 2 && stats.total.refused == 1 && !stats.refusal[0].record,
	   "half a record at the end is one refusal of the table");
	stats = (struct pv_stats){.row = NULL};
	pv_apply(&paravirt_family, records + 2, records, &linked, &patched, PV_STOPPED, &stats);
	ok(stats.total.sites == 0 && stats.total.refused == 1,
	   "a table that ends before it starts too");
}

/* A family as simple as can be: six bytes that are all the state's value. */
static const uint8_t plain = 0x11, one = 0x22, two = 0x33;

static enum pv_why same_bytes(const void *record, const void *state, struct pv_site *out)
{
	out->at = *(uint8_t *const *)record;
	out->len = out->n = PV_SITE_LEN;
	out->kind = PV_INLINE;
	memset(out->bytes, *(const uint8_t *)state, PV_SITE_LEN);
	return PV_OK;
}

static struct pv_family same_family = {
	.name = "same",
	.record_size = sizeof(uint8_t *),
	.linked = &plain,
	.bytes = same_bytes,
};

static struct pv_stats same_pass(uint8_t *at, const void *from, const void *to)
{
	uint8_t *table[] = {at, at};
	struct pv_stats stats = {.row = NULL};

	pv_apply(&same_family, table, table + 2, from, to, PV_STOPPED, &stats);
	return stats;
}

/* What no other site's bytes can tell apart, the map does. */
static void half_a_site(void)
{
	struct pv_stats stats;

	memset(text, plain, sizeof(text));
	memset(map, 0, sizeof(map));
	stats = same_pass(text, &plain, &one);
	ok(stats.total.kind[PV_INLINE] == 1 && stats.refusal[0].why == PV_WHY_OVERLAP,
	   "the second record of a site is refused");
	stats = same_pass(text, &one, &two);
	ok(stats.total.kind[PV_INLINE] == 1 && text[0] == two,
	   "also in a pass between two patched states");
	memset(text, two, 12);
	stats = same_pass(text + 3, &two, &plain);
	ok(stats.total.refused == 2 && stats.refusal[0].why == PV_WHY_OVERLAP && text[3] == two,
	   "bytes of which only half belong to a site are not given back, whatever they are");
	stats = same_pass(text + 6, &two, &plain);
	ok(stats.total.refused == 2 && stats.refusal[0].why == PV_WHY_BYTES && text[6] == two,
	   "nor those that belong to none");
	image.own = text + 20;
	image.own_end = text + 30;
	stats = same_pass(text + 29, &plain, &one);
	ok(stats.total.refused == 2 && stats.refusal[1].why == PV_WHY_OWN && text[29] == plain,
	   "the engine's own section may lie in the text, and holds no site");
	image.own = own;
	image.own_end = own + sizeof(own);
}

int main(void)
{
	pv_image_add(&image);
	pv_nops_select(PV_VENDOR_INTEL, 6);
	make_states();
	order_of_a_pass();
	interrupts_stay_off();
	dry_run_writes_nothing();
	every_byte_seen();
	bad_records_write_nothing();
	bad_tables();
	half_a_site();
	return tests_end();
}
