// SPDX-License-Identifier: MIT
/*
 * The engine against a host that writes down what it is asked: in which order text is written and
 * the CPU synchronized, what an interrupt that no flag stops would see at every single byte, and
 * that bad records write nothing. Runs on the build machine with ASan and UBSan; prints TAP.
 */
#include "pv/engine.h"
#include "pv/index.h"
#include "pv/nops.h"
#include "pv/patch.h"

#define SITES     40
#define SITE_ROOM 9 /* a site and what lies between two */
#define TEXT_SIZE (SITES * SITE_ROOM)
#define ROWS_MAX  PV_NR_TYPES

#include "tests/host/forms.h"
#include "tests/host/in_the_way.h"

struct pv_ops pv_ops;

static void missing(void)
{
}

void (*const pv_missing[PV_NR_TYPES])(void) = {[0 ... PV_NR_TYPES - 1] = missing};

static uint8_t text[TEXT_SIZE], before[TEXT_SIZE], after[TEXT_SIZE], own[16];
static struct paravirt_patch_site records[SITES];
static struct paravirt_state patched;
static unsigned torn;
static struct pv_entry entries[SITES], spare[SITES];
static struct pv_table table = {
	.family = &paravirt_family, .first = records, .last = records + SITES};

static struct pv_image image = {.name = "test",
				.text = text,
				.text_end = text + sizeof(text),
				.engine = own,
				.engine_end = own + sizeof(own)};

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
		memcpy(at, paravirt_linked()->op[type].bytes, PV_SITE_LEN);
		records[i] = (struct paravirt_patch_site){(uint32_t)at, type, PV_SITE_LEN,
							  PV_CLOBBER_ANY};
	}
	memcpy(before, text, sizeof(text));
	pv_index_make(&table, entries, spare);
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

static struct outcome result;

static struct pv_stats pass(const void *from, const void *to, enum pv_mode mode)
{
	form_apply(&table, &image, from, to, mode, &result);
	return result.stats;
}

/* What the trace of a pass over n sites that change must be; a short loop writes by itself. */
static const char *expected_trace(unsigned n)
{
	static char expected[sizeof(trace)];
	unsigned used = 0;

	expected[used++] = 't';
	expected[used++] = 'G';
	expected[used++] = 'S';
	while (form != SHORT && n--)
		expected[used++] = 'w';
	strcpy(expected + used, "YREt");
	return expected;
}

static void order_of_a_pass(void)
{
	struct pv_stats stats;

	make_text();
	stats = pass(paravirt_linked(), &patched, PV_STOPPED);
	memcpy(after, text, sizeof(text));
	ok(stats.total.refused == 0 && stats.total.sites == SITES, "%s: all %u sites are patched",
	   form_names[form], SITES);
	ok(!strcmp(trace, expected_trace(SITES)),
	   "interrupts off, one write a site, one synchronization, interrupts on: %s", trace);
	ok(interrupts == 1, "interrupts are on again afterwards");
	ok(stats.bytes == SITES * PV_SITE_LEN, "%u bytes are rewritten", stats.bytes);
	ok(!memcmp(text + 1, "\x3e\x3e\x3e\x3e\x3e\xfa", PV_SITE_LEN),
	   "cli is one instruction of six bytes");
	ok(stats.total.kind[PV_INLINE] == 10 && stats.total.kind[PV_CALL] == 10 &&
		   stats.total.kind[PV_JMP] == 10 && stats.total.kind[PV_NOP] == 10,
	   "a quarter each became inline, call, jmp and nop");
	stats = pass(&patched, &patched, PV_STOPPED);
	ok(!strcmp(trace, expected_trace(0)), "a pass that changes nothing writes nothing: %s",
	   trace);
	stats = pass(&patched, paravirt_linked(), PV_STOPPED);
	ok(!memcmp(text, before, sizeof(text)) && stats.total.refused == 0,
	   "the pass back restores every byte");
}

static void interrupts_stay_off(void)
{
	make_text();
	interrupts = 0;
	pass(paravirt_linked(), &patched, PV_STOPPED);
	ok(interrupts == 0, "interrupts that were off stay off");
	interrupts = 1;
}

static void dry_run_writes_nothing(void)
{
	struct pv_stats stats;

	make_text();
	stats = pass(paravirt_linked(), &patched, PV_DRY);
	ok(!strcmp(trace, "tt"), "a dry run touches neither interrupts nor text: %s", trace);
	ok(!memcmp(text, before, sizeof(text)), "no byte differs after a dry run");
	ok(stats.total.sites == SITES && stats.bytes == SITES * PV_SITE_LEN,
	   "but it counts what a pass would do");
	stats = pass(paravirt_linked(), &patched, PV_STOPPED);
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
	pass(paravirt_linked(), &patched, PV_STOPPED);
	between_bytes = NULL;
	ok(torn == 0, "at no byte of the pass is another site than the one written half-way");
	ok(!memcmp(text, after, sizeof(text)), "the text is as after the pass before");
}

