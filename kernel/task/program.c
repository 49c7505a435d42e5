// SPDX-License-Identifier: MIT
/*
 * An ELF file is believed only as far as it lies within its bytes and within programs' addresses: a
 * segment that does not is refused, before any memory is taken. Segments have pages of their own, for
 * each has rights of its own.
 */
#include "kernel/task/program.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/trap/user.h"
#include "kernel/task/file.h"
#include "lib/elf.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define ADDED_MAX  16
#define STACK_SIZE 0x100000u
#define STACK_TOP  (USER_PAGE - PAGE_SIZE) /* a page below the page of calls is never there */
#define SEGMENTS   16

extern const struct program programs[], programs_end[];
static struct program added[ADDED_MAX];
static unsigned nr_added;

const struct program *program_find(const char *name)
{
	for (const struct program *p = programs; p < programs_end; p++)
		if (!strcmp(p->name, name))
			return p;
	for (unsigned i = 0; i < nr_added; i++)
		if (!strcmp(added[i].name, name))
			return &added[i];
	return NULL;
}

bool program_add(const char *name, const void *file, size_t size)
{
	if (nr_added == ADDED_MAX || program_find(name))
		return false;
	added[nr_added++] = (struct program){name, file, (const uint8_t *)file + size};
	return true;
}

/* ---- the file ---- */

static const struct elf_segment *segments_of(const struct elf_header *elf)
{
	return (const struct elf_segment *)((const uint8_t *)elf + elf->phoff);
}

