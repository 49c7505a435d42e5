/* SPDX-License-Identifier: MIT */
/*
 * What programs call, by number (abi.h), and what they do wrong.
 */
#ifndef KERNEL_TASK_SYSCALL_H
#define KERNEL_TASK_SYSCALL_H

#include <stdbool.h>

/*
 * Tasks and programs, once: with paging and memory there, before a second CPU comes. False: there can be
 * tasks of the kernel's only, since there is no paging, or no memory.
 */
bool tasks_init(void);

#endif
