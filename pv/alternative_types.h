/* SPDX-License-Identifier: MIT */
/*
 * Alternatives: instructions that are replaced by others when the CPU has a feature, or has it not.
 * This file has their records, their state and the macro that all of them are made of; all its
 * names begin with pv_, PV_, alt_ or alternative_. Linux's words come with pv/alternative.h.
 *
 *	asm volatile(PV_ALTERNATIVE("lock; addl $0,(%%esp)", "mfence", 26) : : : "memory");
 *
 *	text:			f0 83 04 24 00	lock; addl $0,(%esp)	later 0f ae f0 66 90
 *	.altinstr_replacement:	0f ae f0	mfence
 *	.altinstructions:	<site> <replacement> 1a 00 05 03
 *
 * The assembler pads the site to the longest of its instructions, with one-byte NOPs that become
 * the CPU's own when the sites are patched. With several replacements the last one whose feature is
 * there wins. A feature is a number that pv_host_has() knows, CPUID word * 32 + bit, or
 * PV_ALT_NOT(feature). A replacement may branch; no site (a paravirt op, a lock prefix, another
 * alternative) may stand in one: it would not be where its record says. A lock prefix may stand in
 * the old instructions. CONFIG_PARAVIRT=0: the old instructions.
 */
#ifndef PV_ALTERNATIVE_TYPES_H
#define PV_ALTERNATIVE_TYPES_H

#include "pv/engine.h"
#include "pv/feature_names.h"
#include "pv/types.h"

/* The feature is not there. Text for the assembler as well as a number. */
#define PV_ALT_FLAG_NOT     (1 << 15)
#define PV_ALT_NOT(feature) (PV_ALT_FLAG_NOT | (feature))

#define PV_ALT_TEXT_(x...) #x
#define PV_ALT_TEXT(x...)  PV_ALT_TEXT_(x)

#if CONFIG_PARAVIRT
/*
 *	771	the site		774n	the n-th replacement
 *	773	its end so far		775n	and its end
 *
 * PV_ALT_PAD(n) makes the site as long as the n-th replacement: the assembler's "true" is -1. The
 * .org stops the assembler when the site, and with it maybe a replacement, has more bytes than a
 * record can say: clang's would cut the number.
 */
/* clang-format off */
#define PV_ALT_LEN(n)  "(775" #n "f - 774" #n "f)"
#define PV_ALT_MORE(n) "(" PV_ALT_LEN(n) " - (773b - 771b))"
#define PV_ALT_PAD(n)                                                    \
	"	.skip -(" PV_ALT_MORE(n) " > 0) * " PV_ALT_MORE(n) ", 0x90\n" \
	"773:\n"

#define PV_ALT_SITE(oldinstr)                                            \
	"771:	" oldinstr "\n"                                          \
	"773:\n"

#define PV_ALT_RECORD(newinstr, feature_text, n)                         \
	".pushsection .altinstructions, \"a\", @progbits\n"              \
	"	.balign 4\n"                                             \
	"	.long 771b - .\n"                                        \
	"	.long 774" #n "f - .\n"                                  \
	"	.short " feature_text "\n"                               \
	"	.byte 773b - 771b, " PV_ALT_LEN(n) "\n"                  \
	"	.org . + ((773b - 771b) > 255)\n"                        \
	".popsection\n"                                                  \
	".pushsection .altinstr_replacement, \"a\", @progbits\n"         \
	"774" #n ":	" newinstr "\n"                                  \
	"775" #n ":\n"                                                   \
	".popsection\n"

#define PV_ALTERNATIVE(oldinstr, newinstr, feature)                      \
	PV_ALT_SITE(oldinstr)                                            \
	PV_ALT_PAD(1)                                                    \
	PV_ALT_RECORD(newinstr, PV_ALT_TEXT(feature), 1)

#define PV_ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2) \
	PV_ALT_SITE(oldinstr)                                            \
	PV_ALT_PAD(1)                                                    \
	PV_ALT_PAD(2)                                                    \
	PV_ALT_RECORD(newinstr1, PV_ALT_TEXT(feature1), 1)               \
	PV_ALT_RECORD(newinstr2, PV_ALT_TEXT(feature2), 2)

#define PV_ALTERNATIVE_3(oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3) \
	PV_ALT_SITE(oldinstr)                                            \
	PV_ALT_PAD(1)                                                    \
	PV_ALT_PAD(2)                                                    \
	PV_ALT_PAD(3)                                                    \
	PV_ALT_RECORD(newinstr1, PV_ALT_TEXT(feature1), 1)               \
	PV_ALT_RECORD(newinstr2, PV_ALT_TEXT(feature2), 2)               \
	PV_ALT_RECORD(newinstr3, PV_ALT_TEXT(feature3), 3)
/* clang-format on */
#else
#define PV_ALTERNATIVE(oldinstr, newinstr, feature)                          oldinstr "\n"
#define PV_ALTERNATIVE_2(oldinstr, newinstr1, feature1, newinstr2, feature2) oldinstr "\n"
#define PV_ALTERNATIVE_3(oldinstr, newinstr1, feature1, newinstr2, feature2, newinstr3, feature3) \
	oldinstr "\n"
#endif

/*
 * For statements: if (pv_has_feature_likely(feature)) ... else ... is a jump or a NOP, no load and
 * no test. likely: with the feature the code goes straight on; unlikely: without. Until its site is
 * patched, and if it is refused, the answer is that the feature is not there. The argument is a
 * constant, and may be a PV_ALT_NOT().
 */
PV_ALWAYS_INLINE bool pv_has_feature_likely(unsigned feature)
{
#if CONFIG_PARAVIRT
	asm goto(PV_ALT_SITE("jmp %l[no]") PV_ALT_PAD(1) PV_ALT_RECORD("", "%c[feature]", 1)
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

PV_ALWAYS_INLINE bool pv_has_feature_unlikely(unsigned feature)
{
#if CONFIG_PARAVIRT
	asm goto(PV_ALT_SITE("") PV_ALT_PAD(1) PV_ALT_RECORD("jmp %l[yes]", "%c[feature]", 1)
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
	uint16_t cpuid; /* feature, with PV_ALT_FLAG_NOT */
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
