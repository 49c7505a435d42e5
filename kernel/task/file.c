// SPDX-License-Identifier: MIT
/*
 * Files, and the three that are no more than a few lines.
 */
#include "kernel/task/file.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/user_copy.h"
#include "lib/printk.h"
#include "lib/string.h"

#define LINE 200u /* bytes to the console at a time */

static spinlock_t lock = SPINLOCK_IRQS_OFF("files");
static struct file *free_files;

/* ---- counting ---- */

static struct file *pop(void)
{
	unsigned long flags;
	struct file *file;

	spin_lock_irqsave(&lock, flags);
	file = free_files;
	if (file)
		free_files = file->next;
	spin_unlock_irqrestore(&lock, flags);
	return file;
}

static void push(struct file *file)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	file->next = free_files;
	free_files = file;
	spin_unlock_irqrestore(&lock, flags);
}

/* A page of them, which stay files. */
static bool refill(void)
{
	struct file *files = frame_get();

	for (unsigned i = 0; files && i < PAGE_SIZE / sizeof(*files); i++)
		push(&files[i]);
	return files != NULL;
}

struct file *file_make(const struct file_kind *kind, void *data)
{
	struct file *file = pop();

	while (!file && refill())
		file = pop();
	if (file)
		*file = (struct file){.kind = kind, .data = data, .count = 1};
	return file;
}

void file_share(struct file *file)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	file->count++;
	spin_unlock_irqrestore(&lock, flags);
}

void file_put(struct file *file)
{
	unsigned long flags;
	bool last;

	spin_lock_irqsave(&lock, flags);
	last = !--file->count;
	spin_unlock_irqrestore(&lock, flags);
	if (!last)
		return;
	if (file->kind->close)
		file->kind->close(file);
	push(file);
}

/* ---- numbers ---- */

int file_install(struct file_table *table, struct file *file)
{
	for (int i = 0; i < ABI_FILES; i++)
		if (!table->of[i]) {
			table->of[i] = file;
			return i;
		}
	file_put(file);
	return -ABI_EMFILE;
}

struct file *file_of(const struct file_table *table, uint32_t number)
{
	return number < ABI_FILES ? table->of[number] : NULL;
}

void file_replace(struct file_table *table, uint32_t number, struct file *file)
{
	struct file *before = table->of[number];

	table->of[number] = file;
	if (before)
		file_put(before);
}

void files_close(struct file_table *table)
{
	for (unsigned i = 0; i < ABI_FILES; i++)
		file_replace(table, i, NULL);
}

void files_share(const struct file_table *from, struct file_table *to)
{
	*to = *from;
	for (unsigned i = 0; i < ABI_FILES; i++)
		if (to->of[i])
			file_share(to->of[i]);
}

/* ---- devices ---- */

static int read_zero(struct file *file, uint32_t to, uint32_t n)
{
	static const uint8_t zeroes[64];
	uint32_t done = 0;

	(void)file;
	while (done < n) {
		uint32_t part = n - done < sizeof(zeroes) ? n - done : sizeof(zeroes);

		if (!copy_to_user(to + done, zeroes, part))
			return done ? (int)done : -ABI_EFAULT;
		done += part;
	}
	return (int)n;
}

static int read_null(struct file *file, uint32_t to, uint32_t n)
{
	(void)file, (void)to, (void)n;
	return 0;
}

static int write_null(struct file *file, uint32_t from, uint32_t n)
{
	(void)file, (void)from;
	return (int)n;
}

static int write_console(struct file *file, uint32_t from, uint32_t n)
{
	char line[LINE];

	(void)file;
	if (n > LINE)
		n = LINE;
	if (!copy_from_user(line, from, n))
		return -ABI_EFAULT;
	pr_info("%.*s", (int)n, line);
	return (int)n;
}

static const struct file_kind devices[] = {
	{.name = "zero", .read = read_zero, .write = write_null},
	{.name = "null", .read = read_null, .write = write_null},
	{.name = "console", .write = write_console},
};

struct file *file_open(const char *name)
{
	for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (!strcmp(devices[i].name, name))
			return file_make(&devices[i], NULL);
	return NULL;
}
