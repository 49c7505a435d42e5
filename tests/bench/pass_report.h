/* SPDX-License-Identifier: MIT */
/* What the passes cost, as tables for people and as JSON. */
#ifndef TESTS_BENCH_PASS_REPORT_H
#define TESTS_BENCH_PASS_REPORT_H

#include "tests/bench/pass_sides.h"

enum state { STATE_NEAR, STATE_COLD, STATE_HOT, STATES };

struct row {
	uint32_t size;     /* FIELD_LINUX, or records */
	uint32_t families; /* one, or ALL_FAMILIES */
	uint32_t images, records, rounds;
	enum state state;
	double ns[NR_WHO]; /* a pass, medians; 0: not measured */
	double slope;      /* regular fields: ns for each record more than in the row before */
};

void report_linux_head(void);
void report_regular_head(void);
void report_row(const struct row *row);

/* False: it could not be written. */
int report_json(const char *path, const struct row *rows, unsigned n);

#endif
