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
#include "kernel/patch/stats.h"
#include "lib/glob.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/paravirt.h"

/* The passes at boot, in their order; self-tests make passes of their own. */
static struct pv_stats paravirt_boot, alternatives_boot, smp_locks_boot;
static struct pv_count paravirt_boot_rows[PV_NR_TYPES], features_boot_rows[PV_FEATURE_ROWS];

static const struct {
	const struct pv_family *family;
	struct pv_stats *stats;
} passes[] = {
	{&paravirt_family, &paravirt_boot},
	{&alternative_family, &alternatives_boot},
	{&smp_locks_family, &smp_locks_boot},
};
#define NR_PASSES (sizeof(passes) / sizeof(passes[0]))

static uint32_t refused_before[NR_PASSES]; /* by a dry run that found damage */

static bool indexed; /* the build left an index for each table */

void __init patching_init(void)
{
	const struct pv_backend *backend = pv_backend_detect();

	indexed = image_init();
	if (options.pv[0]) {
		backend = pv_backend_find(options.pv);
		if (!backend) {
			backend = pv_backend_detect();
			pr_warn("pv=%s: no such back end; going on with %s\n", options.pv,
				backend->name);
		}
	}
	pv_backend_install(backend);
}

const char *patching_backend(void)
{
	return pv_backend_current()->name;
}

static const char *judgement(const struct pv_stats *stats)
{
	if (stats->total.refused)
		return "sites were refused";
	return stats->total.sites ? NULL : "there is no site at all";
}

static void __init judge(const struct pv_family *family, const struct pv_stats *stats)
{
	const char *why = judgement(stats);

	if (why)
		pr_err("%s: %s: the image is damaged\n", family->name, why);
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
		if (glob_match(options.debug_alternative, passes[i].family->name))
			return;
	if (!options.debug_alternative[0])
		return;
	pr_warn("debug-alternative=%s: no such family; there are", options.debug_alternative);
	for (unsigned i = 0; i < NR_PASSES; i++)
		pr_warn(" %s", passes[i].family->name);
	pr_warn("\n");
}

/* What the passes will do: each family's records, from which state to which. */
enum { PARAVIRT, ALTERNATIVES, SMP_LOCKS };
static struct pv_change changes[NR_PASSES];

static void __init plan(void)
{
	static struct paravirt_state target;

	paravirt_state_make(&target, &pv_ops);
	alternative_state_make(&alternative_state, __alt_replacements, __alt_replacements_end);
	changes[PARAVIRT] = (struct pv_change){
		&paravirt_family, kernel_tables.paravirt, kernel_tables.paravirt_end,
		paravirt_linked(), options.noreplace_paravirt ? paravirt_linked() : &target};
	changes[ALTERNATIVES] = (struct pv_change){&alternative_family, kernel_tables.alternatives,
						   kernel_tables.alternatives_end,
						   &alternative_linked, &alternative_state};
	changes[SMP_LOCKS] = (struct pv_change){
		&smp_locks_family, kernel_tables.smp_locks, kernel_tables.smp_locks_end,
		smp_locks_state(), options.noreplace_smp ? &smp_locks_smp : &smp_locks_up};
}

/* Damage anywhere, and the image was to be whole or as linked: so it stays, whatever is asked. */
static void __init all_or_nothing(void)
{
	static struct pv_stats dry[NR_PASSES];
	uint32_t bad = 0;

	for (unsigned i = 0; i < NR_PASSES; i++)
		if (!image_holds_table(changes[i].first, changes[i].last))
			bad++;
	bad = bad ? bad : pv_refused(changes, NR_PASSES, dry);
	if (!bad)
		return;
	pr_err("all-or-nothing: the image is damaged: nothing is patched\n");
	for (unsigned i = 0; i < NR_PASSES; i++) {
		stats_refused(changes[i].family, &dry[i]);
		refused_before[i] = dry[i].total.refused;
	}
	options.noreplace_paravirt = options.noreplace_smp = true;
	changes[PARAVIRT].to = changes[PARAVIRT].from;
	changes[ALTERNATIVES].to = changes[ALTERNATIVES].from;
	changes[SMP_LOCKS].to = changes[SMP_LOCKS].from;
}

/* What a dry run has already named is counted, and not named again. */
static void __init say_refused(unsigned i)
{
	if (!refused_before[i])
		stats_refused(passes[i].family, passes[i].stats);
	else if (passes[i].stats->total.refused < refused_before[i])
		passes[i].stats->total.refused = refused_before[i];
}

