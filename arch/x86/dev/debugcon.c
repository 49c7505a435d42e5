/* SPDX-License-Identifier: MIT */
/*
 * The emulators' debug console: each byte written to the port is a byte of the host's file.
 */
#include "arch/x86/dev/debugcon.h"

#include "arch/x86/cpu/io.h"
#include "lib/init.h"
#include "lib/printk.h"

#define PORT     0xe9
#define PRESENCE 0xe9 /* a read gives the port's own number, an empty bus 0xff */

static void debugcon_write(struct console *console, enum printk_level level, const char *text,
			   size_t n)
{
	(void)console;
	(void)level;
	while (n--)
		outb(PORT, (uint8_t)*text++);
}

static struct console debugcon = {.name = "debugcon", .write = debugcon_write};

bool debugcon_answers(void)
{
	return inb(PORT) == PRESENCE;
}

bool __init debugcon_init(void)
{
	if (!debugcon_answers())
		return false;
	console_register(&debugcon);
	return true;
}
