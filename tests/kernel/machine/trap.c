// SPDX-License-Identifier: MIT
/*
 * Exceptions arrive with the right number, error code and address, and trap_try() comes back from
 * them with everything as it was. The instructions that fault are in trap.asm.
 */
#include "arch/x86/trap/trap.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "kernel/test/ktap.h"
#include "lib/string.h"
#include "pv/paravirt.h"
#include "tests/kernel/base/machine.h"
#include "tests/kernel/machine/lacks.h"
#include "tests/kernel/machine/tick.h"
#include <stddef.h>

/* Error code of a page fault, SDM volume 3, 4.7. */
#define PF_PRESENT 1
#define PF_WRITE   2

#define GATE_INTERRUPT 0x8e /* present, ring 0, 32-bit interrupt gate: SDM volume 3, 6.11 */
#define GATE_TASK      0x85
#define GATE_RING3     0x60
#define STORM          10000

typedef void fault_fn(void *);

struct test_fault {
	const char *name;
	fault_fn *fn;
	uint32_t eip, vector, error;
};

struct test_int {
	uint32_t vector;
	fault_fn *fn;
	uint32_t eip;
};

extern const struct test_fault test_faults[];
extern const struct test_int test_ints[];
extern const uint8_t test_read_eip[], test_write_eip[], test_raise_eip[];
extern uint8_t boot_stack_guard[], _image[], _text[], _etext_all[], _rodata_end[];
fault_fn test_fault_invalid, test_fault_patterned, test_fault_divide_by_zero;
fault_fn test_read, test_write, test_raise, test_interrupt;
uint32_t test_trap_loses(fault_fn *fn, struct regs *at);
uint32_t test_trap_storm(uint32_t n, struct regs *at, uint32_t *caught);
void test_read_idt(struct desc_ptr *ptr);
void test_read_gdt(struct desc_ptr *ptr);

static void nothing(void *arg)
{
	++*(unsigned *)arg;
}

static void returns(struct ktap *t)
{
	struct regs at, untouched;
	unsigned runs = 0;

	memset(&at, 0x5a, sizeof(at));
	untouched = at;
	CHECK_EQ(t, trap_try(nothing, &runs, &at), TRAP_NONE, "a function that returns: none");
	CHECK_EQ(t, runs, 1, "it runs once, with its argument");
	CHECK(t, !memcmp(&at, &untouched, sizeof(at)), "no registers are stored");
}

static uint32_t own_cs(void)
{
	uint16_t cs;

	asm("mov %%cs, %0" : "=r"(cs));
	return cs;
}

static void faults(struct ktap *t)
{
	const struct test_fault *f;
	unsigned lacks = 0;

	for (f = test_faults; f->fn; f++) {
		struct regs at = {0};

		if (machine_lacks(f->vector)) {
			lacks++;
			continue;
		}
		CHECK_EQ(t, trap_try(f->fn, NULL, &at), f->vector, "%s: the vector", f->name);
		CHECK_EQ(t, at.vector, f->vector, "%s: the frame's vector", f->name);
		CHECK_EQ(t, at.error, f->error, "%s: the error code", f->name);
		CHECK_EQ(t, at.cs & 0xffff, own_cs(), "%s: cs", f->name);
	}
	CHECK_EQ(t, f - test_faults, 9, "all kinds were tried");
	KTAP_SKIP_UNLESS(t, !lacks, LACKS);
}

/*
 * Ubuntu 22.04's QEMU 6.2 forgets, for a division that overflows and for bound, which instruction of its
 * translated block it was at, and gives the block's first. That is its fault; were it ours, the addresses
 * that other tests here ask for would be wrong as well.
 */
static void fault_addresses(struct ktap *t)
{
	unsigned first = 0;

	for (const struct test_fault *f = test_faults; f->fn; f++) {
		struct regs at = {0};

		if (machine_lacks(f->vector))
			continue;
		trap_try(f->fn, NULL, &at);
		if (at.eip == (uint32_t)f->fn && at.eip != f->eip)
			first++;
		else
			CHECK_EQ(t, at.eip, f->eip, "%s: the address", f->name);
	}
	KTAP_SKIP_UNLESS(t, !first, "the emulator gives other addresses than those of the faults");
}

