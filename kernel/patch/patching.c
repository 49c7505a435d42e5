// SPDX-License-Identifier: MIT
/*
 * The kernel's own sites: which back end, the passes at boot, lock prefixes as CPUs come and go,
 * what became of all of them. A refused site stays slow and correct, but then the image is not what
 * was built, and the run fails.
 */
#include "kernel/patch/patching.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "kernel/base/cmdline.h"
#include "kernel/patch/image.h"
#include "kernel/patch/list.h"
#include "kernel/patch/places.h"
#include "kernel/patch/stats.h"
#include "lib/glob.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/keyed.h"
#include "pv/paravirt.h"
#include "pv/poke.h"

/* The passes at boot, in their order; self-tests make passes of their own. */
enum { PARAVIRT, RELOCS, ALTERNATIVES, SMP_LOCKS, BRANCHES, CALLS, NR_PASSES };
static struct pv_change passes[NR_PASSES] = {
	[PARAVIRT] = {.family = &paravirt_family},
	[RELOCS] = {.family = &pv_relocs_family},
	[ALTERNATIVES] = {.family = &alternative_family},
	[SMP_LOCKS] = {.family = &smp_locks_family},
	[BRANCHES] = {.family = &jump_label_family},
	[CALLS] = {.family = &static_call_family},
};
static struct pv_stats boot[NR_PASSES], dry[NR_PASSES]; /* of all-or-nothing's dry run */
static struct places places_boot[NR_PASSES], places_now[NR_PASSES];
static struct pv_count paravirt_rows_boot[PV_NR_TYPES], relocs_rows_boot[PV_NR_TYPES],
	features_rows_boot[PV_FEATURE_ROWS];

/* A kernel whose sites are annotated has none to be found. */
static bool is_there(unsigned pass)
{
	return PV_SITES_RELOCS || pass != RELOCS;
}

/* trace=GLOB: a line for each pass and change of a family. */
static DEFINE_STATIC_KEY_ARRAY_FALSE(traced, NR_PASSES);
#define TRACE(pass, stats, to)                                 \
	do {                                                   \
		if (static_branch_unlikely(&traced[pass]))     \
			trace(passes[pass].family, stats, to); \
	} while (0)

static bool indexed; /* the build left an index for each table */

static void trace(const struct pv_family *family, const struct pv_stats *stats, const char *to)
{
	pr_info("trace: %s%s%s: %u sites, %u refused, %u bytes, %u ns\n", family->name,
		to ? " to " : "", to ? to : "", stats->total.sites, stats->total.refused,
		stats->bytes, (uint32_t)stats->ns);
}

static void __init trace_init(void)
{
	for (unsigned i = 0; i < NR_PASSES; i++)
		if (options.trace[0] && glob_match(options.trace, passes[i].family->name))
			static_branch_enable(&traced[i]);
}

static __attribute__((noinline)) const struct pv_backend *named(const char *name,
								const struct pv_backend *detected)
{
	const struct pv_backend *backend = pv_backend_find(name);

	if (backend && pv_backend_fits(backend))
		return backend;
	pr_warn("pv=%s: no such back end%s; going on with %s\n", name,
		backend ? " in this ring" : "", detected->name);
	return detected;
}

void __init patching_init(void)
{
	const struct pv_backend *backend = pv_backend_detect();

	trace_init();
	indexed = image_init();
	if (options.pv[0])
		backend = named(options.pv, backend);
	pv_backend_install(backend);
	if (options.noinline_paravirt)
		paravirt_direct();
}

const char *patching_backend(void)
{
	return pv_backend_current()->name;
}

static const char *judgement(unsigned pass)
{
	if (boot[pass].total.refused)
		return "sites were refused";
	if (boot[pass].total.sites || !is_there(pass) || (pass == PARAVIRT && PV_SITES_RELOCS))
		return NULL;
	return "there is no site at all";
}

static void __init judge(unsigned pass)
{
	const char *why = judgement(pass);

	if (why)
		pr_err("%s: %s: the image is damaged\n", passes[pass].family->name, why);
}

/* The table's ends are data: where they are damaged, a walk could last for ever. */
static bool __init table_in_image(const struct pv_change *c, struct pv_stats *stats)
{
	if (image_holds_table(c->first, c->last))
		return true;
	stats->total.refused++;
	stats_refused_table(c->family, c->last, "not in the image");
	return false;
}

/* debug-alternative, and debug-alternative=FAMILY. */
static bool __init is_listed(const struct pv_family *family)
{
	return options.debug_alternative[0] && glob_match(options.debug_alternative, family->name);
}

