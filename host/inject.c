// SPDX-License-Identifier: MIT
/*
 * The guest's IF is a word in its memory, which it changes as it likes. While an interrupt waits and IF is off, the
 * word's page is read-only: the store that turns it on comes here, is done, and the interrupt behind it. It
 * cannot be late or lost.
 */
#include "host/inject.h"
#include "arch/x86/trap/trap.h"
#include "host/control.h"
#include "host/memory.h"
#include "host/segments.h"
#include "host/shadow.h"
#include "pv/nops.h"

#define GATE_PRESENT   0x8000u
#define GATE_TYPE      0x1f00u
#define GATE_INTERRUPT 0x0e00u
#define GATE_TRAP      0x0f00u
#define GATE_TASK      0x0500u

bool inject_is_on(const struct guest *guest)
{
	return guest->flags ? *guest->flags & EFLAGS_IF : guest->irqs_on;
}

void inject_set(struct guest *guest, bool on)
{
	if (guest->flags)
		*guest->flags = on ? EFLAGS_IF : 0;
	guest->irqs_on = on;
}

/* What comes when one is brought, and cannot be. */
static void cannot(struct guest *guest, uint32_t vector, const char *why)
{
	guest_end(guest, "%s at %08x, and %s", trap_name(vector), guest->regs.eip, why);
}

static bool push(struct guest *guest, uint32_t *esp, uint32_t value)
{
	struct guest_fault fault;

	*esp -= 4;
	return guest_write(guest, *esp, &value, 4, &fault);
}

/* The kernel's stack for who comes from a program, out of its TSS. */
static bool kernel_stack(struct guest *guest, uint32_t *esp, uint32_t *ss)
{
	uint32_t words[2];
	struct guest_fault fault;

	if (!guest->task || !guest_read(guest, guest->task + 4, words, sizeof(words), &fault))
		return false;
	*esp = words[0];
	*ss = (words[1] & 0xfffc) | 1;
	return segments_is_stack(guest, *ss, 1) ||
	       (segments_refresh(guest, *ss) && segments_is_stack(guest, *ss, 1));
}

struct gate {
	uint32_t offset, type, ring;
	bool present;
};

static bool read_gate(struct guest *guest, uint32_t vector, struct gate *gate)
{
	uint32_t words[2];
	struct guest_fault fault;

	if (8 * vector + 7 > guest->idt_limit ||
	    !guest_read(guest, guest->idt_base + 8 * vector, words, sizeof(words), &fault))
		return false;
	gate->offset = (words[1] & 0xffff0000) | (words[0] & 0xffff);
	gate->type = words[1] & GATE_TYPE;
	gate->ring = words[1] >> 13 & 3;
	gate->present = words[1] & GATE_PRESENT;
	return true;
}

static void bring(struct guest *guest, uint32_t vector, const struct gate *gate,
		  const uint32_t *error)
{
	struct guest_regs *r = &guest->regs;
	uint32_t esp = r->esp, ss = r->ss;
	const bool program = guest_ring(guest) == 3;
	uint32_t eflags = (r->eflags & ~(EFLAGS_IF | EFLAGS_IOPL)) |
			  (inject_is_on(guest) ? EFLAGS_IF : 0);
	bool ok = !program || kernel_stack(guest, &esp, &ss);

	if (ok && program)
		ok = push(guest, &esp, r->ss) && push(guest, &esp, r->esp);
	if (!ok || !push(guest, &esp, eflags) || !push(guest, &esp, r->cs) ||
	    !push(guest, &esp, r->eip) || (error && !push(guest, &esp, *error))) {
		cannot(guest, vector, "its stack is not there");
		return;
	}
	r->esp = esp;
	r->ss = ss;
	r->cs = PV_GUEST_CS;
	r->eip = gate->offset;
	r->eflags &= ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF);
	if (gate->type == GATE_INTERRUPT)
		inject_set(guest, false);
}

static void through_gate(struct guest *guest, uint32_t vector, const uint32_t *error)
{
	struct gate gate;

	if (!read_gate(guest, vector, &gate) || !gate.present)
		cannot(guest, vector, "it has no gate for that");
	else if (gate.type == GATE_TASK)
		cannot(guest, vector, "its gate for that is a task");
	else if (gate.type != GATE_INTERRUPT && gate.type != GATE_TRAP)
		cannot(guest, vector, "its gate for that is none");
	else
		bring(guest, vector, &gate, error);
}

static bool has_error(uint32_t vector)
{
	return vector == TRAP_DF || (vector >= 10 && vector <= 14) || vector == 17 ||
	       vector == 21 || vector == 30;
}

void inject_exception(struct guest *guest, uint32_t vector, uint32_t error)
{
	guest->counts.reflected++;
	through_gate(guest, vector, has_error(vector) ? &error : NULL);
}

void inject_page_fault(struct guest *guest, uint32_t address, uint32_t error)
{
	guest->cr2 = address;
	inject_exception(guest, TRAP_PF, error);
}

