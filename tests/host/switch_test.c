// SPDX-License-Identifier: MIT
/*
 * pv_switch() with made-up back ends, tables and a host that writes down what it is asked: what is
 * done while all wait, and in which order; tables of all images follow; and when it cannot be, for
 * whatever reason, nothing has changed.
 */
#include "pv/backend/switch.h"
#include "pv/index.h"
#include "tests/host/host.h"

#define SITES 6
#define ROOM  8

struct pv_ops pv_ops;
static const struct pv_ops near_ops, far_ops, greedy_ops;

static void missing(void)
{
}
void (*const pv_missing[PV_NR_TYPES])(void) = {[0 ... PV_NR_TYPES - 1] = missing};

static uint8_t text[2][SITES * ROOM], before[2][SITES * ROOM], own[16], native[16];
static struct paravirt_patch_site records[2][SITES];
static struct pv_image images[2] = {
	{.name = "kernel", .native = native, .native_end = native + sizeof(native)},
	{.name = "module"},
};
static struct pv_table tables[2];

static bool near_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	static const uint8_t cli[] = {0xfa}, mov[] = {0xb8, 1, 0, 0, 0};

	if (type != PV_TYPE_irq_disable)
		return false;
	if (ops->init.kernel_rpl == 0)
		return paravirt_patch_insns(out, type, cli, cli + sizeof(cli));
	out->clobbers = ops->init.kernel_rpl == 2 ? PV_CLOBBER_ANY : PV_CLOBBER_NONE;
	out->kind = PV_INLINE;
	out->rel_at = 0;
	out->n = sizeof(mov);
	memcpy(out->bytes, mov, sizeof(mov));
	return true;
}

#define LIES_IN_NATIVE .irq.irq_disable = {(void (*)(void))native}
static const struct pv_ops near_ops = {.init.patch = near_patch, LIES_IN_NATIVE};
static const struct pv_ops far_ops = {.init = {near_patch, 1}, LIES_IN_NATIVE};
static const struct pv_ops greedy_ops = {.init = {near_patch, 2}, LIES_IN_NATIVE};

static uint32_t begins(uint32_t flags)
{
	note('+');
	return flags;
}

static const struct pv_backend backends[] = {
	{.name = "near", .ops = &near_ops},
	{.name = "far", .ops = &far_ops, .start = begins, .stop = begins},
	{.name = "greedy", .ops = &greedy_ops},
	{.name = "guest's", .ops = &far_ops, .ring = 1},
	{.name = "for good", .ops = &far_ops, .start = begins},
};
static const struct pv_backend *installed = &backends[0];

const struct pv_backend *pv_backend_find(const char *name)
{
	for (unsigned i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(backends[i].name, name))
			return &backends[i];
	return NULL;
}

const struct pv_backend *pv_backend_current(void)
{
	return installed;
}

bool pv_backend_fits(const struct pv_backend *backend)
{
	return backend->ring == 0;
}

bool pv_backend_can_leave(const struct pv_backend *backend)
{
	return !backend->start || backend->stop;
}

void pv_backend_set(const struct pv_backend *backend)
{
	note('T');
	installed = backend;
}

uint32_t pv_backend_carry(const struct pv_backend *from, const struct pv_backend *to,
			  uint32_t flags)
{
	note('C');
	if (from->stop)
		flags = from->stop(flags);
	return to->start ? to->start(flags) : flags;
}

/* The host: as it is told, and it asks where one may not wait. */
static const char *not_now, *nobody_waits;
static unsigned turns;
static bool (*is_inside)(uint32_t address);

const char *pv_host_live_begin(void)
{
	turns += !not_now;
	return not_now;
}

void pv_host_live_end(void)
{
	turns--;
}

const char *pv_host_gather_outside(bool (*inside)(uint32_t address),
				   uint32_t (*carry)(uint32_t flags), uint32_t *tries)
{
	(void)carry;
	is_inside = inside;
	*tries += nobody_waits ? 8 : 2;
	if (!nobody_waits)
		note('G');
	return nobody_waits;
}

static void make(unsigned which)
{
	for (unsigned i = 0; i < SITES; i++) {
		uint8_t *at = text[which] + i * ROOM;

		memset(at, 0xcc, ROOM);
		memcpy(at, paravirt_linked()->op[PV_TYPE_irq_disable].bytes, PV_SITE_LEN);
		records[which][i] = (struct paravirt_patch_site){(uint32_t)at, PV_TYPE_irq_disable,
								 PV_SITE_LEN, PV_CLOBBER_NONE};
	}
	images[which].text = text[which];
	images[which].text_end = text[which] + sizeof(text[which]);
	images[which].engine = own;
	images[which].engine_end = own + sizeof(own);
	tables[which] = (struct pv_table){.family = &paravirt_family,
					  .first = records[which],
					  .last = records[which] + SITES};
	pv_image_add(&images[which]);
	pv_table_add(&images[which], &tables[which]);
}

