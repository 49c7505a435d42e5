/* SPDX-License-Identifier: MIT */
/*
 * Alternatives by Linux's names, with Linux's arguments; what they are is in
 * pv/alternative_types.h. For C, and for files of GNU as; in NASM: pv/alternative.inc.
 *
 *	alternative("lock; addl $0,(%%esp)", "mfence", X86_FEATURE_XMM2);
 *
 * A feature is one of pv/feature.h, or ALT_NOT(feature).
 */
#ifndef PV_ALTERNATIVE_H
#define PV_ALTERNATIVE_H

#include "pv/feature.h"

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif

#define ALT_FLAG_NOT     (1 << 15)
#define ALT_NOT(feature) (ALT_FLAG_NOT | (feature))

#ifdef __ASSEMBLER__
/* clang-format off */
/* In GNU as: ALTERNATIVE "xor %eax, %eax", "mov $1, %eax", X86_FEATURE_FPU, and so for 2 and 3. */
#if CONFIG_PARAVIRT
.macro pv_alt_pad n
	.skip -((775\n\()f - 774\n\()f - (773b - 771b)) > 0) * (775\n\()f - 774\n\()f - (773b - 771b)), 0x90
773:
.endm

.macro pv_alt_record newinstr, feature, n
	.pushsection .altinstructions, "a", @progbits
	.balign 4
	.long 771b - .
	.long 774\n\()f - .
	.short \feature
	.byte 773b - 771b, 775\n\()f - 774\n\()f
	.org . + ((773b - 771b) > 255)
	.popsection
	.pushsection .altinstr_replacement, "a", @progbits
774\n:
	\newinstr
775\n:
	.popsection
.endm

.macro ALTERNATIVE oldinstr, newinstr, feature
771:
	\oldinstr
773:
	pv_alt_pad 1
	pv_alt_record "\newinstr", \feature, 1
.endm

.macro ALTERNATIVE_2 oldinstr, newinstr1, feature1, newinstr2, feature2
771:
	\oldinstr
773:
	pv_alt_pad 1
	pv_alt_pad 2
	pv_alt_record "\newinstr1", \feature1, 1
	pv_alt_record "\newinstr2", \feature2, 2
.endm

.macro ALTERNATIVE_3 oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3
771:
	\oldinstr
773:
	pv_alt_pad 1
	pv_alt_pad 2
	pv_alt_pad 3
	pv_alt_record "\newinstr1", \feature1, 1
	pv_alt_record "\newinstr2", \feature2, 2
	pv_alt_record "\newinstr3", \feature3, 3
.endm
#else
.macro ALTERNATIVE oldinstr, newinstr, feature
	\oldinstr
.endm
.macro ALTERNATIVE_2 oldinstr, newinstr1, feature1, newinstr2, feature2
	\oldinstr
.endm
.macro ALTERNATIVE_3 oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3
	\oldinstr
.endm
#endif
/* clang-format on */
#else
#include "pv/alternative_types.h"

/* GCC takes a long text for long code and does not inline it, unless told so. */
#define asm_inline                        asm __inline

/* What has two outputs in a place for one, as in Linux. */
#define ASM_OUTPUT2(a...)                 a

/* In the place of the inputs, for what has clobbers and none. */
#define ASM_NO_INPUT_CLOBBER(clobbers...) "i"(0) : clobbers

#define ALTERNATIVE(oldinstr, newinstr, feature) PV_ALTERNATIVE(oldinstr, newinstr, feature)
#define ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2) \
	PV_ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2)
#define ALTERNATIVE_3(oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3) \
	PV_ALTERNATIVE_3(oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3)

/* Statements: no operands, and nothing in memory is moved over them. */
#define alternative(oldinstr, newinstr, feature) \
	asm_inline volatile(ALTERNATIVE(oldinstr, newinstr, feature) : : : "memory")

#define alternative_2(oldinstr, newinstr1, feature1, newinstr2, feature2)                     \
	asm_inline volatile(ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2) \
			    :                                                                 \
			    :                                                                 \
			    : "memory")

/*
 * With operands, the same for all: best by name, since their numbers count from 1 here, and a dummy
 * stands between outputs and inputs in alternative_io().
 */
#define alternative_input(oldinstr, newinstr, feature, input...) \
	asm_inline volatile(ALTERNATIVE(oldinstr, newinstr, feature) : : "i"(0), ##input)

#define alternative_io(oldinstr, newinstr, feature, output, input...) \
	asm_inline volatile(ALTERNATIVE(oldinstr, newinstr, feature) : output : "i"(0), ##input)

/*
 * Calls of one function or another: a direct call, patched. Outputs, inputs and clobbers are what
 * both functions' convention says.
 */
#define alternative_call(oldfunc, newfunc, feature, output, input...)            \
	asm_inline volatile(ALTERNATIVE("call %c[old]", "call %c[new]", feature) \
			    : output                                             \
			    : [old] "i"(oldfunc), [new] "i"(newfunc), ##input)

#define alternative_call_2(oldfunc, newfunc1, feature1, newfunc2, feature2, output, input...) \
	asm_inline volatile(ALTERNATIVE_2("call %c[old]", "call %c[new1]", feature1,          \
					  "call %c[new2]", feature2)                          \
			    : output                                                          \
			    : [old] "i"(oldfunc), [new1] "i"(newfunc1), [new2] "i"(newfunc2), \
			      ##input)

/*
 * For statements: if (alternative_has_feature_likely(X86_FEATURE_ERMS)) ... else ... is a jump or a
 * NOP: pv_has_feature_likely().
 */
PV_ALWAYS_INLINE bool alternative_has_feature_likely(unsigned feature)
{
	return pv_has_feature_likely(feature);
}

PV_ALWAYS_INLINE bool alternative_has_feature_unlikely(unsigned feature)
{
	return pv_has_feature_unlikely(feature);
}
#endif

#endif
