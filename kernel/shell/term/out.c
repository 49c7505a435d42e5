// SPDX-License-Identifier: MIT
/*
 * Kept lines are records: level, length, text. Nobody waits for a key with a lock held or interrupts off, so pages end
 * where the command speaks, and at its end. When there is no room for more, all goes out without pages.
 */
#include "kernel/shell/term/out.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/dev/input.h"
#include "arch/x86/dev/uart.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "kernel/shell/term/term.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/keyed.h"
#include "pv/static_call.h"
#include <stdint.h>

#define ROOM   32768
#define HEADER 3
#define CTRL_C 0x03

typedef void writer_fn(enum printk_level level, const char *text, size_t n);

static writer_fn out_writer;
DECLARE_STATIC_CALL(console_writer, out_writer);

static writer_fn *before; /* console_writer's; NULL: it is still its own */
static struct {
	uint8_t kept[ROOM];
	uint32_t used;
	bool keeps, paged, stopped;
	uint32_t cpu, rows, dropped; /* rows since the last page's end; lines that nobody wanted */
} out;

/* ---- to the consoles ---- */

static void write_coloured(enum printk_level level, const char *text, size_t n)
{
	const char *colour = level == PRINTK_ERR    ? "\033[31m"
			     : level == PRINTK_WARN ? "\033[33m"
						    : NULL;

	if (!term_has_colours())
		colour = NULL;
	term_hide();
	if (colour)
		uart_write(&uart_log, colour, strlen(colour));
	before(level, text, n);
	if (colour)
		uart_write(&uart_log, "\033[m", 3);
}

static size_t record_length(uint32_t at)
{
	return (size_t)(out.kept[at + 1] | out.kept[at + 2] << 8);
}

static void write_kept(uint32_t from)
{
	while (from < out.used) {
		const size_t n = record_length(from);

		write_coloured(out.kept[from], (const char *)out.kept + from + HEADER, n);
		from += HEADER + (uint32_t)n;
	}
}

static bool keep(enum printk_level level, const char *text, size_t n)
{
	uint8_t *record = out.kept + out.used;

	if (out.used + HEADER + n > ROOM)
		return false;
	record[0] = (uint8_t)level;
	record[1] = (uint8_t)n;
	record[2] = (uint8_t)(n >> 8);
	memcpy(record + HEADER, text, n);
	out.used += HEADER + (uint32_t)n;
	return true;
}

/* Does the command print it? An interrupt in it, or another CPU, does not. */
static bool is_commands(void)
{
	return out.keeps && smp_processor_id() == out.cpu && !irq_in_handler() &&
	       !this_cpu_read(panic_runs);
}

/* With printk's lock. */
static void out_writer(enum printk_level level, const char *text, size_t n)
{
	if (is_commands()) {
		if (keep(level, text, n))
			return;
		write_kept(0);
		out.used = 0;
	} else if (this_cpu_read(panic_runs) && out.used) {
		const uint32_t used = out.used;

		write_kept(0);
		out.used -= used;
	}
	write_coloured(level, text, n);
}

/* ---- pages ---- */

static uint32_t rows_of(size_t n)
{
	const uint32_t columns = term_columns();

	return n <= columns ? 1 : (uint32_t)((n + columns - 2) / columns);
}

/* False: the rest is not wanted. Any other key is the next command's, and there are no more pages then. */
static bool more(void)
{
	int key;

	do {
		term_show("-- more: space, return; q: no --", NULL);
		key = term_key();
	} while (key == KEY_NONE);
	term_leave(false);
	out.rows = 0;
	if (key == '\r')
		out.rows = term_rows() > 2 ? term_rows() - 2 : 0;
	else if (key == 'q' || key == CTRL_C)
		return false;
	else if (key != ' ' && key != KEY_PAGE_DOWN) {
		out.paged = false;
		term_give_back(key);
	}
	return true;
}

static void write_record(enum printk_level level, const char *text, size_t n)
{
	unsigned long flags = 0;
	const bool taken = printk_lock(&flags);

	write_coloured(level, text, n);
	printk_unlock(taken, flags);
}

static void show(uint32_t at)
{
	const size_t n = record_length(at);

	if (out.paged && !out.stopped && out.rows + rows_of(n) >= term_rows())
		out.stopped = !more();
	if (out.stopped) {
		out.dropped++;
		return;
	}
	out.rows += rows_of(n);
	write_record(out.kept[at], (const char *)out.kept + at + HEADER, n);
}

void out_flush(void)
{
	const bool keeps = out.keeps;
	uint32_t at = 0;

	if (!before)
		return;
	out.keeps = false; /* what is printed meanwhile is not the command's */
	while (at < out.used) {
		show(at);
		at += HEADER + (uint32_t)record_length(at);
	}
	out.used = 0;
	out.keeps = keeps;
}

/* ---- commands ---- */

void out_begin(bool paged)
{
	out.used = out.rows = out.dropped = 0;
	out.stopped = false;
	out.paged = paged && before;
	out.cpu = smp_processor_id();
	out.keeps = before != NULL;
}

void out_no_pages(void)
{
	out.paged = false;
}

void out_finish(void)
{
	out_flush();
	out.keeps = false;
	if (out.dropped)
		printk(PRINTK_INFO, "... %u more\n", out.dropped);
}

bool out_stopped(void)
{
	return out.stopped || input_stop_asked();
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintk(PRINTK_INFO, format, args);
	va_end(args);
	out_flush();
}

bool fail(const char *format, ...)
{
	char line[PRINTK_LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line) - 2, format, args);
	va_end(args);
	printk(PRINTK_WARN, "%s\n", line);
	out_flush();
	return false;
}

bool out_start(void)
{
	if (pv_static_calls.mode != PV_KEYS_LIVE) {
		pr_warn("shell: static calls are as linked: no pages, no colours\n");
		return false;
	}
	before = static_call_query(console_writer);
	if (static_call_update(console_writer, out_writer))
		return true;
	before = NULL;
	return false;
}

void out_end(void)
{
	out.keeps = false;
	if (before && static_call_query(console_writer) == out_writer)
		static_call_update(console_writer, before);
	before = NULL;
}
