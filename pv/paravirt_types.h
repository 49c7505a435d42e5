/* SPDX-License-Identifier: MIT */
/*
 * The table of operations, and the macros that make a call site of it. Users include
 * "pv/paravirt.h", which wraps every op into a typed inline function; this file is for back ends
 * and for those wrappers.
 *
 * A site is one instruction of six bytes and one record of eight:
 *
 *	text:			ff 15 <slot>		call *pv_ops+4*type
 *	.parainstructions:	<address> <type> <6> <clobbers>
 *
 * The operand is an immediate, so that no compiler picks another addressing mode.
 */
#ifndef PV_PARAVIRT_TYPES_H
#define PV_PARAVIRT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments in eax, edx, ecx, then on the stack; results in eax or edx:eax. */
#define PV_FN __attribute__((regparm(3)))

/* Registers that a site can lose, besides EFLAGS. */
#define PV_CLOBBER_NONE 0
#define PV_CLOBBER_EAX  1
#define PV_CLOBBER_EDX  2
#define PV_CLOBBER_ECX  4
#define PV_CLOBBER_ANY  7

/*
 * A function that changes nothing but EFLAGS and, if it has one, its result. A type of its own so
 * that a plain C function cannot get into a slot by mistake; PV_CALLEE_SAVE() is the only way.
 */
struct paravirt_callee_save {
	void (*fn)(void);
};

struct pv_ops;
struct pv_insns;
struct desc_ptr;
struct tss;

/*
 * Fill `out` with what the sites of `type` become under `ops`. True when done; false when the op
 * has no bytes of its own, so that paravirt_patch_default() decides.
 */
typedef bool pv_patch_fn(uint8_t type, const struct pv_ops *ops, struct pv_insns *out);

struct pv_init_ops {
	pv_patch_fn *patch;
	uint32_t kernel_rpl; /* 0 on bare hardware, 1 under a ring-1 hypervisor */
};

struct pv_irq_ops {
	struct paravirt_callee_save save_fl;     /* uint32_t (void): EFLAGS, of which IF counts */
	struct paravirt_callee_save restore_fl;  /* void (uint32_t flags) */
	struct paravirt_callee_save irq_disable; /* void (void) */
	struct paravirt_callee_save irq_enable;  /* void (void) */
	struct paravirt_callee_save safe_halt;   /* void (void) */
	struct paravirt_callee_save halt;        /* void (void) */
	/*
	 * void (void), in NASM only: the first thing after the registers are pushed, so that the
	 * frame is at a known place on the stack. Puts into the frame's EFLAGS the IF that the
	 * interrupted code knows, and leaves interrupts off, as the gate does on bare hardware.
	 */
	struct paravirt_callee_save irq_enter;
};

