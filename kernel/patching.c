// SPDX-License-Identifier: MIT
/*
 * The kernel's own sites: which back end, the pass at boot, what became of it. A refused site stays
 * slow and correct, but then the image is not what was built, and the run fails.
 */
#include "kernel/patching.h"
#include "kernel/cmdline.h"
#include "kernel/image.h"
#include "kernel/ktap.h"
#include "kernel/list.h"
#include "kernel/stats.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/paravirt.h"

/* The pass at boot; self-tests make passes of their own. */
static struct pv_stats boot_stats;
static struct pv_count boot_rows[PV_NR_TYPES];

void patching_init(void)
{
	const struct pv_backend *backend = pv_backend_detect();

	image_init();
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

/* The table's ends are data: where they are damaged, a walk could last for ever. */
static bool table_in_image(const struct image_tables *tables)
{
	if (image_holds_table(tables->paravirt, tables->paravirt_end))
		return true;
	boot_stats.total.refused++;
	stats_refused_table(&paravirt_family, tables->paravirt_end, "not in the image");
	return false;
}

static void patch(const struct image_tables *tables)
{
	if (options.debug_alternative)
		list_paravirt(tables->paravirt, tables->paravirt_end, options.noreplace_paravirt);
	apply_paravirt(tables->paravirt, tables->paravirt_end);
	boot_stats = paravirt_stats;
	memcpy(boot_rows, paravirt_rows, sizeof(boot_rows));
	stats_refused(&paravirt_family, &boot_stats);
}

void patching_run(void)
{
	const char *why;

	paravirt_init();
	if (options.noreplace_paravirt)
		paravirt_keep();
	if (table_in_image(&kernel_tables))
		patch(&kernel_tables);
	if (boot_stats.total.sites == 0) {
		paravirt_keep(); /* so they all are as linked, and this is what the rest goes on */
		image_reset_tables();
	}
	boot_stats.row = boot_rows;
	why = judgement(&boot_stats);
	if (why)
		pr_err("paravirt: %s: the image is damaged\n", why);
	ktap_boot_result("paravirt", why);
}

bool patching_whole(void)
{
	return !judgement(&boot_stats);
}

void patching_events(void)
{
	stats_events(&paravirt_family, &boot_stats);
}

/* The counts go on while they are printed, and sorting needs them to stand still. */
static const uint32_t *calls_now(void)
{
	static uint32_t calls[PV_NR_TYPES];

	memcpy(calls, pv_trace_counts, sizeof(calls));
	return calls;
}

void patching_table(void)
{
	stats_table(&paravirt_family, &boot_stats);
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