static void software_interrupts(struct ktap *t)
{
	const struct test_int *i;

	for (i = test_ints; i->fn; i++) {
		struct regs at = {.error = 1};

		if (guest_runs_here() && i->vector == 31)
			continue; /* how a guest calls its host */
		CHECK_EQ(t, trap_try(i->fn, NULL, &at), i->vector, "int %u arrives", i->vector);
		CHECK_EQ(t, at.vector, i->vector, "int %u: the frame's vector", i->vector);
		CHECK_EQ(t, at.error, 0, "int %u: no error code", i->vector);
		CHECK_EQ(t, at.eip, i->eip, "int %u: the address behind it", i->vector);
	}
	CHECK_EQ(t, i - test_ints, 22,
		 "all vectors without an error code, and that of system calls, were tried");
}

static void registers_arrive(struct ktap *t)
{
	struct regs at;

	CHECK_EQ(t, trap_try(test_fault_patterned, NULL, &at), TRAP_UD, "it faults");
	CHECK_EQ(t, at.eax, 0xa0a0a0a0, "eax is what it was");
	CHECK_EQ(t, at.ebx, 0xb0b0b0b0, "ebx is what it was");
	CHECK_EQ(t, at.ecx, 0xc0c0c0c0, "ecx is what it was");
	CHECK_EQ(t, at.edx, 0xd0d0d0d0, "edx is what it was");
	CHECK_EQ(t, at.esi, 0x51515151, "esi is what it was");
	CHECK_EQ(t, at.edi, 0xd1d1d1d1, "edi is what it was");
	CHECK_EQ(t, at.ebp, 0xbbbbbbbb, "ebp is what it was");
	CHECK(t, at.eflags & 1u << 10, "the direction flag is set in the frame");
}

static void registers_survive(struct ktap *t)
{
	struct regs at;

	CHECK_EQ(t, test_trap_loses(test_fault_invalid, &at), 0, "C's registers are kept");
	CHECK_EQ(t, test_trap_loses(test_fault_patterned, &at), 0,
		 "they are right again after a function that lost them and its stack");
}

static void touch(struct ktap *t, fault_fn *fn, void *address, uint32_t error, const char *what)
{
	struct regs at = {0};

	CHECK_EQ(t, trap_try(fn, address, &at), TRAP_PF, "%s: a page fault", what);
	CHECK_EQ(t, at.error, error, "%s: the error code", what);
	CHECK_EQ(t, read_cr2(), (uint32_t)address, "%s: the address in CR2", what);
	CHECK_EQ(t, at.eip, fn == test_read ? (uint32_t)test_read_eip : (uint32_t)test_write_eip,
		 "%s: the instruction", what);
}

static void page_faults(struct ktap *t)
{
	uint32_t word = *(uint32_t *)(void *)_text;

	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	touch(t, test_read, NULL, 0, "read from 0");
	touch(t, test_write, NULL, PF_WRITE, "write to 0");
	touch(t, test_read, (void *)4092, 0, "read from page 0's end");
	touch(t, test_read, boot_stack_guard, 0, "read from the stack's guard");
	touch(t, test_write, boot_stack_guard, PF_WRITE, "write to the stack's guard");
	touch(t, test_write, boot_stack_guard + 4092, PF_WRITE, "write to the guard's end");
	touch(t, test_write, _text, PF_WRITE | PF_PRESENT, "write to text");
	touch(t, test_write, (void *)((uint32_t)_rodata_end - 4), PF_WRITE | PF_PRESENT,
	      "write to constants");
	CHECK_EQ(t, *(uint32_t *)(void *)_text, word, "text is what it was");
}

static void null_call(struct ktap *t)
{
	fault_fn *volatile null = NULL;
	struct regs at = {0};

	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	CHECK_EQ(t, trap_try(null, NULL, &at), TRAP_PF, "a call of NULL is a page fault");
	CHECK_EQ(t, at.eip, 0, "at address 0");
	CHECK_EQ(t, at.error & (PF_PRESENT | PF_WRITE), 0, "which is no write and not there");
}

static unsigned nest_reached;
static uint32_t nest_inner, nest_deeper;

static void nest_deep(void *arg)
{
	struct regs at;

	nest_deeper = trap_try(test_fault_divide_by_zero, arg, &at);
	nest_reached |= 1;
	test_fault_invalid(arg);
}

