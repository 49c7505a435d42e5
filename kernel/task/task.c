// SPDX-License-Identifier: MIT
/*
 * Tasks come and go. A stack is three pages, the lowest of which is not mapped; those of tasks that are
 * gone are kept for the next ones, since page tables have to change for a new one.
 */
#include "kernel/task/task.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/trap/panic.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define PAGES (1 + TASK_STACK / PAGE_SIZE)

static spinlock_t lock = SPINLOCK_IRQS_OFF("stacks of tasks that are gone");
static uint8_t *free_stacks; /* a list through the highest words */
static struct task *graves;  /* sched: of those that nobody will join */
static unsigned count, last_id;

static uint8_t **stack_link(uint8_t *stack)
{
	return (uint8_t **)(stack + PAGES * PAGE_SIZE) - 1;
}

static uint8_t *stack_pop(void)
{
	unsigned long flags;
	uint8_t *stack;

	spin_lock_irqsave(&lock, flags);
	stack = free_stacks;
	if (stack)
		free_stacks = *stack_link(stack);
	spin_unlock_irqrestore(&lock, flags);
	return stack;
}

static void stack_push(uint8_t *stack)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	*stack_link(stack) = free_stacks;
	free_stacks = stack;
	spin_unlock_irqrestore(&lock, flags);
}

static uint8_t *stack_get(void)
{
	uint8_t *stack = stack_pop();

	if (stack)
		return stack;
	stack = pages_alloc(PAGES);
	if (stack && paging_enabled() && !paging_guard(stack)) {
		pages_free(stack, PAGES);
		return NULL;
	}
	return stack;
}

static void bury(struct task *task)
{
	stack_push((uint8_t *)task_stack_start(task) - PAGE_SIZE);
}

static void bury_all(void)
{
	unsigned long flags = sched_lock();
	struct task *task = graves, *next;

	graves = NULL;
	sched_unlock(flags);
	for (; task; task = next) {
		next = task->next;
		bury(task);
	}
}

/* ---- a beginning ---- */

/* Room for one more, and a child of who asks. */
static bool enlist(struct task *task)
{
	struct task *self = task_current();
	unsigned long flags = sched_lock();
	bool room = count < TASKS_MAX;

	if (room) {
		count++;
		task->id = ++last_id;
		task->parent = self;
		task->sibling = self->children;
		self->children = task;
	}
	sched_unlock(flags);
	return room;
}

/* Under the scheduler's lock. */
static void leave_parent(struct task *task)
{
	struct task **at = &task->parent->children;

	while (*at != task)
		at = &(*at)->sibling;
	*at = task->sibling;
	task->parent = NULL;
}

struct task *task_make(const char *name, void (*fn)(void *), void *arg)
{
	struct task *task;
	uint8_t *stack;

	bury_all();
	stack = stack_get();
	if (!stack)
		return NULL;
	task = (struct task *)(stack + PAGES * PAGE_SIZE) - 1;
	memset(task, 0, sizeof(*task));
	strlcpy(task->name, name, sizeof(task->name));
	task->fn = fn;
	task->arg = arg;
	sched_make(task);
	if (!enlist(task)) {
		stack_push(stack);
		return NULL;
	}
	return task;
}

void task_ready(struct task *task)
{
	sched_add(task);
}

void task_unmake(struct task *task)
{
	unsigned long flags = sched_lock();

	leave_parent(task);
	count--;
	sched_unlock(flags);
	bury(task);
}

static void run_thread(void *arg)
{
	task_current()->thread(arg);
	task_exit(0);
}

struct task *task_start(const char *name, void (*fn)(void *), void *arg)
{
	struct task *task = task_make(name, run_thread, arg);

	if (task) {
		task->thread = fn;
		task_ready(task);
	}
	return task;
}

/* ---- an end ---- */

/* Nobody will join these any more. */
static void leave_children(struct task *self)
{
	while (self->children) {
		struct task *child = self->children;

		leave_parent(child);
		if (child->state == TASK_ENDED) {
			child->next = graves;
			graves = child;
		}
	}
}

/* By the task that goes on behind it, under the scheduler's lock. */
static void gone(struct task *task)
{
	count--;
	leave_children(task);
	if (task->parent) {
		wake_locked(&task->parent->ended);
	} else {
		task->next = graves;
		graves = task;
	}
}

_Noreturn void task_exit(int status)
{
	struct task *self = task_current();
	struct space *space = self->space;

	if (self->is_idle)
		panic("task_exit(%d) of an idle task", status);
	self->status = status;
	files_close(&self->files);
	if (space) {
		self->space = NULL;
		space_enter(NULL);
		space_destroy(space);
	}
	sched_leave(gone);
}

void task_kill(struct task *task)
{
	task->killed = true;
	wake_task(task);
}

/* The child, if it has ended, or any that has. *some: there is one to wait for. */
static struct task *find_ended(struct task *self, const struct task *child, bool *some)
{
	unsigned long flags = sched_lock();
	struct task *found = NULL;

	*some = false;
	for (struct task *at = self->children; at && !found; at = at->sibling) {
		if (child && at != child)
			continue;
		*some = true;
		if (at->state == TASK_ENDED && !at->runs)
			found = at;
	}
	if (found)
		leave_parent(found);
	sched_unlock(flags);
	return found;
}

int task_join(struct task *child, unsigned *id)
{
	struct task *self = task_current(), *ended = NULL;
	bool some;
	int status;

	if (!wait_until(&self->ended, (ended = find_ended(self, child, &some)) || !some))
		return -ABI_EINTR;
	if (!ended)
		return -ABI_ECHILD;
	status = ended->status;
	if (id)
		*id = ended->id;
	bury(ended);
	return status;
}

/* ---- all of them ---- */

unsigned tasks_count(void)
{
	return *(volatile unsigned *)&count;
}

void tasks_trim(void)
{
	uint8_t *stack;

	bury_all();
	while ((stack = stack_pop())) {
		paging_unguard(stack);
		pages_free(stack, PAGES);
	}
	frames_trim();
}