/* All sites begin with that byte, but the first of the module's, which begins with another. */
static bool sites_are(uint8_t byte, uint8_t odd)
{
	for (unsigned which = 0; which < 2; which++)
		for (unsigned i = 0; i < SITES; i++)
			if (text[which][i * ROOM] != (which && !i ? odd : byte))
				return false;
	return true;
}

static void there_and_back(void)
{
	struct pv_switched did;
	const char *why;

	memcpy(before, text, sizeof(text));
	trace_clear();
	why = pv_switch("far", &did);
	ok(!why && installed == &backends[1], "near to far");
	ok(sites_are(0xb8, 0xb8), "all sites of both images are far's");
	ok(did.sites == 2 * SITES && did.tries == 2 && !strcmp(did.from, "near") &&
		   !strcmp(did.to, "far"),
	   "and it says so");
	ok(!strcmp(strchr(trace, 'G'), "GSTSwwwwwwYRSwwwwwwYRC+REt"),
	   "all wait, interrupts are off, the table, the sites, IF, and all go on");
	ok(paravirt_state()->op[PV_TYPE_irq_disable].n == 5, "the state is far's");
	ok(is_inside((uint32_t)text[0] + 1) && is_inside((uint32_t)text[1] + 5),
	   "nobody waits in a site");
	ok(!is_inside((uint32_t)text[0]) && !is_inside((uint32_t)text[0] + 6), "only beside it");
	text[0][0] = 0xf3;
	ok(is_inside((uint32_t)text[0]),
	   "nor where an instruction repeats, which may be half done");
	text[0][0] = 0xb8;
	ok(!is_inside(0) && !is_inside((uint32_t)&did), "what is no text is not looked at");
	ok(is_inside((uint32_t)native) && is_inside((uint32_t)native + 15) &&
		   !is_inside((uint32_t)native + 16),
	   "nor in a back end's function");
	why = pv_switch("near", &did);
	ok(!why && !memcmp(before, text, sizeof(text)), "far to near: to the byte");
}

static void changes_nothing(const char *name, const char *expected)
{
	const struct paravirt_state *state = paravirt_state();
	const struct pv_backend *was = installed;
	struct pv_switched did;
	const char *why;

	memcpy(before, text, sizeof(text));
	trace_clear();
	why = pv_switch(name, &did);
	ok(why && !strcmp(why, expected), "%s", expected);
	ok(!memcmp(before, text, sizeof(text)) && installed == was && paravirt_state() == state &&
		   !strchr(trace, 'w') && !strchr(trace, 'T') && !strchr(trace, 'C'),
	   "and nothing has changed");
	ok(turns == 0, "and others have their turn");
}

static void cannot_be(void)
{
	not_now = "interrupts are off";
	changes_nothing("far", not_now);
	not_now = NULL;
	nobody_waits = "CPU 7 sleeps";
	changes_nothing("far", nobody_waits);
	nobody_waits = NULL;
	images[0].native_end = native;
	changes_nothing("far", "no image says where the functions of the back end in use lie");
	images[0].native_end = native + sizeof(native);
	changes_nothing("nothing", "there is no such back end");
	changes_nothing("guest's", "the new back end is for a kernel in another ring");
	changes_nothing("greedy", "there are sites that cannot become what the new back end wants");
}

/* What was refused before goes through the table, and so follows; it is counted. */
static void damaged_before(void)
{
	struct pv_switched did;
	const char *why;

	text[1][0] = 0x40;
	why = pv_switch("far", &did);
	ok(!why && sites_are(0xb8, 0x40), "a damaged site is left alone, and the others change");
	ok(paravirt_stats.total.refused == 1 && paravirt_stats.refusal[0].at == text[1],
	   "it is counted, and named");
	changes_nothing("greedy", "there are sites that cannot become what the new back end wants");
	why = pv_switch("near", &did);
	ok(!why && sites_are(0xfa, 0x40), "and back");
}

static void for_good(void)
{
	struct pv_switched did;

	ok(!pv_switch("for good", &did), "one that cannot be left is switched to");
	changes_nothing("near", "the back end in use cannot be left");
}

int main(void)
{
	paravirt_init();
	make(0);
	make(1);
	pv_ops = near_ops;
	for (unsigned which = 0; which < 2; which++)
		apply_paravirt(records[which], records[which] + SITES);
	ok(sites_are(0xfa, 0xfa), "it begins near");
	there_and_back();
	cannot_be();
	damaged_before();
	for_good();
	return tests_end();
}
