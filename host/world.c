// SPDX-License-Identifier: MIT
/*
 * The pages of world.asm's way, and what else is the CPU's and not the guest's while one runs.
 */
#include "host/world.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/pte.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "host/control.h"
#include "host/guest.h"
#include "host/segments.h"
#include "host/shadow.h"
#include "lib/string.h"
#include "pv/backend/guest.h"
#include "pv/native.h"
#include "pv/paravirt.h"
#include <stddef.h>

#define CODE_SLOT       0
#define IDT_SLOT        1
#define WORLD_SLOT(cpu) (2 + 2 * (cpu))
#define REGS_SLOT(cpu)  (3 + 2 * (cpu))
#define FIXED(slot)     (PAGING_FIXED + (slot)*PAGE_SIZE)
#define STUB_BYTES      12
#define GATE            0x8e00u
#define GATE_RING(ring) ((uint32_t)(ring) << 13)
#define FLAT_LOW        0x0000ffffu
#define FLAT_RING0_CODE 0x00cf9b00u
#define FLAT_RING0_DATA 0x00cf9300u
#define DESC_TSS        0x8900u
#define CR4_SMEP        0x100000u
#define CR4_SMAP        0x200000u
#define MSR_SYSENTER_CS 0x174

_Static_assert(offsetof(struct world, guest_cr3) == 4 && offsetof(struct world, host_esp) == 8 &&
		       offsetof(struct world, host_gdt) == 12 &&
		       offsetof(struct world, host_idt) == 20 &&
		       offsetof(struct world, guest_gdt) == 28 &&
		       offsetof(struct world, guest_idt) == 36 &&
		       offsetof(struct world, missed) == 44,
	       "world.asm counts on it");

/* What the page of registers has besides them: world.asm. */
struct world_regs {
	const struct guest_regs *frame; /* written when the guest is left */
	uint8_t stack[PAGE_SIZE - 4 - sizeof(struct guest_regs)];
	struct guest_regs regs;
};
_Static_assert(sizeof(struct world_regs) == PAGE_SIZE, "a page");

extern const uint8_t world_code[], world_code_end[], world_enter[];

static void *switch_table[CPUS_MAX]; /* of a guest on that CPU, in place of the kernel's */

static struct world *world_of(unsigned cpu)
{
	return (struct world *)FIXED(WORLD_SLOT(cpu));
}

static struct world_regs *regs_of(unsigned cpu)
{
	return (struct world_regs *)FIXED(REGS_SLOT(cpu));
}

static uint64_t descriptor(uint32_t high, uint32_t base, uint32_t limit)
{
	return (uint64_t)(high | (base & 0xff000000) | (base >> 16 & 0xff)) << 32 | base << 16 |
	       limit;
}

static void *make_idt(void)
{
	uint32_t *idt = pages_alloc(1);

	for (uint32_t vector = 0; idt && vector < NR_VECTORS; vector++) {
		uint32_t stub = FIXED(CODE_SLOT) + vector * STUB_BYTES, ring = 0;

		if (vector == TRAP_BP || vector == 4 || vector == SYSCALL_VECTOR)
			ring = 3;
		if (vector == PV_HYPERCALL_VECTOR)
			ring = 1;
		idt[2 * vector] = SWITCH_CS << 16 | (stub & 0xffff);
		idt[2 * vector + 1] = (stub & 0xffff0000) | GATE | GATE_RING(ring);
	}
	return idt;
}

static void fill_world(struct world *w, unsigned cpu)
{
	w->tss.esp0 = FIXED(REGS_SLOT(cpu)) + PAGE_SIZE;
	w->tss.ss0 = SWITCH_DS;
	w->tss.io_map = sizeof(w->tss);
	w->gdt[SWITCH_CS / 8] = (uint64_t)FLAT_RING0_CODE << 32 | FLAT_LOW;
	w->gdt[SWITCH_DS / 8] = (uint64_t)FLAT_RING0_DATA << 32 | FLAT_LOW;
	w->gdt[PV_GUEST_CS / 8] = (uint64_t)GUEST_CS_HIGH << 32 | GUEST_CS_LOW;
	w->guest_gdt = (struct desc_ptr){sizeof(w->gdt) - 1,
					 FIXED(WORLD_SLOT(cpu)) + offsetof(struct world, gdt)};
	w->guest_idt = (struct desc_ptr){NR_VECTORS * 8 - 1, FIXED(IDT_SLOT)};
}

static void fix_in(void *table, unsigned slot, const void *page, enum paging_fixed kind)
{
	pte_write(table, (FIXED(slot) >> 12) % pte_entries(), paging_fixed_entry(page, kind));
}

static bool init_cpu(unsigned cpu, const void *code, const void *idt)
{
	struct world *world = pages_alloc(1);
	void *regs = pages_alloc(1);

	switch_table[cpu] = pages_alloc(1);
	if (!world || !regs || !switch_table[cpu])
		return false;
	fill_world(world, cpu);
	fix_in(switch_table[cpu], CODE_SLOT, code, PAGING_CODE);
	fix_in(switch_table[cpu], IDT_SLOT, idt, PAGING_CONSTANT);
	fix_in(switch_table[cpu], WORLD_SLOT(cpu), world, PAGING_CONSTANT);
	fix_in(switch_table[cpu], REGS_SLOT(cpu), regs, PAGING_DATA);
	return paging_fix(WORLD_SLOT(cpu), world, PAGING_DATA) &&
	       paging_fix(REGS_SLOT(cpu), regs, PAGING_DATA);
}

