// SPDX-License-Identifier: MIT
/*
 * The other table: C functions that count and hand on to the native ones.
 */
#include "tests/kernel/sites/ops_other.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/backend/native.h"
#include "pv/paravirt.h"

volatile uint32_t ops_other_calls;

/* The irq group: C functions with thunks, as a back end without assembly would have them. */
#define GLUE(attributes, result, name, parameters, ...) \
	static PV_FN attributes result name parameters  \
	{                                               \
		ops_other_calls++;                      \
		__VA_ARGS__;                            \
	}
#define OTHER(result, name, parameters, ...) GLUE(, result, name, parameters, __VA_ARGS__)
#define OTHER_IRQ(result, name, parameters, ...) \
	GLUE(__attribute__((used)), result, name, parameters, __VA_ARGS__)

OTHER_IRQ(uint32_t, other_save_fl, (void), return native_save_fl())
OTHER_IRQ(void, other_restore_fl, (uint32_t flags), native_restore_fl(flags))
OTHER_IRQ(void, other_irq_disable, (void), native_irq_disable())
OTHER_IRQ(void, other_irq_enable, (void), native_irq_enable())
OTHER_IRQ(void, other_safe_halt, (void), native_safe_halt())
OTHER_IRQ(void, other_halt, (void), native_halt())
PV_CALLEE_SAVE_REGS_THUNK(other_save_fl);
PV_CALLEE_SAVE_VOID_THUNK(other_restore_fl);
PV_CALLEE_SAVE_VOID_THUNK(other_irq_disable);
PV_CALLEE_SAVE_VOID_THUNK(other_irq_enable);
PV_CALLEE_SAVE_VOID_THUNK(other_safe_halt);
PV_CALLEE_SAVE_VOID_THUNK(other_halt);

OTHER(void, other_cpuid, (uint32_t * a, uint32_t *b, uint32_t *c, uint32_t *d),
      native_cpuid(a, b, c, d))
OTHER(uint32_t, other_read_cr0, (void), return native_read_cr0())
OTHER(void, other_write_cr0, (uint32_t value), native_write_cr0(value))
OTHER(uint32_t, other_read_cr2, (void), return native_read_cr2())
OTHER(uint32_t, other_read_cr3, (void), return native_read_cr3())
OTHER(void, other_write_cr3, (uint32_t value), native_write_cr3(value))
OTHER(uint32_t, other_read_cr4, (void), return native_read_cr4())
OTHER(uint32_t, other_read_cr4_safe, (void), return pv_native_ops.cpu.read_cr4_safe())
OTHER(void, other_write_cr4, (uint32_t value), native_write_cr4(value))
OTHER(void, other_clts, (void), native_clts())
OTHER(uint32_t, other_get_debugreg, (unsigned reg), return native_get_debugreg(reg))
OTHER(void, other_set_debugreg, (unsigned reg, uint32_t value), native_set_debugreg(reg, value))
OTHER(void, other_load_gdt, (const struct desc_ptr *gdt), native_load_gdt(gdt))
OTHER(void, other_load_idt, (const struct desc_ptr *idt), native_load_idt(idt))
OTHER(void, other_load_tr, (uint32_t selector), native_load_tr(selector))
OTHER(void, other_write_entry, (void *table, unsigned entry, uint32_t low, uint32_t high),
      native_write_entry(table, entry, low, high))
OTHER(void, other_load_sp0, (struct tss * tss, uint32_t sp0), native_load_sp0(tss, sp0))
OTHER(uint64_t, other_read_msr, (uint32_t any, uint32_t any2, uint32_t msr),
      return native_read_msr(any, any2, msr))
OTHER(void, other_write_msr, (uint32_t low, uint32_t high, uint32_t msr),
      native_write_msr(low, high, msr))
OTHER(void, other_wbinvd, (void), native_wbinvd())
OTHER(void, other_io_delay, (void), native_io_delay())
OTHER(uint64_t, other_pte, (uint32_t low, uint32_t high), return (uint64_t)high << 32 | low)
OTHER(void, other_flush_tlb, (void), native_flush_tlb())
OTHER(void, other_flush_tlb_single, (uint32_t address), native_flush_tlb_single(address))
OTHER(uint64_t, other_read_tsc, (void), return native_read_tsc())
OTHER(uint64_t, other_sched_clock, (void), return pv_native_ops.time.sched_clock())

const struct pv_ops *ops_other(void)
{
	static const struct pv_ops other = {
		.irq = {.save_fl = PV_CALLEE_SAVE(other_save_fl),
			.restore_fl = PV_CALLEE_SAVE(other_restore_fl),
			.irq_disable = PV_CALLEE_SAVE(other_irq_disable),
			.irq_enable = PV_CALLEE_SAVE(other_irq_enable),
			.safe_halt = PV_CALLEE_SAVE(other_safe_halt),
			.halt = PV_CALLEE_SAVE(other_halt)},
		.cpu = {.cpuid = other_cpuid,
			.read_cr0 = other_read_cr0,
			.write_cr0 = other_write_cr0,
			.read_cr2 = other_read_cr2,
			.read_cr3 = other_read_cr3,
			.write_cr3 = other_write_cr3,
			.read_cr4 = other_read_cr4,
			.read_cr4_safe = other_read_cr4_safe,
			.write_cr4 = other_write_cr4,
			.clts = other_clts,
			.get_debugreg = other_get_debugreg,
			.set_debugreg = other_set_debugreg,
			.load_gdt = other_load_gdt,
			.load_idt = other_load_idt,
			.load_tr = other_load_tr,
			.write_gdt_entry = other_write_entry,
			.write_idt_entry = other_write_entry,
			.load_sp0 = other_load_sp0,
			.read_msr = other_read_msr,
			.write_msr = other_write_msr,
			.wbinvd = other_wbinvd,
			.iret = native_iret,
			.io_delay = other_io_delay},
		.mmu = {.make_pte = other_pte,
			.pte_val = other_pte,
			.flush_tlb = other_flush_tlb,
			.flush_tlb_single = other_flush_tlb_single},
		.time = {.read_tsc = other_read_tsc, .sched_clock = other_sched_clock},
	};

	return &other;
}

void ops_check_calls(struct ktap *t, const char *form, uint32_t calls)
{
	CHECK_EQ(t, ops_other_calls, strcmp(form, "other") ? 0 : calls,
		 "%s: the sites go where this form sends them", form);
}

bool ops_if_set(void)
{
	return native_save_fl() & X86_EFLAGS_IF && !irqs_disabled();
}
