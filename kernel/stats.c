// SPDX-License-Identifier: MIT
/*
 * The table is made to fit one text screen of 80 columns together with its totals: two ops a line.
 * What became of an op's sites is a word and a count; sites of one op nearly always share a fate,
 * so the count stands there only when they do not.
 */
#include "kernel/stats.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/timer.h"
#include "kernel/cmdline.h"
#include "kernel/event.h"
#include "kernel/multiboot.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/nops.h"
#include "pv/paravirt.h"

static const char *const kinds[PV_NR_KINDS] = {
	[PV_KEPT] = "kept", [PV_INLINE] = "inline", [PV_CALL] = "call",
	[PV_JMP] = "jmp",   [PV_NOP] = "nop",       [PV_TRAP] = "trap",
};

static const char *cpu_name(void)
{
	static char name[80];

	snprintf(name, sizeof(name), "%s family %u model %u stepping %u", boot_cpu.vendor,
		 boot_cpu.family, boot_cpu.model, boot_cpu.stepping);
	return name;
}

void stats_boot_event(void)
{
	event_begin("boot");
	event_text("backend", pv_backend_current()->name);
	event_number("cpus", 1);
	event_text("cpu", cpu_name());
	event_text("cmdline", boot_info.cmdline);
	event_text("vendor", boot_cpu.vendor);
	event_number("family", boot_cpu.family);
	event_text("nops", pv_nops->name);
	event_text("loader", boot_info.loader);
	event_number("memory", boot_info.memory_bytes);
	event_number("tsc_khz", timer_tsc_khz());
	event_end();
}

void stats_machine(void)
{
	char tsc[32] = "no TSC";

	if (timer_tsc_khz())
		snprintf(tsc, sizeof(tsc), "TSC %u MHz", (timer_tsc_khz() + 500) / 1000);
	pr_info("  machine   %s, %s%s\n", cpu_name(), boot_cpu.has_fpu ? "" : "no FPU, ", tsc);
	if (boot_cpu.model_name[0])
		pr_info("  model     %s\n", boot_cpu.model_name);
	pr_info("  memory    %u MiB in %u ranges, by %s\n",
		(unsigned)(boot_info.memory_bytes >> 20), boot_info.ranges,
		boot_info.loader[0] ? boot_info.loader : "a loader without a name");
	pr_info("  back end  %s in ring %u, padding %s\n", pv_backend_current()->name,
		pv_ops.init.kernel_rpl, pv_nops->name);
}

void stats_protection(void)
{
	uint32_t before = timer_ticks;

	pr_info("  paging    %s, guards %s, cr0 %08x, cr4 %08x\n",
		paging_enabled() ? "on, text read-only" : "off", paging_guarded() ? "hold" : "none",
		read_cr0(), read_cr4_safe());
	if (!timer_wait_tick() || timer_ticks == before)
		pr_warn("timer: no tick arrives: what needs ticks will be skipped\n");
}

static void hex(char *out, size_t room, const uint8_t *bytes, unsigned n)
{
	out[0] = '\0';
	for (unsigned i = 0; i < n && strlen(out) + 4 < room; i++)
		snprintf(out + strlen(out), room - strlen(out), i ? " %02x" : "%02x", bytes[i]);
}

/* What the record says should be there; "?" when it cannot even say that. */
static void expected_bytes(const struct pv_family *family, const void *record, char *out,
			   size_t room)
{
	struct pv_site site;

	if (!record || family->bytes(record, family->linked, &site))
		strlcpy(out, "?", room);
	else
		hex(out, room, site.bytes, site.n);
}

static void refused_line(const struct pv_family *family, const struct pv_refusal *refusal)
{
	char record[64], expected[32], found[32] = "";

	hex(record, sizeof(record), refusal->record, (unsigned)family->record_size);
	if (refusal->why != PV_WHY_BYTES && refusal->why != PV_WHY_OVERLAP) {
		pr_err("refused: %s site at %08x (%pS): %s; record %s\n", family->name,
		       (uint32_t)refusal->at, refusal->at, pv_why_text(refusal->why), record);
		return;
	}
	expected_bytes(family, refusal->record, expected, sizeof(expected));
	hex(found, sizeof(found), refusal->at, 6);
	pr_err("refused: %s site at %08x (%pS): %s; expected %s, found %s; record %s\n",
	       family->name, (uint32_t)refusal->at, refusal->at, pv_why_text(refusal->why),
	       expected, found, record);
}

