// SPDX-License-Identifier: MIT
/*
 * The tables, and the verdict where there is a budget: on the real field with text out of
 * the first caches.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/pass_report.h"

#define SORT_NS 15.0 /* a record */

/* At most so many times the floor, at least so many times faster than before; 0: none. */
static const struct budget {
	uint32_t families;
	const char *name;
	double floor, before, load;
} budgets[] = {
	{1 << FAMILY_PARAVIRT, "paravirt", 3.7, 2.5, 0},
	{1 << FAMILY_ALTERNATIVES, "alternatives", 8, 5, 17},
	{1 << FAMILY_SMP_LOCKS, "smp_locks", 2.7, 3, 0},
	{ALL_FAMILIES, "all", 3.5, 4, 5},
	{FIELD_FOUND | 1 << FAMILY_PARAVIRT, "relocs", 0, 0, 0},
};

static const char *const state_names[STATES] = {"near", "cold", "hot"};

static const struct budget *budget_of(const struct row *row)
{
	const struct budget *budget = budgets;

	while (budget->families != row->families)
		budget++;
	return budget;
}

static int is_judged(const struct row *row)
{
	return row->size == FIELD_LINUX && row->state == STATE_NEAR && budget_of(row)->floor;
}

/* 0 when one of them was not measured. */
static double ratio(const struct row *row, unsigned a, unsigned b)
{
	return row->ns[a] && row->ns[b] ? row->ns[a] / row->ns[b] : 0;
}

static void judge(char *text, size_t size, const char *what, double limit)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s %g", used ? ", " : "", what, limit);
}

/* What was missed, with its limit; "" for nothing. */
static void misses(const struct row *row, char *text, size_t size)
{
	const struct budget *budget = budget_of(row);
	double before = ratio(row, WHO_BEFORE, WHO_ENGINE);

	text[0] = '\0';
	if (budget->floor && ratio(row, WHO_ENGINE, WHO_FLOOR) > budget->floor)
		judge(text, size, "floor x", budget->floor);
	if (before && before < budget->before)
		judge(text, size, "before /", budget->before);
	if (budget->load && ratio(row, WHO_LOAD, WHO_FLOOR) > budget->load)
		judge(text, size, "load x", budget->load);
	if (row->ns[WHO_SORT] / row->records > SORT_NS)
		judge(text, size, "sort", SORT_NS);
}

static const char *verdict(const struct row *row)
{
	static char text[100];

	if (!is_judged(row))
		return "-";
	strcpy(text, "missed: ");
	misses(row, text + 8, sizeof(text) - 8);
	return text[8] ? text : "in budget";
}

void report_linux_head(void)
{
	printf("\nThe passes on the sites of a Linux 6.1 kernel, " PASS_WAY
	       ": ns a record, medians; ratios to the floor, and how much faster than before\n"
	       "%-12s %6s %8s %6s %6s %6s %6s %6s   %6s %6s %6s %6s  %s\n",
	       "family", "images", "records", "engine", "load", "sort", "floor", "before", "x flr",
	       "load x", "faster", "rounds", "verdict");
}

void report_regular_head(void)
{
	printf("\nAnd on regular fields; slope: ns for each record more\n"
	       "%-12s %6s %8s %6s %6s %6s %6s %6s   %6s %6s %6s %6s  %s\n",
	       "family", "state", "records", "engine", "load", "sort", "floor", "before", "x flr",
	       "load x", "faster", "rounds", "slope");
}

static void number(int width, double value, const char *behind)
{
	if (value)
		printf(" %*.1f%s", width, value, behind);
	else
		printf(" %*s%s", width, "-", behind);
}

void report_row(const struct row *row)
{
	static const unsigned order[] = {WHO_ENGINE, WHO_LOAD, WHO_SORT, WHO_FLOOR, WHO_BEFORE};

	if (row->size == FIELD_LINUX)
		printf("%-12s %6u %8u", budget_of(row)->name, row->images, row->records);
	else
		printf("%-12s %6s %8u", budget_of(row)->name, state_names[row->state],
		       row->records);
	for (unsigned i = 0; i < NR_WHO; i++)
		number(6, row->ns[order[i]] / row->records, i == NR_WHO - 1 ? "  " : "");
	number(6, ratio(row, WHO_ENGINE, WHO_FLOOR), "");
	number(6, ratio(row, WHO_LOAD, WHO_FLOOR), "");
	number(6, ratio(row, WHO_BEFORE, WHO_ENGINE), "");
	printf(" %6u  ", row->rounds);
	if (row->size == FIELD_LINUX)
		printf("%s\n", verdict(row));
	else
		printf("%.1f\n", row->slope);
}

static void json_ns(FILE *out, const char *name, const struct row *row, unsigned who)
{
	if (row->ns[who])
		fprintf(out, ", \"%s\": %.2f", name, row->ns[who] / row->records);
	else
		fprintf(out, ", \"%s\": null", name);
}

static void json_row(FILE *out, const struct row *row)
{
	fprintf(out, "{\"field\": \"%s\", \"family\": \"%s\", \"state\": \"%s\", \"records\": %u",
		row->size == FIELD_LINUX ? "linux-6.1" : "regular", budget_of(row)->name,
		state_names[row->state], row->records);
	json_ns(out, "ns", row, WHO_ENGINE);
	json_ns(out, "floor_ns", row, WHO_FLOOR);
	json_ns(out, "before_ns", row, WHO_BEFORE);
	json_ns(out, "load_ns", row, WHO_LOAD);
	json_ns(out, "sort_ns", row, WHO_SORT);
	fprintf(out, ", \"images\": %u, \"rounds\": %u, \"verdict\": \"%s\", \"abi\": \"%s\"}",
		row->images, row->rounds, verdict(row), PASS_WAY);
}

int report_json(const char *path, const struct row *rows, unsigned n)
{
	FILE *out = fopen(path, "w");

	if (!out)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		fprintf(out, i ? ",\n" : "[\n");
		json_row(out, &rows[i]);
	}
	fprintf(out, "\n]\n");
	return fclose(out) == 0;
}