static void nest(void *arg)
{
	struct regs at;

	nest_inner = trap_try(nest_deep, arg, &at);
	nest_reached |= 2;
	test_read(arg);
}

static void nests(struct ktap *t)
{
	struct regs at;

	KTAP_SKIP_UNLESS(t, paging_enabled(), "paging is off");
	nest_reached = 0;
	CHECK_EQ(t, trap_try(nest, NULL, &at), TRAP_PF, "the outer one gets its own exception");
	CHECK_EQ(t, at.eip, (uint32_t)test_read_eip, "from where it happened");
	CHECK_EQ(t, nest_inner, TRAP_UD, "the one inside gets its own");
	CHECK_EQ(t, nest_deeper, 0, "and so does the innermost");
	CHECK_EQ(t, nest_reached, 3, "each goes on behind the one inside");
}

static void disable_and_fault(void *arg)
{
	local_irq_disable();
	test_fault_invalid(arg);
}

static void enable_and_fault(void *arg)
{
	local_irq_enable();
	test_fault_invalid(arg);
}

static void interrupts_kept(struct ktap *t)
{
	struct regs at;

	CHECK(t, !irqs_disabled(), "interrupts are on in tests");
	trap_try(test_fault_invalid, NULL, &at);
	CHECK(t, !irqs_disabled(), "on stays on");
	trap_try(disable_and_fault, NULL, &at);
	CHECK(t, !irqs_disabled(), "on stays on when the function disables");
	CHECK(t, !(at.eflags & X86_EFLAGS_IF), "the frame says that they were off");
	local_irq_disable();
	trap_try(test_fault_invalid, NULL, &at);
	CHECK(t, irqs_disabled(), "off stays off");
	trap_try(test_fault_divide_by_zero, NULL, &at);
	CHECK(t, irqs_disabled(), "off stays off after a divide error");
	trap_try(test_read, NULL, &at);
	CHECK(t, irqs_disabled(), "off stays off after a page fault, or none");
	trap_try(enable_and_fault, NULL, &at);
	CHECK(t, irqs_disabled(), "off stays off when the function enables");
	CHECK(t, at.eflags & X86_EFLAGS_IF, "the frame says that they were on");
	local_irq_enable();
}

/* A tick waits all the time: it would come in the handler if that turned interrupts on. */
static void handlers_keep_off(struct ktap *t)
{
	struct regs at;
	uint32_t before;

	KTAP_SKIP_UNLESS(t, tick_arrives(), TICK_NONE);
	local_irq_disable();
	before = timer_ticks;
	CHECK(t, tick_line_rises(), "a tick waits");
	trap_try(test_fault_invalid, NULL, &at);
	CHECK_EQ(t, timer_ticks, before, "it is not served in an exception's handler");
	local_irq_enable();
}

static void storm(struct ktap *t)
{
	uint32_t caught = 0, moved;
	struct regs at;

	moved = test_trap_storm(STORM, &at, &caught);
	CHECK_EQ(t, caught, STORM, "each of many traps is caught");
	CHECK_EQ(t, moved, 0, "the stack pointer is where it was");
}

static void names(struct ktap *t)
{
	for (unsigned vector = 0; vector < NR_TRAPS; vector++)
		CHECK(t, trap_name(vector)[0], "vector %u has a name", vector);
	CHECK(t, !strcmp(trap_name(TRAP_PF), "page fault"), "14 is 'page fault'");
	CHECK(t, !strcmp(trap_name(TRAP_GP), "general protection"), "13 is 'general protection'");
	for (unsigned vector = 0; vector < NR_TRAPS; vector++)
		CHECK_EQ(t, !strcmp(trap_name(vector), "reserved exception"),
			 vector == 15 || vector > 21, "vector %u is %s", vector, trap_name(vector));
	for (unsigned vector = 1; vector <= 21; vector++)
		CHECK(t, strcmp(trap_name(vector), trap_name(vector - 1)) != 0,
		      "vector %u is not the one before", vector);
	CHECK(t, !strcmp(trap_name(NR_TRAPS), trap_name(NR_VECTORS - 1)), "the rest are one kind");
	CHECK(t, strcmp(trap_name(NR_TRAPS), trap_name(NR_TRAPS - 1)) != 0, "which is another");
	CHECK(t, !strcmp(trap_name(NR_VECTORS), trap_name(TRAP_NONE)), "and no vector is none");
}

