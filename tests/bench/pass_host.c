// SPDX-License-Identifier: MIT
/*
 * What pv/ wants of its host, for a program that measures it: text is written as the kernel does
 * that, the CPU is serialized as in the kernel, the rest is a stand-in.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pv/host.h"

uint32_t pv_host_irq_save(void)
{
	return 0;
}

void pv_host_irq_restore(uint32_t flags)
{
	(void)flags;
}

typedef uint32_t __attribute__((may_alias, aligned(1))) word;
typedef uint16_t __attribute__((may_alias, aligned(1))) half;

/* As arch/x86/mm/paging.c does it while text is still writable. */
void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	for (; n >= 4; n -= 4, at += 4, bytes += 4)
		*(volatile word *)at = *(const word *)bytes;
	if (n & 2)
		*(volatile half *)at = *(const half *)bytes;
	if (n & 1)
		at[n & 2] = bytes[n & 2];
}

void pv_host_sync_self(void)
{
	asm volatile("pushf\n push %%cs\n push $1f\n iret\n1:" : : : "memory");
}

void pv_host_deliver(unsigned irq)
{
	(void)irq;
}

/* One CPU: nobody to wait for. */
void pv_host_gather(void)
{
}

void pv_host_release(void)
{
}

uint64_t pv_host_time(void)
{
	return 0;
}

/* What a CPU of today has, but for RDTSCP: so some records do not apply. */
bool pv_host_has(unsigned feature)
{
	return feature == X86_FEATURE_XMM2 || feature == X86_FEATURE_ERMS ||
	       feature == X86_FEATURE_CX8 || feature == X86_FEATURE_LFENCE_RDTSC;
}

static void say(const char *format, va_list args)
{
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	say(format, args);
	va_end(args);
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(1);
}
