/* SPDX-License-Identifier: MIT */
/*
 * What the passes did, for people (a table on the console) and for programs (events). The table is
 * made from the same numbers as the events.
 *
 *	stats_refused(&paravirt_family, &paravirt_stats);
 *	stats_table(&paravirt_family, &paravirt_stats);
 */
#ifndef KERNEL_STATS_H
#define KERNEL_STATS_H

#include "pv/engine.h"

/* One line and one event for each refused site, after the pass. Remembered: the first
 * PV_REFUSED_MAX. */
void stats_refused(const struct pv_family *family, const struct pv_stats *stats);

/* The same for a table that is refused as a whole; `end` is where it ends. */
void stats_refused_table(const struct pv_family *family, const void *end, const char *reason);

/* The events `pass` and `ops`. */
void stats_events(const struct pv_family *family, const struct pv_stats *stats);

/* The table: a line a row that has sites, two rows side by side, and the totals. */
void stats_table(const struct pv_family *family, const struct pv_stats *stats);

/* How often each row's op was called, the most called first; the event `calls` for each. */
void stats_calls(const struct pv_family *family, const uint32_t *calls);

#endif
