// SPDX-License-Identifier: MIT
/*
 * The yardstick kernel changes no text, so it has no litmus tests; who asks for them is told so.
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "lib/printk.h"

static void litmus_judge(void)
{
	if (!options.litmus)
		return;
	options.no_table = true;
	pr_err("litmus: this kernel changes no text\n");
	result_boot("litmus", "this kernel changes no text");
}
RUN(RUN_JUDGE, "litmus", litmus_judge);
