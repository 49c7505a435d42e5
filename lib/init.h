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

#define __init     __attribute__((section(".init.text")))
#define __initdata __attribute__((section(".init.data")))
#define __initbss  __attribute__((section(".bss.init"))) /* of zeros, which no file has */

#endif
