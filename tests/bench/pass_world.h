/* SPDX-License-Identifier: MIT */
/*
 * What the two engines' drivers share, each with its own pv/: the ops that the list's types are
 * taken for, and what a pass counted. Included once by each of them.
 */
#ifndef TESTS_BENCH_PASS_WORLD_H
#define TESTS_BENCH_PASS_WORLD_H

#include "pv/alternative.h"
#include "pv/backend/backend.h"
#include "pv/nops.h"
#include "pv/patch.h"
#include "pv/smp_locks.h"
#include "tests/bench/pass_field.h"

/*
 * By the types of the list. Most are io_delay there (0: in and out, an instruction), unlocked (9)
 * and contended (8) spin locks, and whether a virtual CPU sleeps (12: nothing to do).
 */
static const uint8_t world_types[WORLD_OPS] = {
	PV_TYPE_io_delay,        PV_TYPE_flush_tlb,   PV_TYPE_flush_tlb, PV_TYPE_flush_tlb_single,
	PV_TYPE_cpuid,           PV_TYPE_sched_clock, PV_TYPE_cpuid,     PV_TYPE_set_debugreg,
	PV_TYPE_write_gdt_entry, PV_TYPE_irq_enable,  PV_TYPE_iret,      PV_TYPE_iret,
	PV_TYPE_pte_val,
};

static inline void world_make(struct world_op *ops)
{
	for (unsigned i = 0; i < WORLD_OPS; i++) {
		unsigned type = world_types[i];
		const struct pv_template *template = &pv_native_templates[type];
		struct world_op *op = &ops[i];

		*op = (struct world_op){.type = (uint8_t)type,
					.n = (uint8_t)(template->end - template->start),
					.jumps = type == PV_TYPE_iret,
					.empty = type == PV_TYPE_pte_val,
					.slot = (uint32_t)&pv_ops + 4 * type,
					.function = pv_slot(&pv_native_ops, type)};
		for (unsigned k = 0; k < op->n && k < sizeof(op->bytes); k++)
			op->bytes[k] = template->start[k];
	}
}

static inline void world_count(struct counts *counts, const struct pv_stats *stats)
{
	*counts = (struct counts){
		stats->total.sites, stats->total.refused, stats->bytes, stats->pad, {0}};
	for (unsigned i = 0; i < PV_NR_KINDS && i < 8; i++)
		counts->kind[i] = stats->total.kind[i];
}

static uint8_t own_section[16]; /* no site lies in it */

extern struct pv_image *pv_images;

#endif
