// SPDX-License-Identifier: MIT
/*
 * A function that stays inside until it is told to end.
 */
#include "kernel/module/module.h"
#include "lib/export.h"

void stays_until(volatile uint32_t *over);
EXPORT_SYMBOL(stays_until);
void stays_until(volatile uint32_t *over)
{
	*over = 1;
	while (!(*over & 2))
		asm volatile("pause");
}
