/* SPDX-License-Identifier: MIT */
/*
 * Spots in the running kernel: text by the engine, as a family of its own, while all CPUs wait outside of them; and words of
 * data.
 *
 *	why = plan_make(&plan, exhibit, text_look);
 *	if (!why)
 *		why = text_change(&plan, true);
 */
#ifndef KERNEL_MUSEUM_TEXT_H
#define KERNEL_MUSEUM_TEXT_H

#include "kernel/museum/plan.h"

/* Memory, where text or data is. */
plan_look_fn text_look;

/* NULL: all of it was done; otherwise why not, and nothing was. */
const char *text_change(const struct plan *plan, bool broken);

#endif
