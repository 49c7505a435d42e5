/* SPDX-License-Identifier: MIT */
/*
 * What `verify` compares text with: a copy of what it is when the shell begins.
 *
 *	verify_remember();
 */
#ifndef KERNEL_SHELL_VERIFY_H
#define KERNEL_SHELL_VERIFY_H

/* Without memory for it, verify says so. */
void verify_remember(void);

#endif
