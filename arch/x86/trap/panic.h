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

/* Called near the end of a panic, with the reason: the upper floors' summary. NULL: none. */
extern void (*panic_last_words)(const char *reason);

/* "cpu.wbinvd" if eip is a recorded paravirt site, NULL if not. Set by the owner of the table. */
extern const char *(*panic_find_op)(uint32_t eip);
const char *panic_missing_op(uint32_t eip);

/* Drain the serial ports, tell QEMU, and if nobody listens stop with interrupts off. */
_Noreturn void machine_end(enum machine_status status);

#endif
