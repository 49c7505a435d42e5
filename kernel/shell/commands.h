/* SPDX-License-Identifier: MIT */
/*
 * All commands' functions, for the one table. Each file has those of a subject:
 *
 *	cmd_sites.c	what the kernel's sites are
 *	cmd_dis.c	functions, as linked and as they are
 *	verify.c	memory, held against what it must be
 *	cmd_live.c	static keys and static calls
 *	cmd_state.c	back ends, features
 *	cmd_machine.c	CPUs, and what they do
 *	cmd_modules.c	modules
 *	cmd_guest.c	guests
 *	cmd_museum.c	mistakes, made on purpose
 */
#ifndef KERNEL_SHELL_COMMANDS_H
#define KERNEL_SHELL_COMMANDS_H

#include "kernel/shell/command.h"

shell_run_fn cmd_stats, cmd_sites, cmd_site, cmd_dis, cmd_verify;
shell_run_fn cmd_keys, cmd_flip, cmd_calls, cmd_call, cmd_commit, cmd_switch, cmd_features;
shell_run_fn cmd_cpu, cmd_top, cmd_bench, cmd_modules, cmd_load, cmd_unload, cmd_guest;
shell_run_fn cmd_museum, cmd_break, cmd_repair;
shell_offer_fn offer_cpu, offer_bench, offer_modules, offer_guest, offer_exhibits;
shell_offer_fn offer_functions, offer_keys, offer_calls, offer_keyed, offer_backends,
	offer_features;

extern const struct shell_command shell_commands[]; /* ends with one without a name */

#endif
