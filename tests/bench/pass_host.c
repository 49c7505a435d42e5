// SPDX-License-Identifier: MIT
/*
 * What pv/ wants of its host, for a program that measures it: text is written as the kernel does
 * that, the CPU is serialized as in the kernel, the rest is a stand-in. And what a compiler wants.
 */
#include "pv/host.h"
#include "tests/bench/pass_sides.h"

extern const uint32_t field_features[10];

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

bool pv_host_text_writable(void); /* that of before does not know it */

bool pv_host_text_writable(void)
{
	return true;
}

/* IRET, whose frame has five words in 64-bit mode and three in 32-bit mode. */
void pv_host_sync_self(void)
{
#ifdef __x86_64__
	asm volatile("mov %%rsp, %%rax\n mov %%ss, %%ecx\n push %%rcx\n push %%rax\n pushfq\n"
		     "mov %%cs, %%ecx\n push %%rcx\n push $1f\n iretq\n1:"
		     :
		     :
		     : "rax", "rcx", "memory");
#else
	asm volatile("pushf\n push %%cs\n push $1f\n iret\n1:" : : : "memory");
#endif
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

bool pv_host_has(unsigned feature)
{
	return field_features[feature / 32] >> feature % 32 & 1;
}

/* Formats as they are: their arguments' ABI is not the C library's. */
void pv_host_say(enum pv_level level, const char *format, ...)
{
	(void)level;
	bench_say((uint32_t)format);
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	bench_die((uint32_t)format, 0);
	__builtin_unreachable();
}

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

void *memset(void *to, int value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)value;
	return to;
}
