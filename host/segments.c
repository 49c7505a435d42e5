// SPDX-License-Identifier: MIT
/*
 * A guest has code and data, in rings 1 and 3. That it cannot reach the host is for page tables to see to; here it
 * gets no ring 0, no gate and no task.
 */
#include "host/segments.h"
#include "host/memory.h"

/* The upper half of a descriptor. */
#define ACCESSED   0x00000100u
#define WRITABLE   0x00000200u /* of data; of code: readable */
#define CONFORMING 0x00000400u /* of code */
#define CODE       0x00000800u
#define SEGMENT    0x00001000u /* no gate, no task */
#define RING(high) ((high) >> 13 & 3)
#define RING_1     0x00002000u
#define PRESENT    0x00008000u
#define LONG       0x00200000u
#define WHOLE      0x008f0000u /* a limit of 4 GiB, with 0xffff below */

#define TYPE     0x00001f00u
#define TSS      0x00000900u
#define TSS_BUSY 0x00000b00u

static uint64_t allowed(uint64_t descriptor)
{
	uint32_t high = (uint32_t)(descriptor >> 32), low = (uint32_t)descriptor;

	if (!(high & PRESENT) || !(high & SEGMENT))
		return 0;
	if (high & CODE) { /* an eip beyond its limit would be the host's fault, at IRET */
		high = (high & ~CONFORMING) | WHOLE;
		low |= 0xffff;
	}
	if (!RING(high))
		high |= RING_1;
	high = (high & ~LONG) | ACCESSED; /* the CPU would write that into the table */
	return (uint64_t)high << 32 | low;
}

static uint64_t read_one(struct guest *guest, uint32_t i)
{
	struct guest_fault fault;
	uint64_t descriptor;

	if (8 * i + 7 > guest->gdt_limit ||
	    !guest_read(guest, guest->gdt_base + 8 * i, &descriptor, 8, &fault))
		return 0;
	return allowed(descriptor);
}

void segments_read(struct guest *guest)
{
	guest->segments[0] = 0;
	for (uint32_t i = 1; i < GUEST_SEGMENTS; i++)
		guest->segments[i] = read_one(guest, i);
}

bool segments_refresh(struct guest *guest, uint32_t selector)
{
	const uint32_t i = (selector & 0xffff) / 8;
	uint64_t was;

	if (selector & 4 || !i || i >= GUEST_SEGMENTS)
		return false;
	was = guest->segments[i];
	guest->segments[i] = read_one(guest, i);
	return guest->segments[i] != was;
}

/* The upper half of what a selector names; 0: nothing. */
static uint32_t named(const struct guest *guest, uint32_t selector)
{
	if ((selector & 0xfffc) == (PV_GUEST_CS & 0xfffc))
		return GUEST_CS_HIGH;
	if (selector & 4 || (selector & 0xffff) >= 8 * GUEST_SEGMENTS)
		return 0;
	return (uint32_t)(guest->segments[(selector & 0xffff) / 8] >> 32);
}

bool segments_is_code(const struct guest *guest, uint32_t selector, unsigned ring)
{
	const uint32_t high = named(guest, selector);

	return high & CODE && RING(high) == ring && (selector & 3) == ring &&
	       (ring == 1 || ring == 3);
}

bool segments_is_stack(const struct guest *guest, uint32_t selector, unsigned ring)
{
	const uint32_t high = named(guest, selector);

	return high && !(high & CODE) && high & WRITABLE && RING(high) == ring &&
	       (selector & 3) == ring;
}

/* What a data register may hold: data, or code that may be read; null always. */
static bool is_loadable(const struct guest *guest, uint32_t selector, unsigned ring)
{
	const uint32_t high = named(guest, selector);
	const unsigned asks = ring > (selector & 3) ? ring : selector & 3;

	if ((selector & 0xfffc) == 0)
		return true;
	return high && (!(high & CODE) || high & WRITABLE) && RING(high) >= asks;
}

bool segments_check(struct guest *guest)
{
	struct guest_regs *r = &guest->regs;
	const unsigned ring = guest_ring(guest);
	uint32_t *const data[] = {&r->ds, &r->es, &r->fs, &r->gs};

	for (unsigned i = 0; i < 4; i++)
		if (!is_loadable(guest, *data[i], ring))
			*data[i] = 0;
	return segments_is_code(guest, r->cs, ring) && segments_is_stack(guest, r->ss, ring);
}

bool segments_set_task(struct guest *guest, uint32_t selector)
{
	uint32_t words[2];
	struct guest_fault fault;

	selector &= 0xffff;
	if (selector & 4 || (selector | 7) > guest->gdt_limit ||
	    !guest_read(guest, guest->gdt_base + (selector & ~7u), words, sizeof(words), &fault) ||
	    ((words[1] & TYPE) != TSS && (words[1] & TYPE) != TSS_BUSY))
		return false;
	guest->task = (words[1] & 0xff000000) | (words[1] & 0xff) << 16 | words[0] >> 16;
	return true;
}
