/* SPDX-License-Identifier: MIT */
/*
 * Port I/O, one instruction a function. Ports are not privileged in the sense of pv_ops: no back
 * end so far wants to see them, so they are plain instructions and no sites.
 */
#ifndef ARCH_X86_CPU_IO_H
#define ARCH_X86_CPU_IO_H

#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;
	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/*
 * About a microsecond, by a bus that has not become faster: for waits that end without any clock.
 * An emulator needs half of one. The port is where firmware tells how far it got; reading it does
 * nothing.
 */
static inline void io_pause(void)
{
	inb(0x80);
}

#endif