static void __init list(const struct pv_change *c)
{
	if (is_listed(c->family))
		list_sites(c->family, c->first, c->last, c->from, c->to);
}

static void __init check_listed_family(void)
{
	for (unsigned i = 0; i < NR_PASSES; i++)
		if (is_there(i) && glob_match(options.debug_alternative, passes[i].family->name))
			return;
	if (!options.debug_alternative[0])
		return;
	pr_warn("debug-alternative=%s: no such family; there are", options.debug_alternative);
	for (unsigned i = 0; i < NR_PASSES; i++)
		if (is_there(i))
			pr_warn(" %s", passes[i].family->name);
	pr_warn("\n");
}

static void __init plan_pass(unsigned i, const void *first, const void *last, const void *from,
			     const void *to)
{
	passes[i] = (struct pv_change){passes[i].family, first, last, from, to};
}

/* Which records each takes, and from which state to which. A pass makes its own state of the ops. */
static void __init plan(void)
{
	static struct paravirt_state target;
	const struct image_tables *t = &kernel_tables;

	if (options.all_or_nothing || is_listed(&paravirt_family) || is_listed(&pv_relocs_family))
		paravirt_target(&target, &pv_ops);
	alternative_state_make(&alternative_state, __alt_replacements, __alt_replacements_end);
	plan_pass(PARAVIRT, t->paravirt, t->paravirt_end, paravirt_linked(),
		  options.noreplace_paravirt ? paravirt_linked() : &target);
	plan_pass(RELOCS, t->relocs, t->relocs_end, paravirt_linked(), passes[PARAVIRT].to);
	plan_pass(ALTERNATIVES, t->alternatives, t->alternatives_end, &alternative_linked,
		  &alternative_state);
	plan_pass(SMP_LOCKS, t->smp_locks, t->smp_locks_end, smp_locks_state(),
		  options.noreplace_smp ? &smp_locks_smp : &smp_locks_up);
	plan_pass(BRANCHES, t->branches, t->branches_end, &jump_label_linked,
		  jump_label_family.version[pv_present]);
	plan_pass(CALLS, t->calls, t->calls_end, &static_call_linked,
		  static_call_family.version[pv_present]);
}

/* Damage anywhere, and the image was to be whole or as linked: so it stays, whatever is asked. */
static void __init all_or_nothing(void)
{
	bool whole = true;

	for (unsigned i = 0; i < NR_PASSES; i++)
		whole &= image_holds_table(passes[i].first, passes[i].last);
	if (whole && !pv_refused(passes, NR_PASSES, dry))
		return;
	pr_err("all-or-nothing: the image is damaged: nothing is patched\n");
	for (unsigned i = 0; i < NR_PASSES; i++)
		stats_refused(passes[i].family, &dry[i]);
	options.noreplace_paravirt = options.noreplace_smp = true;
	for (unsigned i = 0; i < NR_PASSES; i++)
		passes[i].to = passes[i].from;
}

/* What a dry run has already named is counted, and not named again. */
static void __init say_refused(unsigned i)
{
	if (!dry[i].total.refused)
		stats_refused(passes[i].family, &boot[i]);
	else if (boot[i].total.refused < dry[i].total.refused)
		boot[i].total.refused = dry[i].total.refused;
}

static void __init run_paravirt(void)
{
	const struct pv_change *c = &passes[PARAVIRT];

	if (options.noreplace_paravirt)
		paravirt_keep();
	if (table_in_image(c, &boot[PARAVIRT])) {
		list(c);
		apply_paravirt(c->first, c->last);
		boot[PARAVIRT] = paravirt_stats;
		memcpy(paravirt_rows_boot, paravirt_rows, sizeof(paravirt_rows_boot));
		say_refused(PARAVIRT);
		TRACE(PARAVIRT, &boot[PARAVIRT], NULL);
	}
	if (boot[PARAVIRT].total.sites == 0 && judgement(PARAVIRT)) {
		paravirt_keep(); /* so they all are as linked, and this is what the rest goes on */
		image_reset_paravirt();
	}
	boot[PARAVIRT].row = paravirt_rows_boot;
}

/* By the state that the annotated ones have gone to. */
static void __init run_relocs(void)
{
	const struct pv_change *c = &passes[RELOCS];

	if (!is_there(RELOCS) || !table_in_image(c, &boot[RELOCS]))
		return;
	boot[RELOCS].row = relocs_rows_boot;
	list(c);
	pv_apply(c->family, c->first, c->last, c->from, paravirt_state(), PV_STOPPED,
		 &boot[RELOCS]);
	say_refused(RELOCS);
	TRACE(RELOCS, &boot[RELOCS], NULL);
}

