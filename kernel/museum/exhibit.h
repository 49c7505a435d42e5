/* SPDX-License-Identifier: MIT */
/*
 * A mistake that others made, and that this kernel can make on purpose. Nothing is played: the kernel's own code or tables
 * are changed, in a guest's image or in the running kernel, and its own self-test is asked.
 *
 *	{
 *		.name = "lock-nop", .mistake = 29,
 *		.title = "the lock prefix becomes a NOP, not another prefix",
 *		.what = "on one CPU smp_locks_family.bytes says 90",
 *		.test = "smp_locks.both_states",
 *		.expected = "3e in place of f0: the same instruction, without the lock",
 *		.changes = {MUSEUM_SLOT_RIGHT(smp_locks_family.bytes, nop_for_lock)},
 *	},
 *
 * A function is wrong when a jump at its entry leads to a wrong version of it, here, of the same type. That one has no
 * sites, for it may run while others change, and can call the right one by RIGHT().
 */
#ifndef KERNEL_MUSEUM_EXHIBIT_H
#define KERNEL_MUSEUM_EXHIBIT_H

#include <stdbool.h>
#include <stdint.h>

#define MUSEUM_CHANGES 2
#define MUSEUM_BYTES   8

struct museum_change {
	const void *at;            /* a function, a word, or bytes: where it was linked */
	const void *(*find)(void); /* NULL, or the same, for who has no name */
	const void *by;            /* the wrong function, or word; NULL: bytes */
	bool word;                 /* by stands there, and is not jumped to */
	bool right;                /* RIGHT() is wanted */
	void (*make)(const uint8_t *old, uint8_t *bytes); /* in place of these bytes */
	uint8_t n, bytes[MUSEUM_BYTES];
};

/* Which changes when: the function, its callers' slot for it, any bytes that have a name or are found. */
#define MUSEUM_JUMP(fn, wrong)                                                               \
	{                                                                                    \
		.at = (const void *)(fn), .by = (const void *)(wrong) /* of the same type */ \
	}
#define MUSEUM_JUMP_RIGHT(fn, wrong)                                                 \
	{                                                                            \
		.at = (const void *)(fn), .by = (const void *)(wrong), .right = true \
	}
#define MUSEUM_SLOT(slot, wrong)                                                       \
	{                                                                              \
		.at = (const void *)&(slot), .by = (const void *)(wrong), .word = true \
	}
#define MUSEUM_SLOT_RIGHT(slot, wrong)                                                  \
	{                                                                               \
		.at = (const void *)&(slot), .by = (const void *)(wrong), .word = true, \
		.right = true                                                           \
	}
#define MUSEUM_BYTES_AT(finds, count, ...)                              \
	{                                                               \
		.find = (finds), .n = (count), .bytes = { __VA_ARGS__ } \
	}

#define MUSEUM_MADE_AT(finds, count, makes)                    \
	{                                                      \
		.find = (finds), .n = (count), .make = (makes) \
	}

/* The right version of a function, or of what a slot holds, for the wrong one. */
extern const uint8_t museum_right[];
#define RIGHT(fn) ((__typeof__(&*(fn)))(uint32_t)museum_right)

struct exhibit {
	const char *name, *title;
	const char *what;     /* is otherwise in the kernel */
	const char *expected; /* of the right one */
	const char *test;     /* a self-test's name, suite.test */
	const char *options;  /* more of a guest's, or NULL */
	const char *see;      /* NULL, or what else would notice it */
	void (*mend)(void);   /* in the kernel: data that it has left otherwise; or NULL */
	uint8_t mistake;      /* its number in docs/museum.md */
	uint8_t cpus;         /* 0: it is made in a guest; in the kernel, where so many run */
	bool panics;          /* the guest does, when its test is asked: it is that which notices */
	bool watched;         /* in a guest whose host looks after its text */
	struct museum_change changes[MUSEUM_CHANGES];
};

/* Each list ends with one without a name. */
extern const struct exhibit museum_moment[], museum_paravirt[], museum_alternatives[],
	museum_locks[], museum_keys[], museum_rest[];

#endif