struct pv_cpu_ops {
	void(PV_FN *cpuid)(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
	uint32_t(PV_FN *read_cr0)(void);
	void(PV_FN *write_cr0)(uint32_t value);
	uint32_t(PV_FN *read_cr2)(void);
	uint32_t(PV_FN *read_cr3)(void);
	void(PV_FN *write_cr3)(uint32_t value);
	uint32_t(PV_FN *read_cr4)(void);
	uint32_t(PV_FN *read_cr4_safe)(void);
	void(PV_FN *write_cr4)(uint32_t value);
	void(PV_FN *clts)(void);
	uint32_t(PV_FN *get_debugreg)(unsigned reg);
	void(PV_FN *set_debugreg)(unsigned reg, uint32_t value);
	void(PV_FN *load_gdt)(const struct desc_ptr *gdt);
	void(PV_FN *load_idt)(const struct desc_ptr *idt);
	void(PV_FN *load_tr)(uint32_t selector);
	void(PV_FN *write_gdt_entry)(void *gdt, unsigned entry, uint32_t low, uint32_t high);
	void(PV_FN *write_idt_entry)(void *idt, unsigned entry, uint32_t low, uint32_t high);
	void(PV_FN *load_sp0)(struct tss *tss, uint32_t sp0);
	uint64_t(PV_FN *read_msr)(uint32_t any, uint32_t any2, uint32_t msr);
	void(PV_FN *write_msr)(uint32_t low, uint32_t high, uint32_t msr);
	void(PV_FN *wbinvd)(void);
	void (*iret)(void); /* jumped to, with an interrupt frame on the stack */
	void(PV_FN *io_delay)(void);
};

struct pv_mmu_ops {
	uint64_t(PV_FN *make_pte)(uint32_t low, uint32_t high);
	uint64_t(PV_FN *pte_val)(uint32_t low, uint32_t high);
	void(PV_FN *flush_tlb)(void);
	void(PV_FN *flush_tlb_single)(uint32_t address);
};

struct pv_time_ops {
	uint64_t(PV_FN *read_tsc)(void);
	uint64_t(PV_FN *sched_clock)(void);
};

struct pv_ops {
	struct pv_init_ops init;
	struct pv_irq_ops irq;
	struct pv_cpu_ops cpu;
	struct pv_mmu_ops mmu;
	struct pv_time_ops time;
};

/* The table in use: native from the first instruction on, changed by pv_backend_install() only. */
extern struct pv_ops pv_ops;

/* An op's type is the index of its slot. */
#define PV_TYPE(op) (offsetof(struct pv_ops, op) / 4)

enum pv_type {
#define PV_NOTE(text)
#define PV_OP(group, name, convention, text) PV_TYPE_##name,
#include "pv/ops.def"
#undef PV_OP
	PV_NR_TYPES
};

#define PV_OP(group, name, convention, text) \
	_Static_assert(PV_TYPE(group.name) == PV_TYPE_##name, "ops.def and struct pv_ops: " #name);
#include "pv/ops.def"
#undef PV_OP
#undef PV_NOTE
_Static_assert(sizeof(struct pv_ops) == 4 * PV_NR_TYPES, "a slot without a line in ops.def");

/* The record of one site: Linux's layout, read by outside programs. */
struct paravirt_patch_site {
	uint32_t instr; /* address of the call or jump */
	uint8_t type;
	uint8_t len;       /* bytes at instr: 6 */
	uint16_t clobbers; /* PV_CLOBBER_ mask: what the site can lose */
};
_Static_assert(sizeof(struct paravirt_patch_site) == 8, "the record's size is a promise");
_Static_assert(offsetof(struct paravirt_patch_site, clobbers) == 6, "and so is its layout");

/* The site itself. Labels 771 and 772 bracket the instruction. */
#define PV_SITE_ASM                                               \
	"771:	call *%c[pv_slot]\n"                                \
	"772:	.pushsection .parainstructions, \"a\", @progbits\n" \
	"	.p2align 2\n"                                           \
	"	.long 771b\n"                                           \
	"	.byte %c[pv_type], 772b - 771b\n"                       \
	"	.short %c[pv_clobbers]\n"                               \
	"	.popsection\n"
#define PV_SITE_IN(op, clobbers) \
	[pv_slot] "i"(&pv_ops.op), [pv_type] "i"(PV_TYPE(op)), [pv_clobbers] "i"(clobbers)

/* Registers as a C result of any type: what a narrower callee leaves above its result is cut. */
#define PV_IF_SIZE(type, size, yes, no) __builtin_choose_expr(sizeof(type) == (size), yes, no)
#define PV_RESULT(rettype, eax, edx)                                    \
	((rettype)PV_IF_SIZE(rettype, 8, (uint64_t)(edx) << 32 | (eax), \
			     PV_IF_SIZE(rettype, 1, (uint8_t)(eax),     \
					PV_IF_SIZE(rettype, 2, (uint16_t)(eax), (eax)))))

#define PV_CALL_(rettype, op, before, after, ...)                            \
	({                                                                   \
		uint32_t pv_eax_, pv_edx_, pv_ecx_;                          \
		asm volatile(before PV_SITE_ASM after                        \
			     : "=a"(pv_eax_), "=d"(pv_edx_), "=c"(pv_ecx_)   \
			     : PV_SITE_IN(op, PV_CLOBBER_ANY), ##__VA_ARGS__ \
			     : "memory", "cc");                              \
		(void)pv_ecx_;                                               \
		PV_RESULT(rettype, pv_eax_, pv_edx_);                        \
	})
#define PV_ARG1(a) "0"((uint32_t)(a))
#define PV_ARG2(a) "1"((uint32_t)(a))
#define PV_ARG3(a) "2"((uint32_t)(a))
#define PV_ARG4(a) [pv_arg4] "ri"((uint32_t)(a))

/*
 * Calls by the C convention: eax, edx and ecx are lost. Arguments are 32 bits each, a 64-bit one is
 * passed as its low and its high half. lea drops the stack argument without touching the flags.
 */
#define PVOP_CALL0(rettype, op)         PV_CALL_(rettype, op, "", "")
#define PVOP_CALL1(rettype, op, a1)     PV_CALL_(rettype, op, "", "", PV_ARG1(a1))
#define PVOP_CALL2(rettype, op, a1, a2) PV_CALL_(rettype, op, "", "", PV_ARG1(a1), PV_ARG2(a2))
#define PVOP_CALL3(rettype, op, a1, a2, a3) \
	PV_CALL_(rettype, op, "", "", PV_ARG1(a1), PV_ARG2(a2), PV_ARG3(a3))
#define PVOP_CALL4(rettype, op, a1, a2, a3, a4)                                          \
	PV_CALL_(rettype, op, "push %[pv_arg4]\n", "lea 4(%%esp), %%esp\n", PV_ARG1(a1), \
		 PV_ARG2(a2), PV_ARG3(a3), PV_ARG4(a4))

#define PVOP_VCALL0(op)                 ((void)PVOP_CALL0(uint32_t, op))
#define PVOP_VCALL1(op, a1)             ((void)PVOP_CALL1(uint32_t, op, a1))
#define PVOP_VCALL2(op, a1, a2)         ((void)PVOP_CALL2(uint32_t, op, a1, a2))
#define PVOP_VCALL3(op, a1, a2, a3)     ((void)PVOP_CALL3(uint32_t, op, a1, a2, a3))
#define PVOP_VCALL4(op, a1, a2, a3, a4) ((void)PVOP_CALL4(uint32_t, op, a1, a2, a3, a4))

/* Calls of callee-save ops: only the result, if there is one, and the flags change. */
#define PVOP_CALLEE0(rettype, op)                                \
	({                                                       \
		uint32_t pv_eax_;                                \
		asm volatile(PV_SITE_ASM                         \
			     : "=a"(pv_eax_)                     \
			     : PV_SITE_IN(op.fn, PV_CLOBBER_EAX) \
			     : "memory", "cc");                  \
		PV_RESULT(rettype, pv_eax_, 0);                  \
	})
#define PVOP_CALLEE1(rettype, op, a1)                            \
	({                                                       \
		uint32_t pv_eax_ = (uint32_t)(a1);               \
		asm volatile(PV_SITE_ASM                         \
			     : "+a"(pv_eax_)                     \
			     : PV_SITE_IN(op.fn, PV_CLOBBER_EAX) \
			     : "memory", "cc");                  \
		PV_RESULT(rettype, pv_eax_, 0);                  \
	})
#define PVOP_VCALLEE0(op) \
	asm volatile(PV_SITE_ASM : : PV_SITE_IN(op.fn, PV_CLOBBER_NONE) : "memory", "cc")
#define PVOP_VCALLEE1(op, a1)                                                  \
	asm volatile(PV_SITE_ASM                                               \
		     :                                                         \
		     : PV_SITE_IN(op.fn, PV_CLOBBER_NONE), "a"((uint32_t)(a1)) \
		     : "memory", "cc")

/*
 * Callee-save functions. NASM defines one directly as __raw_callee_save_NAME (CALLEE_SAVE in
 * pv/backend/native.asm); for a C function a thunk saves what the C convention may lose:
 *
 *	static PV_FN uint32_t soft_save_fl(void) { ... }
 *	PV_CALLEE_SAVE_REGS_THUNK(soft_save_fl);
 *	... .save_fl = PV_CALLEE_SAVE(soft_save_fl),
 *
 * The type is checked: a function that returns bool sets only al, while the site reads eax.
 */
#define PV_CALLEE_SAVE(func) ((struct paravirt_callee_save){__raw_callee_save_##func})

#define PV_THUNK_(func, save, restore)                                                     \
	extern void __raw_callee_save_##func(void);                                        \
	asm(".pushsection .text\n"                                                         \
	    "	.globl __raw_callee_save_" #func "\n"                                      \
	    "	.type __raw_callee_save_" #func ", @function\n"                            \
	    "__raw_callee_save_" #func ":\n" save "	call " #func "\n" restore "	ret\n" \
	    "	.size __raw_callee_save_" #func ", . - __raw_callee_save_" #func "\n"      \
	    ".popsection\n")

#define PV_CALLEE_SAVE_REGS_THUNK(func)                                        \
	_Static_assert(_Generic(&(func), uint32_t(PV_FN *)(void) : 1,          \
				uint32_t(PV_FN *)(uint32_t) : 1, default : 0), \
		       #func ": must be PV_FN uint32_t (void) or (uint32_t)"); \
	PV_THUNK_(func, "	push %ecx\n	push %edx\n", "	pop %edx\n	pop %ecx\n")

#define PV_CALLEE_SAVE_VOID_THUNK(func)                                                        \
	_Static_assert(_Generic(&(func), void(PV_FN *)(void) : 1, void(PV_FN *)(uint32_t) : 1, \
				default : 0),                                                  \
		       #func ": must be PV_FN void (void) or (uint32_t)");                     \
	PV_THUNK_(func, "	push %eax\n	push %ecx\n	push %edx\n",                  \
		  "	pop %edx\n	pop %ecx\n	pop %eax\n")

#endif
