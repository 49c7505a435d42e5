// SPDX-License-Identifier: MIT
/*
 * Forms of instructions: SDM volume 2. What is not known here as a branch goes on behind itself.
 */
#include "tests/kernel/guest/stops.h"
#include "arch/x86/trap/trap.h"
#include "lib/string.h"
#include "pv/insn.h"

#define BREAKPOINT 0xcc

static bool is_there(const struct guest *guest, uint32_t at, uint32_t n)
{
	return at < guest->bytes && guest->bytes - at >= n;
}

static uint32_t word(const struct guest *guest, uint32_t at)
{
	uint32_t value = 0;

	if (is_there(guest, at, 4))
		memcpy(&value, guest->memory + at, 4);
	return value;
}

static uint32_t reg(const struct guest *guest, unsigned number)
{
	const struct guest_regs *r = &guest->regs;
	const uint32_t of[8] = {r->eax, r->ecx, r->edx, r->ebx, r->esp, r->ebp, r->esi, r->edi};

	return of[number & 7];
}

/* JMP or CALL through a register or memory, whose ModRM byte is there. */
static uint32_t through(const struct guest *guest, uint32_t at)
{
	const uint8_t *bytes = guest->memory + at;
	const unsigned mod = bytes[0] >> 6, rm = bytes[0] & 7;
	unsigned next = 1;
	uint32_t sum = 0;

	if (mod == 3)
		return reg(guest, rm);
	if (rm == 4) {
		const uint8_t sib = bytes[next++];

		sum = (sib >> 3 & 7) == 4 ? 0 : reg(guest, sib >> 3) << (sib >> 6);
		if ((sib & 7) == 5 && !mod)
			sum += word(guest, at + next);
		else
			sum += reg(guest, sib);
	} else {
		sum = rm == 5 && !mod ? word(guest, at + next) : reg(guest, rm);
	}
	if (mod)
		sum += mod == 1 ? (uint32_t)(int8_t)bytes[next] : word(guest, at + next);
	return word(guest, sum);
}

static void stop(struct stops *stops, struct guest *guest, uint32_t at)
{
	if (!is_there(guest, at, 1) || guest->memory[at] == BREAKPOINT)
		return;
	stops->stop[stops->n].at = at;
	stops->stop[stops->n++].byte = guest->memory[at];
	guest->memory[at] = BREAKPOINT;
}

void stops_set(struct stops *stops, struct guest *guest)
{
	const uint32_t eip = guest->regs.eip, esp = guest->regs.esp;
	const uint8_t *bytes = guest->memory + eip;
	struct pv_insn insn;
	unsigned op = 0;

	stops->n = 0;
	if (guest_ring(guest) == 3 || !is_there(guest, eip, PV_INSN_MAX) ||
	    !pv_insn_decode(bytes, PV_INSN_MAX, &insn))
		return;
	while (bytes[op] == 0x2e || bytes[op] == 0x3e)
		op++;
	if (insn.rel_size) {
		stop(stops, guest, pv_insn_target(eip, bytes, &insn));
		if (bytes[op] != 0xe8 && bytes[op] != 0xe9 && bytes[op] != 0xeb)
			stop(stops, guest, eip + insn.len);
	} else if (bytes[op] == 0xc3 || bytes[op] == 0xc2) {
		stop(stops, guest, word(guest, esp));
	} else if (bytes[op] == 0xcf) {
		if ((word(guest, esp + 4) & 3) != 3)
			stop(stops, guest, word(guest, esp));
	} else if (bytes[op] == 0xff &&
		   ((bytes[op + 1] >> 3 & 7) == 2 || (bytes[op + 1] >> 3 & 7) == 4)) {
		stop(stops, guest, through(guest, eip + op + 1));
	} else {
		stop(stops, guest, eip + insn.len);
	}
}

bool stops_clear(struct stops *stops, struct guest *guest)
{
	bool came = false;

	while (stops->n--) {
		const uint32_t at = stops->stop[stops->n].at;

		guest->memory[at] = stops->stop[stops->n].byte;
		if (guest->regs.vector == TRAP_BP && guest->regs.eip == at + 1 && !came) {
			guest->regs.eip = at;
			came = true;
		}
	}
	stops->n = 0;
	return came;
}
