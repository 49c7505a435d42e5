// SPDX-License-Identifier: MIT
/*
 * A page: what is known of the pipe, and the bytes, in a ring. A program's memory is copied under the
 * lock: no page is waited for there.
 */
#include "kernel/task/pipe.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/user_copy.h"
#include "kernel/task/sched.h"

struct pipe {
	spinlock_t lock;
	struct wait_queue readers, writers; /* who waits */
	uint32_t at, filled;                /* the first byte to read; how many there are */
	volatile bool can_read, can_write;  /* does anybody? */
	uint8_t bytes[];
};
#define ROOM (PAGE_SIZE - (uint32_t)sizeof(struct pipe))

/* Looked at without the lock: whoever finds it so looks again with it. */
static uint32_t filled(const struct pipe *pipe)
{
	return *(const volatile uint32_t *)&pipe->filled;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* As much as there is in a row. */
static int take(struct pipe *pipe, uint32_t to, uint32_t n)
{
	uint32_t part = least(least(n, pipe->filled), ROOM - pipe->at);

	if (!copy_to_user(to, pipe->bytes + pipe->at, part))
		return -ABI_EFAULT;
	pipe->at = (pipe->at + part) % ROOM;
	pipe->filled -= part;
	return (int)part;
}

static int give(struct pipe *pipe, uint32_t from, uint32_t n)
{
	uint32_t at = (pipe->at + pipe->filled) % ROOM;
	uint32_t part = least(least(n, ROOM - pipe->filled), ROOM - at);

	if (!copy_from_user(pipe->bytes + at, from, part))
		return -ABI_EFAULT;
	pipe->filled += part;
	return (int)part;
}

static int move(struct pipe *pipe, int (*how)(struct pipe *, uint32_t, uint32_t), uint32_t address,
		uint32_t n)
{
	int done = 0, part = 0;

	spin_lock(&pipe->lock);
	do {
		part = how(pipe, address + (uint32_t)done, n - (uint32_t)done);
		if (part > 0)
			done += part;
	} while (part > 0 && (uint32_t)done < n);
	spin_unlock(&pipe->lock);
	return part < 0 && !done ? part : done;
}

static int read_pipe(struct pipe *pipe, uint32_t to, uint32_t n)
{
	int done;

	do {
		if (!wait_until(&pipe->readers, filled(pipe) || !pipe->can_write))
			return -ABI_EINTR;
		done = move(pipe, take, to, n);
		if (done > 0)
			wake(&pipe->writers);
	} while (!done && (filled(pipe) || pipe->can_write));
	return done;
}

static int write_pipe(struct pipe *pipe, uint32_t from, uint32_t n)
{
	uint32_t done = 0;

	while (done < n) {
		int part;

		if (!wait_until(&pipe->writers, filled(pipe) < ROOM || !pipe->can_read))
			return -ABI_EINTR;
		if (!pipe->can_read)
			return done ? (int)done : -ABI_EPIPE;
		part = move(pipe, give, from + done, n - done);
		if (part < 0)
			return done ? (int)done : part;
		done += (uint32_t)part;
		wake(&pipe->readers);
	}
	return (int)done;
}

/* The second end that goes takes the pipe along, and may do so as soon as the lock is free. */
static void close_end(struct pipe *pipe, volatile bool *end, struct wait_queue *others)
{
	bool last;

	spin_lock(&pipe->lock);
	*end = false;
	last = !pipe->can_read && !pipe->can_write;
	wake(others);
	spin_unlock(&pipe->lock);
	if (last)
		frame_put(pipe);
}

static void close_reading(struct pipe *pipe)
{
	close_end(pipe, &pipe->can_read, &pipe->writers);
}

static void close_writing(struct pipe *pipe)
{
	close_end(pipe, &pipe->can_write, &pipe->readers);
}

static struct pipe *new_pipe(void)
{
	struct pipe *pipe = frame_get();

	if (pipe) {
		pipe->lock = (spinlock_t)SPINLOCK_IRQS_ON("a pipe");
		pipe->can_read = pipe->can_write = true;
	}
	return pipe;
}

/* ---- as files ---- */

static int read_end(struct file *file, uint32_t to, uint32_t n)
{
	return read_pipe(file->data, to, n);
}

static int write_end(struct file *file, uint32_t from, uint32_t n)
{
	return write_pipe(file->data, from, n);
}

static int write_socket(struct file *file, uint32_t from, uint32_t n)
{
	return write_pipe(file->data2, from, n);
}

static void close_reader(struct file *file)
{
	close_reading(file->data);
}

static void close_writer(struct file *file)
{
	close_writing(file->data);
}

static void close_socket(struct file *file)
{
	close_reading(file->data);
	close_writing(file->data2);
}

static const struct file_kind reader = {.read = read_end, .close = close_reader};
static const struct file_kind writer = {.write = write_end, .close = close_writer};
static const struct file_kind socket = {
	.read = read_end, .write = write_socket, .close = close_socket};

/* Two files, or none. */
static bool make_ends(struct file *ends[2], const struct file_kind *first,
		      const struct file_kind *second, struct pipe *pipe)
{
	ends[0] = file_make(first, pipe);
	ends[1] = ends[0] ? file_make(second, pipe) : NULL;
	if (ends[0] && !ends[1]) {
		pipe->can_write = false; /* the other end is not there to be closed */
		file_put(ends[0]);
	}
	return ends[1] != NULL;
}

bool pipe_make(struct file *ends[2])
{
	struct pipe *pipe = new_pipe();

	if (!pipe)
		return false;
	if (make_ends(ends, &reader, &writer, pipe))
		return true;
	if (!ends[0])
		frame_put(pipe);
	return false;
}

/* Where there is memory for the pipes, there was some for files. */
bool socket_make(struct file *ends[2])
{
	struct pipe *to = new_pipe(), *back = to ? new_pipe() : NULL;

	ends[0] = back ? file_make(&socket, back) : NULL;
	ends[1] = ends[0] ? file_make(&socket, to) : NULL;
	if (ends[1]) {
		ends[0]->data2 = to;
		ends[1]->data2 = back;
		return true;
	}
	if (ends[0]) {
		to->can_read = back->can_write = false;
		ends[0]->data2 = to;
		file_put(ends[0]); /* and both pipes */
		return false;
	}
	if (back)
		frame_put(back);
	if (to)
		frame_put(to);
	return false;
}
