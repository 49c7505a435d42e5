/* SPDX-License-Identifier: MIT */
/*
 * Static keys, by Linux's names: a branch that costs a NOP, or one jump, and no load and no test.
 * Which of the two stands there changes while all CPUs run through it (pv/poke.h).
 *
 *	DEFINE_STATIC_KEY_FALSE(tracing);
 *
 *	if (static_branch_unlikely(&tracing))
 *		trace(...);
 *	...
 *	static_branch_enable(&tracing);
 *
 *	text:		3e 8d 74 26 00			later e9 to trace(...), and back to a NOP
 *	__jump_table:	<site> <target> <key | flags>	each relative to its own field
 *
 * likely: with the key on, the code goes straight on; unlikely: with it off. All branches of a key
 * become new at one instant. In files of GNU as: STATIC_BRANCH_UNLIKELY and STATIC_BRANCH_LIKELY;
 * in NASM: pv/jump_label.inc. With CONFIG_PARAVIRT=0 a branch is a load and a test.
 *
 * Changes return false after a line that says why: nothing could be changed, since interrupts are
 * off or another change is going on; or a site was refused, and stays, and all others have changed.
 * Before jump_label_live() changes are noted, and cannot fail.
 */
#ifndef PV_JUMP_LABEL_H
#define PV_JUMP_LABEL_H

#ifndef CONFIG_PARAVIRT
#define CONFIG_PARAVIRT 1
#endif

/* Flags in a record's key. The first is the compiler's; see jump_label_init() for the others. */
#define PV_JUMP_LIKELY 1 /* no jump while the key is on */
#define PV_JUMP_INIT   2 /* the site is in text that is given up */
#define PV_JUMP_SHORT  4 /* it is a short jump, or two bytes of padding */
#define PV_JUMP_LINKED 8 /* what was linked is the jump */
#define PV_JUMP_FLAGS  15

#ifdef __ASSEMBLER__
/* clang-format off */
/*
 *	STATIC_BRANCH_UNLIKELY tracing, .Ltrace		to .Ltrace while the key is on
 *	STATIC_BRANCH_LIKELY checking, .Lskip		to .Lskip while the key is off
 *
 * As linked for a key of which the name is right at first: UNLIKELY of one that is off, LIKELY of
 * one that is on.
 */
#if CONFIG_PARAVIRT
.macro pv_static_branch key, label, likely
761:	.byte 0x3e, 0x8d, 0x74, 0x26, 0x00
	.pushsection __jump_table, "a", @progbits
	.balign 4
	.long 761b - ., \label - ., \key + \likely - .
	.popsection
.endm
#else
.macro pv_static_branch key, label, likely
	cmpl $0, \key
	.if \likely
	jle \label
	.else
	jg \label
	.endif
.endm
#endif
.macro STATIC_BRANCH_UNLIKELY key, label
	pv_static_branch \key, \label, 0
.endm
.macro STATIC_BRANCH_LIKELY key, label
	pv_static_branch \key, \label, PV_JUMP_LIKELY
.endm
/* clang-format on */
#else
#include "pv/image.h"
#include "pv/types.h"

/* A record, as in Linux. */
struct jump_entry {
	int32_t code, target, key;
};
_Static_assert(sizeof(struct jump_entry) == 12, "the table is read by others");

/* Zero-initialized it is off. Its address has room for a record's flags. */
struct static_key {
	int32_t enabled; /* a count: on while it is above 0 */
	union {
		uint32_t type;                    /* 1: on at first, and from jump_label_init() */
		const struct jump_entry *entries; /* on its first record, or'ed */
	};
	uint8_t on[2]; /* in each version of text, see pv/poke.h */
} __attribute__((aligned(16)));

/* Keys whose first value the compiler knows. */
struct static_key_true {
	struct static_key key;
};
struct static_key_false {
	struct static_key key;
};

#define STATIC_KEY_INIT_TRUE \
	{                    \
		1, {1},      \
		{            \
			1, 1 \
		}            \
	}
#define STATIC_KEY_INIT_FALSE \
	{                     \
		0, {0},       \
		{             \
			0, 0  \
		}             \
	}
#define STATIC_KEY_INIT STATIC_KEY_INIT_FALSE
#define STATIC_KEY_TRUE_INIT         \
	{                            \
		STATIC_KEY_INIT_TRUE \
	}
#define STATIC_KEY_FALSE_INIT         \
	{                             \
		STATIC_KEY_INIT_FALSE \
	}

#define DEFINE_STATIC_KEY_TRUE(name)   struct static_key_true name = STATIC_KEY_TRUE_INIT
#define DEFINE_STATIC_KEY_FALSE(name)  struct static_key_false name = STATIC_KEY_FALSE_INIT
#define DECLARE_STATIC_KEY_TRUE(name)  extern struct static_key_true name
#define DECLARE_STATIC_KEY_FALSE(name) extern struct static_key_false name
#define DEFINE_STATIC_KEY_ARRAY_TRUE(name, count) \
	struct static_key_true name[count] = {[0 ...(count) - 1] = STATIC_KEY_TRUE_INIT}
#define DEFINE_STATIC_KEY_ARRAY_FALSE(name, count) \
	struct static_key_false name[count] = {[0 ...(count) - 1] = STATIC_KEY_FALSE_INIT}

