/* SPDX-License-Identifier: MIT */
/*
 * The table of operations: what back ends fill.
 * Made by pv/ops.awk from pv/ops.def; what is changed here is lost. Included by pv/paravirt_types.h.
 */
#ifndef PV_MADE_TABLE_H
#define PV_MADE_TABLE_H

struct pv_init_ops {
	/* the back end's say in what its sites become */
	pv_patch_fn *patch;
	/* the ring that the kernel runs in: 0 on bare hardware, 1 under a ring-1 hypervisor */
	uint32_t kernel_rpl;
};

struct pv_irq_ops {
	/* read EFLAGS, of which IF counts */
	struct paravirt_callee_save save_fl; /* uint32_t (void) */
	/* set IF as in the EFLAGS given */
	struct paravirt_callee_save restore_fl; /* void (uint32_t flags) */
	/* interrupts off */
	struct paravirt_callee_save irq_disable; /* void (void) */
	/* interrupts on */
	struct paravirt_callee_save irq_enable; /* void (void) */
	/* interrupts on and sleep, with no window between: one that is pending wakes at once */
	struct paravirt_callee_save safe_halt; /* void (void) */
	/* sleep as things are: with interrupts off only an NMI or a reset ends it */
	struct paravirt_callee_save halt; /* void (void) */
	/* an interrupt has come: DF is cleared, as C wants it, and its frame gets the IF that its code knows; interrupts are off, as the gate leaves them */
	struct paravirt_callee_save irq_enter; /* void (void) */
	/* a program has called, which has interrupts on: so has what it calls; they are off, as the gate leaves them */
	struct paravirt_callee_save irq_enter_program; /* void (void) */
};

struct pv_cpu_ops {
	/* CPUID: leaf in *eax, subleaf in *ecx */
	void(PV_FN *cpuid)(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
	/* read CR0 */
	uint32_t(PV_FN *read_cr0)(void);
	/* write CR0 */
	void(PV_FN *write_cr0)(uint32_t value);
	/* the address of the last page fault */
	uint32_t(PV_FN *read_cr2)(void);
	/* the page directory's physical address */
	uint32_t(PV_FN *read_cr3)(void);
	/* change the page directory */
	void(PV_FN *write_cr3)(uint32_t value);
	/* read CR4 */
	uint32_t(PV_FN *read_cr4)(void);
	/* read CR4, 0 on a CPU that has none */
	uint32_t(PV_FN *read_cr4_safe)(void);
	/* write CR4 */
	void(PV_FN *write_cr4)(uint32_t value);
	/* clear CR0.TS */
	void(PV_FN *clts)(void);
	/* read a debug register by number: 0 to 3, 6, 7; another reads as 0 */
	uint32_t(PV_FN *get_debugreg)(unsigned reg);
	/* write a debug register by number; one that is none is not written */
	void(PV_FN *set_debugreg)(unsigned reg, uint32_t value);
	/* LGDT */
	void(PV_FN *load_gdt)(const struct desc_ptr *gdt);
	/* LIDT */
	void(PV_FN *load_idt)(const struct desc_ptr *idt);
	/* LTR */
	void(PV_FN *load_tr)(uint32_t selector);
	/* store one descriptor of the GDT */
	void(PV_FN *write_gdt_entry)(void *gdt, unsigned entry, uint32_t low, uint32_t high);
	/* store one gate of the IDT */
	void(PV_FN *write_idt_entry)(void *idt, unsigned entry, uint32_t low, uint32_t high);
	/* the stack for entries from user mode */
	void(PV_FN *load_sp0)(struct tss *tss, uint32_t sp0);
	/* RDMSR */
	uint64_t(PV_FN *read_msr)(uint32_t pv_any, uint32_t pv_any2, uint32_t msr);
	/* WRMSR */
	void(PV_FN *write_msr)(uint32_t value_low, uint32_t value_high, uint32_t msr);
	/* write back and drop the caches */
	void(PV_FN *wbinvd)(void);
	/* return from an interrupt, whose frame is on the stack */
	void (*iret)(void); /* jumped to */
	/* interrupts on and back to user mode by SYSEXIT, with no window between: eip in edx, esp in ecx */
	void (*irq_enable_sysexit)(void); /* jumped to */
	/* wait about a microsecond for a slow device */
	void(PV_FN *io_delay)(void);
};

struct pv_mmu_ops {
	/* a page table entry from its value */
	uint64_t(PV_FN *make_pte)(uint32_t value_low, uint32_t value_high);
	/* the value of a page table entry */
	uint64_t(PV_FN *pte_val)(uint32_t pte_low, uint32_t pte_high);
	/* store a page table entry of 8 bytes (PAE), its upper half first: it gets present last */
	void(PV_FN *set_pte)(void *entry, uint32_t pte_low, uint32_t pte_high);
	/* store a page table entry of 4 bytes */
	void(PV_FN *set_pte_short)(void *entry, uint32_t pte);
	/* forget all translations */
	void(PV_FN *flush_tlb)(void);
	/* forget one page's translation */
	void(PV_FN *flush_tlb_single)(uint32_t address);
	/* with interrupts off until it is left: what flush_tlb_single is told may be forgotten as late as then, so a guest tells its host of many pages at once */
	void(PV_FN *enter_lazy_mmu)(void);
	/* by now it is forgotten */
	void(PV_FN *leave_lazy_mmu)(void);
};

struct pv_time_ops {
	/* the time stamp counter */
	uint64_t(PV_FN *read_tsc)(void);
	/* nanoseconds since the start */
	uint64_t(PV_FN *sched_clock)(void);
};

struct pv_ops {
	struct pv_init_ops init;
	struct pv_irq_ops irq;
	struct pv_cpu_ops cpu;
	struct pv_mmu_ops mmu;
	struct pv_time_ops time;
};

/* X(group) for each, in the order of their slots. */
#define PV_EACH_GROUP(X) \
	X(init) \
	X(irq) \
	X(cpu) \
	X(mmu) \
	X(time)

/*
 * What the callee-save functions take and give, since their slots have one type for all.
 * Never defined: for the checks in PVOP_CALLEE0() and its kin.
 */
extern const struct pv_callee_signatures {
	struct {
		uint32_t (*save_fl)(void);
		void (*restore_fl)(uint32_t flags);
		void (*irq_disable)(void);
		void (*irq_enable)(void);
		void (*safe_halt)(void);
		void (*halt)(void);
		void (*irq_enter)(void);
		void (*irq_enter_program)(void);
	} irq;
} pv_callee_signatures;

#endif
