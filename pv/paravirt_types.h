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

#include "pv/types.h"
#include <stdbool.h>
#include <stddef.h>

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

/*
 * Fill `out` with what the sites of `type` become under `ops`. True when done; false when the op
 * has no bytes of its own, so that paravirt_patch_default() decides.
 */
typedef bool pv_patch_fn(uint8_t type, const struct pv_ops *ops, struct pv_insns *out);

/* struct pv_irq_ops and so on, a member a line of pv/ops.def, and struct pv_ops of all groups. */
#include "pv/made/table.h"

/* The table in use: native from the first instruction on, changed by pv_backend_install() only. */
extern struct pv_ops pv_ops;

/* An op's type is the index of its slot. */
#define PV_TYPE(op) (offsetof(struct pv_ops, op) / 4)

enum pv_type {
#define PV_NOTE(text)
#define PV_OP(group, name, ...) PV_TYPE_##name,
#include "pv/ops.def"
#undef PV_OP
	PV_NR_TYPES
};

#define PV_OP(group, name, ...) \
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
 * A call is held against the type of what it calls: too many arguments, or too few, are no call of
 * it; one of more than 32 bits would lose its upper half; and a result that is wider than the
 * function's would be a register that it never set. Nothing of this is code.
 */
#define PV_IS_CALL(call) ((void)(__typeof__(call) *)0)
#define PV_RETURNS(call) \
	_Generic((__typeof__(call) *)0, void * : 0, uint64_t * : 8, int64_t * : 8, default : 4)