static uint32_t gate_offset(const uint32_t *idt, unsigned vector)
{
	return (idt[2 * vector] & 0xffff) | (idt[2 * vector + 1] & 0xffff0000);
}

static void check_gate(struct ktap *t, const uint32_t *idt, unsigned vector)
{
	uint32_t selector = idt[2 * vector] >> 16, type = idt[2 * vector + 1] >> 8 & 0xff;
	uint32_t offset = gate_offset(idt, vector);

	if (vector == TRAP_DF) {
		CHECK_EQ(t, type, GATE_TASK, "vector 8 is a task gate");
		CHECK_EQ(t, selector, DF_TSS_SELECTOR, "of the double fault's task");
		return;
	}
	CHECK_EQ(t, type, GATE_INTERRUPT | (vector == SYSCALL_VECTOR ? GATE_RING3 : 0),
		 "vector %u is an interrupt gate, and only system calls' for programs", vector);
	CHECK_EQ(t, selector, KERNEL_CS | get_kernel_rpl(), "vector %u: kernel code", vector);
	CHECK(t, offset >= (uint32_t)_image && offset < (uint32_t)_etext_all,
	      "vector %u leads into text (%08x)", vector, offset);
	for (unsigned other = 0; other < vector; other++)
		CHECK(t, gate_offset(idt, other) != offset, "vectors %u and %u differ", other,
		      vector);
}

/* The CPU's part of an exception is done by hand: most that give an error code cannot be had. */
static void check_error_code(struct ktap *t, const uint32_t *idt, uint32_t vector)
{
	uint32_t to[2] = {gate_offset(idt, vector), 0x5a00 + vector};
	struct regs at = {0};
	uint32_t arrived;

	local_irq_disable();
	arrived = trap_try(test_raise, to, &at);
	local_irq_enable();
	CHECK_EQ(t, arrived, vector, "vector %u arrives", vector);
	CHECK_EQ(t, at.vector, vector, "vector %u: the frame's vector", vector);
	CHECK_EQ(t, at.error, to[1], "vector %u: the error code", vector);
	CHECK_EQ(t, at.eip, (uint32_t)test_raise_eip, "vector %u: the address", vector);
	CHECK_EQ(t, at.cs & 0xffff, own_cs(), "vector %u: cs", vector);
}

static volatile uint32_t irqs_came;

static void note_irq(unsigned irq)
{
	irqs_came |= 1u << irq;
}

/* By its gate, as if the CPU had taken it. */
static uint32_t interrupted_by(const uint32_t *idt, uint32_t vector)
{
	uint32_t to = gate_offset(idt, vector);
	struct regs at;

	return trap_try(test_interrupt, &to, &at);
}

static void check_irq(struct ktap *t, const uint32_t *idt, unsigned irq)
{
	irq_handler_fn *before = irq_set_handler(irq, note_irq);

	local_irq_disable();
	irqs_came = 0;
	CHECK_EQ(t, interrupted_by(idt, IRQ_VECTOR0 + irq), TRAP_NONE, "interrupt %u is none", irq);
	local_irq_enable();
	CHECK_EQ(t, irqs_came, 1u << irq, "interrupt %u comes, and is that", irq);
	irq_set_handler(irq, before);
}

/* Two are nobody's if the controller does not have them (irq.c tries these), and one is no interrupt. */
static void check_numbers(struct ktap *t, const uint32_t *idt)
{
	for (unsigned irq = 1; irq < NR_IRQS; irq++)
		if (irq != 7 && irq != 15 && irq != IRQ_APIC_SPURIOUS)
			check_irq(t, idt, irq);
	for (unsigned vector = NR_TRAPS + NR_IRQS; vector < NR_VECTORS; vector++)
		if (vector != SYSCALL_VECTOR)
			CHECK_EQ(t, interrupted_by(idt, vector), vector, "vector %u is that",
				 vector);
}

