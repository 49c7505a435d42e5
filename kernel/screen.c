// SPDX-License-Identifier: MIT
/*
 * The last screen: in place of the log's end one picture of the boot, that is machine, back end, what became of the
 * sites, the families, the verdict. It counts nothing itself, so it says what the log and the events say. A
 * kernel that panics does not get here, and who asked for something else than the statistics keeps what was printed of that.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/vga.h"
#include "arch/x86/smp/cpus.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/multiboot.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/machine.h"
#include "kernel/patch/patching.h"
#include "kernel/patch/places.h"
#include "kernel/patch/stats.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/nops.h"
#include "pv/paravirt.h"

#define COLUMNS 80
#define LEFT    1  /* of names */
#define VALUES  12 /* of what stands behind them, and of the bars */
#define BAR     (COLUMNS - VALUES - 1)
#define VERDICT 24 /* the last row */
#define BLOCK   "\xdb"
#define SQUARE  "\xfe"

/* What can become of a site, in the order of the table: the kinds, and refused. */
#define FATES   (PV_NR_KINDS + 1)
#define REFUSED PV_NR_KINDS

static const struct fate {
	uint8_t kind, colour, width;
} fates[FATES] = {
	{PV_INLINE, VGA_LIGHT_GREEN, 7}, {PV_CALL, VGA_LIGHT_BLUE, 5},
	{PV_JMP, VGA_LIGHT_MAGENTA, 4},  {PV_NOP, VGA_LIGHT_CYAN, 4},
	{PV_TRAP, VGA_YELLOW, 5},        {PV_KEPT, VGA_GREY, 5},
	{PV_GONE, VGA_BROWN, 5},         {REFUSED, VGA_LIGHT_RED, 8},
};

static const char *name_of(const struct fate *fate)
{
	return fate->kind == REFUSED ? "refused" : stats_kind(fate->kind);
}

static uint32_t number_of(const struct fate *fate, const struct pv_count *count)
{
	return fate->kind == REFUSED ? count->refused : count->kind[fate->kind];
}

/* Returns the column behind it. What is too long for the row ends in dots. */
static __attribute__((format(printf, 4, 5))) unsigned put(unsigned row, unsigned column,
							  uint8_t attribute, const char *fmt, ...)
{
	char text[COLUMNS + 1];
	const unsigned room = COLUMNS - column;
	unsigned length;
	va_list ap;

	va_start(ap, fmt);
	length = (unsigned)vsnprintf(text, room + 1, fmt, ap);
	va_end(ap);
	if (length > room)
		memcpy(text + room - 3, "...", 3);
	vga_put(row, column, attribute, text);
	return column + (length > room ? room : length);
}

/* All of a row in one colour, with this text. */
static void banner(unsigned row, uint8_t attribute, const char *text)
{
	put(row, 0, attribute, " %-79s", text);
}

static void name(unsigned row, const char *text)
{
	put(row, LEFT, VGA_GREY, "%s", text);
}

static unsigned machine(unsigned row)
{
	name(row, "machine");
	put(row++, VALUES, VGA_WHITE, "%s, time of %s", machine_cpu(), cpu_whose_time());
	if (boot_cpu.model_name[0]) {
		name(row, "model");
		put(row++, VALUES, VGA_WHITE, "%s", boot_cpu.model_name);
	}
	name(row, "memory");
	put(row++, VALUES, VGA_WHITE, "%u MiB", (unsigned)(boot_info.memory_bytes >> 20));
	name(row, "CPUs");
	put(row++, VALUES, VGA_WHITE, "%u of %u online", smp_online(), machine_cpus.n);
	name(row, "back end");
	put(row++, VALUES, VGA_LIGHT_GREEN, "%s in ring %u, padding %s", patching_backend(),
	    get_kernel_rpl(), pv_nops->name);
	return row;
}