static void refused_event(const struct pv_family *family, const struct pv_refusal *refusal)
{
	event_begin("refused");
	event_text("family", family->name);
	event_address("site", (uint32_t)refusal->at);
	event_text("reason", pv_why_text(refusal->why));
	event_address("record", (uint32_t)refusal->record);
	event_end();
}

void stats_refused(const struct pv_family *family, const struct pv_stats *stats)
{
	for (unsigned i = 0; i < stats->listed; i++) {
		const struct pv_refusal *refusal = &stats->refusal[i];

		if (refusal->record)
			refused_line(family, refusal);
		else
			pr_err("refused: the %s table that ends at %08x: %s\n", family->name,
			       (uint32_t)refusal->at, pv_why_text(refusal->why));
		refused_event(family, refusal);
	}
	if (stats->total.refused > stats->listed)
		pr_err("refused: and %u more %s sites\n", stats->total.refused - stats->listed,
		       family->name);
}

static void count_members(const struct pv_count *count)
{
	event_number("sites", count->sites);
	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++)
		event_number(kinds[kind], count->kind[kind]);
}

void stats_events(const struct pv_family *family, const struct pv_stats *stats)
{
	event_begin("pass");
	event_text("family", family->name);
	count_members(&stats->total);
	event_number("refused", stats->total.refused);
	event_number("bytes", stats->bytes);
	event_number("pad", stats->pad);
	event_number("ns", stats->ns);
	event_end();
	for (unsigned row = 0; row < family->rows; row++) {
		if (!stats->row[row].sites)
			continue;
		event_begin("ops");
		event_text("op", family->name_row(row));
		event_number("type", row);
		count_members(&stats->row[row]);
		event_end();
	}
}

/* "inline", or "inline 3, kept 1" where the sites of a row differ. */
static void became(char *out, size_t room, const struct pv_count *count)
{
	out[0] = '\0';
	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++) {
		size_t used = strlen(out);

		if (count->kind[kind] == count->sites)
			strlcpy(out, kinds[kind], room);
		else if (count->kind[kind])
			snprintf(out + used, room - used, "%s%s %u", used ? ", " : "", kinds[kind],
				 count->kind[kind]);
	}
}

static unsigned next_row(const struct pv_family *family, const struct pv_stats *stats, unsigned row)
{
	while (row < family->rows && !stats->row[row].sites)
		row++;
	return row;
}

static void cell(char *out, size_t room, const struct pv_family *family,
		 const struct pv_stats *stats, unsigned row)
{
	char fate[24];

	out[0] = '\0';
	if (row >= family->rows)
		return;
	became(fate, sizeof(fate), &stats->row[row]);
	snprintf(out, room, "%-17s %4u  %s", family->name_row(row), stats->row[row].sites, fate);
}

/* Rows in two columns, read downwards. */
static void rows(const struct pv_family *family, const struct pv_stats *stats)
{
	unsigned n = 0, left = next_row(family, stats, 0), right = left;
	char l[48], r[48];

	for (unsigned row = left; row < family->rows; row = next_row(family, stats, row + 1))
		n++;
	for (unsigned i = 0; i < (n + 1) / 2; i++)
		right = next_row(family, stats, right + 1);
	pr_info("  %-17s sites  %-12s %-17s sites  %s\n", "op", "became", "op", "became");
	for (unsigned i = 0; i < (n + 1) / 2; i++) {
		cell(l, sizeof(l), family, stats, left);
		cell(r, sizeof(r), family, stats, right);
		if (r[0])
			pr_info("  %-36s %s\n", l, r);
		else
			pr_info("  %s\n", l);
		left = next_row(family, stats, left + 1);
		right = next_row(family, stats, right + 1);
	}
}

void stats_table(const struct pv_family *family, const struct pv_stats *stats)
{
	const struct pv_count *total = &stats->total;
	uint64_t rate = mul_div_u64(total->sites, 1000000000,
				    (uint32_t)(stats->ns ? stats->ns : 1));

	rows(family, stats);
	pr_info("  %u sites: %u inline, %u call, %u jmp, %u nop, %u trap, %u kept, %u refused\n",
		total->sites, total->kind[PV_INLINE], total->kind[PV_CALL], total->kind[PV_JMP],
		total->kind[PV_NOP], total->kind[PV_TRAP], total->kind[PV_KEPT], total->refused);
	pr_info("  %u bytes rewritten, %u of them padding, in %u.%u us: %llu sites a second\n",
		stats->bytes, stats->pad, (unsigned)div_u64(stats->ns, 1000),
		(unsigned)div_u64(stats->ns, 100) % 10, rate);
}
