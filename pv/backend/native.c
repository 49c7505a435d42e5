// SPDX-License-Identifier: MIT
/*
 * The native back end: bare hardware. Its instructions are in native.asm, where each short
 * function's body is at the same time the template for its sites, so the two cannot differ.
 */
#include "pv/backend/native.h"
#include "pv/backend/backend.h"
#include "pv/host.h"

PV_FN uint32_t native_read_cr4_safe(void)
{
	return pv_host_has_cr4() ? native_read_cr4() : 0;
}

PV_FN uint64_t native_sched_clock(void)
{
	return pv_host_time();
}

/*
 * A template stands for the native function only: a slot that holds another one (of a back end that
 * keeps most of native, or none at all) gets what the default makes of it.
 */
static bool native_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	return paravirt_patch_template(type, ops, &pv_native_ops, pv_native_templates, out) ||
	       paravirt_patch_default(type, ops, out);
}

#define NATIVE_OPS                                                                     \
	{                                                                              \
		.init = {.patch = native_patch, .kernel_rpl = 0},                      \
		.irq = {.save_fl = PV_CALLEE_SAVE(native_save_fl),                     \
			.restore_fl = PV_CALLEE_SAVE(native_restore_fl),               \
			.irq_disable = PV_CALLEE_SAVE(native_irq_disable),             \
			.irq_enable = PV_CALLEE_SAVE(native_irq_enable),               \
			.safe_halt = PV_CALLEE_SAVE(native_safe_halt),                 \
			.halt = PV_CALLEE_SAVE(native_halt),                           \
			.irq_enter = PV_CALLEE_SAVE(paravirt_nop)},                    \
		.cpu = {NATIVE_CPU_OPS, .iret = native_iret}, .mmu = {NATIVE_MMU_OPS}, \
		.time = {NATIVE_TIME_OPS},                                             \
	}

const struct pv_ops pv_native_ops = NATIVE_OPS;

struct pv_ops pv_ops __attribute__((aligned(64))) = NATIVE_OPS;
