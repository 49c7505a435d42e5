// SPDX-License-Identifier: MIT
/*
 * An event is built in one buffer and sent whole, so that a panic in between leaves no half line;
 * a line of another CPU waits for its end (printk_lock()). One CPU at a time builds one.
 */
#include "kernel/base/event.h"
#include "arch/x86/cpu/atomic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/uart.h"
#include "arch/x86/trap/panic.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define LATER    1024     /* bytes of a line that texts leave for what comes behind them */
#define BUILD_US 20000000 /* of io_pause(), for one event */

static char line[4096];
static size_t length;
static bool overlong;
static const char *current;
static volatile uint32_t builder; /* CPU + 1; 0: nobody */

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line) - length)
		overlong = true;
	else
		length += (size_t)n;
}

/* RFC 8259, 7: the quote, the backslash and everything below a blank; beyond ASCII we know no
 * encoding. Of a text that is too long the beginning. */
static void add_escaped(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (length >= sizeof(line) - LATER) {
			add("...");
			return;
		}
		if (c == '"' || c == '\\')
			add("\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			add("\\u%04x", c);
		else
			line[length++] =
				*text; /* there is room, and this is most of what is sent */
	}
}

/*
 * Not a lock of printk()'s kind, since much may be done between the members, with interrupts on:
 * whoever builds may be gathered; a task stays on its CPU. The last words of a panic wait for nobody.
 */
static void build(void)
{
	uint32_t self;

	preempt_disable();
	self = smp_processor_id() + 1;
	for (uint32_t us = 0; cmpxchg(&builder, 0, self); us++) {
		if (this_cpu_read(panic_runs) || builder == self)
			return;
		if (us > BUILD_US)
			panic("CPU %u waits for CPU %u, which does not end its event %s", self - 1,
			      builder - 1, current);
		panic_stop_here();
		io_pause();
		cpu_relax();
	}
}

void event_begin(const char *name)
{
	build();
	length = 0;
	overlong = false;
	current = name;
	add("{\"event\":\"%s\"", name);
}

void event_text(const char *member, const char *value)
{
	add(",\"%s\":\"", member);
	add_escaped(value);
	add("\"");
}

void event_number(const char *member, uint64_t value)
{
	add(",\"%s\":%llu", member, value);
}

void event_address(const char *member, uint32_t value)
{
	add(",\"%s\":\"0x%08x\"", member, value);
}

void event_end(void)
{
	unsigned long flags = 0;
	bool taken;

	add("}\n");
	if (overlong) {
		length = 0;
		add("{\"event\":\"overlong\",\"was\":\"%s\"}\n", current);
	}
	taken = printk_lock(&flags);
	if (guest_is())
		guest_tell(line, length);
	else
		uart_write(&uart_events, line, length);
	printk_unlock(taken, flags);
	builder = 0;
	preempt_enable();
}

/* The member is the last one: of two, which is read. */
void event_pass_on(unsigned guest, const char *text, size_t n)
{
	static const char begins[] = "{\"event\":\"";

	if (n < sizeof(begins) || memcmp(text, begins, sizeof(begins) - 1) != 0 ||
	    text[n - 1] != '}')
		return;
	build();
	length = 0;
	overlong = false;
	current = "of a guest";
	add("%.*s,\"guest\":%u", (int)n - 1, text, guest);
	event_end();
}
