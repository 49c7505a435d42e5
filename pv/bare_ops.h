/* SPDX-License-Identifier: MIT */
/*
 * For the bare forms of pv/ops.def: what takes more than an instruction. Included by pv/calls.h
 * when CONFIG_PARAVIRT is 0.
 */
#ifndef PV_BARE_OPS_H
#define PV_BARE_OPS_H

#include "pv/host.h"
#include "pv/native.h"
#include "pv/types.h"

#define PV_BARE_DEBUGREG(n)                                                    \
	static inline uint32_t pv_bare_read_dr##n(void)                        \
	{                                                                      \
		uint32_t value;                                                \
		asm volatile("mov %%dr" #n ", %0" : "=r"(value) : : "memory"); \
		return value;                                                  \
	}                                                                      \
	static inline void pv_bare_write_dr##n(uint32_t value)                 \
	{                                                                      \
		asm volatile("mov %0, %%dr" #n : : "r"(value) : "memory");     \
	}

PV_BARE_DEBUGREG(0)
PV_BARE_DEBUGREG(1)
PV_BARE_DEBUGREG(2)
PV_BARE_DEBUGREG(3)
PV_BARE_DEBUGREG(6)
PV_BARE_DEBUGREG(7)

static inline uint32_t pv_bare_get_debugreg(unsigned reg)
{
	switch (reg) {
	case 0: return pv_bare_read_dr0();
	case 1: return pv_bare_read_dr1();
	case 2: return pv_bare_read_dr2();
	case 3: return pv_bare_read_dr3();
	case 6: return pv_bare_read_dr6();
	case 7: return pv_bare_read_dr7();
	default: return 0;
	}
}

static inline void pv_bare_set_debugreg(unsigned reg, uint32_t value)
{
	switch (reg) {
	case 0: pv_bare_write_dr0(value); break;
	case 1: pv_bare_write_dr1(value); break;
	case 2: pv_bare_write_dr2(value); break;
	case 3: pv_bare_write_dr3(value); break;
	case 6: pv_bare_write_dr6(value); break;
	case 7: pv_bare_write_dr7(value); break;
	default: break;
	}
}

static inline void pv_bare_write_entry(void *table, unsigned entry, uint32_t low, uint32_t high)
{
	volatile uint32_t *words = (uint32_t *)table + 2 * entry;

	words[0] = low;
	words[1] = high;
}

static inline void pv_bare_set_pte(void *entry, pv_pte_t pte)
{
	volatile uint32_t *halves = entry;

	halves[1] = (uint32_t)(pte.pte >> 32);
	halves[0] = (uint32_t)pte.pte;
}

#endif
