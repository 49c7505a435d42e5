// SPDX-License-Identifier: MIT
/*
 * A guest's life: made, run until something comes that is for the host, and so forth until it ends.
 */
#include "host/run.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/trap/trap.h"
#include "host/control.h"
#include "host/emulate.h"
#include "host/firewall.h"
#include "host/hypercall.h"
#include "host/inject.h"
#include "host/load.h"
#include "host/memory.h"
#include "host/said.h"
#include "host/segments.h"
#include "host/shadow.h"
#include "host/world.h"
#include "lib/string.h"
#include "pv/backend/backend.h"

#define ROUNDS     1000 /* before its thread looks up */
#define NO_TABLES  "%s", "there is no memory for its page tables"
#define PATIENCE_S 10 /* of ticks while it ran: what lasts so long is no work */

static uint32_t pages_of(uint32_t bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

static const char *make(struct guest *guest, const void *image, size_t size, const char *cmdline)
{
	guest->memory = pages_alloc(guest->bytes / PAGE_SIZE);
	guest->pages = pages_alloc(pages_of(guest->bytes / PAGE_SIZE));
	if (!guest->memory || !guest->pages || !shadow_make(&guest->shadow))
		return "there is not so much memory in one piece";
	return load_image(guest, image, size, cmdline);
}

static const char *look(const void *image, size_t size, bool checked)
{
	if (!guest_is_image(image, size))
		return "it is no multiboot image";
	if (checked && !firewall_knows(image, size))
		return "it is not this kernel's own image, and only of that is known what its text may become";
	return NULL;
}

const char *guest_make(struct guest **made, unsigned number, const void *image, size_t size,
		       uint32_t bytes, bool checked, const char *cmdline)
{
	struct guest *guest;
	const char *why;

	if (pv_ring())
		return "this is a guest itself: a guest has no guests";
	if (bytes < GUEST_MEMORY_MIN)
		return "a guest needs 4 MiB at least";
	why = look(image, size, checked);
	if (why)
		return why;
	if (!world_init())
		return "there are no guests without paging, or memory for the way to them";
	firewall_init();
	guest = pages_alloc(pages_of(sizeof(*guest)));
	if (!guest)
		return "there is no memory";
	guest->number = number;
	guest->bytes = bytes / PAGE_SIZE * PAGE_SIZE;
	guest->status = -1;
	guest->image = image;
	guest->checked = checked;
	why = make(guest, image, size, cmdline);
	if (why)
		guest_destroy(guest);
	else
		*made = guest;
	return why;
}

void guest_destroy(struct guest *guest)
{
	shadow_free(&guest->shadow);
	if (guest->memory)
		pages_free(guest->memory, guest->bytes / PAGE_SIZE);
	if (guest->pages)
		pages_free(guest->pages, pages_of(guest->bytes / PAGE_SIZE));
	pages_free(guest, pages_of(sizeof(*guest)));
}

/* ---- what it was left for ---- */

/* Where is no memory, all bits are read as ones, and what is written is gone, as on a machine. */
static void touch_nothing(struct guest *guest, uint32_t address, unsigned access,
			  const struct way *way)
{
	if (!(access & (ACCESS_WRITE | ACCESS_FETCH))) {
		if (!shadow_fill_nothing(guest, address, way))
			guest_end(guest, NO_TABLES);
	} else if (access & ACCESS_FETCH || !emulate_skip(guest))
		guest_end(guest, "it %s %08x at %08x, where it has no memory",
			  access & ACCESS_FETCH ? "runs from" : "writes to", address,
			  guest->regs.eip);
}

static void page_fault(struct guest *guest, uint32_t address)
{
	const uint32_t error = guest->regs.error;
	unsigned access = (error & FAULT_WRITE ? ACCESS_WRITE : 0) |
			  (guest_ring(guest) == 3 ? ACCESS_USER : 0) |
			  (error & FAULT_FETCH ? ACCESS_FETCH : 0);
	struct way way;
	uint32_t ours;

	guest->counts.faults++;
	if (shadow_is_hosts(address)) {
		inject_page_fault(guest, address, error & ~FAULT_PRESENT);
		return;
	}
	if (!guest_walk(guest, address, access, &way, &ours)) {
		if (way.beyond)
			touch_nothing(guest, address, access, &way);
		else
			inject_page_fault(guest, address, ours);
		return;
	}
	if (access & ACCESS_WRITE && guest_is_fixed(guest, way.physical)) {
		inject_page_fault(guest, address, error | FAULT_PRESENT);
		return;
	}
	if (access & ACCESS_FETCH && (!shadow_may_run(guest, &way) ||
				      (guest->checked && way.user && !(access & ACCESS_USER)))) {
		inject_page_fault(guest, address, error | FAULT_PRESENT);
		return;
	}
	if (access & ACCESS_WRITE && guest_is_watched(guest, way.physical)) {
		if (inject_store(guest))
			return;
		guest->flags_watched = false; /* late is better than not */
	}
	if (!shadow_fill(guest, address, &way))
		guest_end(guest, NO_TABLES);
}

static void general_protection(struct guest *guest)
{
	const uint32_t error = guest->regs.error;

	if (error & 2 && guest_ring(guest) == 1) { /* INT n */
		if (!emulate_skip(guest))
			guest->regs.eip += 2;
		inject_software(guest, error >> 3, 2);
	} else if (!emulate(guest)) {
		inject_exception(guest, TRAP_GP, error);
	} else if (guest->regs.eflags & EFLAGS_TF && guest->state == GUEST_RUNS) {
		guest->dr[6] |= DR6_BS;
		inject_exception(guest, TRAP_DB, 0);
	}
}

/* A load of a selector has failed, or a return to one, whose descriptor has come since LGDT: it is tried again. */
static bool has_come(struct guest *guest, uint32_t vector)
{
	const uint32_t error = guest->regs.error;

	return (vector == TRAP_NP || vector == TRAP_SS || vector == TRAP_GP) && error &&
	       !(error & 7) && segments_refresh(guest, error);
}

static void handle(struct guest *guest, uint32_t cr2)
{
	const uint32_t vector = guest->regs.vector;

	if ((vector == TRAP_GP || vector == TRAP_PF) && inject_is_late(guest))
		return; /* the interrupt first, and then this instruction again */
	if (has_come(guest, vector))
		return;
	switch (vector) {
	case PV_HYPERCALL_VECTOR: hypercall(guest); break;
	case SYSCALL_VECTOR:
	case TRAP_BP:
	case 4: inject_software(guest, vector, vector == SYSCALL_VECTOR ? 2 : 1); break;
	case TRAP_PF: page_fault(guest, cr2); break;
	case TRAP_GP: general_protection(guest); break;
	case 7:
		if (!emulate_fpu(guest))
			inject_exception(guest, vector, 0);
		break;
	default: inject_exception(guest, vector, guest->regs.error);
	}
}

/* ---- time ---- */

static void tick(struct guest *guest, uint64_t now)
{
	if (!guest->tick_ns || now < guest->next_tick)
		return;
	guest->pending |= 1;
	guest->next_tick += guest->tick_ns;
	if (guest->next_tick <= now) /* it was not there for them: they are lost */
		guest->next_tick = now + guest->tick_ns;
}

/*
 * Has that been so for too long? *since is 0 while it is not. By what the machine's interrupts ended of its turns: time goes on
 * while others have the CPU, too.
 */
static bool lasts(const struct guest *guest, uint64_t *since, bool is_so)
{
	const uint64_t now = guest->counts.machine;

	if (!is_so || !*since)
		*since = is_so ? now : 0;
	return is_so && now - *since > PATIENCE_S * TIMER_HZ;
}

/* After an interrupt of the machine: those come often enough, and to ask for the time is dear. */
static void look_at_time(struct guest *guest)
{
	tick(guest, timer_ns());
	if (lasts(guest, &guest->off_since, !inject_is_on(guest)))
		guest_end(guest, "it has had interrupts off for %u s, at %08x", PATIENCE_S,
			  guest->regs.eip);
	if (lasts(guest, &guest->stand_since, guest->breakpoints))
		guest_end(guest, "it has had a breakpoint in its text for %u s", PATIENCE_S);
}

static void wake_or_sleep(struct guest *guest)
{
	guest->wake_at = guest->next_tick;
	if (inject_wanted(guest))
		guest->state = GUEST_RUNS;
	else if (!guest->tick_ns)
		guest_end(guest, "it sleeps, and nothing will wake it");
}

/* ---- all of it ---- */

/* What it can read, without asking. */
static void say(const struct guest *guest, struct pv_guest *shared)
{
	shared->entries = (uint32_t)guest->counts.entries;
	shared->cr[0] = guest->cr0;
	shared->cr[2] = guest->cr2;
	shared->cr[3] = guest->cr3;
	shared->cr[4] = guest->cr4;
}

static void round(struct guest *guest)
{
	uint32_t cr2;

	inject_pending(guest);
	if (guest->state == GUEST_ENDED)
		return;
	if (!segments_check(guest)) {
		guest_end(guest, "its cs or ss is none: %04x, %04x", guest->regs.cs & 0xffff,
			  guest->regs.ss & 0xffff);
		return;
	}
	guest->regs.eflags &= ~(EFLAGS_IOPL | EFLAGS_NT | EFLAGS_VM | EFLAGS_VIRTUAL);
	guest->regs.eflags |= EFLAGS_IF | EFLAGS_FIXED;
	guest->counts.entries++;
	if (guest->shared)
		say(guest, guest->shared);
	static_call(guest_enter)(guest, &cr2);
	if (guest->regs.eflags & EFLAGS_VM) { /* QEMU's IRET does that for ring 1, no CPU's */
		guest_end(guest, "it is in virtual-8086 mode");
		return;
	}
	if (world_was_machine(guest->regs.vector)) {
		guest->counts.machine++;
		look_at_time(guest);
	} else {
		handle(guest, cr2);
	}
	if (inject_is_on(guest))
		guest->off_since = 0;
}

bool (*guest_turn_is_over)(void);

enum guest_state guest_run(struct guest *guest)
{
	for (unsigned i = 0; i < ROUNDS && guest->state != GUEST_ENDED; i++) {
		if (guest_turn_is_over && guest_turn_is_over())
			break;
		if (guest->state == GUEST_SLEEPS) {
			look_at_time(guest);
			if (guest->state == GUEST_SLEEPS)
				wake_or_sleep(guest);
		}
		if (guest->state == GUEST_SLEEPS)
			break;
		if (guest->state == GUEST_RUNS)
			round(guest);
	}
	if (guest->state == GUEST_ENDED)
		said_end(guest);
	return guest->state;
}
