/* SPDX-License-Identifier: MIT */
/*
 * Padding: for every length that the CPU has one for, an instruction that does nothing, in the form
 * that this CPU understands. No emulator faults on a wrong form, so the tables are checked by
 * decoding them and by looking at what stands in text.
 *
 *	pv_nops_select(vendor, family);		// once, before the first pass
 *	pv_nops_fill(bytes, 11);		// 9 + 2 bytes, two instructions
 *
 * A NOP is executed, and a prefix is not: where the CPU takes prefixes in stride, what leaves room
 * may begin with up to pv_nops->leads of PV_LEAD, if pv_insn_may_lead() (pv/insn.h).
 */
#ifndef PV_NOPS_H
#define PV_NOPS_H

#include <stdint.h>

#define PV_NOP_MAX 9    /* the longest of any table */
#define PV_LEAD    0x3e /* a prefix, DS: where the CPU would look anyway */

struct pv_nops {
	const char *name;
	uint8_t max;   /* the longest here: rows 1 to max are filled */
	uint8_t leads; /* prefixes that an instruction may carry, or 0 */
	uint8_t bytes[PV_NOP_MAX + 1][PV_NOP_MAX]; /* [length]; row 0 is empty */
};

enum pv_vendor { PV_VENDOR_OTHER, PV_VENDOR_INTEL, PV_VENDOR_AMD };

/* The tables, ended by NULL: for tests that decode every row. */
extern const struct pv_nops *const pv_nops_tables[];

/* The table in use; "486" until pv_nops_select(). */
extern const struct pv_nops *pv_nops;

/*
 * Choose by CPUID's vendor and family (base plus extended). A CPU without CPUID has family 4 at
 * most. Sites that were padded before the call no longer compare equal: select first, patch then.
 */
void pv_nops_select(enum pv_vendor vendor, unsigned family);

/* Fill n bytes (0 to 255) with as few NOPs as there can be, the longest first. */
void pv_nops_fill(uint8_t *bytes, unsigned n);

#endif
