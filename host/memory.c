// SPDX-License-Identifier: MIT
/*
 * The guest's page tables, in whichever of the formats it has chosen: SDM volume 3, 4.3 and 4.4.
 */
#include "host/memory.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/mm/pages.h"
#include "host/control.h"

#define P  0x001u
#define W  0x002u
#define U  0x004u
#define A  0x020u
#define D  0x040u
#define PS 0x080u

void *guest_physical(const struct guest *guest, uint32_t address, size_t n)
{
	if (address > guest->bytes || n > guest->bytes - address)
		return NULL;
	return guest->memory + address;
}

/* One level's entry, and what the levels so far allow. */
struct step {
	uint32_t *entry;
	uint32_t low, high;
	bool beyond;
};

static struct step read_entry(const struct guest *guest, uint32_t table, uint32_t i, bool wide)
{
	uint32_t *entry = guest_physical(guest, table + i * (wide ? 8 : 4), wide ? 8 : 4);
	struct step step = {.entry = entry};

	if (!entry || guest_is_fixed(guest, (uint32_t)((uint8_t *)entry - guest->memory)))
		return (struct step){.beyond = true};
	step.low = entry[0];
	step.high = wide ? entry[1] : 0;
	step.beyond = step.low & P && step.high & 0x7fffffff;
	return step;
}

static void narrow(struct way *way, const struct step *step)
{
	way->write &= (step->low & W) != 0;
	way->user &= (step->low & U) != 0;
	way->nx |= step->high >> 31;
}

static bool allows(const struct guest *guest, const struct way *way, unsigned access)
{
	if (access & ACCESS_USER && !way->user)
		return false;
	if (access & ACCESS_FETCH && way->nx)
		return false;
	return !(access & ACCESS_WRITE) || way->write ||
	       (!(access & ACCESS_USER) && !(guest->cr0 & CR0_WP));
}

static bool fault(uint32_t *error, unsigned access, bool present, bool nx)
{
	*error = (present ? FAULT_PRESENT : 0) | (access & ACCESS_WRITE ? FAULT_WRITE : 0) |
		 (access & ACCESS_USER ? FAULT_USER : 0) |
		 (access & ACCESS_FETCH && nx ? FAULT_FETCH : 0);
	return false;
}

static bool walk_tables(struct guest *guest, uint32_t address, unsigned access, struct way *way,
			uint32_t *error)
{
	const bool wide = guest->cr4 & CR4_PAE, nxe = guest->efer & EFER_NXE;
	const unsigned shift = wide ? 21 : 22;
	uint32_t directory = guest->cr3 & ~4095u, index = address >> shift;
	struct step up, leaf;

	if (wide) {
		up = read_entry(guest, guest->cr3 & ~31u, address >> 30, true);
		way->beyond = up.beyond;
		if (up.beyond || !(up.low & P))
			return fault(error, access, false, nxe);
		directory = up.low & ~4095u;
		index &= 511;
	}
	up = read_entry(guest, directory, index, wide);
	way->beyond = up.beyond;
	if (up.beyond || !(up.low & P))
		return fault(error, access, false, nxe);
	narrow(way, &up);
	leaf = up;
	if (up.low & PS && (wide || guest->cr4 & CR4_PSE)) {
		way->large = true;
		way->physical = (up.low & ~((1u << shift) - 1)) |
				(address & ((1u << shift) - 1) & ~4095u);
	} else {
		leaf = read_entry(guest, up.low & ~4095u, (address >> 12) & (wide ? 511 : 1023),
				  wide);
		way->beyond = leaf.beyond;
		if (leaf.beyond || !(leaf.low & P))
			return fault(error, access, false, nxe);
		narrow(way, &leaf);
		way->physical = leaf.low & ~4095u;
	}
	way->nx &= nxe;
	if (!allows(guest, way, access))
		return fault(error, access, true, nxe);
	*up.entry |= A;
	*leaf.entry |= A | (access & ACCESS_WRITE ? D : 0);
	/* Without WP a kernel writes to what is read-only for programs: the page is its own then, or theirs. */
	if (!way->write && !(guest->cr0 & CR0_WP) && !(access & ACCESS_USER)) {
		way->write = true;
		way->user = false;
	}
	way->write &= (*leaf.entry & D) != 0; /* who makes it dirty has to be seen */
	return true;
}

bool guest_walk(struct guest *guest, uint32_t address, unsigned access, struct way *way,
		uint32_t *error)
{
	*way = (struct way){.write = true, .user = true};
	if (!(guest->cr0 & CR0_PG)) {
		way->physical = address & ~4095u;
		way->user = access & ACCESS_USER;
	} else if (!walk_tables(guest, address, access, way, error)) {
		return false;
	}
	way->beyond = way->physical >= guest->bytes;
	if (way->beyond)
		return fault(error, access, false, false);
	return true;
}

/* What of n bytes lies in the first one's page. */
static size_t in_page(uint32_t address, size_t n)
{
	const size_t room = PAGE_SIZE - address % PAGE_SIZE;

	return n < room ? n : room;
}

static uint8_t *reach(struct guest *guest, uint32_t address, unsigned access,
		      struct guest_fault *fault_at)
{
	struct way way;

	fault_at->at = address;
	if (!guest_walk(guest, address, access, &way, &fault_at->error))
		return NULL;
	return guest->memory + way.physical + address % PAGE_SIZE;
}

bool guest_read(struct guest *guest, uint32_t from, void *to, size_t n,
		struct guest_fault *fault_at)
{
	for (size_t part; n; n -= part, from += part, to = (uint8_t *)to + part) {
		const uint8_t *bytes = reach(guest, from, 0, fault_at);

		part = in_page(from, n);
		if (!bytes)
			return false;
		copy_bytes(to, bytes, part);
	}
	return true;
}

/* Text is not written to, whatever the guest's tables say. */
bool guest_write(struct guest *guest, uint32_t to, const void *from, size_t n,
		 struct guest_fault *fault_at)
{
	for (size_t part; n; n -= part, to += part, from = (const uint8_t *)from + part) {
		uint8_t *bytes = reach(guest, to, ACCESS_WRITE, fault_at);

		part = in_page(to, n);
		if (!bytes)
			return false;
		if (guest_is_fixed(guest, (uint32_t)(bytes - guest->memory))) {
			fault_at->error = FAULT_PRESENT | FAULT_WRITE;
			return false;
		}
		copy_bytes(bytes, from, part);
	}
	return true;
}
