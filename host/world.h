/* SPDX-License-Identifier: MIT */
/*
 * Into a guest and back, on this CPU: world.asm has the way, and this its pages.
 *
 *	if (!world_init())
 *		...
 *	world_run(guest);	// interrupts on; guest->regs say why it came back
 */
#ifndef HOST_WORLD_H
#define HOST_WORLD_H

#include "arch/x86/cpu/desc.h"
#include "host/guest.h"
#include "pv/static_call.h"
#include <stdbool.h>
#include <stdint.h>

#define WORLD_TSS         0x50
#define WORLD_GDT_ENTRIES 65 /* the last is the guest's kernel's code */

/* What this CPU needs on the way, its own page. */
struct world {
	uint32_t host_cr3, guest_cr3, host_esp;
	struct desc_ptr host_gdt __attribute__((aligned(4)));
	struct desc_ptr host_idt __attribute__((aligned(4)));
	struct desc_ptr guest_gdt __attribute__((aligned(4)));
	struct desc_ptr guest_idt __attribute__((aligned(4)));
	uint32_t missed; /* NMIs that came on the way */
	struct tss tss;
	uint64_t gdt[WORLD_GDT_ENTRIES] __attribute__((aligned(8)));
};

/* Once, after paging is on. False: it is off, or there is no memory. */
bool world_init(void);

/*
 * The guest goes on until something comes: its registers then have a vector, and *cr2 what a page fault's was.
 * Interrupts of the machine are handled here, and the vector is then theirs: nothing for the guest.
 */
void world_run(struct guest *guest, uint32_t *cr2);

/* By which everybody calls it: a test can be the machine in its place, and others pay nothing for that. */
DECLARE_STATIC_CALL(guest_enter, world_run);

/* Came this from the machine, and has been handled? */
bool world_was_machine(uint32_t vector);

#endif
