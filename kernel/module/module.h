/* SPDX-License-Identifier: MIT */
/*
 * Modules: relocatable objects that become part of the kernel while it runs, with sites of all
 * families that are patched before anything of them runs. docs/modules.md shows how to write one.
 *
 *	why = module_load("hello", file, size);
 *	if (why)
 *		pr_err("hello: %s\n", why);
 *	...
 *	why = module_unload("hello");
 *
 * Both are for the boot CPU, with interrupts on, and not from a module. A module that is refused
 * leaves nothing behind.
 */
#ifndef KERNEL_MODULE_MODULE_H
#define KERNEL_MODULE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_NAME    32 /* bytes, the NUL included */
#define MODULES_LOADED 64 /* at a time */

/*
 * In the module's source. The first is called when it is loaded and patched; what it returns is 0, or
 * the module is refused. Without the second it is never unloaded.
 */
#define module_init(f)         \
	int init_module(void); \
	int init_module(void)  \
	{                      \
		return f();    \
	}
#define module_exit(f)             \
	void cleanup_module(void); \
	void cleanup_module(void)  \
	{                          \
		f();               \
	}

/*
 * In the module's source: from when it is loaded on, `by` is what who calls the kernel's function gets to. That is
 * PV_REPLACEABLE (pv/replace.h) and exported; all of a module's become so at one instant, and are undone when it goes.
 */
#define REPLACE(function, by)                                                                \
	_Static_assert(__builtin_types_compatible_p(__typeof__(function), __typeof__(by)),   \
		       #by " is of another type than " #function);                           \
	static const void *const replace_##function[2]                                       \
		__attribute__((section(".replacements"), used)) = {(const void *)(function), \
								   (const void *)(by)}

/* The file is read, and not needed afterwards. NULL, or why it was refused; the text is good until the next call. */
const char *module_load(const char *name, const void *file, size_t size);

/*
 * NULL, or why not: it has no exit, others use it, a static call goes into it, a CPU was in it for
 * too long. In the last two cases its exit was called, and is not called again.
 */
const char *module_unload(const char *name);

bool module_is_loaded(const char *name);

/* Undo what it has replaced, or do it again, at one instant. NULL, or why not: nothing has changed. */
const char *module_replace(const char *name, bool on);

/* The address of something that a module exports; NULL: it is not there, or does not. */
const void *module_symbol(const char *name, const char *symbol);

/* How many there are, and the pages that they take. */
struct modules_now {
	unsigned modules;
	uint32_t pages;
};
struct modules_now modules_now(void);

/* The n-th fallible step of the next load fails, from 1 on; 0: none does. For tests. */
void module_fail(unsigned n);

/* Lines and events; false: none, for who loads thousands. */
void modules_say(bool loud);

/* Those that the boot loader has handed over. NULL, or: one that is a module was refused. */
const char *modules_boot(void);

/* And they go again, the last one first. NULL, or: one of them stays. */
const char *modules_boot_unload(void);

#endif
