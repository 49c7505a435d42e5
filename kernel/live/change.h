/* SPDX-License-Identifier: MIT */
/*
 * Live changes for programs: an event `change` for each commit, whoever made it, on whatever CPU.
 *
 *	change_events(true);
 */
#ifndef KERNEL_LIVE_CHANGE_H
#define KERNEL_LIVE_CHANGE_H

#include <stdbool.h>

void change_events(bool on);

#endif
