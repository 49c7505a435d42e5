/* SPDX-License-Identifier: MIT */
/*
 * Code and data that nothing needs after the boot. Their memory is poisoned and given up then
 * (kernel/memory.h), so nothing that stays may call them or hold their address; the linker
 * refuses an image in which something does (linker.ld).
 *
 *	static __initbss char name[80];
 *	void __init timer_init(void) { ... }
 */
#ifndef LIB_INIT_H
#define LIB_INIT_H

#ifndef CONFIG_TESTS
#define CONFIG_TESTS 1
#endif

#define __init __attribute__((section(".init.text")))
/* What self-tests call after the boot, and nobody else does. */
#if CONFIG_TESTS
#define __init_tested
#else
#define __init_tested __init
#endif
#define __initdata __attribute__((section(".init.data")))
#define __initbss  __attribute__((section(".bss.init"))) /* of zeros, which no file has */

#endif
