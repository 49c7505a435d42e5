// SPDX-License-Identifier: MIT
/*
 * SDM volume 2 for each instruction's form; volume 3, 2.8 for which of them are privileged.
 */
#include "host/emulate.h"
#include "arch/x86/trap/regs.h"
#include "host/control.h"
#include "host/inject.h"
#include "host/memory.h"
#include "host/segments.h"
#include "host/shadow.h"
#include "pv/insn.h"
#include <stddef.h>

#define CR0_ALLOWED \
	(CR0_PE | 2u /* MP */ | CR0_EM | CR0_TS | CR0_ET | 0x20u /* NE */ | CR0_WP | CR0_PG)

/* An instruction, without its prefixes. */
struct insn {
	uint8_t bytes[PV_INSN_MAX];
	unsigned n;  /* bytes that could be read */
	unsigned op; /* where its opcode is */
	bool short_operand;
	unsigned len; /* all of it; 0 until it is known */
};

static bool fetch(struct guest *guest, struct insn *insn)
{
	struct guest_fault fault;

	*insn = (struct insn){.n = PV_INSN_MAX};
	if (!guest_read(guest, guest->regs.eip, insn->bytes, PV_INSN_MAX, &fault))
		insn->n = fault.at - guest->regs.eip; /* up to the page that is not there */
	for (; insn->op < insn->n; insn->op++) {
		uint8_t byte = insn->bytes[insn->op];

		if (byte == 0x66)
			insn->short_operand = true;
		else if (byte != 0x3e && byte != 0x2e && byte != 0x36 && byte != 0x26)
			break;
	}
	insn->len = pv_insn_len(insn->bytes, insn->n);
	return insn->op < insn->n;
}

static uint32_t *reg_of(struct guest *guest, unsigned number)
{
	struct guest_regs *r = &guest->regs;
	uint32_t *const of[8] = {&r->eax, &r->ecx, &r->edx, &r->ebx,
				 &r->esp, &r->ebp, &r->esi, &r->edi};

	return of[number & 7];
}

