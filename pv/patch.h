/* SPDX-License-Identifier: MIT */
/*
 * The first family: paravirt sites. What a site becomes depends on its op and on the back end only,
 * so a state is one table with a line for each op, made once by asking the back end, and a site's
 * bytes are that line with the branch moved to where the site is:
 *
 *	paravirt_init();
 *	apply_paravirt(__parainstructions, __parainstructions_end);
 *
 * rewrites every site from ff 15 <slot> to what the table in use (pv_ops) wants.
 */
#ifndef PV_PATCH_H
#define PV_PATCH_H

#include "pv/engine.h"
#include "pv/paravirt_types.h"

#define PV_SITE_LEN  6 /* call *disp32, jmp *disp32 */
#define PV_SITE_ROOM 8 /* PV_SITE_LEN in whole words */

/* Bytes for a site, wherever it is. */
struct pv_insns {
	uint8_t n;        /* bytes in use; more than PV_SITE_LEN: they fit nowhere */
	uint8_t lead;     /* prefixes before them, which are the padding then; else NOPs behind */
	uint8_t kind;     /* enum pv_kind */
	uint8_t rel_at;   /* where a 32-bit displacement to `target` goes; 0: nowhere */
	uint8_t clobbers; /* what the bytes may change, PV_CLOBBER_ mask */
	uint32_t target;
	/* From here on, and `lead`, by paravirt_state_make(), which pads the bytes to PV_SITE_LEN, too. */
	uint32_t function;     /* what the op's slot has */
	uint32_t word, fixed;  /* what the second word of a record has, in which bits */
	uint32_t base, factor; /* the displacement is base - site; 1 << 8 * rel_at, or 0: none */
	uint8_t bytes[PV_SITE_ROOM];
};

#define PV_NO_OP PV_NR_KINDS
struct paravirt_state {
	struct pv_insns op[PV_NR_TYPES]; /* kind PV_NO_OP: none of this number, or without sites */
};

extern struct pv_family paravirt_family;

/* Text as linked: every site goes through its slot. */
const struct paravirt_state *paravirt_linked(void);

/* What sites become under `ops`, by asking ops->init.patch for each op. */
void paravirt_state_make(struct paravirt_state *state, const struct pv_ops *ops);

/*
 * Makes the linked state, and fills empty slots of pv_ops with functions that panic with the op's
 * name; before anything else of this header.
 */
void paravirt_init(void);

/*
 * Patch the sites of a table, whole or of a module, for the table in use. The statistics of the
 * call are in paravirt_stats and paravirt_rows until the next one, or pv_switch().
 */
void apply_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end);
extern struct pv_stats paravirt_stats;
extern struct pv_count paravirt_rows[PV_NR_TYPES];

/* The state that the last apply_paravirt() took sites to; linked after paravirt_keep(). */
const struct paravirt_state *paravirt_state(void);

/* The same as apply_paravirt() and pv_switch() want it: paravirt_direct(). */
void paravirt_target(struct paravirt_state *state, const struct pv_ops *ops);

/* noinline-paravirt: from now on their sites get no templates, but direct calls. */
void paravirt_direct(void);

/* noreplace-paravirt: from now on sites are checked and counted, and left as linked. */
void paravirt_keep(void);

/*
 * For pv_switch(): the state that sites are to go to, beside the one that they are in; and, when
 * they have: now it is paravirt_state(). Linked both, after paravirt_keep().
 */
const struct paravirt_state *paravirt_next(const struct pv_ops *ops);
void paravirt_next_is_current(void);

/*
 * For a back end's patch hook: take the template [start, end). False when it is empty, too long,
 * does not decode, or branches in a way that cannot be moved (a short jump out of the template).
 */
bool paravirt_patch_insns(struct pv_insns *out, uint8_t type, const void *start, const void *end);

/* A template: instructions from start to end, or none when they are equal. */
struct pv_template {
	const uint8_t *start, *end;
};

/*
 * The usual hook: the op's template out of `templates` as long as its slot holds the function of
 * `origin`, the table that the templates belong to. False: there is none, or it cannot be used.
 */
bool paravirt_patch_template(uint8_t type, const struct pv_ops *ops, const struct pv_ops *origin,
			     const struct pv_template *templates, struct pv_insns *out);

/*
 * What the hook falls back to, from the function in the slot: padding when the function does
 * nothing or returns its argument, a direct jump when control does not come back, ud2 when the op
 * is missing, otherwise a direct call.
 */
bool paravirt_patch_default(uint8_t type, const struct pv_ops *ops, struct pv_insns *out);

/* Functions that the patcher knows: nothing, and the 32- and 64-bit argument as result. */
PV_FN void paravirt_nop(void);
PV_FN uint32_t paravirt_ident_32(uint32_t x);
PV_FN uint64_t paravirt_ident_64(uint32_t low, uint32_t high);
extern void __raw_callee_save_paravirt_nop(void);
extern void __raw_callee_save_paravirt_ident_32(void);

/* What stands in the slot of this type: a function's address, if the type is a function. */
static inline uint32_t pv_slot(const struct pv_ops *ops, unsigned type)
{
	return ((const uint32_t *)(const void *)ops)[type];
}

/* "irq", "save_fl" and so on; "?" for a type that is none. */
const char *pv_op_group(unsigned type);
const char *pv_op_name(unsigned type);

/* Is this type a function that sites call (and not the hook or data)? */
bool pv_op_has_sites(unsigned type);

/* Of a type that has: does control not come back? What may its function change, PV_CLOBBER_ mask?
 */
bool pv_op_is_jump(unsigned type);
uint8_t pv_op_clobbers(unsigned type);

/* What stands in an empty slot: a function that panics with the op's name. One for each type. */
extern void (*const pv_missing[PV_NR_TYPES])(void);
_Noreturn PV_FN void pv_missing_op(uint32_t type);

#endif
