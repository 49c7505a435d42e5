// SPDX-License-Identifier: MIT
/*
 * The guest's side of host/. A machine that cannot be virtualized says more by CPUID than a guest can use: that is
 * taken away here, since the instruction itself does not trap.
 */
#include "pv/backend/lguest.h"
#include "pv/feature.h"
#include "pv/host.h"
#include "pv/native.h"

uint32_t lguest_flags[1024] __attribute__((aligned(4096)));
volatile struct pv_guest lguest_shared __attribute__((aligned(256))); /* all of it in one page */
_Static_assert(sizeof(lguest_shared) <= 256, "in one page");
bool pv_in_guest;

extern const struct pv_ops pv_lguest_ops;
#define LGUEST_TEMPLATES (PV_TYPE_read_cr4_safe + 1)
extern const struct pv_template pv_lguest_templates[LGUEST_TEMPLATES];
extern const uint8_t lguest_iret_pop[], lguest_iret_last[];
void lguest_iret(void);
PV_FN uint32_t lguest_read_cr0(void);
PV_FN uint32_t lguest_read_cr2(void);
PV_FN uint32_t lguest_read_cr3(void);
PV_FN uint32_t lguest_read_cr4(void);
PV_FN uint32_t lguest_read_cr4_safe(void);
void __raw_callee_save_lguest_save_fl(void);
void __raw_callee_save_lguest_restore_fl(void);
void __raw_callee_save_lguest_irq_disable(void);
void __raw_callee_save_lguest_irq_enable(void);
void __raw_callee_save_lguest_irq_enter_program(void);
void __raw_callee_save_lguest_safe_halt(void);

bool pv_lguest_begin(void)
{
	lguest_shared.version = PV_GUEST_VERSION;
	lguest_shared.flags = (uint32_t)lguest_flags;
	lguest_shared.iret_pop = (uint32_t)lguest_iret_pop;
	lguest_shared.iret = (uint32_t)lguest_iret_last;
	pv_in_guest = pv_hypercall(PV_HYPERCALL_begin, (uint32_t)&lguest_shared, 0, 0) ==
		      PV_HYPERCALL_DONE;
	if (pv_in_guest)
		pv_backend_above(&pv_lguest_ops);
	return pv_in_guest;
}

#define BIT(feature) (1u << (feature) % 32)

/* Leaf 1, edx: what needs registers or rings that a guest has not. */
#define NOT_1_EDX                                                                                 \
	(BIT(X86_FEATURE_VME) | BIT(X86_FEATURE_DE) | BIT(X86_FEATURE_MCE) | 1u << 9 /* APIC */ | \
	 BIT(X86_FEATURE_SEP) | 1u << 12 /* MTRR */ | BIT(X86_FEATURE_PGE) | 1u << 14 /* MCA */)
#define NOT_1_ECX  (1u << 3 /* MONITOR */ | 1u << 5 /* VMX */ | 1u << 21 /* x2APIC */)
#define NOT_7_EBX  (BIT(X86_FEATURE_SMEP) | BIT(X86_FEATURE_SMAP))
#define HYPERVISOR (1u << 31)

static PV_FN void lguest_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	const uint32_t leaf = *eax;

	native_cpuid(eax, ebx, ecx, edx);
	if (leaf == 1) {
		*edx &= ~NOT_1_EDX;
		*ecx = (*ecx & ~NOT_1_ECX) | HYPERVISOR;
	} else if (leaf == 7) {
		*ebx &= ~NOT_7_EBX;
	}
}

/* ---- page tables: the host has others, and is told what it has to forget ---- */

static PV_FN void lguest_write_cr0(uint32_t value)
{
	pv_hypercall(PV_HYPERCALL_control, 0, value, 0);
}

static PV_FN void lguest_write_cr3(uint32_t value)
{
	pv_hypercall(PV_HYPERCALL_control, 3, value, 0);
}

static PV_FN void lguest_write_cr4(uint32_t value)
{
	pv_hypercall(PV_HYPERCALL_control, 4, value, 0);
}

static PV_FN void lguest_clts(void)
{
	lguest_write_cr0(lguest_shared.cr[0] & ~8u);
}

static void forget(uint32_t address, unsigned n)
{
	pv_hypercall(PV_HYPERCALL_forget, address, n, 0);
}

static PV_FN void lguest_flush_tlb(void)
{
	forget(0, PV_GUEST_FORGET + 1);
}

/* How many addresses wait to be told. While it is lazy interrupts are off, so nobody comes in between. */
static unsigned late;
static bool lazy;

static PV_FN void lguest_flush_tlb_single(uint32_t address)
{
	if (!lazy)
		forget(address, 0);
	else if (late++ < PV_GUEST_FORGET)
		lguest_shared.forget[late - 1] = address;
}

static PV_FN void lguest_enter_lazy_mmu(void)
{
	lazy = true;
}

/* Where there was no room for some, all are forgotten. */
static PV_FN void lguest_leave_lazy_mmu(void)
{
	if (late)
		forget(0, late);
	lazy = false;
	late = 0;
}

/* Nothing else works in its ring. */
static bool in_guest(void)
{
	return true;
}

static bool lguest_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	return (type < LGUEST_TEMPLATES &&
		paravirt_patch_template(type, ops, &pv_lguest_ops, pv_lguest_templates, out)) ||
	       pv_native_patch(type, ops, out);
}

#define LGUEST(op) PV_CALLEE_SAVE(lguest_##op)

PV_TABLE(lguest, .init.patch = lguest_patch, .init.kernel_rpl = 1, .irq.save_fl = LGUEST(save_fl),
	 .irq.restore_fl = LGUEST(restore_fl), .irq.irq_disable = LGUEST(irq_disable),
	 .irq.irq_enable = LGUEST(irq_enable), .irq.safe_halt = LGUEST(safe_halt),
	 .irq.irq_enter_program = LGUEST(irq_enter_program), .cpu.iret = lguest_iret,
	 .cpu.cpuid = lguest_cpuid, .cpu.io_delay = paravirt_nop, .cpu.read_cr0 = lguest_read_cr0,
	 .cpu.read_cr2 = lguest_read_cr2, .cpu.read_cr3 = lguest_read_cr3,
	 .cpu.read_cr4 = lguest_read_cr4, .cpu.read_cr4_safe = lguest_read_cr4_safe,
	 .cpu.write_cr0 = lguest_write_cr0, .cpu.write_cr3 = lguest_write_cr3,
	 .cpu.write_cr4 = lguest_write_cr4, .cpu.clts = lguest_clts, .cpu.wbinvd = paravirt_nop,
	 .mmu.flush_tlb = lguest_flush_tlb, .mmu.flush_tlb_single = lguest_flush_tlb_single,
	 .mmu.enter_lazy_mmu = lguest_enter_lazy_mmu, .mmu.leave_lazy_mmu = lguest_leave_lazy_mmu);

PV_BACKEND(lguest, .detect = in_guest, .rank = 100, .ring = 1);
