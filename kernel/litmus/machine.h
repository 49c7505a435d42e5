/* SPDX-License-Identifier: MIT */
/*
 * What the litmus tests ask of what they run on. The kernel's answers are in machine.c and
 * commit.c, those of a program on the build machine in tests/litmus/; beside these they use
 * printk(), snprintf() and kernel/base/event.h.
 */
#ifndef KERNEL_LITMUS_MACHINE_H
#define KERNEL_LITMUS_MACHINE_H

#include "kernel/litmus/site.h"
#include <stdint.h>

#define LITMUS_CPUS_MAX 15 /* that run through sites, beside the one that changes them */

/* The same memory twice: code can be executed, and the first LITMUS_SITES bytes of data written. */
struct litmus_memory {
	uint8_t *code, *data;
};

/* NULL, with the memory built (litmus_build()); or why there can be no litmus test here. */
const char *litmus_begin(struct litmus_memory *out);

/* What CPU this is, for people. */
const char *litmus_cpu(void);

/* How many other CPUs run, LITMUS_CPUS_MAX at most; fn(i) on each of them, and wait for the end. */
unsigned litmus_runners(void);
void litmus_start(void (*fn)(unsigned i));
void litmus_join(void);

/*
 * Run fn(arg). LITMUS_RETURNED, or the vector of an exception in it, and where the CPU was then.
 */
#define LITMUS_RETURNED   0xffffffffu
#define LITMUS_BREAKPOINT 3u
uint32_t litmus_try(void (*fn)(void *), void *arg, uintptr_t *at);

/* All CPUs, this one too, forget what they have fetched; comes back when they have. */
void litmus_synchronize(void);

/* lock cmpxchg8b: *p becomes `to`, which was `from`. */
void litmus_cmpxchg8b(volatile void *p, uint64_t from, uint64_t to);

/* Milliseconds since some start; one turn of a loop that waits; the end of everything. */
uint32_t litmus_ms(void);
void litmus_relax(void);
_Noreturn void litmus_die(const char *what, unsigned runner);

/*
 * The whole protocol, for one site at `code`, which holds a NOP when it begins and ends. NULL: it
 * holds `to`; otherwise why not.
 */
void litmus_commit_begin(uint8_t *code);
const char *litmus_commit(const struct litmus_memory *site, enum litmus_text to);
void litmus_commit_end(void);

#endif
