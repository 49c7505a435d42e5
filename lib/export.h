/* SPDX-License-Identifier: MIT */
/*
 * What modules may use, by Linux's word. Whatever is not exported they cannot be bound to.
 *
 *	EXPORT_SYMBOL(printk);
 *	EXPORT_STATIC_CALL(clock);	so that a module calls it directly, and may update it
 *
 * A module exports in the same way, to those that are loaded behind it.
 */
#ifndef LIB_EXPORT_H
#define LIB_EXPORT_H

struct exported {
	const void *address;
	const char *name;
};
_Static_assert(sizeof(struct exported) == 2 * sizeof(void *), "a table of them has no gaps");

#define EXPORT_SYMBOL(symbol)                                                                   \
	static const struct exported export_##symbol                                            \
		__attribute__((section(".export"), used, aligned(4))) = {(const void *)&symbol, \
									 #symbol}

#define EXPORT_STATIC_CALL(name)      \
	EXPORT_SYMBOL(__SCT__##name); \
	EXPORT_SYMBOL(__SCK__##name)

/* The kernel's own. */
extern const struct exported exports[], exports_end[];

#endif
