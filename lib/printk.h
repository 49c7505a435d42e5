/* SPDX-License-Identifier: MIT */
/*
 * The kernel's log: formatted lines with a level, kept in memory and sent to every console.
 *
 *	pr_info("pv: back end %s, %u sites\n", backend->name, sites);
 *	pr_err("%pS: expected %02x, found %02x\n", site, old, *site);
 *
 * Works from the first instruction: before a console exists, lines wait in the log, and the console
 * that comes gets them then. Several CPUs take turns by printk_set_lock(). A trap handler may call
 * it at any time, also while it interrupts a printk(): each call has its line on its own stack
 * (PRINTK_LINE bytes and some).
 * No timestamps, no prefixes: a line is what its caller wrote.
 */
#ifndef LIB_PRINTK_H
#define LIB_PRINTK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer line is cut to this, its NUL included, and ends in "...\n", so that one sees it. */
#define PRINTK_LINE 512
/* Log kept for consoles that come later; each printk() costs its text and three bytes of it. */
#define PRINTK_LOG_SIZE 16384

/* In order of weight: lower is more urgent. */
enum printk_level { PRINTK_ERR, PRINTK_WARN, PRINTK_INFO, PRINTK_DEBUG };

/*
 * A place where log lines go. write() gets n bytes of text, at most PRINTK_LINE, as they were
 * printed: what "\n" needs on this device is its own business. It may itself call printk().
 */
struct console {
	const char *name;
	void (*write)(struct console *console, enum printk_level level, const char *text, size_t n);
	struct console *next; /* printk's own */
};

void printk(enum printk_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vprintk(enum printk_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#define pr_err(...)   printk(PRINTK_ERR, __VA_ARGS__)
#define pr_warn(...)  printk(PRINTK_WARN, __VA_ARGS__)
#define pr_info(...)  printk(PRINTK_INFO, __VA_ARGS__)
#define pr_debug(...) printk(PRINTK_DEBUG, __VA_ARGS__)

/*
 * Adds a console (the structure must stay) and sends it the log so far, as far as the
 * present level lets it through. If the oldest lines were overwritten, it first gets a line that
 * says how many bytes are lost. Registering a console twice does nothing.
 *
 * Who writes lines is a static call. So, once text is patched, with interrupts on and no lock held;
 * false, behind a line that says why: it cannot be now, and the console gets nothing.
 */
bool console_register(struct console *console);

/* It gets no more lines; one that is not registered stays so. The same holds as above. */
bool console_unregister(struct console *console);

/*
 * Consoles get lines up to this level; at first PRINTK_INFO, so no debug lines. The log keeps all,
 * but lines that were held back before the change do not come later. Returns the level before.
 */
enum printk_level printk_set_level(enum printk_level level);

/*
 * For several CPUs: lock() is called before a line goes to the log and the consoles, unlock()
 * behind it with the flags that lock() left. lock() is false where this CPU has the lock already: a
 * trap prints, and so may a console. NULL, NULL: no lock, as at the start.
 */
void printk_set_lock(bool (*lock)(unsigned long *flags), void (*unlock)(unsigned long flags));

/*
 * For who writes to a port beside printk() and wants it whole, too: nobody else's line comes in
 * between, and a panic of another CPU waits for the end of it.
 *
 *	unsigned long flags;
 *	bool taken = printk_lock(&flags);
 *	...
 *	printk_unlock(taken, flags);
 */
bool printk_lock(unsigned long *flags);
void printk_unlock(bool taken, unsigned long flags);

/* What did not get through whole, since the start. */
struct printk_stats {
	uint32_t cut;       /* lines longer than PRINTK_LINE */
	uint32_t unlogged;  /* lines from a trap in the middle of log keeping: consoles only */
	uint64_t overwrote; /* bytes of text that newer text pushed out of the log */
};
struct printk_stats printk_get_stats(void);

#endif
