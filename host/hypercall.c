// SPDX-License-Identifier: MIT
/*
 * Everything here comes from a guest: numbers, addresses, lengths, texts. What cannot be is refused, and changes
 * nothing.
 */
#include "host/hypercall.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/trap/panic.h"
#include "host/emulate.h"
#include "host/firewall.h"
#include "host/inject.h"
#include "host/memory.h"
#include "host/said.h"
#include "host/shadow.h"
#include "lib/elf.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/backend/guest.h"

#define TICK_NS_MIN   1000000u /* the host's own */
#define TEXT_MAX      255
#define REFUSALS_SAID 8

typedef uint32_t call_fn(struct guest *guest, uint32_t a, uint32_t b, uint32_t c);

/* What is shared lies in one page, or it would have to be looked for at each use. */
static void *shared_at(struct guest *guest, uint32_t address, uint32_t n)
{
	struct way way;
	uint32_t error;

	if (address % 4 || address % PAGE_SIZE + n > PAGE_SIZE ||
	    !guest_walk(guest, address, ACCESS_WRITE, &way, &error) ||
	    guest->pages[way.physical / PAGE_SIZE] != GUEST_DATA)
		return NULL;
	return guest->memory + way.physical + address % PAGE_SIZE;
}

static uint32_t call_begin(struct guest *guest, uint32_t address, uint32_t b, uint32_t c)
{
	struct pv_guest *shared;
	uint32_t *flags;

	(void)b, (void)c;
	if (guest->shared)
		return PV_HYPERCALL_UNKNOWN;
	shared = shared_at(guest, address, sizeof(*shared));
	flags = shared ? shared_at(guest, shared->flags, 4) : NULL;
	if (!shared || !flags || shared->flags % PAGE_SIZE)
		return PV_HYPERCALL_ADDRESS;
	if (shared->version != PV_GUEST_VERSION)
		return PV_HYPERCALL_REFUSED;
	guest->flags_at = shared->flags;
	guest->iret_pop = shared->iret_pop;
	guest->iret = shared->iret;
	shared->tsc_khz = timer_tsc_khz();
	shared->checked = guest->checked;
	shared->pending = 0;
	*flags = guest->irqs_on ? PV_EFLAGS_IF : 0;
	guest->flags = flags;
	guest->shared = shared;
	return PV_HYPERCALL_DONE;
}

static uint32_t call_end(struct guest *guest, uint32_t status, uint32_t b, uint32_t c)
{
	(void)b, (void)c;
	guest->status = status <= 0xff ? (int)status : -1;
	guest_end(guest, "%s",
		  status == MACHINE_PASSED   ? "it says that all passed"
		  : status == MACHINE_FAILED ? "it says that something failed"
		  : status == MACHINE_PANIC  ? "it panicked"
					     : "by itself");
	return PV_HYPERCALL_DONE;
}

static uint32_t take_text(struct guest *guest, uint32_t text, uint32_t n,
			  void (*take)(struct guest *guest, char c))
{
	char taken[PV_GUEST_SAY];
	struct guest_fault fault;

	if (n > sizeof(taken))
		return PV_HYPERCALL_REFUSED;
	if (!guest_read(guest, text, taken, n, &fault))
		return PV_HYPERCALL_ADDRESS;
	for (uint32_t i = 0; i < n; i++)
		take(guest, taken[i]);
	return PV_HYPERCALL_DONE;
}

static uint32_t call_say(struct guest *guest, uint32_t text, uint32_t n, uint32_t c)
{
	(void)c;
	return take_text(guest, text, n, said_say);
}

static uint32_t call_tell(struct guest *guest, uint32_t text, uint32_t n, uint32_t c)
{
	(void)c;
	return take_text(guest, text, n, said_tell);
}

static uint32_t call_sleep(struct guest *guest, uint32_t a, uint32_t b, uint32_t c)
{
	(void)a, (void)b, (void)c;
	inject_set(guest, true);
	guest->state = GUEST_SLEEPS;
	return PV_HYPERCALL_DONE;
}

static uint32_t call_ticks(struct guest *guest, uint32_t ns, uint32_t b, uint32_t c)
{
	(void)b, (void)c;
	guest->tick_ns = ns && ns < TICK_NS_MIN ? TICK_NS_MIN : ns;
	guest->next_tick = timer_ns() + guest->tick_ns;
	return PV_HYPERCALL_DONE;
}

static uint32_t call_control(struct guest *guest, uint32_t which, uint32_t value, uint32_t c)
{
	(void)c;
	return emulate_control(guest, which, value) ? PV_HYPERCALL_DONE : PV_HYPERCALL_REFUSED;
}

static uint32_t call_forget(struct guest *guest, uint32_t address, uint32_t n, uint32_t c)
{
	(void)c;
	if (n > PV_GUEST_FORGET) {
		shadow_flush(guest);
		return PV_HYPERCALL_DONE;
	}
	shadow_forget(guest, address);
	for (uint32_t i = 0; i < n; i++)
		shadow_forget(guest, guest->shared->forget[i]);
	return PV_HYPERCALL_DONE;
}

static uint32_t text_page(const struct guest *guest, uint32_t physical)
{
	return guest->pages[physical / PAGE_SIZE] == GUEST_TEXT;
}

/* The linked bytes of text, out of the file. */
static const uint8_t *linked_at(const struct guest *guest, uint32_t at, unsigned n)
{
	const struct elf_header *elf = (const void *)guest->image;
	const struct elf_segment *s = (const void *)(guest->image + elf->phoff);

	for (unsigned i = 0; i < elf->phnum; i++, s++)
		if (s->type == PT_LOAD && s->memsz && at >= s->vaddr && at - s->vaddr < s->filesz &&
		    n <= s->filesz - (at - s->vaddr))
			return guest->image + s->offset + (at - s->vaddr);
	return NULL;
}

