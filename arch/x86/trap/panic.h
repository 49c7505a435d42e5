/* SPDX-License-Identifier: MIT */
/*
 * The end of the machine, good or bad.
 *
 *	panic("page directory at %p is not aligned", directory);
 *
 * prints the reason, the registers and a backtrace with symbols, calls panic_last_words, and ends
 * the run with status MACHINE_PANIC.
 */
#ifndef ARCH_X86_TRAP_PANIC_H
#define ARCH_X86_TRAP_PANIC_H

#include <stdint.h>

struct regs;

/* What the kernel writes to isa-debug-exit; QEMU's exit status is twice this plus one. */
enum machine_status { MACHINE_PASSED = 0x10, MACHINE_FAILED = 0x11, MACHINE_PANIC = 0x12 };

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void panic_regs(const struct regs *regs, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What a panic asks of the floors above. Each registers itself, once, before it can be needed, and
 * no lock guards these: they are set while one CPU runs. NULL: there is nobody yet. They are called
 * by a CPU that has interrupts off for good, and in whatever state text is: panic_stop_others()
 * has no site.
 */

/*
 * Stop the other CPUs, and take from them what this one needs to print. Returns how many CPUs were
 * online, this one included. By smp_init(), before a second CPU starts.
 */
extern unsigned (*panic_stop_others)(void);

/* Drain what would be lost when an emulator ends. By the serial ports' initialization. */
extern void (*machine_flush)(void);

/* Called near the end of a panic, with the reason: the upper floors' summary. NULL: none. */
extern void (*panic_last_words)(const char *reason);

/* "cpu.wbinvd" if eip is a recorded paravirt site, NULL if not. Set by the owner of the table. */
extern const char *(*panic_find_op)(uint32_t eip);
const char *panic_missing_op(uint32_t eip);

/* machine_flush(), tell the emulator, and if nobody listens stop with interrupts off. */
_Noreturn void machine_end(enum machine_status status);

#endif