static void __init run_alternatives(void)
{
	const struct pv_change *c = &passes[ALTERNATIVES];

	if (!table_in_image(c, &boot[ALTERNATIVES]))
		return;
	boot[ALTERNATIVES].row = features_rows_boot;
	list(c);
	pv_apply(c->family, c->first, c->last, c->from, c->to, PV_STOPPED, &boot[ALTERNATIVES]);
	say_refused(ALTERNATIVES);
	TRACE(ALTERNATIVES, &boot[ALTERNATIVES], NULL);
	for (const struct alt_instr *alt = c->first; alt < (const struct alt_instr *)c->last; alt++)
		cpu_use(alt->cpuid & ~(unsigned)ALT_FLAG_NOT); /* another CPU needs it, too */
}

/* Only one CPU runs at boot; a table that cannot be is never looked at again. */
static void __init run_smp_locks(void)
{
	const struct pv_change *c = &passes[SMP_LOCKS];

	if (!table_in_image(c, &boot[SMP_LOCKS])) {
		kernel_tables.smp_locks_end = kernel_tables.smp_locks = NULL;
		return;
	}
	if (options.noreplace_smp)
		smp_locks_keep();
	list(c);
	smp_locks_switch(c->first, c->last, &smp_locks_up, &boot[SMP_LOCKS]);
	say_refused(SMP_LOCKS);
	TRACE(SMP_LOCKS, &boot[SMP_LOCKS], NULL);
}

/* From then on they follow their keys. */
static bool __init run_keyed(unsigned i, void (*live)(void), void (*keep)(void))
{
	const struct pv_change *c = &passes[i];

	if (!table_in_image(c, &boot[i])) {
		keep();
		return false;
	}
	list(c);
	pv_apply(c->family, c->first, c->last, c->from, c->to, PV_STOPPED, &boot[i]);
	say_refused(i);
	if (c->to == c->from)
		keep();
	else
		live();
	return true;
}

/* As CPUs come and go; only this one runs when these are called. */
static void switch_locks(const uint8_t *to, const char *name)
{
	static struct pv_stats stats;

	pv_stats_begin(&stats, NULL);
	smp_locks_switch(kernel_tables.smp_locks, kernel_tables.smp_locks_end, to, &stats);
	stats_refused(&smp_locks_family, &stats);
	stats_pass_event(&smp_locks_family, &stats, name);
	TRACE(SMP_LOCKS, &stats, name);
}

static void locks_on(void)
{
	if (strcmp(options.crash, "lost-locks"))
		switch_locks(&smp_locks_smp, "smp");
}

static void locks_off(void)
{
	switch_locks(&smp_locks_up, "up");
}

const void *patching_alternatives(void)
{
	return passes[ALTERNATIVES].to;
}

/* Where a family's sites have been taken to, by whatever. In init text, its cases would be a table in .rodata. */
static __attribute__((noinline)) const void *state_now(unsigned pass)
{
	switch (pass) {
	case ALTERNATIVES: return passes[pass].to;
	case SMP_LOCKS: return smp_locks_state();
	case BRANCHES: return pv_static_keys.state(&pv_static_keys);
	case CALLS: return pv_static_calls.state(&pv_static_calls);
	default: return paravirt_state();
	}
}

/* Nothing of a table whose ends are damaged. */
static void count_now(unsigned pass, struct places *out)
{
	*out = (struct places){0};
	if (image_holds_table(passes[pass].first, passes[pass].last))
		places_count(&passes[pass], state_now(pass), out);
}

void __init patching_run(void)
{
	check_listed_family();
	paravirt_init();
	plan();
	if (options.all_or_nothing)
		all_or_nothing();
	/* First: what is traced hangs on keys. */
	if (run_keyed(BRANCHES, jump_label_live, jump_label_keep))
		TRACE(BRANCHES, &boot[BRANCHES], NULL);
	if (run_keyed(CALLS, static_call_live, static_call_keep))
		TRACE(CALLS, &boot[CALLS], NULL);
	run_paravirt();
	run_relocs();
	run_alternatives();
	run_smp_locks();
	smp_before_first = locks_on;
	smp_after_last = locks_off;
	for (unsigned i = 0; i < NR_PASSES; i++) {
		judge(i);
		count_now(i, &places_boot[i]);
	}
}

void patching_init_gone(void)
{
	image_init_gone();
}

void patching_results(void (*tell)(const char *family, const char *why))
{
	tell("index", indexed ? NULL : "a table has none");
	for (unsigned i = 0; i < NR_PASSES; i++)
		if (is_there(i))
			tell(passes[i].family->name, judgement(i));
}

