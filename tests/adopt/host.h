/* SPDX-License-Identifier: MIT */
#ifndef ADOPT_HOST_H
#define ADOPT_HOST_H

#include "pv/host.h"

#define CR0_WP 0x10000u
#define CR0_PG 0x80000000u

extern bool failed;       /* something was said that is not PV_INFO */
extern uint32_t features; /* EDX of CPUID 1 */

struct desc_ptr {
	uint16_t limit;
	const void *base;
} __attribute__((packed));

void outb(uint32_t port, uint32_t value);

/* What pv_host_say() is made of, and the end of the machine by QEMU's isa-debug-exit. */
void put(char c);
void put_number(uint32_t n, unsigned base, int digits);
_Noreturn void end(uint32_t status);

#endif
