/* SPDX-License-Identifier: MIT */
/*
 * What the passes did, for people (a table on the console) and for programs (events). The table is
 * made from the same numbers as the events.
 *
 *	stats_refused(&paravirt_family, &paravirt_stats);
 *	stats_rows(&paravirt_family, &paravirt_stats);
 *	stats_head();
 *	stats_line(&paravirt_family, &paravirt_stats);
 */
#ifndef KERNEL_PATCH_STATS_H
#define KERNEL_PATCH_STATS_H

#include "kernel/patch/places.h"
#include "pv/engine.h"

/* One line and one event for each refused site, after the pass. Remembered: the first
 * PV_REFUSED_MAX. */
void stats_refused(const struct pv_family *family, const struct pv_stats *stats);

/* The same for a table that is refused as a whole; `end` is where it ends. */
void stats_refused_table(const struct pv_family *family, const void *end, const char *reason);

/* The event `pass`; `to` names the state, for a family that goes back and forth, or is NULL. */
void stats_pass_event(const struct pv_family *family, const struct pv_stats *stats, const char *to);

/* The events `pass` and, for each row that has sites, `ops`, or `features` and `negated`. */
void stats_events(const struct pv_family *family, const struct pv_stats *stats);

/* The rows that have sites, two side by side. */
void stats_rows(const struct pv_family *family, const struct pv_stats *stats);

/* The events `sites`; `when` is "boot", or "now". */
void stats_places_events(const struct pv_family *family, const char *when,
			 const struct places *places);

/* All families in one table: its head, then a line each; at its end whose microseconds these are. */
void stats_head(void);
void stats_foot(void);
void stats_line(const struct pv_family *family, const struct pv_stats *stats);

/* For other tables: what a kind is called; a pass's microseconds, and what those are called here. */
const char *stats_kind(unsigned kind);
const char *stats_us_name(void);
unsigned stats_us(const struct pv_stats *stats);

/* Below a family's line: whose sites they are, where there are self-tests. */
void stats_places(const struct places *places);

/* Of alternatives: the features that have sites, in the same columns. */
void stats_features(const struct pv_family *family, const struct pv_stats *stats);

/* In a table of its own: what sites are by now. */
void stats_now_head(void);
void stats_now_line(const struct pv_family *family, const struct pv_count *now);

/* How often each row's op was called, the most called first; the event `calls` for each. */
void stats_calls(const struct pv_family *family, const uint64_t *calls);

#endif