/* Where own lies, before text or behind it, the linker knows. */
static void bad_records_write_nothing(void)
{
	static const struct {
		unsigned record;
		enum pv_why why;
	} bad[] = {{3, PV_WHY_BYTES},    {7, PV_WHY_TYPE},    {11, PV_WHY_LENGTH},
		   {15, PV_WHY_OVERLAP}, {19, PV_WHY_OWN},    {23, PV_WHY_RANGE},
		   {27, PV_WHY_TYPE},    {33, PV_WHY_CLOBBER}};
	struct pv_stats stats;
	unsigned right = 0;

	make_text();
	records[3].instr += 1;
	records[7].type = PV_NR_TYPES;
	records[11].len = 7;
	records[15] = records[14];
	records[19].instr = (uint32_t)own + 2;
	records[23].instr = 0xfffffffd;
	records[27].type = PV_TYPE_kernel_rpl;
	records[33].clobbers = PV_CLOBBER_NONE; /* cpuid: a C function */
	pv_index_make(&table, entries, spare);
	stats = pass(paravirt_linked(), &patched, PV_STOPPED);
	ok(stats.total.refused == 8, "%s: eight bad records are eight refusals, found %u",
	   form_names[form], stats.total.refused);
	ok(!strcmp(trace, expected_trace(SITES - 8)), "and no write is made for them");
	for (unsigned i = 0; i < 8; i++)
		right += why_of(&stats, &records[bad[i].record]) == bad[i].why;
	ok(right == 8, "each with its reason");
	ok(text[3 * SITE_ROOM + 1] == 0xff && text[7 * SITE_ROOM + 1] == 0xff,
	   "what they meant stays as it was linked");
}

/* Before anything is known to be text; and where an op without sites has no bytes that differ. */
static void zeros_are_no_site(void)
{
	struct pv_stats stats;

	make_text();
	records[0].instr = 0;
	records[27].type = PV_TYPE_kernel_rpl;
	memset(text + 27 * SITE_ROOM + 1, 0, PV_SITE_LEN);
	pv_index_make(&table, entries, spare);
	stats = pass(paravirt_linked(), &patched, PV_STOPPED);
	ok(stats.total.refused == 2 && why_of(&stats, &records[0]) == PV_WHY_RANGE &&
		   why_of(&stats, &records[27]) == PV_WHY_TYPE,
	   "%s: address 0, and zeros for an op without sites, are refused", form_names[form]);
}

/* The site of one record is as it was, and refused, or as it will be; all others will be. */
static bool only_this_one(unsigned i, const struct outcome *out)
{
	uint8_t wanted[TEXT_SIZE];
	unsigned at = i * SITE_ROOM + 1;

	memcpy(wanted, after, TEXT_SIZE);
	if (out->stats.total.refused)
		memcpy(wanted + at, before + at, PV_SITE_LEN);
	return !memcmp(out->text, wanted, TEXT_SIZE) && out->stats.total.refused <= 1;
}

/* Each byte of a thing that record i needs, damaged in several ways. must: it is refused. */
static unsigned damage(void *thing, unsigned size, unsigned i, bool must)
{
	static const uint8_t patterns[] = {0x01, 0x02, 0x08, 0x10, 0x40, 0x80, 0x5a, 0xff};
	static struct outcome out;
	unsigned wrong = 0;

	for (unsigned byte = 0; byte < size; byte++)
		for (unsigned k = 0; k < sizeof(patterns); k++) {
			((uint8_t *)thing)[byte] ^= patterns[k];
			wrong += !forms_agree(&table, &image, paravirt_linked(), &patched, GENERAL,
					      &out);
			wrong += must && out.stats.total.refused != 1;
			wrong += thing != text + i * SITE_ROOM + 1 && !only_this_one(i, &out);
			((uint8_t *)thing)[byte] ^= patterns[k];
		}
	return wrong;
}

static void damaged(void)
{
	unsigned wrong = 0;

	make_text();
	for (unsigned i = 0; i < SITES; i++)
		wrong += damage(&records[i], 6, i, true);
	ok(!wrong, "each byte of a record, damaged: its site is refused, no other one: %u wrong",
	   wrong);
	wrong = 0;
	for (unsigned i = 0; i < SITES; i++)
		wrong += damage(&records[i].clobbers, 2, i, false);
	ok(!wrong, "of what it may lose: refused, or without effect: %u wrong", wrong);
	wrong = 0;
	for (unsigned i = 0; i < SITES; i++)
		wrong += damage(&entries[i], sizeof(entries[i]), entries[i].record, true);
	ok(!wrong, "of an entry of the index: %u wrong", wrong);
	wrong = 0;
	for (unsigned i = 0; i < SITES; i++)
		wrong += damage(text + i * SITE_ROOM + 1, PV_SITE_LEN, i, true);
	ok(!wrong, "of text: %u wrong", wrong);
}

