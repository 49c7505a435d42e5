// SPDX-License-Identifier: MIT
#include "tests/kernel/live/call_forms.h"

volatile uint32_t calls_made;

uint32_t call_form_1(void)
{
	calls_made++;
	return 1;
}

uint32_t call_form_2(void)
{
	calls_made++;
	return 2;
}

uint64_t call_wide_1(void)
{
	return CALL_WIDE;
}

DEFINE_STATIC_CALL(call_form, call_form_1);
DEFINE_STATIC_CALL_NULL(call_wide, call_wide_1);
