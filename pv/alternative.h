/* SPDX-License-Identifier: MIT */
/*
 * Instructions that depend on what the CPU has. The old one is what is linked and what every CPU
 * can run; a record says which feature makes it another:
 *
 *	alternative("lock; addl $0,(%%esp)", "mfence", X86_FEATURE_XMM2);
 *
 *	text:			f0 83 04 24 00	lock; addl $0,(%esp)	later 0f ae f0 66 90
 *	.altinstr_replacement:	0f ae f0	mfence
 *	.altinstructions:	<site> <replacement> 1a 00 05 03
 *
 * The assembler pads the site to the longest of its instructions, with one-byte NOPs that become
 * the CPU's own when the sites are patched. With several replacements the last one whose feature is
 * there wins. A feature is one of pv/feature.h, or ALT_NOT(feature). A replacement may branch; no
 * site (a paravirt op, a lock prefix, another alternative) may stand in one: it would not be where
 * its record says. A lock prefix may stand in the old instructions.
 *
 * The arguments are Linux's. In NASM: pv/alternative.inc. CONFIG_PARAVIRT=0: the old instructions.
 */
#ifndef PV_ALTERNATIVE_H
#define PV_ALTERNATIVE_H

#include "pv/engine.h"
#include "pv/feature.h"

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif

/* GCC takes a long text for long code and does not inline it, unless told so. */
#define asm_inline asm __inline

/* The feature is not there. Text for the assembler as well as a number. */
#define ALT_FLAG_NOT     (1 << 15)
#define ALT_NOT(feature) (ALT_FLAG_NOT | (feature))

/* What has two outputs in a place for one, as in Linux. */
#define ASM_OUTPUT2(a...) a

/* In the place of the inputs, for what has clobbers and none. */
#define ASM_NO_INPUT_CLOBBER(clobbers...) "i"(0) : clobbers

#define ALT_TEXT_(x...) #x
#define ALT_TEXT(x...)  ALT_TEXT_(x)

#if CONFIG_PARAVIRT
/*
 *	771	the site		774n	the n-th replacement
 *	773	its end so far		775n	and its end
 *
 * ALT_PAD(n) makes the site as long as the n-th replacement: the assembler's "true" is -1. The
 * .org stops the assembler when the site, and with it maybe a replacement, has more bytes than a
 * record can say: clang's would cut the number.
 */
/* clang-format off */
#define ALT_LEN(n)  "(775" #n "f - 774" #n "f)"
#define ALT_MORE(n) "(" ALT_LEN(n) " - (773b - 771b))"
#define ALT_PAD(n)                                              \
	"	.skip -(" ALT_MORE(n) " > 0) * " ALT_MORE(n) ", 0x90\n" \
	"773:\n"

#define ALT_SITE(oldinstr)                                      \
	"771:	" oldinstr "\n"                                 \
	"773:\n"

#define ALT_RECORD(newinstr, feature_text, n)                   \
	".pushsection .altinstructions, \"a\", @progbits\n"      \
	"	.balign 4\n"                                     \
	"	.long 771b - .\n"                                \
	"	.long 774" #n "f - .\n"                          \
	"	.short " feature_text "\n"                       \
	"	.byte 773b - 771b, " ALT_LEN(n) "\n"             \
	"	.org . + ((773b - 771b) > 255)\n"                \
	".popsection\n"                                         \
	".pushsection .altinstr_replacement, \"a\", @progbits\n" \
	"774" #n ":	" newinstr "\n"                         \
	"775" #n ":\n"                                          \
	".popsection\n"

#define ALTERNATIVE(oldinstr, newinstr, feature)                \
	ALT_SITE(oldinstr)                                      \
	ALT_PAD(1)                                              \
	ALT_RECORD(newinstr, ALT_TEXT(feature), 1)

#define ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2) \
	ALT_SITE(oldinstr)                                      \
	ALT_PAD(1)                                              \
	ALT_PAD(2)                                              \
	ALT_RECORD(newinstr1, ALT_TEXT(feature1), 1)            \
	ALT_RECORD(newinstr2, ALT_TEXT(feature2), 2)

#define ALTERNATIVE_3(oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3) \
	ALT_SITE(oldinstr)                                      \
	ALT_PAD(1)                                              \
	ALT_PAD(2)                                              \
	ALT_PAD(3)                                              \
	ALT_RECORD(newinstr1, ALT_TEXT(feature1), 1)            \
	ALT_RECORD(newinstr2, ALT_TEXT(feature2), 2)            \
	ALT_RECORD(newinstr3, ALT_TEXT(feature3), 3)
/* clang-format on */
#else
#define ALTERNATIVE(oldinstr, newinstr, feature)                          oldinstr "\n"
#define ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2) oldinstr "\n"
#define ALTERNATIVE_3(oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3) \
	oldinstr "\n"
#endif

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
 * For statements: if (alternative_has_feature_likely(X86_FEATURE_ERMS)) ... else ... is a jump or
 * a NOP, no load and no test. likely: with the feature the code goes straight on; unlikely:
 * without. Until its site is patched, and if it is refused, the answer is that the feature is not
 * there. The argument is a constant, and may be an ALT_NOT().
 */
static inline __attribute__((always_inline)) bool alternative_has_feature_likely(unsigned feature)
{
#if CONFIG_PARAVIRT
	asm goto(ALT_SITE("jmp %l[no]") ALT_PAD(1) ALT_RECORD("", "%c[feature]", 1)
		 :
		 : [feature] "i"(feature)
		 :
		 : no);
	return true;
no:
#endif
	(void)feature;
	return false;
}

static inline __attribute__((always_inline)) bool alternative_has_feature_unlikely(unsigned feature)
{
#if CONFIG_PARAVIRT
	asm goto(ALT_SITE("") ALT_PAD(1) ALT_RECORD("jmp %l[yes]", "%c[feature]", 1)
		 :
		 : [feature] "i"(feature)
		 :
		 : yes);
	return false;
yes:
	return true;
#else
	(void)feature;
	return false;
#endif
}

/* A record, as in Linux: places relative to their own field. */
struct alt_instr {
	int32_t instr_offset;
	int32_t repl_offset;
	uint16_t cpuid; /* feature, with ALT_FLAG_NOT */
	uint8_t instrlen;
	uint8_t replacementlen; /* at most instrlen */
} __attribute__((packed));
_Static_assert(sizeof(struct alt_instr) == 12, "the table is read by others");

/*
 * The state: the features that sites may use, bit feature % 32 of word feature / 32, and where the
 * table's replacements lie. Tools read the words out of memory.
 */
struct alternative_state {
	uint32_t features[PV_FEATURE_WORDS];
	const uint8_t *replacements, *replacements_end;
};
_Static_assert(offsetof(struct alternative_state, features) == 0, "the words come first");

extern const struct pv_family alternative_family;

/* Text as linked: no record applies, whatever its feature is. */
extern const struct alternative_state alternative_linked;

/* What the kernel's own sites are patched for. */
extern struct alternative_state alternative_state;

/* What pv_host_has() says, and X86_FEATURE_ALWAYS. Replacements elsewhere are refused. */
void alternative_state_make(struct alternative_state *state, const void *replacements,
			    const void *replacements_end);

/*
 * Patch the sites of a table, which are as linked, for alternative_state. Any other change, and the
 * way back, is pv_apply() with the two states. The result is added to *stats. */
void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end,
			struct pv_stats *stats);

#endif