bool patching_whole(void)
{
	return !judgement(PARAVIRT) && !judgement(RELOCS);
}

static void __init boot_events(unsigned i)
{
	stats_events(passes[i].family, &boot[i]);
	stats_places_events(passes[i].family, "boot", &places_boot[i]);
}

void __init patching_events(void)
{
	for (unsigned i = 0; i < NR_PASSES; i++)
		if (is_there(i))
			boot_events(i);
}

/* Of all CPUs. The counts go on while they are printed, and sorting needs them to stand still. */
static const uint64_t *calls_now(void)
{
	static uint64_t calls[PV_NR_TYPES];

	memset(calls, 0, sizeof(calls));
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		for (unsigned type = 0; type < PV_NR_TYPES; type++)
			calls[type] += per_cpu(pv_trace_counts, cpu)[type];
	return calls;
}

/* An op's sites, however they are known. */
static const struct pv_stats *all_ops(void)
{
	static struct pv_stats all;
	static struct pv_count rows[PV_NR_TYPES];

	all.row = rows;
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		rows[type] = paravirt_rows_boot[type];
		places_add(&rows[type], &relocs_rows_boot[type]);
	}
	return &all;
}

/* The passes at boot, which nothing changes any more. The short part comes last, for a screen. */
static void boot_table(void)
{
	stats_features(passes[ALTERNATIVES].family, &boot[ALTERNATIVES]);
	stats_head();
	for (unsigned i = 0; i < NR_PASSES; i++) {
		if (!is_there(i))
			continue;
		stats_line(passes[i].family, &boot[i]);
		stats_places(&places_boot[i]);
	}
	stats_foot();
}

/* A line for what CPUs, keys, calls, another back end or lost init text have changed since then. */
static void now_table(void)
{
	struct pv_count now;
	bool head = false;

	if (pv_live_begin())
		return;
	for (unsigned i = 0; i < NR_PASSES; i++)
		count_now(i, &places_now[i]);
	pv_live_end();
	for (unsigned i = 0; i < NR_PASSES; i++) {
		if (!is_there(i))
			continue;
		stats_places_events(passes[i].family, "now", &places_now[i]);
		if (!memcmp(&places_now[i], &places_boot[i], sizeof(places_now[i])))
			continue;
		if (!head)
			stats_now_head();
		head = true;
		now = places_now[i].own;
		places_add(&now, &places_now[i].tests);
		stats_now_line(passes[i].family, &now);
	}
}

void patching_table(void)
{
	stats_rows(&paravirt_family, all_ops());
	boot_table();
	now_table();
	stats_calls(&paravirt_family, calls_now());
}

bool patching_told(unsigned i, struct patching_told *out)
{
	i += i >= RELOCS && !is_there(RELOCS);
	if (i >= NR_PASSES)
		return false;
	*out = (struct patching_told){passes[i].family->name, &boot[i], {0}};
	places_add(&out->now, &places_now[i].own);
	places_add(&out->now, &places_now[i].tests);
	return true;
}

void patching_break(void)
{
	pv_apply(&paravirt_family, kernel_tables.paravirt, kernel_tables.paravirt_end,
		 paravirt_state(), paravirt_linked(), PV_STOPPED, &paravirt_stats);
	pv_apply(&pv_relocs_family, kernel_tables.relocs, kernel_tables.relocs_end,
		 paravirt_state(), paravirt_linked(), PV_STOPPED, &paravirt_stats);
	pv_ops.cpu.wbinvd = (void(PV_FN *)(void))pv_missing[PV_TYPE_wbinvd];
	apply_paravirt(kernel_tables.paravirt, kernel_tables.paravirt_end);
	pv_apply(&pv_relocs_family, kernel_tables.relocs, kernel_tables.relocs_end,
		 paravirt_linked(), paravirt_state(), PV_STOPPED, &paravirt_stats);
	wbinvd();
}

/* Here no site lies: what is in the middle of it runs on. Init text is gone, and not written to. */
static PV_TEXT void damage(uint32_t site)
{
	extern uint8_t _init_text[], _init_text_end[];
	static const uint8_t ud2[] = {0x0f, 0x0b};
	uint8_t *at = (uint8_t *)site;

	if (at < _init_text || at >= _init_text_end)
		pv_host_text_write(at, ud2, sizeof(ud2));
}

PV_TEXT void patching_damage(void)
{
	const struct image_tables *t = &kernel_tables;

	pv_host_irq_save();
	for (const struct paravirt_patch_site *site = t->paravirt; site < t->paravirt_end; site++)
		damage(site->instr);
	for (const uint32_t *site = t->relocs; site < t->relocs_end; site++)
		damage(*site);
}
