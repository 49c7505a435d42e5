/* SPDX-License-Identifier: MIT */
/*
 * What the tests' modules export, and tests/kernel/module/ calls.
 */
#ifndef TESTS_KERNEL_MODULE_MODULES_H
#define TESTS_KERNEL_MODULE_MODULES_H

#include "pv/jump_label.h"
#include "pv/static_call.h"

/* Those in the image, by name; with start NULL: there is none. */
struct module_file {
	const char *name;
	const uint8_t *start, *end;
};
const struct module_file *module_file(const char *name);

/* As module_load(), by its own name; pages that are free for whatever tests load. */
const char *module_load_file(const char *name);
#define MODULE_FILE_PAGES 32

/* The kernel's: in tests/kernel/module/module.c. */
DECLARE_STATIC_KEY_FALSE(module_test_key);
unsigned module_test_old(unsigned x);
DECLARE_STATIC_CALL(module_test_call, module_test_old);
unsigned module_test_answer(void);
unsigned module_test_other(unsigned x);
extern unsigned module_test_inits, module_test_exits;

/* sites.c's, and all that it has is one of the functions' results. */
DECLARE_STATIC_KEY_TRUE(sites_key);

struct sites_seen {
	unsigned kernel_key, own_key;   /* is it on? */
	unsigned kernel_call, own_call; /* of 1 */
	unsigned irqs_off, irqs_on;     /* as save_fl says, behind irq_disable and irq_enable */
	unsigned feature;               /* alternative: has the CPU one that all have? */
	unsigned locked;                /* an increment with a lock prefix */
};
typedef void sites_run_fn(struct sites_seen *seen);

#endif