static void __init run_paravirt(void)
{
	const struct pv_change *c = &changes[PARAVIRT];

	if (options.noreplace_paravirt)
		paravirt_keep();
	if (table_in_image(c, &paravirt_boot)) {
		list(c);
		apply_paravirt(c->first, c->last);
		paravirt_boot = paravirt_stats;
		memcpy(paravirt_boot_rows, paravirt_rows, sizeof(paravirt_boot_rows));
		say_refused(PARAVIRT);
	}
	if (paravirt_boot.total.sites == 0) {
		paravirt_keep(); /* so they all are as linked, and this is what the rest goes on */
		image_reset_paravirt();
	}
	paravirt_boot.row = paravirt_boot_rows;
}

static void __init run_alternatives(void)
{
	const struct pv_change *c = &changes[ALTERNATIVES];

	if (!table_in_image(c, &alternatives_boot))
		return;
	alternatives_boot.row = features_boot_rows;
	list(c);
	pv_apply(c->family, c->first, c->last, c->from, c->to, PV_STOPPED, &alternatives_boot);
	say_refused(ALTERNATIVES);
	for (const struct alt_instr *alt = c->first; alt < (const struct alt_instr *)c->last; alt++)
		cpu_use(alt->cpuid & ~(unsigned)ALT_FLAG_NOT); /* another CPU needs it, too */
}

/* Only one CPU runs at boot; a table that cannot be is never looked at again. */
static void __init run_smp_locks(void)
{
	const struct pv_change *c = &changes[SMP_LOCKS];

	if (!table_in_image(c, &smp_locks_boot)) {
		kernel_tables.smp_locks_end = kernel_tables.smp_locks = NULL;
		return;
	}
	if (options.noreplace_smp)
		smp_locks_keep();
	list(c);
	smp_locks_switch(c->first, c->last, &smp_locks_up, &smp_locks_boot);
	say_refused(SMP_LOCKS);
}

/* As CPUs come and go; only this one runs when these are called. */
static void switch_locks(const uint8_t *to, const char *name)
{
	static struct pv_stats stats;

	stats = (struct pv_stats){.ns = 0};
	smp_locks_switch(kernel_tables.smp_locks, kernel_tables.smp_locks_end, to, &stats);
	stats_refused(&smp_locks_family, &stats);
	stats_pass_event(&smp_locks_family, &stats, name);
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

void __init patching_run(void)
{
	check_listed_family();
	paravirt_init();
	plan();
	if (options.all_or_nothing)
		all_or_nothing();
	run_paravirt();
	run_alternatives();
	run_smp_locks();
	smp_before_first = locks_on;
	smp_after_last = locks_off;
	for (unsigned i = 0; i < NR_PASSES; i++)
		judge(passes[i].family, passes[i].stats);
}

void patching_init_gone(void)
{
	image_init_gone();
}

void patching_results(void (*tell)(const char *family, const char *why))
{
	tell("index", indexed ? NULL : "a table has none");
	for (unsigned i = 0; i < NR_PASSES; i++)
		tell(passes[i].family->name, judgement(passes[i].stats));
}

bool patching_whole(void)
{
	return !judgement(&paravirt_boot);
}

void __init patching_events(void)
{
	for (unsigned i = 0; i < NR_PASSES; i++)
		stats_events(passes[i].family, passes[i].stats);
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

void patching_table(void)
{
	stats_rows(&paravirt_family, &paravirt_boot);
	stats_head();
	for (unsigned i = 0; i < NR_PASSES; i++) {
		stats_line(passes[i].family, passes[i].stats);
		if (passes[i].family != &paravirt_family)
			stats_line_rows(passes[i].family, passes[i].stats);
	}
	stats_calls(&paravirt_family, calls_now());
}

void patching_break(void)
{
	pv_apply(&paravirt_family, kernel_tables.paravirt, kernel_tables.paravirt_end,
		 paravirt_state(), paravirt_linked(), PV_STOPPED, &paravirt_stats);
	pv_ops.cpu.wbinvd = (void(PV_FN *)(void))pv_missing[PV_TYPE_wbinvd];
	apply_paravirt(kernel_tables.paravirt, kernel_tables.paravirt_end);
	wbinvd();
}

/* Here no site lies: what is in the middle of it runs on. Init text is gone, and not written to. */
PV_TEXT void patching_damage(void)
{
	extern uint8_t _init_text[], _init_text_end[];
	static const uint8_t ud2[] = {0x0f, 0x0b};

	pv_host_irq_save();
	for (const struct paravirt_patch_site *site = kernel_tables.paravirt;
	     site < kernel_tables.paravirt_end; site++) {
		uint8_t *at = (uint8_t *)site->instr;

		if (at < _init_text || at >= _init_text_end)
			pv_host_text_write(at, ud2, sizeof(ud2));
	}
}
