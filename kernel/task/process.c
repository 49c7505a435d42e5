// SPDX-License-Identifier: MIT
#include "kernel/task/process.h"
#include "arch/x86/cpu/context.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/mm/user_copy.h"
#include "arch/x86/trap/user.h"
#include "kernel/task/program.h"
#include "kernel/task/task.h"
#include "lib/string.h"

int sys_exit(struct user_regs *r)
{
	task_exit(r->regs.ebx & 255);
}

int sys_getpid(struct user_regs *r)
{
	(void)r;
	return (int)task_current()->id;
}

static void child_begins(void *unused)
{
	(void)unused;
	user_enter(task_regs(task_current()));
}

/* The child goes on with the parent's registers, but for the result. */
int sys_fork(struct user_regs *r)
{
	struct task *self = task_current(), *child = task_make(self->name, child_begins, NULL);

	if (!child)
		return -ABI_EAGAIN;
	child->space = space_clone(self->space);
	if (!child->space) {
		task_unmake(child);
		return -ABI_ENOMEM;
	}
	files_share(&self->files, &child->files);
	*task_regs(child) = *r;
	task_regs(child)->regs.eax = 0;
	child->gs = context_gs(); /* what the task has of it is from its last change */
	task_ready(child);
	return (int)child->id;
}

int sys_wait(struct user_regs *r)
{
	unsigned id = 0;
	int status = task_join(NULL, &id);

	if (status < 0)
		return status;
	return copy_to_user(r->regs.ebx, &status, sizeof(status)) ? (int)id : -ABI_EFAULT;
}

/* What exec() wants of the program that calls, before that is gone. */
struct exec {
	char name[ABI_NAME];
	struct arguments arguments;
	char text[ABI_ARGS_N];
};
_Static_assert(sizeof(struct exec) <= 4096, "it is in a page");

static int read_arguments(struct exec *exec, uint32_t argv)
{
	for (;; argv += 4) {
		uint32_t at;
		int n;

		if (!copy_from_user(&at, argv, sizeof(at)))
			return -ABI_EFAULT;
		if (!at)
			return 0;
		n = copy_string_from_user(exec->text, at, sizeof(exec->text));
		if (n < 0)
			return -ABI_EFAULT;
		if (n == sizeof(exec->text) || !arguments_add(&exec->arguments, exec->text))
			return -ABI_E2BIG;
	}
}

static int read_exec(struct exec *exec, const struct user_regs *r)
{
	int n = copy_string_from_user(exec->name, r->regs.ebx, sizeof(exec->name));

	if (n < 0)
		return -ABI_EFAULT;
	if (n == ABI_NAME)
		return -ABI_ENOENT;
	return read_arguments(exec, r->regs.ecx);
}

static int load(const struct exec *exec, struct user_regs *r)
{
	const struct program *program = program_find(exec->name);
	struct task *self = task_current();
	struct space *before = self->space, *space;
	int error = program ? program_load(program, &exec->arguments, &space, r) : -ABI_ENOENT;

	if (error)
		return error;
	strlcpy(self->name, exec->name, sizeof(self->name));
	self->space = space;
	space_enter(space);
	space_destroy(before);
	return 0;
}

/* The result is what the new program finds in eax. */
int sys_exec(struct user_regs *r)
{
	struct exec *exec = frame_get();
	int error;

	if (!exec)
		return -ABI_ENOMEM;
	error = read_exec(exec, r);
	if (!error)
		error = load(exec, r);
	frame_put(exec);
	return error;
}
