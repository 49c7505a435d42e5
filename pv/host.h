/* SPDX-License-Identifier: MIT */
/*
 * What pv/ asks of the machine below it, all of it. The kernel's answers are in arch/x86/host.c,
 * the unit tests' in tests/host/; another kernel that takes pv/ writes these functions and nothing
 * else.
 *
 * The order in one pass, which the unit tests hold the engine to:
 *
 *	pv_host_gather();		the other CPUs wait
 *	flags = pv_host_irq_save();
 *	pv_host_text_write(...)		once a site that changes
 *	pv_host_sync_self();		once
 *	pv_host_irq_restore(flags);
 *	pv_host_release();		and go on, serialized
 *
 * The inner four run while text is half written: they and all that they call must contain no site
 * and must lie in PV_TEXT, where the build refuses one. A compiler may also want memcpy and its kin
 * of the host; code in PV_TEXT never needs them.
 */
#ifndef PV_HOST_H
#define PV_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Code that runs between the first write of a pass and its serialization. */
#define PV_TEXT __attribute__((section(".pv.text"), noinline))

/*
 * A part of PV_TEXT functions: it becomes code of theirs, so nobody else may call it. What the pass
 * does for every record is made of these, because calls were a third of its time; a kernel that
 * is compiled for size takes that time.
 */
#ifdef __OPTIMIZE_SIZE__
#define PV_TEXT_PART static inline __attribute__((section(".pv.text")))
#else
#define PV_TEXT_PART static inline __attribute__((section(".pv.text"), always_inline))
#endif

enum pv_level { PV_ERR, PV_WARN, PV_INFO };

/* Interrupts off, by instructions and not by a site. Returns what pv_host_irq_restore() wants. */
uint32_t pv_host_irq_save(void);
void pv_host_irq_restore(uint32_t flags);

/*
 * Write n bytes (1 to 255) of kernel text at `at`, in one copy, ascending. The range was checked by
 * the engine: it lies in a pv_image's text. Text that is mapped read-only is the host's problem.
 */
void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n);

/*
 * May the engine store to text by itself until the next pv_host_irq_restore()? It does so in its
 * short loops, with the words that pv_host_text_write() would write. False where text is read-only.
 */
bool pv_host_text_writable(void);

/*
 * Make this CPU forget instructions that it has fetched: by a serializing instruction that every
 * CPU has, so not CPUID (Intel SDM volume 3, 8.3: IRET serializes on all).
 */
void pv_host_sync_self(void);

/*
 * Make all other CPUs that run wait with interrupts off, in code without sites, until
 * pv_host_release(); each serializes before it goes on. Comes back when all of them wait. The two
 * may have sites themselves. A host with one CPU does nothing.
 */
void pv_host_gather(void);
void pv_host_release(void);

/*
 * For pv_switch() (pv/backend/switch.h): as pv_host_gather(), but each CPU waits only where it goes on, and
 * returns to sooner or later, outside of what `inside` says; a task that does not run stands so,
 * too. With `carry` it keeps no interrupt there (pv/kept.h), and when it is released, EFLAGS become
 * what `carry` makes of them: those that it goes on with, on that CPU, serialized. Both functions are without sites. The
 * CPU that calls this does its own. Adds to *tries how often all were called.
 *
 * NULL: they wait, and pv_host_release() follows. Otherwise, in words, why that cannot be, and
 * nobody waits. A host with one CPU returns NULL.
 */
const char *pv_host_gather_outside(bool (*inside)(uint32_t address),
				   uint32_t (*carry)(uint32_t flags), uint32_t *tries);

/*
 * For live changes (pv/poke.h). Make every other CPU that runs forget what it has fetched, and come
 * back when all have; they go on meanwhile. Returns the longest that one CPU was kept from its work,
 * in ns: another one by this round, or this one by a site that was written, interrupts off, since
 * the round before. 0: that is not measured.
 */
uint64_t pv_host_sync_others(void);

/*
 * One CPU at a time, and none comes or goes and no pass is made meanwhile: wait for that, so that
 * others can be synchronized by who changes now. NULL, or in words why it cannot be.
 */
const char *pv_host_live_begin(void);
void pv_host_live_end(void);

/* Nanoseconds since some start, never backwards, interrupts on or off. A host without a clock: 0.
 */
uint64_t pv_host_time(void);

/* Has the CPU this feature? CPUID word * 32 + bit, words numbered in pv/feature.h. */
bool pv_host_has(unsigned feature);

/* A line for people; no newline at the end. Of printf's formats pv/ uses %s, %u and %x. */
void pv_host_say(enum pv_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Run the handler of an interrupt that was kept (pv_irq_keep()) as if it came now; interrupts are
 * off, in the back end's sense. Only back ends that keep interrupts call it.
 */
void pv_host_deliver(unsigned irq);

/* The end of the machine, with the reason. */
_Noreturn void pv_host_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
