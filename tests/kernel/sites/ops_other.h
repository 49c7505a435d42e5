/* SPDX-License-Identifier: MIT */
/*
 * A back end for tests: every op is a C function that counts and then does what native does, so
 * that all its sites become direct calls and none can pass unseen.
 *
 *	ops_other_calls = 0;
 *	write_cr0(value);
 *	... ops_other_calls is 1 if, and only if, the site calls the other table's function
 */
#ifndef TESTS_KERNEL_SITES_OPS_OTHER_H
#define TESTS_KERNEL_SITES_OPS_OTHER_H

#include "kernel/test/ktap.h"
#include "pv/paravirt_types.h"

extern volatile uint32_t ops_other_calls;

/* Every function of it is set; what is jumped to is native. */
const struct pv_ops *ops_other(void);

/* That the ops since ops_other_calls = 0 went to the other table if this form says so. */
void ops_check_calls(struct ktap *t, const char *form, uint32_t calls);

/*
 * Are interrupts on, to the CPU and to the kernel's back end (which may keep a flag of its own)?
 * Sites of the probe's form are not involved.
 */
bool ops_if_set(void);

/* In ops.asm. */
void ops_sgdt(struct desc_ptr *ptr);
void ops_sidt(struct desc_ptr *ptr);
uint32_t ops_str(void);

#endif
