// SPDX-License-Identifier: MIT
/*
 * The yardstick kernel changes no text, so it has no litmus tests.
 */
#include "kernel/litmus/report.h"
#include "lib/printk.h"

const char *litmus_measure(uint32_t n)
{
	(void)n;
	pr_err("litmus: this kernel changes no text\n");
	return "this kernel changes no text";
}

void litmus_summary(void)
{
}