static void bad_tables(void)
{
	struct pv_stats stats = {.row = NULL};

	make_text();
	pv_apply(&paravirt_family, records, (uint8_t *)(records + 2) + 4, paravirt_linked(),
		 &patched, PV_STOPPED, &stats);
	ok(stats.total.sites == 2 && stats.total.refused == 1 && !stats.refusal[0].record,
	   "half a record at the end is one refusal of the table");
	stats = (struct pv_stats){.row = NULL};
	pv_apply(&paravirt_family, records + 2, records, paravirt_linked(), &patched, PV_STOPPED,
		 &stats);
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
	memset(out->bytes, state ? *(const uint8_t *)state : 0, PV_SITE_LEN);
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
	uint8_t *sites[] = {at, at};
	struct pv_stats stats = {.row = NULL};

	pv_apply(&same_family, sites, sites + 2, from, to, PV_STOPPED, &stats);
	return stats;
}

static void twice(void)
{
	struct pv_stats stats;

	memset(text, plain, sizeof(text));
	stats = same_pass(text, &plain, &one);
	ok(stats.total.kind[PV_INLINE] == 1 && stats.refusal[0].why == PV_WHY_OVERLAP,
	   "the second record of a site is refused");
	stats = same_pass(text, &one, &two);
	ok(stats.total.kind[PV_INLINE] == 1 && text[0] == two,
	   "also in a pass between two patched states");
	stats = same_pass(text + 3, &two, &plain);
	ok(stats.total.refused == 2 && stats.refusal[0].why == PV_WHY_BYTES && text[3] == two,
	   "half of a site is not given back");
	image.engine = text + 20;
	image.engine_end = text + 30;
	stats = same_pass(text + 29, &plain, &one);
	ok(stats.total.refused == 2 && stats.refusal[1].why == PV_WHY_OWN && text[29] == plain,
	   "the engine's own section may lie in the text, and holds no site");
	image.engine = own;
	image.engine_end = own + sizeof(own);
}

/* The same state, in statistics, too: nothing is rewritten. And each pair of the three. */
static void all_ways(void)
{
	static struct outcome out;
	struct paravirt_state other;
	const struct paravirt_state *states[3] = {paravirt_linked(), &patched, &other};
	unsigned wrong = 0;

	pv_ops.init.patch = NULL;
	pv_ops.cpu.cpuid = NULL;
	paravirt_state_make(&other, &pv_ops);
	make_text();
	for (unsigned i = 0; i < 27; i++) {
		const struct paravirt_state *from = states[i / 9], *to = states[i / 3 % 3];

		make_text();
		form = GENERAL;
		pass(paravirt_linked(), states[i % 3], PV_STOPPED);
		wrong += !forms_agree(&table, &image, from, to, RAW, &out);
		wrong += from == states[i % 3] ? out.stats.total.refused != 0
					       : out.stats.total.refused == 0;
	}
	ok(!wrong,
	   "27 ways from a state to a state, right and wrong: as raw records, by the "
	   "general path and by the short loop alike; %u wrong",
	   wrong);
}

/* Of two records for a site the second one is refused, although its bytes are right. */
static void same_state_twice(void)
{
	static struct outcome out;

	make_text();
	form = GENERAL;
	pass(paravirt_linked(), &patched, PV_STOPPED);
	records[15] = records[14];
	pv_index_make(&table, entries, spare);
	ok(forms_agree(&table, &image, &patched, &patched, RAW, &out) &&
		   out.stats.total.refused == 1 &&
		   why_of(&out.stats, &records[15]) == PV_WHY_OVERLAP,
	   "a record twice, to the same state: the second one is refused");
}

static void things_in_the_way(void)
{
	unsigned wrong;

	make_text();
	wrong = in_the_way(&table, &image, paravirt_linked(), &patched);
	ok(!wrong,
	   "what is in the way, everywhere: another table's site, the engine's own, text that is "
	   "gone; %u wrong",
	   wrong);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pv_image_add(&image);
	pv_nops_select(PV_VENDOR_INTEL, 6);
	make_states();
	for (form = RAW; form < FORMS; form++) {
		order_of_a_pass();
		interrupts_stay_off();
		dry_run_writes_nothing();
		bad_records_write_nothing();
		zeros_are_no_site();
		if (form != SHORT)
			every_byte_seen();
	}
	damaged();
	bad_tables();
	twice();
	same_state_twice();
	things_in_the_way();
	all_ways();
	return tests_end();
}
