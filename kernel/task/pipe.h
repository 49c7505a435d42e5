/* SPDX-License-Identifier: MIT */
/*
 * Pipes: what is written at one end is read at the other, in its order; and local stream sockets, which
 * are a pipe each way.
 *
 *	struct file *ends[2];		ends[0] to read from, ends[1] to write to
 *	if (!pipe_make(ends))
 *		return -ABI_ENOMEM;
 */
#ifndef KERNEL_TASK_PIPE_H
#define KERNEL_TASK_PIPE_H

#include "kernel/task/file.h"

/*
 * Who reads waits while there is nothing, and gets 0 when nobody can write any more; who writes waits
 * while there is no room, and gets -ABI_EPIPE when nobody can read any more. False: no memory.
 */
bool pipe_make(struct file *ends[2]);
bool socket_make(struct file *ends[2]);

#endif
