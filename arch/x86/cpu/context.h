/* SPDX-License-Identifier: MIT */
/*
 * From one stack to another: what C keeps over a call stays on the stack that is left.
 *
 *	next->esp = context_make(top, begin);
 *	context_switch(&self->esp, next->esp);	// begin() runs; this comes back when somebody switches here
 */
#ifndef ARCH_X86_CPU_CONTEXT_H
#define ARCH_X86_CPU_CONTEXT_H

#include <stdint.h>

/* Interrupts are off. *from is written before the other stack is used. */
void context_switch(volatile uint32_t *from, uint32_t to);

/* A stack on which begin() will run when it is switched to first. It has nowhere to return to. */
static inline uint32_t context_make(uint32_t top, void (*begin)(void))
{
	uint32_t *stack = (uint32_t *)top;

	*--stack = 0; /* the return address of begin: backtraces end here */
	*--stack = (uint32_t)begin;
	for (unsigned i = 0; i < 4; i++)
		*--stack = 0; /* ebp, ebx, esi, edi */
	return (uint32_t)stack;
}

/* A program's own segment register: entries leave it alone, who changes tasks changes it. */
static inline uint32_t context_gs(void)
{
	uint32_t gs;

	asm volatile("mov %%gs, %0" : "=r"(gs));
	return gs;
}

static inline void context_set_gs(uint32_t gs)
{
	asm volatile("mov %0, %%gs" : : "r"(gs));
}

#endif
