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
#define KEPT  256u /* stacks: more than that go back at once */

static spinlock_t lock = SPINLOCK_IRQS_OFF("stacks of tasks that are gone");
static uint8_t *free_stacks; /* a list through the highest words */
static unsigned nr_free_stacks;
static struct task *graves; /* sched: of those that nobody will join */
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
	if (stack) {
		free_stacks = *stack_link(stack);
		nr_free_stacks--;
	}
	spin_unlock_irqrestore(&lock, flags);
	return stack;
}

static void stack_free(uint8_t *stack)
{
	paging_unguard(stack);
	pages_free(stack, PAGES);
}

static void stack_push(uint8_t *stack)
{
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&lock, flags);
	room = nr_free_stacks < KEPT;
	if (room) {
		*stack_link(stack) = free_stacks;
		free_stacks = stack;
		nr_free_stacks++;
	}
	spin_unlock_irqrestore(&lock, flags);
	if (!room)
		stack_free(stack);
}

/* Where programs had all memory, what they gave back is single pages that are kept for others. */
static uint8_t *stack_get(void)
{
	uint8_t *stack = stack_pop();

	if (stack)
		return stack;
	stack = pages_alloc(PAGES);
	if (!stack) {
		frames_trim();
		stack = pages_alloc(PAGES);
	}
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

/* Under the scheduler's lock. */
static void join_parent(struct task *task, struct task *parent)
{
	task->parent = parent;
	task->sibling = parent->children;
	parent->children = task;
}

/* Room for one more, and a child of who asks. One that is to end has no more of them: see tasks_kill_below(). */
static bool enlist(struct task *task)
{
	struct task *self = task_current();
	unsigned long flags = sched_lock();
	bool room = count < TASKS_MAX && !self->killed;

	if (room) {
		count++;
		task->id = ++last_id;
		join_parent(task, self);
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

static void to_grave(struct task *task)
{
	task->next = graves;
	graves = task;
}

/* Nobody will join these any more. Those that go on stay below who may have to end them. */
static void leave_children(struct task *self)
{
	while (self->children) {
		struct task *child = self->children;

		leave_parent(child);
		if (child->state == TASK_ENDED) {
			to_grave(child);
		} else {
			child->orphan = true;
			join_parent(child, self->parent);
		}
	}
}

/* By the task that goes on behind it, under the scheduler's lock. */
static void gone(struct task *task)
{
	count--;
	leave_children(task);
	if (task->orphan) {
		leave_parent(task);
		to_grave(task);
	} else {
		wake_locked(&task->parent->ended);
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

/* Of all below `root`, the one behind this one: parents come before their children. */
static struct task *next_below(const struct task *root, struct task *task)
{
	if (task->children)
		return task->children;
	while (task != root && !task->sibling)
		task = task->parent;
	return task == root ? NULL : task->sibling;
}

void tasks_kill_below(struct task *root)
{
	unsigned long flags = sched_lock();

	for (struct task *task = root; (task = next_below(root, task));) {
		task->killed = true;
		wake_task_locked(task);
	}
	sched_unlock(flags);
}

/* The child, if it has ended, or any that has. *some: there is one to wait for. */
static struct task *find_ended(struct task *self, const struct task *child, bool *some)
{
	unsigned long flags = sched_lock();
	struct task *found = NULL;

	*some = false;
	for (struct task *at = self->children; at && !found; at = at->sibling) {
		if (at->orphan || (child && at != child))
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
	while ((stack = stack_pop()))
		stack_free(stack);
	frames_trim();
}