bool world_init(void)
{
	static bool done;
	uint8_t *code;
	void *idt;

	if (done || !paging_enabled())
		return done;
	code = pages_alloc(1);
	idt = make_idt();
	if (!code || !idt)
		return false;
	memcpy(code, world_code, (size_t)(world_code_end - world_code));
	if (!paging_fix(CODE_SLOT, code, PAGING_CODE) ||
	    !paging_fix(IDT_SLOT, idt, PAGING_CONSTANT))
		return false;
	for (unsigned cpu = 0; cpu < machine_cpus.n; cpu++)
		if (!init_cpu(cpu, code, idt))
			return false;
	done = true;
	return true;
}

/* ---- there and back ---- */

static struct desc_ptr loaded_gdt(void)
{
	struct desc_ptr ptr;

	asm volatile("sgdt %0" : "=m"(ptr));
	return ptr;
}

bool world_was_machine(uint32_t vector)
{
	return vector == TRAP_NMI || vector == TRAP_MC ||
	       (vector >= NR_TRAPS && vector != SYSCALL_VECTOR);
}

/* As if it came now: through the machine's own gate. An NMI leaves IF alone. */
static void deliver_to_host(uint32_t vector)
{
	const uint32_t flags = native_save_fl() | (vector >= NR_TRAPS ? PV_EFLAGS_IF : 0);
	struct desc_ptr idt;
	const uint32_t *gate;

	trap_idt(&idt);
	gate = (const uint32_t *)(idt.base + 8 * vector);
	asm volatile("push %1\n"
		     "push %%cs\n"
		     "push $1f\n"
		     "jmp *%0\n"
		     "1:"
		     :
		     : "r"((gate[1] & 0xffff0000) | (gate[0] & 0xffff)), "r"(flags)
		     : "memory", "cc");
}

/* SYSENTER leads into the kernel by whoever's page tables: there is none in a guest. */
static void forbid_sysenter(bool forbid)
{
	if (cpu_uses(X86_FEATURE_SEP))
		write_msr(MSR_SYSENTER_CS, forbid ? 0 : KERNEL_CS);
}

/* An exception in the way: it has no ss and esp of a guest's behind it. */
static _Noreturn void broken(const struct guest *guest, const struct guest_regs *at)
{
	panic("host: vector %u, error %x, at %08x on the way to guest %u", at->vector, at->error,
	      at->eip, guest->number);
}

/* A guest can write to the page of registers, and the host's own NMI has a stack there: who comes next finds none of it. */
static void make_room(const struct guest *guest, unsigned cpu)
{
	static unsigned last[CPUS_MAX];

	if (last[cpu] != guest->number)
		memset(regs_of(cpu), 0, sizeof(struct world_regs));
	last[cpu] = guest->number;
	copy_bytes(&regs_of(cpu)->regs, &guest->regs, sizeof(guest->regs));
}

static void enter(struct guest *guest, unsigned cpu)
{
	void (*const into)(struct world *) = (void (*)(struct world *))(
		FIXED(CODE_SLOT) + (uint32_t)(world_enter - world_code));
	struct world *w = world_of(cpu);
	/* A guest knows of neither. One that is held to its text gains by SMEP, and cannot miss to be without it. */
	const uint32_t cr4 = read_cr4_safe(),
		       without = cr4 & (guest->checked ? CR4_SMAP : CR4_SMAP | CR4_SMEP);

	copy_bytes(w->gdt, guest->segments, sizeof(guest->segments));
	w->gdt[WORLD_TSS / 8] = descriptor(DESC_TSS, (uint32_t)&w->tss, sizeof(w->tss) - 1);
	w->guest_cr3 = shadow_cr3(guest, switch_table[cpu]);
	w->host_cr3 = read_cr3();
	w->host_gdt = loaded_gdt();
	trap_idt(&w->host_idt);
	w->missed = 0;
	make_room(guest, cpu);
	forbid_sysenter(true);
	if (without)
		write_cr4(cr4 & ~without);
	into(w);
	if (without)
		write_cr4(cr4);
	forbid_sysenter(false);
	gdt_load_task();
	copy_bytes(&guest->regs, regs_of(cpu)->frame, sizeof(guest->regs));
	if (!(guest->regs.eflags & EFLAGS_VM) && !guest_ring(guest))
		broken(guest, &guest->regs);
}

/* A step that was the guest's stays in the CPU's DR6, where the host's next exception would find it. */
static void take_step(struct guest *guest)
{
	guest->dr[6] |= native_get_debugreg(6) & DR6_BS;
	native_set_debugreg(6, 0);
}

DEFINE_STATIC_CALL(guest_enter, world_run);

void world_run(struct guest *guest, uint32_t *cr2)
{
	uint32_t vector, missed;
	unsigned cpu;

	native_irq_disable();
	cpu = smp_processor_id();
	enter(guest, cpu);
	*cr2 = read_cr2();
	vector = guest->regs.vector;
	if (vector == TRAP_DB)
		take_step(guest);
	for (missed = world_of(cpu)->missed; missed; missed--)
		deliver_to_host(TRAP_NMI);
	if (world_was_machine(vector))
		deliver_to_host(vector);
	native_irq_enable();
}
