/* SPDX-License-Identifier: MIT */
/*
 * The log and its consoles.
 *
 * The log is a ring of records, [level, length low, length high] and the text, oldest first.
 * Positions count bytes since the start and never wrap (64 bits), so "how much is lost" is a
 * difference.
 *
 *	... free | oldest record | ... | newest record | free ...
 *	         ^tail.at                              ^log_head
 *
 * Other CPUs are kept off by a lock that others provide. On the same CPU one rule keeps the log
 * whole: while log_busy is set nobody else touches the ring. Only a trap can find it set, and the
 * trap's line then goes to the consoles alone, counted.
 */
#include "lib/printk.h"

#include "lib/format.h"
#include "lib/string.h"
#include "pv/jump_label.h"
#include "pv/replace.h"
#include "pv/static_call.h"

#define HEADER_SIZE 3
_Static_assert(!(PRINTK_LOG_SIZE & (PRINTK_LOG_SIZE - 1)), "positions are reduced by a mask");
_Static_assert(PRINTK_LOG_SIZE >= 2 * (PRINTK_LINE + HEADER_SIZE), "room for a line at least");

/* A place in the log: bytes before it, with headers, and bytes of text before it. */
struct cursor {
	uint64_t at;
	uint64_t text;
};

static unsigned char ring[PRINTK_LOG_SIZE];
static uint64_t log_head;
static struct cursor tail;
static volatile bool log_busy;

static struct console *consoles;
static enum printk_level console_level = PRINTK_INFO;
static uint32_t cut_lines, unlogged_lines;
static bool (*cpu_lock)(unsigned long *flags);
static void (*cpu_unlock)(unsigned long flags);
static DEFINE_STATIC_KEY_FALSE(has_lock);

/* The compiler must not move ring accesses out of the stretch in which log_busy is set. */
static void set_busy(bool busy)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	log_busy = busy;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static unsigned char *ring_at(uint64_t at)
{
	return &ring[(uint32_t)at & (PRINTK_LOG_SIZE - 1)];
}

static size_t record_length(uint64_t at)
{
	return (size_t)(*ring_at(at + 1) | *ring_at(at + 2) << 8);
}

static void cursor_skip_record(struct cursor *cursor)
{
	size_t n = record_length(cursor->at);

	cursor->at += HEADER_SIZE + n;
	cursor->text += n;
}

static void log_append(enum printk_level level, const char *text, size_t n)
{
	const unsigned char header[HEADER_SIZE] = {level, n & 0xff, n >> 8};

	if (log_busy) {
		unlogged_lines++;
		return;
	}
	set_busy(true);
	while (log_head + HEADER_SIZE + n - tail.at > PRINTK_LOG_SIZE)
		cursor_skip_record(&tail);
	for (size_t i = 0; i < HEADER_SIZE; i++)
		*ring_at(log_head++) = header[i];
	for (size_t i = 0; i < n; i++)
		*ring_at(log_head++) = (unsigned char)text[i];
	set_busy(false);
}

/* Copies the record at the cursor to text[PRINTK_LINE] and moves on. Returns its length. */
static size_t log_read(struct cursor *cursor, enum printk_level *level, char *text)
{
	size_t n = record_length(cursor->at);

	*level = *ring_at(cursor->at);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)*ring_at(cursor->at + HEADER_SIZE + i);
	cursor_skip_record(cursor);
	return n;
}

/*
 * Who writes a line: one console's function where there is one, and right for any number, the walk
 * through all.
 */
static void write_to_all(enum printk_level level, const char *text, size_t n)
{
	for (struct console *console = consoles; console; console = console->next)
		console->write(console, level, text, n);
}
DEFINE_STATIC_CALL(console_writer, write_to_all);

static void write_to_one(enum printk_level level, const char *text, size_t n)
{
	consoles->write(consoles, level, text, n);
}

static void say_lost(struct console *console, uint64_t bytes)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "printk: %llu bytes of older log are lost\n",
			 (unsigned long long)bytes);

	console->write(console, PRINTK_WARN, line, (size_t)n);
}

/*
 * Everything in the log, up to the present end and not the one at the start: what write() itself
 * prints meanwhile belongs to it, and may even push out lines that are still to come.
 */
static void replay(struct console *console)
{
	struct cursor cursor = {0};
	char text[PRINTK_LINE];

	while (cursor.at < log_head) {
		enum printk_level level;
		uint64_t lost;
		size_t n;

		set_busy(true);
		lost = tail.text > cursor.text ? tail.text - cursor.text : 0;
		if (cursor.at < tail.at)
			cursor = tail;
		n = log_read(&cursor, &level, text);
		set_busy(false);

		if (lost)
			say_lost(console, lost);
		if (level <= console_level)
			console->write(console, level, text, n);
	}
}

bool printk_lock(unsigned long *flags)
{
	return static_branch_unlikely(&has_lock) && cpu_lock && cpu_lock(flags);
}

void printk_unlock(bool taken, unsigned long flags)
{
	if (taken)
		cpu_unlock(flags);
}

void printk_set_lock(bool (*lock)(unsigned long *flags), void (*unlock)(unsigned long flags))
{
	cpu_lock = lock;
	cpu_unlock = unlock;
	if (lock)
		static_branch_enable(&has_lock);
	else
		static_branch_disable(&has_lock);
}

PV_REPLACEABLE void vprintk(enum printk_level level, const char *fmt, va_list ap)
{
	static const char cut[] = "...\n";
	char text[PRINTK_LINE];
	size_t n = (size_t)vsnprintf(text, sizeof(text), fmt, ap);
	unsigned long flags = 0;
	bool taken = printk_lock(&flags);

	if (n >= sizeof(text)) {
		cut_lines++;
		memcpy(text + sizeof(text) - sizeof(cut), cut, sizeof(cut));
		n = sizeof(text) - 1;
	}
	log_append(level, text, n);
	if (level <= console_level)
		static_call(console_writer)(level, text, n);
	printk_unlock(taken, flags);
}

void printk(enum printk_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(level, fmt, ap);
	va_end(ap);
}

static void append(struct console *console)
{
	struct console **end = &consoles;
	unsigned long flags = 0;
	bool taken = printk_lock(&flags);

	while (*end && *end != console)
		end = &(*end)->next;
	if (!*end) {
		console->next = NULL;
		replay(console);
		*end = console;
	}
	printk_unlock(taken, flags);
}

static void take_out(struct console *console)
{
	struct console **at = &consoles;
	unsigned long flags = 0;
	bool taken = printk_lock(&flags);

	while (*at && *at != console)
		at = &(*at)->next;
	if (*at)
		*at = console->next;
	printk_unlock(taken, flags);
}

/*
 * The list changes while its writer is the one that is right for any number. A change of text takes
 * its turn, so no lock is held meanwhile.
 */
static bool change_list(void (*change)(struct console *), struct console *console)
{
	if (static_call_query(console_writer) != write_to_all &&
	    !static_call_update(console_writer, write_to_all))
		return false;
	change(console);
	if (consoles && !consoles->next)
		static_call_update(console_writer, write_to_one);
	return true;
}

bool console_register(struct console *console)
{
	return change_list(append, console);
}

bool console_unregister(struct console *console)
{
	return change_list(take_out, console);
}

enum printk_level printk_set_level(enum printk_level level)
{
	enum printk_level before = console_level;

	console_level = level;
	return before;
}

struct printk_stats printk_get_stats(void)
{
	return (struct printk_stats){cut_lines, unlogged_lines, tail.text};
}
