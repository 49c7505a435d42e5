/* SPDX-License-Identifier: MIT */
/*
 * What static calls in assembly (call_sites.asm) call.
 *
 *	static_call_update(call_form, call_form_2);
 *	CHECK_EQ(t, static_call(call_form)(), 2, "it is called");
 */
#ifndef TESTS_KERNEL_LIVE_CALL_FORMS_H
#define TESTS_KERNEL_LIVE_CALL_FORMS_H

#include "pv/static_call.h"

/* How often call_form_1() and call_form_2(), which return 1 and 2, were called. */
extern volatile uint32_t calls_made;
uint32_t call_form_1(void), call_form_2(void);
DECLARE_STATIC_CALL(call_form, call_form_1);

#define CALL_WIDE 0x100000001 /* what it returns */
uint64_t call_wide_1(void);
DECLARE_STATIC_CALL(call_wide, call_wide_1); /* nothing, at first */

#endif
