// SPDX-License-Identifier: MIT
/*
 * The tables are made to fit one text screen of 80 columns together: two ops a line.
 * What became of an op's sites is a word and a count; sites of one op nearly always share a fate,
 * so the count stands there only when they do not.
 */
#include "kernel/patch/stats.h"
#include "arch/x86/cpu/cpu.h"
#include "kernel/base/event.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/alternative.h"

static const char *const kinds[PV_NR_KINDS] = {
	[PV_KEPT] = "kept", [PV_INLINE] = "inline", [PV_CALL] = "call", [PV_JMP] = "jmp",
	[PV_NOP] = "nop",   [PV_TRAP] = "trap",     [PV_GONE] = "gone",
};

const char *stats_kind(unsigned kind)
{
	return kinds[kind];
}

static void hex(char *out, size_t room, const uint8_t *bytes, unsigned n)
{
	out[0] = '\0';
	for (unsigned i = 0; i < n && strlen(out) + 4 < room; i++)
		snprintf(out + strlen(out), room - strlen(out), i ? " %02x" : "%02x", bytes[i]);
}

/* "; expected 1 2 3, found 1 2 4", with where that is when it is not the site's start. */
static void compared(char *out, size_t room, const struct pv_refusal *refusal)
{
	char expected[32], found[32], where[8] = "";

	out[0] = '\0';
	if (!refusal->n)
		return;
	hex(expected, sizeof(expected), refusal->expected, refusal->n);
	hex(found, sizeof(found), refusal->found, refusal->n);
	if (refusal->skip)
		snprintf(where, sizeof(where), "+%u: ", refusal->skip);
	snprintf(out, room, "; %sexpected %s, found %s", where, expected, found);
}

static void refused_line(const struct pv_family *family, const struct pv_refusal *refusal)
{
	char record[64], text[80];

	hex(record, sizeof(record), refusal->record, (unsigned)family->record_size);
	compared(text, sizeof(text), refusal);
	pr_err("refused: %s site at %08x (%pS): %s%s; record %s\n", family->name,
	       (uint32_t)refusal->at, refusal->at, pv_why_text(refusal->why), text, record);
}

static void refused_event(const struct pv_family *family, const void *record, const void *at,
			  const char *reason)
{
	event_begin("refused");
	event_text("family", family->name);
	event_address("site", (uint32_t)at);
	event_text("reason", reason);
	event_address("record", (uint32_t)record);
	event_end();
}

void stats_refused_table(const struct pv_family *family, const void *end, const char *reason)
{
	pr_err("refused: the %s table that ends at %08x: %s\n", family->name, (uint32_t)end,
	       reason);
	refused_event(family, NULL, end, reason);
}

static void refused_site(const struct pv_family *family, const struct pv_refusal *refusal)
{
	refused_line(family, refusal);
	refused_event(family, refusal->record, refusal->at, pv_why_text(refusal->why));
}

