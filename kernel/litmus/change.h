/* SPDX-License-Identifier: MIT */
/*
 * Ways to change a site while other CPUs run through it, from the worst to the one that holds.
 */
#ifndef KERNEL_LITMUS_CHANGE_H
#define KERNEL_LITMUS_CHANGE_H

#include "kernel/litmus/machine.h"

struct litmus_change {
	const char *name;
	/* `site` is where it is in both mappings; NULL, or why it could not be done. */
	const char *(*make)(const struct litmus_memory *site, enum litmus_text to);
	bool breakpoints; /* who meets one does what litmus_meaning says */
	bool whole;       /* the protocol, which has to hold */
};

#define LITMUS_CHANGES 11
extern const struct litmus_change litmus_changes[LITMUS_CHANGES];

/* What a breakpoint at the site stands for now. */
extern volatile uint32_t litmus_meaning;

/* Write all bytes, in order. */
void litmus_write(uint8_t *data, enum litmus_text text);

/* The protocol by the steps of pv_commit(), for who has no engine. */
const char *litmus_steps(const struct litmus_memory *site, enum litmus_text to);

#endif
