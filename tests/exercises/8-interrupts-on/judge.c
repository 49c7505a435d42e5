// SPDX-License-Identifier: MIT
/*
 * Exercise 8. soft.S as a part of this program: its variables are ours, at their own addresses, and so is who
 * runs the kept handlers. An interrupt between two instructions is a breakpoint there, of which the signal
 * handler makes what the kernel's entry does: the handler runs, or the interrupt is kept.
 *
 * free: signals and stacks of its own
 * with: -DPV_PERCPU_SEG=ds pv/backend/soft.S pv/insn.c
 */
#define _GNU_SOURCE
#include "../judge.h"
#include "pv/insn.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define IF       0x200u
#define KEPT_IRQ 1u
#define COMES    2u /* between two instructions */

uint32_t soft_if, soft_kept;
static volatile unsigned served, replays;

extern uint8_t __raw_callee_save_soft_irq_enable[], __raw_callee_save_soft_restore_fl[],
	__raw_callee_save_soft_irq_enter[];

/* Nobody here comes to these. */
#define NEVER(name)       \
	void name(void);  \
	void name(void)   \
	{                 \
		_Exit(3); \
	}
NEVER(soft_deliver)
NEVER(native_iret)
NEVER(native_irq_enable_sysexit)
NEVER(native_safe_halt)
NEVER(native_halt)

/* As that of soft.c: comes back with the variable on and nothing kept. */
void replay_all(void);
void replay_all(void)
{
	replays++;
	do {
		soft_if = 0;
		for (; soft_kept; soft_kept &= soft_kept - 1)
			served++;
		soft_if = IF;
	} while (soft_kept);
}

/* A C function, which may lose eax, ecx and edx, and does. */
asm(".globl soft_replay\n"
    "soft_replay:\n"
    "	call replay_all\n"
    "	mov $0xdeadbeef, %eax\n"
    "	mov %eax, %ecx\n"
    "	mov %eax, %edx\n"
    "	ret\n");

/* Registers in and out of the function, and by how much its stack is off. */
uint32_t registers_in[7], registers_out[7], stack_in, stack_out, called;
void call_it(void);
asm("call_it:\n"
    "	pushal\n"
    "	mov registers_in, %eax\n"
    "	mov registers_in + 4, %ebx\n"
    "	mov registers_in + 8, %ecx\n"
    "	mov registers_in + 12, %edx\n"
    "	mov registers_in + 16, %esi\n"
    "	mov registers_in + 20, %edi\n"
    "	mov registers_in + 24, %ebp\n"
    "	mov %esp, stack_in\n"
    "	call *called\n"
    "	mov %esp, stack_out\n"
    "	mov stack_in, %esp\n"
    "	mov %eax, registers_out\n"
    "	mov %ebx, registers_out + 4\n"
    "	mov %ecx, registers_out + 8\n"
    "	mov %edx, registers_out + 12\n"
    "	mov %esi, registers_out + 16\n"
    "	mov %edi, registers_out + 20\n"
    "	mov %ebp, registers_out + 24\n"
    "	popal\n"
    "	ret\n");

static void call_with(const uint8_t *function, uint32_t eax)
{
	for (unsigned i = 0; i < 7; i++)
		registers_in[i] = 0x1111 * (i + 1);
	registers_in[0] = eax;
	called = (uint32_t)function;
	served = replays = 0;
	call_it();
}

static void registers_survive(void)
{
	static const char *const names[] = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"};

	for (unsigned i = 0; i < 7; i++)
		if (!IS_NUMBER(names[i], registers_out[i], registers_in[i]))
			return;
	IS_NUMBER("esp", stack_out, stack_in);
}

static void is_on(uint32_t handlers)
{
	IS_NUMBER("soft_if", soft_if, IF);
	IS_NUMBER("interrupts that are still kept", soft_kept, 0);
	IS_NUMBER("handlers that ran", served, handlers);
}

/* ---- an interrupt between two instructions ---- */

