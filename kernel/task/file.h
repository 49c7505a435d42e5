/* SPDX-License-Identifier: MIT */
/*
 * What a task reads from and writes to. A file may be several tasks', and several numbers' of one: it is
 * counted, and closed with the last one.
 *
 *	struct file *file = file_make(&zero_kind, NULL);
 *	number = file_install(&task->files, file);	from here on it is the task's
 */
#ifndef KERNEL_TASK_FILE_H
#define KERNEL_TASK_FILE_H

#include "kernel/task/abi.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;

/* A task's, by their numbers. Only the task itself changes it. */
struct file_table {
	struct file *of[ABI_FILES];
};

/*
 * Addresses are those of the program that calls. All return bytes, or an error. NULL: it cannot be read,
 * or written. close() is called once, when nobody has it any more.
 */
struct file_kind {
	const char *name; /* to open it by; NULL: it cannot be */
	int (*read)(struct file *file, uint32_t to, uint32_t n);
	int (*write)(struct file *file, uint32_t from, uint32_t n);
	void (*close)(struct file *file);
};

struct file {
	const struct file_kind *kind;
	void *data, *data2;
	struct file *next; /* of free ones */
	uint32_t count;
};

/* With a count of 1. NULL: no memory. */
struct file *file_make(const struct file_kind *kind, void *data);
void file_share(struct file *file);
void file_put(struct file *file);

/* zero, null, console. NULL: no such name, or no memory. */
struct file *file_open(const char *name);

/* A number for it; -ABI_EMFILE: there are too many, and the file is put. */
int file_install(struct file_table *table, struct file *file);

/* NULL: none has this number. */
struct file *file_of(const struct file_table *table, uint32_t number);

/* What has the number is put, if there is one; `file` gets it. Below ABI_FILES. */
void file_replace(struct file_table *table, uint32_t number, struct file *file);

/* All of them go; or are another table's, too. */
void files_close(struct file_table *table);
void files_share(const struct file_table *from, struct file_table *to);

#endif
