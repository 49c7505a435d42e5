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

#include "arch/x86/cpu/percpu.h"
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
 * by a CPU that has interrupts off for good, and in whatever state text is. An exception in any of
 * them ends the machine, after one more line.
 */

/*
 * Stop the other CPUs, where no line is half written if that can be. Returns how many CPUs ran,
 * this one included. By smp_init(), before a second CPU starts.
 */
extern unsigned (*panic_stop_others)(void);

/* Drain what would be lost when an emulator ends. By the serial ports' initialization. */
extern void (*machine_flush)(void);

/* Called near the end of a panic, with the reason: the upper floors' summary. NULL: none. */
extern void (*panic_last_words)(const char *reason);

/* "cpu.wbinvd" if eip is a recorded paravirt site, NULL if not. Set by the owner of the table. */
extern const char *(*panic_find_op)(uint32_t eip);
const char *panic_missing_op(uint32_t eip);

/*
 * If another CPU panics, stop here for good; an NMI and a second panic come here, and who is about
 * to start or to print. No site.
 */
void panic_stop_here(void);

/*
 * An exception on a CPU that panics comes here, by whichever way: one line by bare port writes,
 * with the reason if it was not printed yet, and the end. Sites may be half written, so nothing on
 * the way has one.
 */
DECLARE_PER_CPU(uint32_t, panic_runs);
_Noreturn void panic_again(void);

/* Ends the machine in its own way, before an emulator is told. NULL: there is none. */
extern void (*machine_off)(enum machine_status status);

/* machine_flush(), tell the emulator, and if nobody listens stop with interrupts off. */
_Noreturn void machine_end(enum machine_status status);

#endif
