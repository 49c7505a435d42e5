/* SPDX-License-Identifier: MIT */
/*
 * The ports by which emulators listen: a debug console that takes bytes and answers with its own
 * number, QEMU's isa-debug-exit, and Bochs's, which ends it by a word. No set-up and no waiting.
 *
 *	emulator_end(status);	// comes back where nobody listens
 */
#ifndef ARCH_X86_CPU_EMULATOR_H
#define ARCH_X86_CPU_EMULATOR_H

#include "arch/x86/cpu/io.h"
#include <stdbool.h>
#include <stdint.h>

#define EMULATOR_CONSOLE    0xe9 /* QEMU: -debugcon, Bochs: port_e9_hack */
#define EMULATOR_DEBUG_EXIT 0xf4
#define EMULATOR_BOCHS_EXIT \
	0x8900 /* ends Bochs, by the word "Shutdown"; elsewhere it is anybody's */

/* Is the debug console there? A read gives the port's own number, an empty bus 0xff. */
static inline bool emulator_answers(void)
{
	return inb(EMULATOR_CONSOLE) == EMULATOR_CONSOLE;
}

/*
 * End the emulator; QEMU's exit status is twice this plus one. A part of its caller, which may be
 * in PV_TEXT.
 */
static inline __attribute__((always_inline)) void emulator_end(uint8_t status)
{
	outb(EMULATOR_DEBUG_EXIT, status);
	for (const char *word = "Shutdown"; *word && emulator_answers(); word++)
		outb(EMULATOR_BOCHS_EXIT, (uint8_t)*word);
}

#endif