/* One cell for whatever there is, be it a single site, and the rest by shares. */
static void bar(unsigned row, const struct pv_count *count)
{
	uint32_t all = 0, before = 0, there = 0;
	unsigned column = VALUES;

	for (unsigned i = 0; i < FATES; i++) {
		all += number_of(&fates[i], count);
		there += number_of(&fates[i], count) != 0;
	}
	for (unsigned i = 0; i < FATES; i++) {
		const uint32_t behind = before + number_of(&fates[i], count);
		unsigned cells = behind == before ? 0
						  : 1 + behind * (BAR - there) / all -
							    before * (BAR - there) / all;

		while (cells--)
			vga_put(row, column++, fates[i].colour, BLOCK);
		before = behind;
	}
}

/* The bar's colours, with numbers: in two rows, where one is too short. */
static void legend(unsigned row, const struct pv_count *count)
{
	unsigned column = VALUES;

	for (unsigned i = 0; i < FATES; i++) {
		const uint32_t n = number_of(&fates[i], count);
		char text[32];

		if (!n)
			continue;
		snprintf(text, sizeof(text), SQUARE "%s %u", name_of(&fates[i]), n);
		if (column + strlen(text) >= COLUMNS) {
			row++;
			column = VALUES;
		}
		column = put(row, column, fates[i].colour, "%s", text) + 1;
	}
}

static void bar_with_legend(unsigned row, const char *what, const struct pv_count *count)
{
	name(row, what);
	if (!count->sites)
		put(row, VALUES, VGA_LIGHT_RED, "not counted");
	bar(row, count);
	legend(row + 1, count);
}

static void head(unsigned row)
{
	unsigned column = put(row, LEFT, VGA_WHITE, "%-12s %5s", "family", "sites");

	for (unsigned i = 0; i < FATES; i++)
		column = put(row, column, fates[i].colour, "%*s", fates[i].width,
			     name_of(&fates[i]));
	put(row, column, VGA_WHITE, " bytes  pad %5s", stats_us_name());
}

/* What there is none of is pale. */
static void line(unsigned row, uint8_t colour, const char *family, const struct pv_stats *stats)
{
	const struct pv_count *count = &stats->total;
	unsigned column = put(row, LEFT, colour, "%-12s %5u", family, count->sites);

	for (unsigned i = 0; i < FATES; i++) {
		const uint32_t n = number_of(&fates[i], count);

		column = put(row, column, n ? fates[i].colour : VGA_DARK_GREY, "%*u",
			     fates[i].width, n);
	}
	put(row, column, colour, " %5u %4u %5u", stats->bytes, stats->pad, stats_us(stats));
}

static void add(struct pv_stats *sum, const struct pv_stats *stats)
{
	places_add(&sum->total, &stats->total);
	sum->bytes += stats->bytes;
	sum->pad += stats->pad;
	sum->ns += stats->ns;
}

/* Bars and table are made of the same numbers. */
static void sites(unsigned row)
{
	static struct pv_stats boot; /* 4 KiB, by its refusals */
	struct pv_count now = {0};
	struct patching_told told;
	unsigned families = 0;

	head(row + 6);
	while (patching_told(families, &told)) {
		line(row + 7 + families++, VGA_GREY, told.family, told.boot);
		add(&boot, told.boot);
		places_add(&now, &told.now);
	}
	line(row + 7 + families, VGA_WHITE, "all", &boot);
	bar_with_legend(row, "at boot", &boot.total);
	bar_with_legend(row + 3, "by now", &now);
}

/* Red: something failed. Yellow: nothing did, but most of it was not tried at all. */
static uint8_t verdict_colour(void)
{
	if (results.failed)
		return VGA_WHITE | VGA_ON(VGA_RED);
	if (results.skipped > results.passed)
		return VGA_YELLOW | VGA_ON(VGA_BROWN);
	return VGA_WHITE | VGA_ON(VGA_GREEN);
}

static void last_screen(void)
{
	char verdict[COLUMNS];

	if (options.keep_log || options.no_table || !vga_columns())
		return;
	vga_wipe();
	banner(0, VGA_WHITE | VGA_ON(VGA_BLUE), "Pedant, the kernel that patches itself at boot");
	sites(machine(2) + 1);
	snprintf(verdict, sizeof(verdict), "pedant: %u passed, %u failed, %u skipped",
		 results.passed, results.failed, results.skipped);
	banner(VERDICT, verdict_colour(), verdict);
}
RUN(RUN_END, "keep-log", last_screen);