static uint32_t number_at(const uint8_t *bytes, unsigned size)
{
	uint32_t value = bytes[0];

	if (size == 1)
		return (uint32_t)(int8_t)bytes[0];
	return value | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The address that a ModRM byte with memory means; volume 2A, tables 2-2 and 2-3. */
static bool address_of(struct guest *guest, const struct insn *insn, unsigned at, uint32_t *address)
{
	const uint8_t modrm = insn->bytes[at], mod = modrm >> 6, rm = modrm & 7;
	unsigned next = at + 1;
	uint32_t sum = 0;

	if (mod == 3)
		return false;
	if (rm == 4) {
		const uint8_t sib = insn->bytes[next++];

		if ((sib >> 3 & 7) != 4)
			sum += *reg_of(guest, sib >> 3) << (sib >> 6);
		if ((sib & 7) != 5 || mod)
			sum += *reg_of(guest, sib);
		else
			sum += number_at(&insn->bytes[next], 4);
	} else if (rm == 5 && !mod) {
		sum += number_at(&insn->bytes[next], 4);
	} else {
		sum += *reg_of(guest, rm);
	}
	if (mod)
		sum += number_at(&insn->bytes[next], mod == 1 ? 1 : 4);
	*address = sum;
	return true;
}

/* ---- what the instructions do ---- */

static void set_cr0(struct guest *guest, uint32_t value)
{
	const uint32_t changed = guest->cr0 ^ value;

	if (!(value & CR0_PE)) {
		guest_end(guest, "it left protected mode at %08x", guest->regs.eip);
		return;
	}
	guest->cr0 = (value & CR0_ALLOWED) | CR0_ET;
	if (changed & (CR0_PG | CR0_WP))
		shadow_flush(guest);
}

bool emulate_control(struct guest *guest, unsigned which, uint32_t value)
{
	switch (which) {
	case 0: set_cr0(guest, value); return true;
	case 2: guest->cr2 = value; return true;
	case 3:
		guest->cr3 = value;
		shadow_flush(guest);
		return true;
	case 4:
		if (value & ~(CR4_TSD | CR4_PSE | CR4_PAE))
			return false; /* no CPU of a guest has more; and TSD means nothing */
		guest->cr4 = value;
		shadow_flush(guest);
		return true;
	default: return false;
	}
}

static bool read_control(const struct guest *guest, unsigned which, uint32_t *value)
{
	const uint32_t *of[5] = {&guest->cr0, NULL, &guest->cr2, &guest->cr3, &guest->cr4};

	if (which > 4 || !of[which])
		return false;
	*value = *of[which];
	return true;
}

static bool move_control(struct guest *guest, const struct insn *insn, uint8_t op)
{
	const uint8_t modrm = insn->bytes[insn->op + 2];
	uint32_t *reg = reg_of(guest, modrm);

	switch (op) {
	case 0x20: return read_control(guest, modrm >> 3 & 7, reg);
	case 0x21: *reg = guest->dr[modrm >> 3 & 7]; return true;
	case 0x22: return emulate_control(guest, modrm >> 3 & 7, *reg);
	default: /* nothing breaks by them: they are kept, and that is all */
		guest->dr[modrm >> 3 & 7] = *reg;
		return true;
	}
}

static bool move_msr(struct guest *guest, bool write)
{
	struct guest_regs *r = &guest->regs;

	if (r->ecx != MSR_EFER)
		return false;
	if (!write) {
		r->eax = guest->efer;
		r->edx = 0;
		return true;
	}
	if (r->edx || r->eax & ~EFER_NXE)
		return false;
	guest->efer = r->eax;
	shadow_flush(guest);
	return true;
}

static bool load_table(struct guest *guest, const struct insn *insn, bool idt)
{
	uint8_t pointer[6];
	struct guest_fault fault;
	uint32_t address;

	if (!address_of(guest, insn, insn->op + 2, &address) ||
	    !guest_read(guest, address, pointer, sizeof(pointer), &fault))
		return false;
	*(idt ? &guest->idt_limit : &guest->gdt_limit) = pointer[0] | pointer[1] << 8;
	*(idt ? &guest->idt_base : &guest->gdt_base) = number_at(pointer + 2, 4);
	if (!idt)
		segments_read(guest);
	return true;
}

static bool group_7(struct guest *guest, const struct insn *insn)
{
	const uint8_t modrm = insn->bytes[insn->op + 2];
	uint32_t address;

	switch (modrm >> 3 & 7) {
	case 2:
	case 3: return load_table(guest, insn, (modrm >> 3 & 7) == 3);
	case 7:
		if (!address_of(guest, insn, insn->op + 2, &address))
			return false;
		shadow_forget(guest, address);
		return true;
	default: return false;
	}
}

/* LLDT of nothing, and LTR. */
static bool group_6(struct guest *guest, const struct insn *insn)
{
	const uint8_t modrm = insn->bytes[insn->op + 2];
	const uint32_t value = *reg_of(guest, modrm) & 0xffff;

	if (modrm >> 6 != 3)
		return false;
	if ((modrm >> 3 & 7) == 2)
		return !(value & 0xfffc);
	return (modrm >> 3 & 7) == 3 && segments_set_task(guest, value);
}

static bool two_bytes(struct guest *guest, const struct insn *insn)
{
	const uint8_t op = insn->bytes[insn->op + 1];

	switch (op) {
	case 0x00: return group_6(guest, insn);
	case 0x01: return group_7(guest, insn);
	case 0x06: /* CLTS */ guest->cr0 &= ~CR0_TS; return true;
	case 0x08: /* INVD, WBINVD: caches are the host's */
	case 0x09: return true;
	case 0x20:
	case 0x21:
	case 0x22:
	case 0x23: return move_control(guest, insn, op);
	case 0x30: return move_msr(guest, true);
	case 0x32: return move_msr(guest, false);
	default: return false;
	}
}

/* Nobody is at any port: what is written is gone, what is read is all ones. */
static bool port(struct guest *guest, const struct insn *insn)
{
	const uint8_t op = insn->bytes[insn->op];

	if (op & 2)
		return true;
	if (!(op & 1))
		guest->regs.eax |= 0xff;
	else
		guest->regs.eax |= insn->short_operand ? 0xffff : 0xffffffff;
	return true;
}

/* Its SS, by a selector of ring 0: what the kernel calls it has another ring here. */
static bool move_segment(struct guest *guest, const struct insn *insn)
{
	const uint8_t modrm = insn->bytes[insn->op + 1];
	const uint32_t selector = (*reg_of(guest, modrm) & 0xfffc) | 1;

	if (modrm >> 3 != (3 << 3 | 2) || !segments_is_stack(guest, selector, 1))
		return false;
	guest->regs.ss = selector;
	inject_shade(guest, guest->regs.eip + insn->len);
	return true;
}

static bool sleep(struct guest *guest)
{
	if (inject_is_on(guest))
		guest->state = GUEST_SLEEPS;
	else
		guest_end(guest, "it halted with interrupts off at %08x", guest->regs.eip);
	return true;
}

static bool set_interrupts(struct guest *guest, const struct insn *insn, bool on)
{
	if (on && !inject_is_on(guest))
		inject_shade(guest, guest->regs.eip + insn->len);
	inject_set(guest, on);
	return true;
}

static bool one_byte(struct guest *guest, const struct insn *insn)
{
	switch (insn->bytes[insn->op]) {
	case 0x0f: return insn->n > insn->op + 1 && two_bytes(guest, insn);
	case 0x8e: return move_segment(guest, insn);
	case 0xe4:
	case 0xe5:
	case 0xe6:
	case 0xe7:
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef: return port(guest, insn);
	case 0xf4: return sleep(guest);
	case 0xfa:
	case 0xfb: return set_interrupts(guest, insn, insn->bytes[insn->op] == 0xfb);
	default: return false;
	}
}

bool emulate(struct guest *guest)
{
	struct insn insn;

	if (guest_ring(guest) != 1 || !fetch(guest, &insn) || !insn.len || !one_byte(guest, &insn))
		return false;
	guest->counts.privileged++;
	guest->regs.eip += insn.len;
	return true;
}

bool emulate_skip(struct guest *guest)
{
	struct insn insn;

	if (!fetch(guest, &insn) || !insn.len)
		return false;
	guest->regs.eip += insn.len;
	return true;
}

bool emulate_fpu(struct guest *guest)
{
	struct insn insn;

	if (guest->cr0 & (CR0_EM | CR0_TS) || !fetch(guest, &insn) || !insn.len ||
	    ((insn.bytes[insn.op] & 0xf8) != 0xd8 && insn.bytes[insn.op] != 0x9b))
		return false;
	guest->counts.privileged++;
	guest->regs.eip += insn.len;
	return true;
}
