// SPDX-License-Identifier: MIT
#include "kernel/task/boot.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/user.h"
#include "kernel/base/multiboot.h"
#include "kernel/task/program.h"
#include "lib/elf.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"

bool programs_are_in(const void *file, size_t size)
{
	const struct elf_header *elf = file;

	return size >= sizeof(*elf) && !memcmp(elf->ident, ELF_MAGIC, 4) && elf->type == ET_EXEC &&
	       elf->entry >= USER_BASE;
}

static const char *add(unsigned i)
{
	const void *file = boot_module_file(i);
	const size_t size = boot_module_size(i);
	const char *name = boot_info.module_name[i], *why = program_check(file, size);

	if (!why && (!*name || strlen(name) >= ABI_NAME))
		why = "its name is empty or too long";
	if (!why && !program_add(name, file, size))
		why = "there is one of this name, or no room for one more";
	if (why)
		pr_err("program %s: refused: %s\n", name, why);
	else
		pr_info("  program   %s: %u KiB\n", name, (unsigned)(size / 1024));
	return why;
}

const char *programs_boot(void)
{
	unsigned refused = 0;

	for (unsigned i = 0; i < boot_info.modules && i < MODULES_MAX - 1; i++)
		if (programs_are_in(boot_module_file(i), boot_module_size(i)))
			refused += add(i) != NULL;
	return refused ? "a program was refused" : NULL;
}

/* Takes the text apart at its commas. */
static bool read_arguments(struct arguments *arguments, const char *text)
{
	char word[ABI_ARGS_N];

	for (;; text++) {
		size_t n = 0;

		while (text[n] && text[n] != ',')
			n++;
		strlcpy(word, text, n + 1);
		if (!arguments_add(arguments, word))
			return false;
		text += n;
		if (!*text)
			return true;
	}
}

const char *programs_run(const char *command)
{
	static char said[64];
	struct arguments arguments = {0};
	struct task *task;
	const char *why;
	int status;

	if (!paging_enabled())
		return "there are no programs: paging is off";
	if (!read_arguments(&arguments, command))
		return "it has too many arguments";
	why = program_run(arguments.text, &arguments, &task);
	if (why)
		return why;
	status = task_join(task, NULL);
	tasks_trim();
	snprintf(said, sizeof(said), "its status is %d", status);
	return status ? said : NULL;
}