/* All is flat: SDM volume 3, 3.4.5, and 7.2.2 for the tasks, of which the one that runs is busy. */
static void check_segments(struct ktap *t)
{
	static const struct {
		unsigned selector;
		uint32_t low, high;
	} flat[] = {
		{KERNEL_CS, 0xffff, 0x00cf9b00}, {KERNEL_DS, 0xffff, 0x00cf9300},
		{USER_CS, 0xffff, 0x00cffb00},   {USER_DS, 0xffff, 0x00cff300},
		{PERCPU_FS, 0xffff, 0x00cf9300}, {SWITCH_CS, 0xffff, 0x00cf9b00},
		{SWITCH_DS, 0xffff, 0x00cf9300},
	};
	struct desc_ptr gdt;
	const uint32_t *entry;

	test_read_gdt(&gdt);
	CHECK_EQ(t, gdt.limit, SWITCH_DS + 7, "the GDT ends behind its last segment");
	for (unsigned i = 0; i < sizeof(flat) / sizeof(flat[0]); i++) {
		entry = (const uint32_t *)gdt.base + flat[i].selector / 8 * 2;
		CHECK_EQ(t, entry[0], flat[i].low, "segment %02x: the lower half",
			 flat[i].selector);
		CHECK_EQ(t, entry[1], flat[i].high, "segment %02x: the upper half",
			 flat[i].selector);
	}
	for (unsigned selector = TSS_SELECTOR; selector <= DF_TSS_SELECTOR; selector += 8) {
		entry = (const uint32_t *)gdt.base + selector / 8 * 2;
		CHECK_EQ(t, entry[0] & 0xffff, sizeof(struct tss) - 1, "task %02x: its limit",
			 selector);
		CHECK_EQ(t, entry[1] & 0x00ffff00, selector == TSS_SELECTOR ? 0x8b00 : 0x8900,
			 "task %02x: its kind", selector);
	}
	CHECK_EQ(t, kernel_tss.ss0, KERNEL_DS, "the stack of what comes from a program");
	CHECK_EQ(t, kernel_tss.io_map, sizeof(struct tss), "which may use no ports");
}

static void gates(struct ktap *t)
{
	static const uint8_t with_code[] = {10, 11, 12, TRAP_GP, TRAP_PF, 17, 21, 30};
	struct desc_ptr idt = {0, 0};

	NEEDS_MACHINE(t);
	test_read_idt(&idt);
	CHECK_EQ(t, idt.limit, 256 * 8 - 1, "the IDT holds all gates");
	for (unsigned vector = 0; vector < ((unsigned)idt.limit + 1) / 8; vector++)
		check_gate(t, (const uint32_t *)idt.base, vector);
	for (unsigned i = 0; i < sizeof(with_code); i++)
		check_error_code(t, (const uint32_t *)idt.base, with_code[i]);
	check_numbers(t, (const uint32_t *)idt.base);
	check_segments(t);
}

/*
 * An exception in an interrupt's handler is not that of whoever was interrupted (crash=irq-fault);
 * the handler may try on its own, and afterwards the other one still does.
 */
#define IRQ 9 /* nobody's on this machine, vector 41 */

static volatile uint32_t in_handler;

static void on_irq(unsigned irq)
{
	struct regs at;

	(void)irq;
	in_handler = trap_try(test_fault_invalid, NULL, &at);
}

static void interrupted_and_faults(void *arg)
{
	asm volatile("int $41");
	test_fault_divide_by_zero(arg);
}

static void handlers_try(struct ktap *t)
{
	struct regs at;

	in_handler = TRAP_NONE;
	irq_set_handler(IRQ, on_irq);
	CHECK_EQ(t, trap_try(interrupted_and_faults, NULL, &at), 0, "the interrupted code's own");
	CHECK_EQ(t, in_handler, TRAP_UD, "and the handler's own");
	irq_set_handler(IRQ, NULL);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(returns),
	KTAP_TEST(faults),
	KTAP_TEST(fault_addresses),
	KTAP_TEST(software_interrupts),
	KTAP_TEST(registers_arrive),
	KTAP_TEST(page_faults),
	KTAP_TEST(null_call),
	KTAP_TEST(registers_survive),
	KTAP_TEST(nests),
	KTAP_TEST(interrupts_kept),
	KTAP_TEST(handlers_keep_off),
	KTAP_TEST(storm),
	KTAP_TEST(handlers_try),
	KTAP_TEST(names),
	KTAP_TEST(gates),
};
KTAP_SUITE(trap, tests);
