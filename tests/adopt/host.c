// SPDX-License-Identifier: MIT
/*
 * pv/host.h for a kernel of one CPU, and a serial port to print to.
 */
#include "host.h"
#include <stdarg.h>

bool failed;
uint32_t features;

void outb(uint32_t port, uint32_t value)
{
	asm volatile("outb %b0, %w1" : : "a"(value), "d"(port));
}

/* COM1 as the firmware set it up. Returns when the character is sent: none is lost at the end. */
void put(char c)
{
	outb(0x3f8, (uint8_t)c);
	for (uint8_t status = 0; !(status & 0x40);)
		asm volatile("inb %w1, %0" : "=a"(status) : "d"(0x3fd));
}

void put_number(uint32_t n, unsigned base, int digits)
{
	if (n >= base || digits > 1)
		put_number(n / base, base, digits - 1);
	put("0123456789abcdef"[n % base]);
}

/* Begins a line. %s, %u and %x are all that pv/ asks for. */
static void vsay(const char *format, va_list args)
{
	for (put('\n'); *format; format++)
		if (*format != '%')
			put(*format);
		else if (*++format != 's')
			put_number(va_arg(args, uint32_t), *format == 'u' ? 10 : 16, 1);
		else
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(*s);
}

/* A privileged instruction, so not in .text. */
static PV_TEXT _Noreturn void stop(void)
{
	for (;;)
		asm volatile("hlt");
}

_Noreturn void end(uint32_t status)
{
	put('\n');
	outb(0xf4, status);
	stop();
}

PV_TEXT uint32_t pv_host_irq_save(void)
{
	uint32_t flags;

	asm volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

PV_TEXT void pv_host_irq_restore(uint32_t flags)
{
	asm volatile("push %0; popf" : : "r"(flags) : "memory", "cc");
}

static PV_TEXT uint32_t get_cr0(void)
{
	uint32_t cr0;

	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	return cr0;
}

/* Text is read-only: CR0.WP lets this CPU write all the same. Interrupts are off here. */
PV_TEXT void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	uint32_t cr0 = get_cr0();

	asm volatile("mov %0, %%cr0" : : "r"(cr0 & ~CR0_WP) : "memory");
	asm volatile("rep movsb" : "+D"(at), "+S"(bytes), "+c"(n) : : "memory");
	asm volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
}

/* Only where there is no paging yet, and so nothing that is read-only. */
bool pv_host_text_writable(void)
{
	return !(get_cr0() & CR0_PG);
}

PV_TEXT void pv_host_sync_self(void)
{
	asm volatile("pushf; push %%cs; push $1f; iret; 1:" : : : "memory");
}

/* One CPU: nobody to wait for, whose turn it could be, or who has fetched anything. */
void pv_host_gather(void)
{
}

void pv_host_release(void)
{
}

const char *pv_host_gather_outside(bool (*inside)(uint32_t address),
				   uint32_t (*carry)(uint32_t flags), uint32_t *tries)
{
	(void)inside, (void)carry, (void)tries;
	return NULL;
}

uint64_t pv_host_sync_others(void)
{
	return 0;
}

const char *pv_host_live_begin(void)
{
	return NULL;
}

void pv_host_live_end(void)
{
}

uint64_t pv_host_time(void)
{
	return 0; /* no clock: a pass takes 0 ns */
}

bool pv_host_has(unsigned feature)
{
	return feature < 32 && features >> feature & 1;
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	va_list args;

	failed |= level != PV_INFO;
	va_start(args, format);
	vsay(format, args);
	va_end(args);
}

void pv_host_deliver(unsigned irq)
{
	pv_host_panic("interrupt %u was kept, but native keeps none", irq);
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(format, args);
	end(0x12);
}

/* Clang wants them for structures in pv/; gcc does not. */
void *memset(void *to, int c, size_t n), *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)c;
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}
