// SPDX-License-Identifier: MIT
/*
 * Two tables. The first grows while it is measured, with passes; the second one says how many
 * changes in a thousand went wrong, and in which ways, in few enough lines for a screen.
 */
#include "kernel/litmus/report.h"
#include "kernel/base/event.h"
#include "lib/format.h"
#include "lib/printk.h"
#include <stddef.h>

#define RATE_MAX 24
#define CELL_MAX 32

static struct litmus_row rows[LITMUS_PLACES][LITMUS_CHANGES];
static uint32_t measured; /* changes in each; 0: nothing was */

/* "12.3%", by whole numbers; what happened at all is not 0.0%. */
static void rate(char text[RATE_MAX], const struct litmus_row *row)
{
	const uint32_t wrong = row->wrong, n = row->changes ? row->changes : 1;
	const uint32_t tenths = n < 1000000 ? wrong * 1000 / n : wrong / (n / 1000);

	if (!wrong)
		snprintf(text, RATE_MAX, "0");
	else if (!tenths)
		snprintf(text, RATE_MAX, "<0.1%%");
	else
		snprintf(text, RATE_MAX, "%u.%u%%", tenths / 10, tenths % 10);
}

static const char *others(void)
{
	return litmus_runners() == 1 ? "other CPU" : "other CPUs";
}

static void print_head(enum litmus_place place, uint32_t n)
{
	pr_info("litmus: %s, %u changes under %u %s: passes that saw\n", litmus_place_name[place],
		n, litmus_runners(), others());
	pr_info("  %-24s %7s %10s %7s %7s %7s %5s %6s\n", "", "old", "new", "torn", "trapped",
		"stale", "back", "wrong");
}

static void print_row(const struct litmus_row *row)
{
	const struct litmus_seen *s = &row->seen;
	char wrong[RATE_MAX];

	rate(wrong, row);
	pr_info("  %-24s %7llu %10llu %7llu %7llu %7llu %5llu %6s\n", row->change->name,
		(unsigned long long)s->as_old, (unsigned long long)s->as_new,
		(unsigned long long)s->torn, (unsigned long long)s->trapped,
		(unsigned long long)s->stale, (unsigned long long)s->back, wrong);
	if (row->why)
		pr_warn("litmus: %s, after %u changes: %s\n", row->change->name, row->changes,
			row->why);
}

static void row_event(const struct litmus_row *row)
{
	event_begin("litmus");
	event_text("form", row->change->name);
	event_text("place", litmus_place_name[row->place]);
	event_number("runners", litmus_runners());
	event_number("changes", row->changes);
	event_number("wrong", row->wrong);
	event_number("old", row->seen.as_old);
	event_number("new", row->seen.as_new);
	event_number("torn", row->seen.torn);
	event_number("trapped", row->seen.trapped);
	event_number("stale", row->seen.stale);
	event_number("back", row->seen.back);
	event_end();
}

static const char *verdict(const struct litmus_row *row)
{
	if (!row->change->whole)
		return NULL;
	if (row->why)
		return row->why;
	if (row->wrong)
		return "the whole protocol does not hold";
	return row->seen.as_new ? NULL : "the whole protocol was not seen to change anything";
}

static const char *measure_place(const struct litmus_memory *memory, enum litmus_place place,
				 uint32_t n)
{
	const char *why = NULL;

	print_head(place, n);
	for (unsigned i = 0; i < LITMUS_CHANGES; i++) {
		struct litmus_row *row = &rows[place][i];

		litmus_run_row(row, memory, &litmus_changes[i], place, n);
		print_row(row);
		row_event(row);
		why = why ? why : verdict(row);
	}
	return why;
}

const char *litmus_measure(uint32_t n)
{
	struct litmus_memory memory;
	const char *why = litmus_begin(&memory);

	if (!why)
		why = litmus_run_mixtures(&memory);
	if (why) {
		pr_err("litmus: %s\n", why);
		return why;
	}
	for (unsigned place = 0; place < LITMUS_PLACES; place++) {
		const char *here = measure_place(&memory, place, n);

		why = why ? why : here;
	}
	measured = n;
	return why;
}

/* "12.3% txsb" */
static void print_cell(char text[CELL_MAX], const struct litmus_row *row)
{
	const struct litmus_seen *s = &row->seen;
	char wrong[RATE_MAX];

	rate(wrong, row);
	snprintf(text, CELL_MAX, "%6s%s%s%s%s%s", wrong, row->wrong ? " " : "", s->torn ? "t" : "",
		 s->trapped ? "x" : "", s->stale ? "s" : "", s->back ? "b" : "");
}

void litmus_summary(void)
{
	if (!measured)
		return;
	pr_info("litmus: %s, %u changes each under %u %s\n", litmus_cpu(), measured,
		litmus_runners(), others());
	pr_info("  changes that went wrong   %-15s %-15s %s\n", litmus_place_name[0],
		litmus_place_name[1], litmus_place_name[2]);
	for (unsigned i = 0; i < LITMUS_CHANGES; i++) {
		char cell[LITMUS_PLACES][CELL_MAX];

		for (unsigned place = 0; place < LITMUS_PLACES; place++)
			print_cell(cell[place], &rows[place][i]);
		pr_info("  %-24s %-15s %-15s %s\n", litmus_changes[i].name, cell[0], cell[1],
			cell[2]);
	}
	pr_info("  t torn, x trapped, s stale after the end, b old behind new\n");
}
