// SPDX-License-Identifier: MIT
/*
 * litmus on the command line: measured in place of the self-tests, which are another's to leave out.
 * Not in report.c, which is a program of the build machine's, too.
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/litmus/report.h"

static void litmus_judge(void)
{
	options.no_table |= options.litmus != 0;
	if (options.litmus)
		result_boot("litmus", litmus_measure(options.litmus));
}
RUN(RUN_JUDGE, "litmus", litmus_judge);
RUN(RUN_SUMMARY, "litmus", litmus_summary);
