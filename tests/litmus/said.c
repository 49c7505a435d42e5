// SPDX-License-Identifier: MIT
/*
 * What the kernel's report is printed with: lines to stdout, events to a file. What stands in them
 * is our own, but for the CPU's name, so that little has to be escaped.
 */
#include "kernel/base/event.h"
#include "lib/printk.h"
#include "tests/litmus/native.h"
#include <stdio.h>

static FILE *events;

void printk(enum printk_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
}

bool events_open(const char *path)
{
	events = fopen(path ? path : "/dev/null", "w");
	return events != NULL;
}

static void put_text(const char *text)
{
	putc('"', events);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(events, "\\%c", *text);
		else if ((unsigned char)*text >= ' ')
			putc(*text, events);
	putc('"', events);
}

void event_begin(const char *name)
{
	fprintf(events, "{\"event\":");
	put_text(name);
}

void event_text(const char *member, const char *value)
{
	fprintf(events, ",\"%s\":", member);
	put_text(value);
}

void event_number(const char *member, uint64_t value)
{
	fprintf(events, ",\"%s\":%llu", member, (unsigned long long)value);
}

void event_end(void)
{
	fprintf(events, "}\n");
	fflush(events);
}
