/* SPDX-License-Identifier: MIT */
/*
 * What the passes did, for people (a table on the console) and for programs (events). The table is
 * made from the same numbers as the events.
 *
 *	stats_boot();			the machine and the back end
 *	stats_refused(&paravirt_family, &paravirt_stats);
 *	stats_pass(&paravirt_family, &paravirt_stats);
 */
#ifndef KERNEL_STATS_H
#define KERNEL_STATS_H

#include "pv/engine.h"

/* The event `boot` and the head of the log. */
void stats_boot_event(void);
void stats_machine(void);

/* What is protected by then, and whether ticks arrive. */
void stats_protection(void);

/* One line and one event for each refused site, after the pass. Remembered: the first
 * PV_REFUSED_MAX. */
void stats_refused(const struct pv_family *family, const struct pv_stats *stats);

/* The events `pass` and `ops`. */
void stats_events(const struct pv_family *family, const struct pv_stats *stats);

/* The table: a line a row that has sites, two rows side by side, and the totals. */
void stats_table(const struct pv_family *family, const struct pv_stats *stats);

#endif