void inject_software(struct guest *guest, uint32_t vector, uint32_t bytes)
{
	struct gate gate;

	if (guest_ring(guest) == 3 && read_gate(guest, vector, &gate) && gate.ring < 3) {
		guest->regs.eip -= bytes;
		inject_exception(guest, TRAP_GP, vector * 8 + 2);
		return;
	}
	guest->counts.reflected++;
	through_gate(guest, vector, NULL);
}

/* ---- IF, and the last instructions of its iret ---- */

/* IRET to what the guest's own ring allows; false: leave it to the CPU. */
static bool do_iret(struct guest *guest)
{
	struct guest_regs *r = &guest->regs;
	uint32_t frame[5];
	struct guest_fault fault;
	const uint32_t words = guest_read(guest, r->esp, frame, 12, &fault) && (frame[1] & 3) == 3
				       ? 5
				       : 3;

	if (!guest_read(guest, r->esp, frame, 4 * words, &fault) ||
	    !segments_is_code(guest, frame[1], frame[1] & 3) ||
	    (words == 5 && !segments_is_stack(guest, frame[4], 3)))
		return false;
	r->eip = frame[0];
	r->cs = frame[1];
	r->eflags = frame[2];
	r->esp = words == 5 ? frame[3] : r->esp + 12;
	if (words == 5)
		r->ss = frame[4];
	return true;
}

static void finish_iret(struct guest *guest)
{
	struct guest_regs *r = &guest->regs;
	struct guest_fault fault;

	if (r->eip == guest->iret_pop && guest_read(guest, r->esp, &r->eax, 4, &fault)) {
		r->esp += 4;
		r->eip = guest->iret;
	}
	if (r->eip == guest->iret)
		do_iret(guest);
}

static void watch(struct guest *guest, bool on)
{
	if (guest->flags_watched == on || !guest->flags)
		return;
	guest->flags_watched = on;
	shadow_forget_page(guest, guest->flags_at);
}

/*
 * The end of a shade is not seen: the next that the guest is left for comes behind it. HLT always is, so `sti; hlt` is one whole.
 * What loops to where it is would be there for ever, and shall have its interrupt, too.
 */
#define SHADE_MAX 8 /* times that a machine interrupts an instruction before it has run */

void inject_shade(struct guest *guest, uint32_t eip)
{
	guest->shade_at = eip;
	guest->shade_left = SHADE_MAX;
}

uint32_t inject_wanted(const struct guest *guest)
{
	return guest->pending & ~(guest->shared ? guest->shared->masked : 0);
}

bool inject_is_late(const struct guest *guest)
{
	return guest->shade_left && guest->regs.eip != guest->shade_at && inject_wanted(guest) &&
	       inject_is_on(guest);
}

static bool is_shaded(struct guest *guest)
{
	if (guest->shade_left)
		guest->shade_left = guest->regs.eip == guest->shade_at ? guest->shade_left - 1 : 0;
	return guest->shade_left;
}

void inject_pending(struct guest *guest)
{
	const struct guest_regs *r = &guest->regs;
	uint32_t irq, wanted = inject_wanted(guest);
	const bool shaded = is_shaded(guest);

	if (wanted && guest->flags && guest_ring(guest) == 1 &&
	    (r->eip == guest->iret_pop || r->eip == guest->iret))
		finish_iret(guest);
	if (wanted && inject_is_on(guest) && !shaded) {
		irq = (uint32_t)__builtin_ctz(wanted);
		guest->pending &= ~(1u << irq);
		wanted &= ~(1u << irq);
		guest->counts.injected++;
		through_gate(guest, IRQ_VECTOR0 + irq, NULL);
	}
	if (guest->shared)
		guest->shared->pending = guest->pending;
	watch(guest, wanted && !inject_is_on(guest) && !guest->flags_open);
	guest->flags_open = false;
}

static uint32_t word_at(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The back end's own stores, and those of who has no site: lguest.S, lguest.h. */
bool inject_store(struct guest *guest)
{
	struct guest_regs *r = &guest->regs;
	uint8_t bytes[7], *code = bytes;
	struct guest_fault fault;
	const uint32_t at = guest->flags_at;

	if (!guest_read(guest, r->eip, bytes, sizeof(bytes), &fault)) {
		guest->flags_open = true;
		return false;
	}
	if (*code == PV_LEAD)
		code++;
	if (code[0] == 0x8c && code[1] == 0x0d && word_at(code + 2) == at) { /* movw %cs, flags */
		*guest->flags = (*guest->flags & 0xffff0000) | (r->cs & 0xffff);
		code += 6;
	} else if (code[0] == 0xd0 && code[1] == 0x2d &&
		   word_at(code + 2) == at + 1) { /* shrb flags + 1 */
		*guest->flags = (*guest->flags & ~0xff00u) | (*guest->flags >> 1 & 0x7f00);
		code += 6;
	} else if (code[0] == 0xa3 && word_at(code + 1) == at) { /* mov %eax, flags */
		*guest->flags = r->eax;
		code += 5;
	} else {
		guest->flags_open = true;
		return false;
	}
	r->eip += (uint32_t)(code - bytes);
	return true;
}
