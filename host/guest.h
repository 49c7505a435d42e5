/* SPDX-License-Identifier: MIT */
/*
 * Guests: kernels in ring 1 that believe they have a machine, made of this one's memory and time. What a guest does
 * and may not is done for it (emulate.c), or ends it with one line; the host goes on. What it asks for is in
 * pv/backend/hypercall.def. docs/guest.md has the whole.
 *
 * A guest is its thread's: nobody locks it. Its life is run.h's.
 */
#ifndef HOST_GUEST_H
#define HOST_GUEST_H

#include "pv/backend/guest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_MEMORY_MIN (4u << 20)
#define GUEST_LINE       160
#define GUEST_EVENT      4096
#define GUEST_WHY        96

/* As world.asm pushes and pops it. esp_unused is pushad's. */
struct guest_regs {
	uint32_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, esp_unused, ebx, edx, ecx, eax;
	uint32_t vector, error, eip, cs, eflags, esp, ss;
};
_Static_assert(sizeof(struct guest_regs) == 76, "world.asm counts on it");

#define GUEST_SEGMENTS 8 /* of its own table that count, number 0 included */

/* Page tables: shadow.h. */
#define SHADOW_TABLES 64 /* each maps 2 or 4 MiB */

struct shadow {
	uint8_t *pointers;  /* with PAE: a page, of which the first 32 bytes count */
	uint8_t *directory; /* four pages with PAE, else one */
	void *tables[SHADOW_TABLES];
	uint16_t at[SHADOW_TABLES]; /* the entry of the directory that leads there */
	unsigned n, made;           /* in use, and there */
};

enum guest_state { GUEST_RUNS, GUEST_SLEEPS, GUEST_ENDED };

/* How often the host was needed, and for what. */
struct guest_counts {
	uint64_t entries; /* into the guest */
	uint64_t machine; /* left for the machine's own interrupts */
	uint64_t hypercalls, privileged, faults, reflected, injected;
	uint64_t refused; /* writes to its text */
};

/* How many came since when (ns), and how many more that were too many. */
struct guest_flow {
	uint64_t since;
	uint32_t n, lost;
};

struct guest {
	unsigned number;
	enum guest_state state;
	char why[GUEST_WHY]; /* it ended */
	int status;          /* what it ended with, by itself; -1: it did not */
	struct guest_regs regs;
	uint64_t segments[GUEST_SEGMENTS]; /* of its GDT, what is allowed of it */

	uint8_t *memory; /* address 0 of the guest's */
	uint32_t bytes;
	uint8_t *pages;       /* enum guest_page of each */
	const uint8_t *image; /* the file that it was made of, as long as it lives */
	bool checked; /* its text changes as records say, and nothing else runs: firewall.h */
	unsigned breakpoints; /* of its own, that stand in its text */
	uint64_t stand_since,
		off_since; /* counts.machine when one came, and IF went off; 0: it is not so */
	struct shadow shadow;

	/* what the guest has in registers that it has not */
	uint32_t cr0, cr2, cr3, cr4, efer, dr[8];
	uint32_t idt_base, idt_limit, gdt_base, gdt_limit, task;

	bool irqs_on;       /* until it says where it has that itself */
	uint32_t *flags;    /* there; NULL: not yet */
	uint32_t flags_at;  /* the guest's address of them */
	bool flags_watched; /* an interrupt waits for IF: the page is read-only */
	bool flags_open;    /* not this time: a store that is not understood has to pass */
	struct pv_guest *shared;
	uint32_t iret_pop, iret; /* of its iret: the last two instructions */

	uint32_t pending;
	uint32_t shade_at;   /* eip behind STI or a load of SS: no interrupt comes there, */
	unsigned shade_left; /* as long as this is not 0 */
	uint64_t tick_ns, next_tick, wake_at;

	struct guest_counts counts;
	char line[GUEST_LINE]; /* what it says and tells: said.h */
	unsigned line_n;
	char event[GUEST_EVENT];
	unsigned event_n;
	struct guest_flow lines, events;
	uint32_t no_events; /* that are not such */
};

/* From GUEST_TEXT on nobody writes to it, not even by the accessed bits of page tables. */
enum guest_page { GUEST_DATA, GUEST_WAS_TEXT, GUEST_TEXT, GUEST_CONSTANT };

static inline bool guest_is_fixed(const struct guest *guest, uint32_t physical)
{
	return guest->pages[physical / 4096] >= GUEST_TEXT;
}

/* Has this page the word of IF, whatever its address, while an interrupt waits for that? */
static inline bool guest_is_watched(const struct guest *guest, uint32_t physical)
{
	return guest->flags_watched &&
	       physical / 4096 == ((uint32_t)guest->flags - (uint32_t)guest->memory) / 4096;
}

/* 1: its kernel runs, 3: a program. */
static inline unsigned guest_ring(const struct guest *guest)
{
	return guest->regs.cs & 3;
}

/* Who hears of a guest's events: one line each, as it wrote it, but whole and printable. NULL: nobody. */
extern void (*guest_told)(const struct guest *guest, const char *line, size_t n);

/* Who hears of a guest's lines first. True: it was for him, and is not one of the log's. NULL: nobody does. */
extern bool (*guest_heard)(const struct guest *guest, const char *line, size_t n);

/* Its end, with why. */
void guest_end(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
