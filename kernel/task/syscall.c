// SPDX-License-Identifier: MIT
/*
 * System calls that are no more than a few lines; those about tasks are in process.c. What a program
 * gives is a number and five words, and none of them is believed.
 */
#include "kernel/task/syscall.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/mm/user_copy.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/trap/sysenter.h"
#include "arch/x86/trap/trap.h"
#include "arch/x86/trap/user.h"
#include "kernel/task/file.h"
#include "kernel/task/pipe.h"
#include "kernel/task/process.h"
#include "kernel/task/task.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define MMAP_TOP 0xe0000000u

_Static_assert(ABI_CALL == USER_PAGE, "what programs are told");
_Static_assert(ABI_WRITE == SPACE_WRITE && ABI_SHARED == SPACE_SHARED, "and what they say");

static struct file_table *own_files(void)
{
	return &task_current()->files;
}

static int sys_null(struct user_regs *r)
{
	(void)r;
	return 0;
}

static int sys_read(struct user_regs *r)
{
	struct file *file = file_of(own_files(), r->regs.ebx);

	if (!file || !file->kind->read)
		return -ABI_EBADF;
	if ((int)r->regs.edx < 0)
		return -ABI_EINVAL;
	return r->regs.edx ? file->kind->read(file, r->regs.ecx, r->regs.edx) : 0;
}

static int sys_write(struct user_regs *r)
{
	struct file *file = file_of(own_files(), r->regs.ebx);

	if (!file || !file->kind->write)
		return -ABI_EBADF;
	if ((int)r->regs.edx < 0)
		return -ABI_EINVAL;
	return r->regs.edx ? file->kind->write(file, r->regs.ecx, r->regs.edx) : 0;
}

static int sys_open(struct user_regs *r)
{
	char name[ABI_NAME];
	int n = copy_string_from_user(name, r->regs.ebx, sizeof(name));
	struct file *file;

	if (n < 0)
		return -ABI_EFAULT;
	file = n < ABI_NAME ? file_open(name) : NULL;
	return file ? file_install(own_files(), file) : -ABI_ENOENT;
}

static int sys_close(struct user_regs *r)
{
	if (!file_of(own_files(), r->regs.ebx))
		return -ABI_EBADF;
	file_replace(own_files(), r->regs.ebx, NULL);
	return 0;
}

static int sys_dup(struct user_regs *r)
{
	struct file *file = file_of(own_files(), r->regs.ebx);

	if (!file || r->regs.ecx >= ABI_FILES)
		return -ABI_EBADF;
	file_share(file);
	file_replace(own_files(), r->regs.ecx, file);
	return (int)r->regs.ecx;
}

/* Both numbers, or none. */
static int install_two(struct file *ends[2], uint32_t to)
{
	struct file_table *files = own_files();
	int n[2] = {file_install(files, ends[0]), -1};

	if (n[0] < 0) {
		file_put(ends[1]);
		return n[0];
	}
	n[1] = file_install(files, ends[1]);
	if (n[1] >= 0 && copy_to_user(to, n, sizeof(n)))
		return 0;
	for (unsigned i = 0; i < 2 && n[i] >= 0; i++)
		file_replace(files, (uint32_t)n[i], NULL);
	return n[1] < 0 ? n[1] : -ABI_EFAULT;
}

static int sys_pipe(struct user_regs *r)
{
	struct file *ends[2];

	return pipe_make(ends) ? install_two(ends, r->regs.ebx) : -ABI_ENOMEM;
}

static int sys_socketpair(struct user_regs *r)
{
	struct file *ends[2];

	return socket_make(ends) ? install_two(ends, r->regs.ebx) : -ABI_ENOMEM;
}

static uint32_t whole_pages(uint32_t n)
{
	return n <= UINT32_MAX - PAGE_SIZE ? (n + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1) : 0;
}

static int sys_mmap(struct user_regs *r)
{
	struct space *space = task_current()->space;
	uint32_t n = whole_pages(r->regs.ebx), at = space_find(space, MMAP_TOP, n);

	if (!n || r->regs.ecx & ~(uint32_t)(ABI_WRITE | ABI_SHARED))
		return -ABI_EINVAL;
	return at && !space_map(space, at, at + n, r->regs.ecx) ? (int)at : -ABI_ENOMEM;
}

static int sys_munmap(struct user_regs *r)
{
	uint32_t n = whole_pages(r->regs.ecx), start = r->regs.ebx;

	if (!n || start > USER_END || n > USER_END - start)
		return -ABI_EINVAL;
	switch (space_unmap(task_current()->space, start, start + n)) {
	case SPACE_OK: return 0;
	case SPACE_NO_ROOM: return -ABI_ENOMEM;
	default: return -ABI_EINVAL;
	}
}

static int sys_yield(struct user_regs *r)
{
	(void)r;
	sched_yield();
	return 0;
}

static int sys_sleep(struct user_regs *r)
{
	sched_sleep((uint64_t)r->regs.ebx * 1000);
	return task_current()->killed ? -ABI_EINTR : 0;
}

static int sys_time(struct user_regs *r)
{
	uint64_t now = timer_ns();

	return copy_to_user(r->regs.ebx, &now, sizeof(now)) ? 0 : -ABI_EFAULT;
}

#define ENTRY(number, name, arguments) [number] = sys_##name,
static int (*const calls[SYS_CALLS])(struct user_regs *regs) = {ABI_CALLS(ENTRY)};

static void call(struct user_regs *r)
{
	uint32_t number = r->regs.eax;

	r->regs.eax = (uint32_t)(number < SYS_CALLS ? calls[number](r) : -ABI_ENOSYS);
	if (task_current()->killed)
		task_exit(ABI_KILLED);
}

/* The end of the task, in a line. A page fault may be one for want of memory. */
static void fault(struct user_regs *r, uint32_t cr2)
{
	const struct task *self = task_current();

	local_irq_enable();
	if (r->regs.vector == TRAP_PF)
		pr_info("task %u (%s): page fault at %08x, address %08x: ended\n", self->id,
			self->name, r->regs.eip, cr2);
	else
		pr_info("task %u (%s): %s at %08x: ended\n", self->id, self->name,
			trap_name(r->regs.vector), r->regs.eip);
	task_exit(ABI_FAULT + (int)r->regs.vector);
}

/* The program is about to go on. */
static void leave(struct user_regs *r)
{
	(void)r;
	this_cpu_write(trap_attention, 0);
	local_irq_enable();
	if (task_current()->killed)
		task_exit(ABI_KILLED);
	sched_yield();
}

bool tasks_init(void)
{
	sched_init();
	smp_task_start = sched_init_cpu;
	user_syscall = call;
	user_fault = fault;
	user_leave = leave;
	if (!space_init())
		return false;
	space_protect();
	cpu_forbid_fpu();
	sysenter_init_cpu();
	return true;
}
