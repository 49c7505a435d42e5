/* SPDX-License-Identifier: MIT */
/*
 * The emulators' debug console: each byte written to the port is a byte of the host's file.
 */
#include "arch/x86/dev/debugcon.h"

#include "arch/x86/cpu/emulator.h"
#include "lib/init.h"
#include "lib/printk.h"

static void debugcon_write(struct console *console, enum printk_level level, const char *text,
			   size_t n)
{
	(void)console;
	(void)level;
	while (n--)
		outb(EMULATOR_CONSOLE, (uint8_t)*text++);
}

static struct console debugcon = {.name = "debugcon", .write = debugcon_write};

bool __init debugcon_init(void)
{
	if (!emulator_answers())
		return false;
	console_register(&debugcon);
	return true;
}
