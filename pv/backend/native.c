// SPDX-License-Identifier: MIT
/*
 * The native back end: bare hardware. Its instructions are in native.asm, where each short
 * function's body is at the same time the template for its sites, so the two cannot differ.
 */
#include "pv/backend/native.h"
#include "pv/backend/backend.h"
#include "pv/feature.h"
#include "pv/host.h"

/*
 * CR4 came with the features that it controls, and a CPU without any of them may lack it: reading
 * it there is #UD (SDM volume 3, 2.5).
 */
static PV_FN uint32_t native_read_cr4_safe(void)
{
	static const unsigned controls[] = {PV_FEATURE_VME, PV_FEATURE_DE,  PV_FEATURE_PSE,
					    PV_FEATURE_TSC, PV_FEATURE_PAE, PV_FEATURE_MCE,
					    PV_FEATURE_PGE};

	for (unsigned i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (pv_host_has(controls[i]))
			return native_read_cr4();
	return 0;
}

static PV_FN uint64_t native_sched_clock(void)
{
	return pv_host_time();
}

/*
 * A template stands for the native function only: a slot that holds another one (of a back end that
 * keeps most of native, or none at all) gets what the default makes of it.
 */
static bool native_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	const struct pv_template *template = &pv_native_templates[type];

	return (pv_slot(ops, type) == pv_slot(&pv_native_ops, type) &&
		paravirt_patch_insns(out, type, template->start, template->end)) ||
	       paravirt_patch_default(type, ops, out);
}

#define NATIVE_OPS                                                                        \
	{                                                                                 \
		.init = {.patch = native_patch, .kernel_rpl = 0},                         \
		.irq =                                                                    \
			{                                                                 \
				.save_fl = PV_CALLEE_SAVE(native_save_fl),                \
				.restore_fl = PV_CALLEE_SAVE(native_restore_fl),          \
				.irq_disable = PV_CALLEE_SAVE(native_irq_disable),        \
				.irq_enable = PV_CALLEE_SAVE(native_irq_enable),          \
				.safe_halt = PV_CALLEE_SAVE(native_safe_halt),            \
				.halt = PV_CALLEE_SAVE(native_halt),                      \
			},                                                                \
		.cpu =                                                                    \
			{                                                                 \
				.cpuid = native_cpuid,                                    \
				.read_cr0 = native_read_cr0,                              \
				.write_cr0 = native_write_cr0,                            \
				.read_cr2 = native_read_cr2,                              \
				.read_cr3 = native_read_cr3,                              \
				.write_cr3 = native_write_cr3,                            \
				.read_cr4 = native_read_cr4,                              \
				.read_cr4_safe = native_read_cr4_safe,                    \
				.write_cr4 = native_write_cr4,                            \
				.clts = native_clts,                                      \
				.get_debugreg = native_get_debugreg,                      \
				.set_debugreg = native_set_debugreg,                      \
				.load_gdt = native_load_gdt,                              \
				.load_idt = native_load_idt,                              \
				.load_tr = native_load_tr,                                \
				.write_gdt_entry = native_write_entry,                    \
				.write_idt_entry = native_write_entry,                    \
				.load_sp0 = native_load_sp0,                              \
				.read_msr = native_read_msr,                              \
				.write_msr = native_write_msr,                            \
				.wbinvd = native_wbinvd,                                  \
				.iret = native_iret,                                      \
				.io_delay = native_io_delay,                              \
			},                                                                \
		.mmu =                                                                    \
			{                                                                 \
				.make_pte = paravirt_ident_64,                            \
				.pte_val = paravirt_ident_64,                             \
				.flush_tlb = native_flush_tlb,                            \
				.flush_tlb_single = native_flush_tlb_single,              \
			},                                                                \
		.time = {.read_tsc = native_read_tsc, .sched_clock = native_sched_clock}, \
	}

const struct pv_ops pv_native_ops = NATIVE_OPS;

struct pv_ops pv_ops __attribute__((aligned(64))) = NATIVE_OPS;
