// SPDX-License-Identifier: MIT
/*
 * pv/host.h for this kernel, but for the other CPUs (gather.c). The first four functions run in the
 * middle of a pass: native functions, no sites, in PV_TEXT.
 */
#include "pv/host.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/live.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "pv/kept.h"
#include "pv/native.h"

PV_TEXT uint32_t pv_host_irq_save(void)
{
	uint32_t flags;

	if (guest_is()) {
		flags = lguest_irq_save();
	} else {
		flags = native_save_fl();
		native_irq_disable();
	}
	live_irqs_off();
	return flags;
}

PV_TEXT void pv_host_irq_restore(uint32_t flags)
{
	live_irqs_on();
	if (guest_is())
		lguest_irq_restore(flags);
	else
		native_restore_fl(flags);
}

PV_TEXT void pv_host_text_write(uint8_t *at, const uint8_t *bytes, size_t n)
{
	paging_write_text(at, bytes, n);
}

bool pv_host_text_writable(void)
{
	return !paging_enabled() && !guest_is();
}

/* IRET to the next instruction: serializing on every CPU, the 486 included (SDM volume 3, 8.3). */
PV_TEXT void pv_host_sync_self(void)
{
	asm volatile("pushf\n"
		     "push %%cs\n"
		     "push $1f\n"
		     "iret\n"
		     "1:"
		     :
		     :
		     : "memory");
}

uint64_t pv_host_time(void)
{
	return timer_ns();
}

bool pv_host_has(unsigned feature)
{
	return cpu_has(feature);
}

void pv_host_say(enum pv_level level, const char *format, ...)
{
	static const enum printk_level levels[] = {
		[PV_ERR] = PRINTK_ERR, [PV_WARN] = PRINTK_WARN, [PV_INFO] = PRINTK_INFO};
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	printk(levels[level], "%s\n", line);
}

void pv_host_deliver(unsigned irq)
{
	irq_deliver(irq, (struct irq_frame *)pv_irq_frame());
}

_Noreturn void pv_host_panic(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	panic("%s", line);
}
