/* SPDX-License-Identifier: MIT */
/*
 * The words for what came of asking a CPU for something.
 *
 *	printk(PRINTK_WARN, "smp: %s\n", smp_result_text(cpu_up(1)));
 */
#ifndef ARCH_X86_SMP_RESULT_H
#define ARCH_X86_SMP_RESULT_H

enum smp_result {
	SMP_OK,
	SMP_NO_CPU,     /* the machine has none of this number */
	SMP_ALREADY,    /* it is what it should become */
	SMP_OFF,        /* it is not online */
	SMP_FIRST,      /* the boot CPU cannot go down */
	SMP_NOT_HERE,   /* only the boot CPU may do this */
	SMP_IMPOSSIBLE, /* smp_init() gave a reason, or was not called */
	SMP_NO_ANSWER,  /* it was started and did not come, or does not come to rest */
	SMP_LACKS,      /* it lacks a feature in use */
	SMP_BUSY,       /* it works (smp_work()) */
	SMP_IRQS_OFF,   /* interrupts are off here: who waits for this CPU could not go on */
	SMP_IN_CHANGE,  /* this CPU is in the middle of a change (turn.h) */
};

const char *smp_result_text(enum smp_result result);

#endif