static uint32_t page_up(uint32_t address)
{
	return (address + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static bool is_segment(const struct elf_segment *s, size_t size)
{
	return s->offset <= size && s->filesz <= size - s->offset && s->filesz <= s->memsz &&
	       s->memsz && s->memsz < STACK_TOP - STACK_SIZE - USER_BASE && s->vaddr >= USER_BASE &&
	       s->vaddr <= STACK_TOP - STACK_SIZE - s->memsz && s->vaddr % PAGE_SIZE == 0;
}

static const char *check_segments(const struct elf_header *elf, size_t size)
{
	const struct elf_segment *s = segments_of(elf);
	bool entry = false;
	uint32_t end = 0;

	for (unsigned i = 0; i < elf->phnum; i++) {
		if (s[i].type != PT_LOAD)
			continue;
		if (!is_segment(&s[i], size))
			return "a segment lies outside of the file, of programs' addresses, or begins in "
			       "a page";
		if (s[i].vaddr < end)
			return "segments have a page in common, or are not in ascending order";
		end = page_up(s[i].vaddr + s[i].memsz);
		entry |= s[i].flags & PF_X && elf->entry - s[i].vaddr < s[i].filesz;
	}
	return entry ? NULL : "its entry is in no segment of code";
}

const char *program_check(const void *file, size_t size)
{
	const struct elf_header *elf = file;

	if (size < sizeof(*elf) || memcmp(elf->ident, ELF_MAGIC, ELF_MAGIC_N) != 0)
		return "it is no ELF file of 32 bits";
	if (elf->type != ET_EXEC || elf->machine != EM_386)
		return "it is no program for i386";
	if (elf->phentsize != sizeof(struct elf_segment) || !elf->phnum || elf->phnum > SEGMENTS ||
	    elf->phoff > size || size - elf->phoff < elf->phnum * sizeof(struct elf_segment))
		return "its table of segments is not in the file, or too long";
	return check_segments(elf, size);
}

static int error_of(enum space_result result)
{
	return result == SPACE_NO_MEMORY ? -ABI_ENOMEM : result ? -ABI_ENOEXEC : 0;
}

static int load_segment(struct space *space, const struct elf_header *elf,
			const struct elf_segment *s)
{
	unsigned rights = (s->flags & PF_W ? SPACE_WRITE : 0) | (s->flags & PF_X ? SPACE_EXEC : 0);
	int error = error_of(space_map(space, s->vaddr, page_up(s->vaddr + s->memsz), rights));

	if (error)
		return error;
	return space_write(space, s->vaddr, (const uint8_t *)elf + s->offset, s->filesz)
		       ? 0
		       : -ABI_ENOMEM;
}

static int load_segments(struct space *space, const struct elf_header *elf)
{
	int error = 0;

	for (unsigned i = 0; i < elf->phnum && !error; i++)
		if (segments_of(elf)[i].type == PT_LOAD)
			error = load_segment(space, elf, &segments_of(elf)[i]);
	return error;
}

/* ---- the stack ---- */

bool arguments_add(struct arguments *arguments, const char *text)
{
	size_t n = strlen(text) + 1;

	if (arguments->n == ABI_ARGS || n > sizeof(arguments->text) - arguments->used)
		return false;
	arguments->at[arguments->n++] = arguments->used;
	memcpy(arguments->text + arguments->used, text, n);
	arguments->used = (uint16_t)(arguments->used + n);
	return true;
}

/*
 * As a C function main(argc, argv) would find it, behind a return address of 0:
 *
 *	esp ->	0, argc, argv, argv[0] ... NULL, text
 */
static int make_stack(struct space *space, const struct arguments *arguments, uint32_t *esp)
{
	uint32_t text = (STACK_TOP - arguments->used) & ~3u;
	uint32_t words[3 + ABI_ARGS + 1], n = 3 + arguments->n + 1;
	int error = error_of(space_map(space, STACK_TOP - STACK_SIZE, STACK_TOP, SPACE_WRITE));

	if (error)
		return error;
	*esp = text - n * 4;
	words[0] = 0;
	words[1] = arguments->n;
	words[2] = *esp + 12;
	for (unsigned i = 0; i < arguments->n; i++)
		words[3 + i] = text + arguments->at[i];
	words[3 + arguments->n] = 0;
	return space_write(space, text, arguments->text, arguments->used) &&
			       space_write(space, *esp, words, n * 4)
		       ? 0
		       : -ABI_ENOMEM;
}

int program_load(const struct program *program, const struct arguments *arguments,
		 struct space **space, struct user_regs *regs)
{
	const struct elf_header *elf = program->file;
	uint32_t esp = 0;
	int error;

	if (program_check(elf, (size_t)((const uint8_t *)program->file_end - (const uint8_t *)elf)))
		return -ABI_ENOEXEC;
	*space = space_create();
	if (!*space)
		return -ABI_ENOMEM;
	error = load_segments(*space, elf);
	if (!error)
		error = make_stack(*space, arguments, &esp);
	if (error) {
		space_destroy(*space);
		*space = NULL;
		return error;
	}
	*regs = (struct user_regs){
		.regs = {.eip = elf->entry, .cs = USER_CS, .eflags = X86_EFLAGS_IF | 2},
		.esp = esp,
		.ss = USER_DS};
	return 0;
}

static void begin(void *unused)
{
	(void)unused;
	user_enter(task_regs(task_current()));
}

static bool give_console(struct task *task)
{
	struct file *file = file_open("console");

	if (!file)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		file_share(file);
		file_install(&task->files, file);
	}
	file_install(&task->files, file);
	return true;
}

const char *program_make(const char *name, const struct arguments *arguments, struct task **task)
{
	const struct program *program = program_find(name);

	if (!program)
		return "there is no such program";
	*task = task_make(name, begin, NULL);
	if (!*task)
		return "no memory for a task";
	if (!give_console(*task) ||
	    program_load(program, arguments, &(*task)->space, task_regs(*task))) {
		files_close(&(*task)->files);
		task_unmake(*task);
		return "no memory for the program, or it is none";
	}
	return NULL;
}

const char *program_run(const char *name, const struct arguments *arguments, struct task **task)
{
	const char *why = program_make(name, arguments, task);

	if (!why)
		task_ready(*task);
	return why;
}
