/* SPDX-License-Identifier: MIT */
/*
 * Static calls, by Linux's names: a call of a function that can change, which costs a direct call:
 * no load, no indirect branch. What is called changes while all CPUs run through it (pv/poke.h).
 *
 *	DEFINE_STATIC_CALL(clock, clock_by_port);	DECLARE_STATIC_CALL(clock, clock_by_port);
 *
 *	ns = static_call(clock)();
 *	...
 *	static_call_update(clock, clock_by_tsc);
 *
 *	text:	e8 to __SCT__clock		later e8 to clock_by_tsc(), at the site itself
 *		e9 to __SCT__clock, a tail call	later e9 to clock_by_tsc()
 *	__SCT__clock:	e9 to clock_by_port()	later e9 to clock_by_tsc()
 *	.static_call_sites:	<site> <key | flags>	each relative to its own field
 *
 * static_call(clock) is the function __SCT__clock, so it may be called in all ways: by a jump that is
 * conditional, or by its address, it goes by that, which is a site as well. The calls are found after
 * a first link (`pvtool calls`); without that step all go by the trampoline. In assembly: `call
 * __SCT__clock`. Names are global.
 *
 * NULL: nothing is called, and the result is 0: a call becomes one instruction, xor %eax, %eax; where
 * the result may be wider, a call of __static_call_return0(). No function whose result is a structure
 * (the caller gives it a place) may be NULL.
 *
 * What a call is linked to must be right for ever: it stays where text could not be patched. Before
 * static_call_live() changes are noted, and cannot fail; then they return false after a line
 * that says why, as static keys do (pv/jump_label.h). Functions must lie in an image's text that
 * was not given up. With CONFIG_PARAVIRT=0 a call is indirect.
 */
#ifndef PV_STATIC_CALL_H
#define PV_STATIC_CALL_H

#include "pv/image.h"
#include "pv/poke.h"
#include "pv/types.h"

/* Flags in a record's key. */
#define PV_CALL_TAIL  1 /* it is a jump */
#define PV_CALL_INIT  2 /* the site is in text that is given up */
#define PV_CALL_FLAGS 3

/* A record, as in Linux. */
struct static_call_site {
	int32_t addr, key;
};
_Static_assert(sizeof(struct static_call_site) == 8, "the table is read by others");

struct static_call_key {
	void *func[2];    /* in each version of text; NULL: nothing */
	void *trampoline; /* what calls are linked to ... */
	void *linked;     /* ... and what that is */
	uint32_t narrow;  /* its result has no more than 32 bits */
};

/* That much the compiler tells of a function's result, whatever its arguments are; 0: who knows? */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
typedef void pv_no_result();
typedef _Bool pv_bool_result();
typedef int pv_int_result();
typedef unsigned pv_unsigned_result();
typedef long pv_long_result();
typedef unsigned long pv_unsigned_long_result();
#pragma GCC diagnostic pop
#define PV_RESULT_IS(f, type) __builtin_types_compatible_p(__typeof__(f), pv_##type##_result)
#define PV_RESULT_IS_NARROW(f)                                                   \
	(PV_RESULT_IS(f, no) || PV_RESULT_IS(f, bool) || PV_RESULT_IS(f, int) || \
	 PV_RESULT_IS(f, unsigned) || PV_RESULT_IS(f, long) || PV_RESULT_IS(f, unsigned_long))

#define DECLARE_STATIC_CALL(name, f)                 \
	extern struct static_call_key __SCK__##name; \
	extern __typeof__(f) __SCT__##name

/* Weak: of others the assembler keeps no relocation of a jump in the same file. */
#if CONFIG_PARAVIRT
#define PV_STATIC_CALL(name, f, first, to)                                          \
	DECLARE_STATIC_CALL(name, f);                                               \
	asm(".pushsection .text, \"ax\", @progbits\n"                               \
	    ".weak __SCT__" #name "\n"                                              \
	    ".type __SCT__" #name ", @function\n"                                   \
	    "__SCT__" #name ": .byte 0xe9\n"                                        \
	    "	.long " #to " - . - 4\n"                                            \
	    ".size __SCT__" #name ", . - __SCT__" #name "\n"                        \
	    ".popsection\n"                                                         \
	    ".pushsection .static_call_sites, \"a\", @progbits\n"                   \
	    ".balign 4\n"                                                           \
	    ".long __SCT__" #name " - ., __SCK__" #name " - .\n"                    \
	    ".popsection\n");                                                       \
	struct static_call_key __SCK__##name = {{(void *)(first), (void *)(first)}, \
						(void *)__SCT__##name,              \
						(void *)(to),                       \
						PV_RESULT_IS_NARROW(f)}

#define static_call(name) __SCT__##name

uint64_t __static_call_return0(void);

/* In a change: pv/keyed.h. */
struct static_call_change {
	struct static_call_key *key;
	void *func;
};
bool pv_static_call_set(struct static_call_key *key, void *func);

static inline void *pv_static_call_func(const struct static_call_key *key)
{
	return *(void *const volatile *)&key->func[pv_present];
}
#else
#define PV_STATIC_CALL(name, f, first, to) \
	DECLARE_STATIC_CALL(name, f);      \
	struct static_call_key __SCK__##name = {{(void *)(first)}, NULL, (void *)(to), 0}

static inline uint64_t __static_call_return0(void)
{
	return 0;
}

static inline void *pv_static_call_func(const struct static_call_key *key)
{
	return *(void *const volatile *)&key->func[0];
}

static inline void *pv_static_call_now(const struct static_call_key *key)
{
	void *func = pv_static_call_func(key);

	return func ? func : (void *)__static_call_return0;
}

static inline bool pv_static_call_set(struct static_call_key *key, void *func)
{
	*(void *volatile *)&key->func[0] = func;
	return true;
}

#define static_call(name) ((__typeof__(&__SCT__##name))pv_static_call_now(&__SCK__##name))
#endif

/* The function may be NULL by now; Linux wants to be told. */
#define static_call_cond(name) static_call(name)

/* At first: f; NULL, of f's type; the function that returns 0, of f's type. */
#define DEFINE_STATIC_CALL(name, f)      PV_STATIC_CALL(name, f, f, f)
#define DEFINE_STATIC_CALL_NULL(name, f) PV_STATIC_CALL(name, f, 0, __static_call_return0)
#define DEFINE_STATIC_CALL_RET0(name, f) \
	PV_STATIC_CALL(name, f, __static_call_return0, __static_call_return0)

#define PV_CALL_TAKES(f, type) __builtin_types_compatible_p(__typeof__(1 ? (f) : (f)), type)

/* To a function of the type, to the one that returns 0 as a (void *), or to NULL. */
#define static_call_update(name, f)                                            \
	({                                                                     \
		_Static_assert(PV_CALL_TAKES(f, __typeof__(&__SCT__##name)) || \
				       PV_CALL_TAKES(f, void *),               \
			       "a static call is of functions of one type");   \
		pv_static_call_set(&__SCK__##name, (void *)(f));               \
	})

/* What it calls; NULL: nothing. */
#define static_call_query(name) ((__typeof__(&__SCT__##name))pv_static_call_func(&__SCK__##name))

extern const struct pv_family static_call_family;
extern struct pv_keyed pv_static_calls;  /* pv/keyed.h */
extern const uint8_t static_call_linked; /* the state of text as linked */

/* As jump_label_init(), jump_label_live() and jump_label_keep(). */
void static_call_init(struct pv_table *table);
void static_call_live(void);
void static_call_keep(void);

#endif