void stats_refused(const struct pv_family *family, const struct pv_stats *stats)
{
	for (unsigned i = 0; i < stats->listed; i++) {
		const struct pv_refusal *refusal = &stats->refusal[i];

		if (refusal->record)
			refused_site(family, refusal);
		else
			stats_refused_table(family, refusal->at, pv_why_text(refusal->why));
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
	event_number("refused", count->refused);
}

void stats_pass_event(const struct pv_family *family, const struct pv_stats *stats, const char *to)
{
	event_begin("pass");
	event_text("family", family->name);
	if (to)
		event_text("to", to);
	count_members(&stats->total);
	event_number("bytes", stats->bytes);
	event_number("pad", stats->pad);
	event_number("ns", stats->ns);
	event_end();
}

static void row_event(const char *event, const struct pv_family *family, unsigned row,
		      const struct pv_count *count)
{
	event_begin(event);
	event_text("family", family->name);
	event_text(family->row_is, family->name_row(row));
	event_number("type", row);
	count_members(count);
}

/* Both ways to ask for a feature are one event, as they have always been, and the second one more. */
static void feature_events(const struct pv_family *family, const struct pv_count *rows)
{
	for (unsigned row = 0; row < PV_FEATURE_NAMES; row++) {
		const struct pv_count *negated = &rows[row + PV_FEATURE_NAMES];
		struct pv_count both = rows[row];

		places_add(&both, negated);
		if (!both.sites)
			continue;
		row_event("features", family, row, &both);
		event_number("negated", negated->sites);
		event_end();
		if (!negated->sites)
			continue;
		row_event("negated", family, row, negated);
		event_end();
	}
}

static void op_events(const struct pv_family *family, const struct pv_count *rows)
{
	for (unsigned row = 0; row < family->rows; row++)
		if (rows[row].sites) {
			row_event("ops", family, row, &rows[row]);
			event_end();
		}
}

void stats_events(const struct pv_family *family, const struct pv_stats *stats)
{
	stats_pass_event(family, stats, NULL);
	if (!stats->row)
		return;
	if (family == &alternative_family)
		feature_events(family, stats->row);
	else
		op_events(family, stats->row);
}

static void sites_event(const struct pv_family *family, const char *when, const char *whose,
			const struct pv_count *count)
{
	event_begin("sites");
	event_text("family", family->name);
	event_text("when", when);
	event_text("of", whose);
	count_members(count);
	event_end();
}

void stats_places_events(const struct pv_family *family, const char *when,
			 const struct places *places)
{
	sites_event(family, when, "kernel", &places->own);
	if (places_have_tests())
		sites_event(family, when, "tests", &places->tests);
}

static void became_add(char *out, size_t room, const char *what, uint32_t n, uint32_t sites)
{
	size_t used = strlen(out);

	if (n == sites)
		strlcpy(out, what, room);
	else if (n)
		snprintf(out + used, room - used, "%s%s %u", used ? ", " : "", what, n);
}

/* "inline", or "refused 1, inline 3" where the sites of a row differ; refusals are never cut off.
 */
static void became(char *out, size_t room, const struct pv_count *count)
{
	out[0] = '\0';
	became_add(out, room, "refused", count->refused, count->sites);
	for (unsigned kind = 0; kind < PV_NR_KINDS; kind++)
		became_add(out, room, kinds[kind], count->kind[kind], count->sites);
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
	char fate[40];

	out[0] = '\0';
	if (row >= family->rows)
		return;
	became(fate, sizeof(fate), &stats->row[row]);
	snprintf(out, room, "%-17s %4u  %s", family->name_row(row), stats->row[row].sites, fate);
}

/* A left cell that is too wide has the line for itself. */
static void line_of(const char *left, const char *right)
{
	bool wide = strlen(left) > 36;

	if (wide || !right[0])
		pr_info("  %s\n", left);
	if (right[0])
		pr_info("  %-36s %s\n", wide ? "" : left, right);
}

/* Rows in two columns, read downwards. */
void stats_rows(const struct pv_family *family, const struct pv_stats *stats)
{
	unsigned n = 0, left = next_row(family, stats, 0), right = left;
	char l[64], r[64];

	for (unsigned row = left; row < family->rows; row = next_row(family, stats, row + 1))
		n++;
	for (unsigned i = 0; i < (n + 1) / 2; i++)
		right = next_row(family, stats, right + 1);
	pr_info("  %-17s sites  %-12s %-17s sites  %s\n", "op", "became", "op", "became");
	for (unsigned i = 0; i < (n + 1) / 2; i++) {
		cell(l, sizeof(l), family, stats, left);
		cell(r, sizeof(r), family, stats, right);
		line_of(l, r);
		left = next_row(family, stats, left + 1);
		right = next_row(family, stats, right + 1);
	}
}

/* The most called ops first; a bar of at most 30 columns shows the share of all calls. */
#define BAR 30

static unsigned most_called(const uint64_t *calls, unsigned rows, uint64_t below, unsigned after)
{
	unsigned best = rows;

	for (unsigned row = 0; row < rows; row++) {
		bool next = calls[row] < below || (calls[row] == below && row > after);

		if (calls[row] && next && (best == rows || calls[row] > calls[best]))
			best = row;
	}
	return best;
}

/* What is too much for the division loses its last bits on both sides. */
static unsigned permille_of(uint64_t calls, uint64_t total)
{
	while (total >> 32) {
		total >>= 1;
		calls >>= 1;
	}
	return (unsigned)div_u64(calls * 1000, (uint32_t)total);
}

static void histogram_row(const char *name, uint64_t calls, uint64_t total)
{
	unsigned permille = permille_of(calls, total);
	char bar[BAR + 1];

	memset(bar, '#', BAR);
	bar[permille * BAR / 1000] = '\0';
	pr_info("  %-17s %9llu  %3u.%u %%  %s\n", name, calls, permille / 10, permille % 10, bar);
	event_begin("calls");
	event_text("op", name);
	event_number("calls", calls);
	event_end();
}

void stats_calls(const struct pv_family *family, const uint64_t *calls)
{
	uint64_t total = 0;
	unsigned row;

	for (row = 0; row < family->rows; row++)
		total += calls[row];
	if (!total)
		return;
	pr_info("  %-17s     calls\n", "op");
	row = most_called(calls, family->rows, ~0ull, family->rows);
	while (row < family->rows) {
		histogram_row(family->name_row(row), calls[row], total);
		row = most_called(calls, family->rows, calls[row], row);
	}
}

/* 79 columns, for a text screen. */
#define COUNTS "%6u %4u %3u %3u %4u %4u %4u"
#define COUNTS_OF(c)                                                                    \
	(c)->kind[PV_INLINE], (c)->kind[PV_CALL], (c)->kind[PV_JMP], (c)->kind[PV_NOP], \
		(c)->kind[PV_TRAP], (c)->kind[PV_KEPT], (c)->kind[PV_GONE]

/* An emulator's microseconds are marked. */
static bool is_machine(void)
{
	return !strcmp(cpu_whose_time(), "a machine");
}

static void head(const char *of, const char *more)
{
	pr_info("  %-12s sites inline call jmp nop trap kept gone refused%s\n", of, more);
}

const char *stats_us_name(void)
{
	return is_machine() ? "us" : "~us";
}

void stats_head(void)
{
	head("family", is_machine() ? " bytes  pad   us" : " bytes  pad  ~us");
}

unsigned stats_us(const struct pv_stats *stats)
{
	return (unsigned)div_u64(stats->ns + 500, 1000);
}

void stats_line(const struct pv_family *family, const struct pv_stats *stats)
{
	pr_info("  %-12s %5u " COUNTS " %7u %5u %4u %4u\n", family->name, stats->total.sites,
		COUNTS_OF(&stats->total), stats->total.refused, stats->bytes, stats->pad,
		stats_us(stats));
}

static void part_line(const char *name, const struct pv_count *count)
{
	pr_info("   %-13s %3u " COUNTS " %7u\n", name, count->sites, COUNTS_OF(count),
		count->refused);
}

void stats_places(const struct places *places)
{
	if (!places_have_tests())
		return;
	part_line("kernel's", &places->own);
	part_line("tests'", &places->tests);
}

/* What is asked the other way round stands below. */
void stats_features(const struct pv_family *family, const struct pv_stats *stats)
{
	head("feature", "");
	for (unsigned i = 0; i < PV_FEATURE_ROWS && stats->row; i++) {
		const unsigned row = i / 2 + i % 2 * PV_FEATURE_NAMES;

		if (stats->row[row].sites)
			part_line(family->name_row(row), &stats->row[row]);
	}
}

void stats_now_head(void)
{
	head("by now", "");
}

void stats_now_line(const struct pv_family *family, const struct pv_count *now)
{
	pr_info("  %-12s %5u " COUNTS " %7u\n", family->name, now->sites, COUNTS_OF(now),
		now->refused);
}

void stats_foot(void)
{
	if (!is_machine())
		pr_info("  ~us: microseconds of %s, not of a machine\n", cpu_whose_time());
}
