/* SPDX-License-Identifier: MIT */
/*
 * The debug console that QEMU (-debugcon) and Bochs (port_e9_hack) have at port 0xe9: no set-up and
 * no waiting, so it still speaks when nothing else does.
 *
 *	debugcon_init();
 */
#ifndef ARCH_X86_DEV_DEBUGCON_H
#define ARCH_X86_DEV_DEBUGCON_H

#include <stdbool.h>

/* Registers the console. False if the port does not answer 0xe9 when it is read: it is absent. */
bool debugcon_init(void);

#endif
