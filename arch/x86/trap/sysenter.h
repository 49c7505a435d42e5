/* SPDX-License-Identifier: MIT */
/*
 * How programs make system calls on this machine: by SYSENTER where the CPU has it, else by int 0x80.
 *
 *	code = syscall_page_code(&bytes);	goes to USER_PAGE of each program
 *	sysenter_init_cpu();
 */
#ifndef ARCH_X86_TRAP_SYSENTER_H
#define ARCH_X86_TRAP_SYSENTER_H

#include <stddef.h>

/* Once for each CPU, on it: its way in by SYSENTER, where that is in use. */
void sysenter_init_cpu(void);

/* The code at USER_PAGE: *bytes of it. */
const void *syscall_page_code(size_t *bytes);

#endif