static uint8_t *stop, stopped;

/* The kernel's entry: with the variable on the handler runs, otherwise it is kept. */
static void comes(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	*stop = stopped;
	registers[REG_EIP] = (greg_t)stop;
	stop = NULL;
	if (soft_if)
		served++;
	else
		soft_kept |= 1u << COMES;
}

static void begin_signals(void)
{
	struct sigaction action = {.sa_sigaction = comes, .sa_flags = SA_SIGINFO};
	const uint32_t page = 4096,
		       first = (uint32_t)__raw_callee_save_soft_restore_fl & ~(page - 1);

	sigaction(SIGTRAP, &action, NULL);
	if (mprotect((void *)first, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC))
		_Exit(4);
}

/* In front of every instruction that there is for it, once each: no interrupt is lost, none comes twice. */
static void at_every_instruction(const uint8_t *function, uint32_t eax)
{
	uint8_t *at = __raw_callee_save_soft_restore_fl;
	unsigned len, places = 0;

	for (; at < __raw_callee_save_soft_irq_enter; at += len) {
		len = pv_insn_len(at, PV_INSN_MAX);
		if (!len)
			break;
		soft_if = 0;
		soft_kept = 0;
		stop = at;
		stopped = *at;
		*at = 0xcc;
		call_with(function, eax);
		if (stop) {
			*stop = stopped; /* nobody came here */
			continue;
		}
		places++;
		if (served == 1 && !soft_kept && soft_if == IF)
			continue;
		WRONG("it comes in front of the instruction at %#x of the function: handlers that ran %u, still kept %#x",
		      at - function, served, soft_kept);
		return;
	}
	IS_TRUE(places, "no instruction of the function was met");
}

/* ---- the cases ---- */

static void turns_on(const uint8_t *function, uint32_t eax)
{
	soft_if = soft_kept = 0;
	call_with(function, eax);
	is_on(0);
}

static void enable(void)
{
	const uint8_t *irq_enable = __raw_callee_save_soft_irq_enable;

	CASE("irq_enable turns the variable on");
	turns_on(irq_enable, 0);
	IS_NUMBER("calls of soft_replay() for nothing", replays, 0);
	CASE("an interrupt that is kept gets its handler");
	soft_if = 0;
	soft_kept = 1u << KEPT_IRQ;
	call_with(irq_enable, 0);
	is_on(1);
	CASE("so do two, whatever their numbers are");
	soft_if = 0;
	soft_kept = 1u << 31 | 1u;
	call_with(irq_enable, 0);
	is_on(2);
	CASE("all registers survive, though soft_replay() may lose eax, ecx and edx");
	soft_kept = 1u << KEPT_IRQ;
	call_with(irq_enable, 0x12345678);
	registers_survive();
	CASE("one that comes between any two instructions gets its handler, once, and now");
	at_every_instruction(irq_enable, 0);
}

static void restore(void)
{
	const uint8_t *restore_fl = __raw_callee_save_soft_restore_fl;

	CASE("restore_fl with IF in eax turns the variable on, too");
	turns_on(restore_fl, IF | 2);
	CASE("without IF, and all other bits on, it turns it off");
	soft_if = IF;
	call_with(restore_fl, ~IF);
	IS_NUMBER("soft_if", soft_if, 0);
	registers_survive();
	CASE("what is kept stays so while it is off");
	soft_if = IF;
	soft_kept = 1u << KEPT_IRQ;
	call_with(restore_fl, 0);
	IS_NUMBER("interrupts that are kept", soft_kept, 1u << KEPT_IRQ);
	IS_NUMBER("handlers that ran", served, 0);
	CASE("on: one that is kept, and one that comes between any two instructions, get their handlers");
	call_with(restore_fl, IF);
	is_on(1);
	registers_survive();
	at_every_instruction(restore_fl, IF);
}

int main(void)
{
	begin_signals();
	enable();
	restore();
	return judged();
}