/* The key in any of the three types; anything else is an error. */
#define PV_KEY(x)                                                    \
	_Generic(*(x), struct static_key                             \
		 : (struct static_key *)(x), struct static_key_true  \
		 : (struct static_key *)(x), struct static_key_false \
		 : (struct static_key *)(x))

static inline int32_t pv_key_count(const struct static_key *key)
{
	return *(const volatile int32_t *)&key->enabled;
}

#if CONFIG_PARAVIRT
/* Where control goes by the site: straight on (false), or to its target. */
#define PV_JUMP_SITE(instruction)                                    \
	"761:	" instruction "\n"                                   \
	".pushsection __jump_table, \"a\", @progbits\n"              \
	"	.balign 4\n"                                               \
	"	.long 761b - ., %l[target] - ., %c[key] + %c[flags] - .\n" \
	".popsection\n"

PV_ALWAYS_INLINE bool pv_branch_nop(struct static_key *key, unsigned flags)
{
	asm goto(PV_JUMP_SITE(".byte 0x3e, 0x8d, 0x74, 0x26, 0x00")
		 :
		 : [key] "i"(key), [flags] "i"(flags)
		 :
		 : target);
	return false;
target:
	return true;
}

/* The assembler makes it two bytes where these reach. */
PV_ALWAYS_INLINE bool pv_branch_jmp(struct static_key *key, unsigned flags)
{
	asm goto(PV_JUMP_SITE("jmp %l[target]") : : [key] "i"(key), [flags] "i"(flags) : : target);
	return false;
target:
	return true;
}
#else
PV_ALWAYS_INLINE bool pv_branch_nop(struct static_key *key, unsigned flags)
{
	return (pv_key_count(key) > 0) != (flags & PV_JUMP_LIKELY);
}
#define pv_branch_jmp pv_branch_nop
#endif

#define PV_KEY_IS(x, kind) __builtin_types_compatible_p(__typeof__(*(x)), struct kind)
#define PV_KEY_CHECK(x)                                                                 \
	_Static_assert(PV_KEY_IS(x, static_key_true) || PV_KEY_IS(x, static_key_false), \
		       "a static branch wants a key whose first value the compiler knows")

#define static_branch_likely(x)                                                       \
	({                                                                            \
		PV_KEY_CHECK(x);                                                      \
		__builtin_expect(PV_KEY_IS(x, static_key_true)                        \
					 ? !pv_branch_nop(&(x)->key, PV_JUMP_LIKELY)  \
					 : !pv_branch_jmp(&(x)->key, PV_JUMP_LIKELY), \
				 1);                                                  \
	})
#define static_branch_unlikely(x)                                                             \
	({                                                                                    \
		PV_KEY_CHECK(x);                                                              \
		__builtin_expect(PV_KEY_IS(x, static_key_true) ? pv_branch_jmp(&(x)->key, 0)  \
							       : pv_branch_nop(&(x)->key, 0), \
				 0);                                                          \
	})

/* The older words, for a struct static_key of either first value. */
PV_ALWAYS_INLINE bool static_key_false(struct static_key *key)
{
	return pv_branch_nop(key, 0);
}

PV_ALWAYS_INLINE bool static_key_true(struct static_key *key)
{
	return !pv_branch_nop(key, PV_JUMP_LIKELY);
}

#define static_key_count(x)   pv_key_count(PV_KEY(x))
#define static_key_enabled(x) (static_key_count(x) > 0)

/*
 * On with a count of 1, off with 0, whatever it was; one more or one less. A count below 0 is
 * warned of, and off.
 */
#if CONFIG_PARAVIRT
bool static_key_enable(struct static_key *key);
bool static_key_disable(struct static_key *key);
bool static_key_slow_inc(struct static_key *key);
bool static_key_slow_dec(struct static_key *key);
#else
static inline bool pv_key_set(struct static_key *key, int32_t count)
{
	*(volatile int32_t *)&key->enabled = count;
	return true;
}
#define static_key_enable(key)   pv_key_set(key, 1)
#define static_key_disable(key)  pv_key_set(key, 0)
#define static_key_slow_inc(key) pv_key_set(key, pv_key_count(key) + 1)
#define static_key_slow_dec(key) pv_key_set(key, pv_key_count(key) - 1)
#endif
#define static_branch_enable(x)  static_key_enable(PV_KEY(x))
#define static_branch_disable(x) static_key_disable(PV_KEY(x))
#define static_branch_inc(x)     static_key_slow_inc(PV_KEY(x))
#define static_branch_dec(x)     static_key_slow_dec(PV_KEY(x))

/* Several keys at one instant. */
struct static_key_change {
	struct static_key *key;
	bool on;
};
bool static_key_commit(const struct static_key_change *changes, unsigned n);

extern const struct pv_family jump_label_family;
extern struct pv_keyed pv_static_keys;  /* pv/keyed.h */
extern const uint8_t jump_label_linked; /* the state of text as linked */

/*
 * Before the table is added: unless it has an index, for which pvtool did this after the link, its
 * records get their flags by looking at text as linked, and are sorted by key, then by site. Then
 * every key gets its first record and the value that it has by now. The table's image was added.
 * Twice does no harm.
 */
void jump_label_init(struct pv_table *table);

/*
 * The pass over the table was made, from jump_label_linked to version[pv_present] of the family:
 * from now on text follows its keys.
 */
void jump_label_live(void);

/* Or it was not, and text stays as linked: changes are refused from now on. */
void jump_label_keep(void);
#endif

#endif
