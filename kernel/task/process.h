/* SPDX-License-Identifier: MIT */
/*
 * System calls by which programs make programs: syscall.c has the others. Each gets the program's registers
 * and returns what goes to eax.
 */
#ifndef KERNEL_TASK_PROCESS_H
#define KERNEL_TASK_PROCESS_H

#include "arch/x86/trap/regs.h"

int sys_exit(struct user_regs *regs);
int sys_fork(struct user_regs *regs);
int sys_wait(struct user_regs *regs);
int sys_exec(struct user_regs *regs);
int sys_getpid(struct user_regs *regs);

#endif