/* NULL, or why not. What is written is in `then`. */
static const char *judge(struct guest *guest, uint32_t to, const uint8_t *bytes, uint32_t n)
{
	uint8_t *now, then[TEXT_MAX];
	const uint8_t *linked;
	struct firewall_site site;

	if (!firewall_find(to, n, &site))
		return "there is no site, or not all of it is one";
	now = guest->memory + site.at;
	linked = linked_at(guest, site.at, site.len);
	if (!linked)
		return "it is not in the file";
	memcpy(then, now, site.len);
	memcpy(then + (to - site.at), bytes, n);
	switch (firewall_judge(&site, linked, now, then)) {
	case FIREWALL_REFUSED: return "no record says so";
	case FIREWALL_BREAKPOINT: guest->breakpoints++; break;
	case FIREWALL_GOES: guest->breakpoints--; break;
	default: break;
	}
	memcpy(now, then, site.len);
	return NULL;
}

/* The first byte tells most. */
static uint32_t refuse(struct guest *guest, uint32_t to, const uint8_t *bytes, uint32_t n,
		       const char *why)
{
	if (guest->counts.refused++ < REFUSALS_SAID)
		pr_warn("guest %u: refused: %u bytes to %08x %pS, %02x to %02x: %s\n",
			guest->number, n, to, (void *)to, to < guest->bytes ? guest->memory[to] : 0,
			*bytes, why);
	return PV_HYPERCALL_REFUSED;
}

/* The bytes as they are. It is the guest's memory, whatever is there. */
static uint32_t write_open(struct guest *guest, uint32_t to, const uint8_t *bytes, uint32_t n)
{
	struct way way;
	uint32_t error;

	for (uint32_t i = 0; i < n; i++) {
		if (!guest_walk(guest, to + i, 0, &way, &error))
			return PV_HYPERCALL_ADDRESS;
		if (guest->checked &&
		    guest_is_fixed(guest, way.physical)) /* by what was just written */
			return PV_HYPERCALL_REFUSED;
		guest->memory[way.physical + (to + i) % PAGE_SIZE] = bytes[i];
	}
	return PV_HYPERCALL_DONE;
}

/* The pages from the first to the last byte: is there text among them, and where it is linked to be? */
static uint32_t where(struct guest *guest, uint32_t to, uint32_t n, bool *text)
{
	struct way way;
	uint32_t error, last = (to + n - 1) & ~(PAGE_SIZE - 1);

	for (uint32_t at = to & ~(PAGE_SIZE - 1);; at += PAGE_SIZE) {
		if (!guest_walk(guest, at, 0, &way, &error))
			return PV_HYPERCALL_ADDRESS;
		if (guest_is_fixed(guest, way.physical)) {
			*text = true;
			if (way.physical != at)
				return PV_HYPERCALL_REFUSED;
		}
		if (at == last)
			return PV_HYPERCALL_DONE;
	}
}

static uint32_t call_write_text(struct guest *guest, uint32_t to, uint32_t from, uint32_t n)
{
	uint8_t bytes[TEXT_MAX];
	struct guest_fault fault;
	bool text = false;
	const char *why;
	uint32_t error;

	if (!n || n > TEXT_MAX || to + n < to)
		return PV_HYPERCALL_REFUSED;
	if (!guest_read(guest, from, bytes, n, &fault))
		return PV_HYPERCALL_ADDRESS;
	error = where(guest, to, n, &text);
	if (error == PV_HYPERCALL_REFUSED)
		return refuse(guest, to, bytes, n, "it is not where it was linked to be");
	if (error)
		return error;
	if (!text || !guest->checked)
		return write_open(guest, to, bytes, n);
	why = judge(guest, to, bytes, n);
	return why ? refuse(guest, to, bytes, n, why) : PV_HYPERCALL_DONE;
}

static uint32_t call_free_text(struct guest *guest, uint32_t start, uint32_t end, uint32_t c)
{
	struct way way;
	uint32_t error;

	(void)c;
	if (start % PAGE_SIZE || end % PAGE_SIZE || start > end)
		return PV_HYPERCALL_REFUSED;
	for (uint32_t at = start; at < end; at += PAGE_SIZE)
		if (!guest_walk(guest, at, 0, &way, &error) || !text_page(guest, way.physical))
			return PV_HYPERCALL_ADDRESS;
	for (uint32_t at = start; at < end; at += PAGE_SIZE) {
		guest_walk(guest, at, 0, &way, &error);
		guest->pages[way.physical / PAGE_SIZE] = GUEST_WAS_TEXT;
	}
	shadow_flush(guest);
	return PV_HYPERCALL_DONE;
}

/* It was left, and is let go on. */
static uint32_t call_look(struct guest *guest, uint32_t a, uint32_t b, uint32_t c)
{
	(void)guest, (void)a, (void)b, (void)c;
	return PV_HYPERCALL_DONE;
}

static call_fn *const calls[PV_NR_HYPERCALLS] = {
#define PV_NOTE(text)
#define PV_HYPERCALL(name, arguments, text) [PV_HYPERCALL_##name] = call_##name,
#include "pv/backend/hypercall.def"
#undef PV_HYPERCALL
#undef PV_NOTE
};

void hypercall(struct guest *guest)
{
	struct guest_regs *r = &guest->regs;
	const uint32_t number = r->eax;

	guest->counts.hypercalls++;
	if (number >= PV_NR_HYPERCALLS || (!guest->shared && number != PV_HYPERCALL_begin))
		r->eax = PV_HYPERCALL_UNKNOWN;
	else
		r->eax = calls[number](guest, r->edx, r->ecx, r->ebx);
}
