// SPDX-License-Identifier: MIT
/*
 * The guest's side of host/, but for its operations (pv/backend/lguest.c).
 */
#include "arch/x86/dev/guest.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/host.h"

static void say(struct console *console, enum printk_level level, const char *text, size_t n)
{
	(void)console;
	(void)level;
	pv_hypercall(PV_HYPERCALL_say, (uint32_t)text, n, 0);
}

void guest_tell(const char *text, size_t n)
{
	for (size_t part; n; n -= part, text += part) {
		part = n < PV_GUEST_SAY ? n : PV_GUEST_SAY;
		pv_hypercall(PV_HYPERCALL_tell, (uint32_t)text, part, 0);
	}
}

static struct console console = {.name = "host", .write = say};
_Static_assert(PRINTK_LINE <= PV_GUEST_SAY, "a line is said at once");

static void end(enum machine_status status)
{
	pv_hypercall(PV_HYPERCALL_end, (uint32_t)status, 0, 0);
}

static PV_TEXT void write_text(uint8_t *at, const uint8_t *bytes, size_t n)
{
	pv_hypercall(PV_HYPERCALL_write_text, (uint32_t)at, (uint32_t)bytes, n);
}

static bool is_pending(unsigned irq)
{
	return lguest_shared.pending >> irq & 1;
}

static bool is_masked(unsigned irq)
{
	return lguest_shared.masked >> irq & 1;
}

/* The host reads it when the guest is left, which may be long after. */
static void set_mask(unsigned irq, bool mask)
{
	if (mask) {
		lguest_shared.masked |= 1u << irq;
		return;
	}
	lguest_shared.masked &= ~(1u << irq);
	if (is_pending(irq))
		pv_hypercall(PV_HYPERCALL_look, 0, 0, 0);
}

static bool acknowledge(unsigned irq)
{
	(void)irq;
	return true;
}

static const struct irq_controller controller = {
	.set_mask = set_mask,
	.is_masked = is_masked,
	.is_pending = is_pending,
	.acknowledge = acknowledge,
};

/* The kernel's code segment becomes the one whose selector the back end stores. */
static void take_segment(void)
{
	asm volatile("push %0\n"
		     "push $1f\n"
		     "lret\n"
		     "1:"
		     :
		     : "i"(PV_GUEST_CS)
		     : "memory");
}

/* Neither is inlined into init text, of which there is no more than fills its pages. */
__attribute__((noinline)) bool guest_init(const char *loader)
{
	if (strncmp(loader, PV_GUEST_LOADER, sizeof(PV_GUEST_LOADER) - 1) != 0 ||
	    !pv_lguest_begin())
		return false;
	take_segment();
	pv_backend_install(&pv_lguest_backend);
	machine_off = end;
	paging_write_elsewhere = write_text;
	irq_controller_register(0, &controller);
	console_register(&console);
	return true;
}

__attribute__((noinline)) bool guest_start_ticks(unsigned hz)
{
	return pv_hypercall(PV_HYPERCALL_ticks, 1000000000u / hz, 0, 0) == PV_HYPERCALL_DONE;
}

uint32_t guest_tsc_khz(void)
{
	return lguest_shared.tsc_khz;
}

bool guest_free_text(const void *start, const void *end_of_it)
{
	return !pv_in_guest || pv_hypercall(PV_HYPERCALL_free_text, (uint32_t)start,
					    (uint32_t)end_of_it, 0) == PV_HYPERCALL_DONE;
}
