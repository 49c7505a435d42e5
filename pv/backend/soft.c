// SPDX-License-Identifier: MIT
/*
 * The soft back end's state and its slow path; the fast ones are in soft.S. Everything but the
 * irq ops and iret is native. For a kernel whose real IF must stay on (a hypervisor that does not
 * let it go off, or hard real time below), and for proof that nothing is lost when IF is only an
 * idea.
 */
#include "pv/backend/soft.h"
#include "pv/backend/backend.h"
#include "pv/backend/percpu.h"
#include "pv/host.h"
#include "pv/kept.h"

PV_PERCPU_SECTION uint32_t soft_if, soft_kept;
PV_PERCPU_SECTION uint32_t *soft_frame;

/* One CPU's copy of a variable. */
static inline __attribute__((always_inline)) uint32_t fs_read(const uint32_t *variable)
{
	uint32_t value;

	asm volatile("movl " PV_PERCPU "%1, %0" : "=r"(value) : "m"(*variable) : "memory");
	return value;
}

static inline __attribute__((always_inline)) void fs_write(uint32_t *variable, uint32_t value)
{
	asm volatile("movl %1, " PV_PERCPU "%0" : "=m"(*variable) : "ri"(value) : "memory");
}

/* One instruction each: what arrives meanwhile sets its own bit. */
static inline __attribute__((always_inline)) void fs_set_bit(uint32_t *variable, uint32_t bit)
{
	asm volatile("btsl %1, " PV_PERCPU "%0" : "+m"(*variable) : "r"(bit) : "memory", "cc");
}

static inline __attribute__((always_inline)) void fs_clear_bit(uint32_t *variable, uint32_t bit)
{
	asm volatile("btrl %1, " PV_PERCPU "%0" : "+m"(*variable) : "r"(bit) : "memory", "cc");
}

void pv_irq_keep(unsigned irq)
{
	fs_set_bit(&soft_kept, irq);
}

PV_BACKEND_TEXT uint32_t pv_irq_kept(void)
{
	return fs_read(&soft_kept);
}

uint32_t *pv_irq_frame(void)
{
	return (uint32_t *)fs_read((const uint32_t *)&soft_frame);
}

/*
 * Each handler begins with the variable off, as behind an interrupt gate. One that turns it on lets
 * others in on top of itself, by its own replay; after it the variable is off again.
 */
PV_BACKEND_TEXT PV_FN void soft_deliver(uint32_t *frame)
{
	uint32_t *outer = pv_irq_frame();
	uint32_t kept;

	fs_write((uint32_t *)&soft_frame, (uint32_t)frame);
	fs_write(&soft_if, 0);
	while ((kept = fs_read(&soft_kept)) != 0) {
		uint32_t irq = (uint32_t)__builtin_ctz(kept);

		fs_clear_bit(&soft_kept, irq);
		pv_host_deliver(irq);
		fs_write(&soft_if, 0);
	}
	fs_write((uint32_t *)&soft_frame, (uint32_t)outer);
}

/* Comes back with the variable on and nothing kept. */
PV_BACKEND_TEXT PV_FN void soft_replay(void)
{
	do {
		soft_deliver(NULL);
		fs_write(&soft_if, PV_EFLAGS_IF);
	} while (fs_read(&soft_kept));
}

/*
 * The variable starts as what IF was; the real one is on from here to the end. What was kept when
 * this CPU was last taken off is nobody's any more; what comes from here on finds the variable.
 */
static PV_BACKEND_TEXT uint32_t soft_start(uint32_t flags)
{
	fs_write(&soft_kept, 0);
	fs_write((uint32_t *)&soft_frame, 0);
	fs_write(&soft_if, flags & PV_EFLAGS_IF);
	return flags | PV_EFLAGS_IF;
}

/* Nothing is kept, or nobody would be here. */
static PV_BACKEND_TEXT uint32_t soft_stop(uint32_t flags)
{
	return (flags & ~PV_EFLAGS_IF) | fs_read(&soft_if);
}

static bool soft_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	return (type < PV_SOFT_TEMPLATES &&
		paravirt_patch_template(type, ops, &pv_soft_ops, pv_soft_templates, out)) ||
	       pv_native_patch(type, ops, out);
}

#define SOFT(op) PV_CALLEE_SAVE(soft_##op)

PV_TABLE(soft, .init.patch = soft_patch, .irq.save_fl = SOFT(save_fl),
	 .irq.restore_fl = SOFT(restore_fl), .irq.irq_disable = SOFT(irq_disable),
	 .irq.irq_enable = SOFT(irq_enable), .irq.safe_halt = SOFT(safe_halt),
	 .irq.halt = SOFT(halt), .irq.irq_enter = SOFT(irq_enter),
	 .irq.irq_enter_program = SOFT(irq_enter_program), .cpu.iret = soft_iret,
	 .cpu.irq_enable_sysexit = soft_irq_enable_sysexit);

PV_BACKEND(soft, .start = soft_start, .stop = soft_stop);