#define PV_GIVES(rettype, call)                             \
	_Static_assert(sizeof(rettype) <= PV_RETURNS(call), \
		       #rettype " is wider than what " #call " returns")
#define PV_FITS(a)                          \
	_Static_assert(PV_WIDTH(a) <= 4, #a \
		       " is wider than 32 bits: it is two arguments, its low and its high half")

#define PV_CALL0_(rettype, op) PV_CALL_(rettype, op, "", "")
#define PV_CALL1_(rettype, op, a1)                          \
	({                                                  \
		PV_FITS(a1);                                \
		PV_CALL_(rettype, op, "", "", PV_ARG1(a1)); \
	})
#define PV_CALL2_(rettype, op, a1, a2)                                   \
	({                                                               \
		PV_FITS(a1);                                             \
		PV_FITS(a2);                                             \
		PV_CALL_(rettype, op, "", "", PV_ARG1(a1), PV_ARG2(a2)); \
	})
#define PV_CALL3_(rettype, op, a1, a2, a3)                                            \
	({                                                                            \
		PV_FITS(a1);                                                          \
		PV_FITS(a2);                                                          \
		PV_FITS(a3);                                                          \
		PV_CALL_(rettype, op, "", "", PV_ARG1(a1), PV_ARG2(a2), PV_ARG3(a3)); \
	})
/* lea drops the stack argument without touching the flags. */
#define PV_CALL4_(rettype, op, a1, a2, a3, a4)                                                   \
	({                                                                                       \
		PV_FITS(a1);                                                                     \
		PV_FITS(a2);                                                                     \
		PV_FITS(a3);                                                                     \
		PV_FITS(a4);                                                                     \
		PV_CALL_(rettype, op, "push %[pv_arg4]\n", "lea 4(%%esp), %%esp\n", PV_ARG1(a1), \
			 PV_ARG2(a2), PV_ARG3(a3), PV_ARG4(a4));                                 \
	})
/* The slot in brackets is not the macro that the op's function has around it. */
#define PV_CHECKED(rettype, call, site)  \
	({                               \
		PV_GIVES(rettype, call); \
		site;                    \
	})
#define PV_CHECKED_VOID(call, site) \
	({                          \
		PV_IS_CALL(call);   \
		(void)site;         \
	})

/*
 * Calls by the C convention: eax, edx and ecx are lost. Arguments are 32 bits each, a 64-bit one is
 * passed as its low and its high half.
 */
#define PVOP_CALL0(rettype, op)     PV_CHECKED(rettype, (pv_ops.op)(), PV_CALL0_(rettype, op))
#define PVOP_CALL1(rettype, op, a1) PV_CHECKED(rettype, (pv_ops.op)(a1), PV_CALL1_(rettype, op, a1))
#define PVOP_CALL2(rettype, op, a1, a2) \
	PV_CHECKED(rettype, (pv_ops.op)(a1, a2), PV_CALL2_(rettype, op, a1, a2))
#define PVOP_CALL3(rettype, op, a1, a2, a3) \
	PV_CHECKED(rettype, (pv_ops.op)(a1, a2, a3), PV_CALL3_(rettype, op, a1, a2, a3))
#define PVOP_CALL4(rettype, op, a1, a2, a3, a4) \
	PV_CHECKED(rettype, (pv_ops.op)(a1, a2, a3, a4), PV_CALL4_(rettype, op, a1, a2, a3, a4))

#define PVOP_VCALL0(op)     PV_CHECKED_VOID((pv_ops.op)(), PV_CALL0_(uint32_t, op))
#define PVOP_VCALL1(op, a1) PV_CHECKED_VOID((pv_ops.op)(a1), PV_CALL1_(uint32_t, op, a1))
#define PVOP_VCALL2(op, a1, a2) \
	PV_CHECKED_VOID((pv_ops.op)(a1, a2), PV_CALL2_(uint32_t, op, a1, a2))
#define PVOP_VCALL3(op, a1, a2, a3) \
	PV_CHECKED_VOID((pv_ops.op)(a1, a2, a3), PV_CALL3_(uint32_t, op, a1, a2, a3))
#define PVOP_VCALL4(op, a1, a2, a3, a4) \
	PV_CHECKED_VOID((pv_ops.op)(a1, a2, a3, a4), PV_CALL4_(uint32_t, op, a1, a2, a3, a4))

/* Calls of callee-save ops: only the result, if there is one, and the flags change. */
#define PV_CALLEE0_(rettype, op)                                 \
	({                                                       \
		uint32_t pv_eax_;                                \
		asm volatile(PV_SITE_ASM                         \
			     : "=a"(pv_eax_)                     \
			     : PV_SITE_IN(op.fn, PV_CLOBBER_EAX) \
			     : "memory", "cc");                  \
		PV_RESULT(rettype, pv_eax_, 0);                  \
	})
#define PV_CALLEE1_(rettype, op, a1)                             \
	({                                                       \
		PV_FITS(a1);                                     \
		uint32_t pv_eax_ = (uint32_t)(a1);               \
		asm volatile(PV_SITE_ASM                         \
			     : "+a"(pv_eax_)                     \
			     : PV_SITE_IN(op.fn, PV_CLOBBER_EAX) \
			     : "memory", "cc");                  \
		PV_RESULT(rettype, pv_eax_, 0);                  \
	})
#define PV_VCALLEE0_(op) \
	({ asm volatile(PV_SITE_ASM : : PV_SITE_IN(op.fn, PV_CLOBBER_NONE) : "memory", "cc"); })
#define PV_VCALLEE1_(op, a1)                                                           \
	({                                                                             \
		PV_FITS(a1);                                                           \
		asm volatile(PV_SITE_ASM                                               \
			     :                                                         \
			     : PV_SITE_IN(op.fn, PV_CLOBBER_NONE), "a"((uint32_t)(a1)) \
			     : "memory", "cc");                                        \
	})
#define PVOP_CALLEE0(rettype, op) \
	PV_CHECKED(rettype, (pv_callee_signatures.op)(), PV_CALLEE0_(rettype, op))
#define PVOP_CALLEE1(rettype, op, a1) \
	PV_CHECKED(rettype, (pv_callee_signatures.op)(a1), PV_CALLEE1_(rettype, op, a1))
#define PVOP_VCALLEE0(op)     PV_CHECKED_VOID((pv_callee_signatures.op)(), PV_VCALLEE0_(op))
#define PVOP_VCALLEE1(op, a1) PV_CHECKED_VOID((pv_callee_signatures.op)(a1), PV_VCALLEE1_(op, a1))

/*
 * Callee-save functions. An assembler's file defines one directly as __raw_callee_save_NAME
 * (CALLEE_SAVE in pv/backend/template.h); for a C function a thunk saves what the C convention may
 * lose. That it is called there the compiler does not see, so a static one says `used`:
 *
 *	static __attribute__((used)) PV_FN uint32_t soft_save_fl(void) { ... }
 *	PV_CALLEE_SAVE_REGS_THUNK(soft_save_fl);
 *	... .save_fl = PV_CALLEE_SAVE(soft_save_fl),
 *
 * The type is checked: a function that returns bool sets only al, while the site reads eax.
 */
#define PV_CALLEE_SAVE(func) ((struct paravirt_callee_save){__raw_callee_save_##func})

#define PV_THUNK_(func, save, restore)                                                     \
	extern void __raw_callee_save_##func(void);                                        \
	asm(".pushsection .pv.native, \"ax\", @progbits\n"                                 \
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
