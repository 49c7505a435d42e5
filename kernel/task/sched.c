// SPDX-License-Identifier: MIT
/*
 * The lock is held over the change from one task to another and freed by the one that goes on, so a
 * task that is in the queue has always left its stack. That one may come out of sched_change() itself,
 * or be new: sched_begin().
 *
 * The kernel's own code is preempted, too, where that is no matter: not while it holds a lock
 * (preempt_off), and not in the middle of a site, in a back end's functions or in a module, nor in what
 * returns there: that may be something else, or gone, when it goes on. So who changes text need not look
 * at tasks that do not run.
 */
#include "kernel/task/sched.h"
#include "arch/x86/cpu/barrier.h"
#include "arch/x86/cpu/context.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/gather_wait.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/space.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/smp/smp.h"
#include "arch/x86/smp/smp_call.h"
#include "arch/x86/smp/turn.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/panic.h"
#include "arch/x86/trap/trap.h"
#include "arch/x86/trap/user.h"
#include "lib/string.h"
#include "pv/backend/switch.h"
#include "pv/image.h"
#include "pv/outside.h"
#include "pv/paravirt.h"

#define SLICE_MS  10
#define EFLAGS_TF 0x100u

static spinlock_t lock = SPINLOCK_IRQS_OFF("the queue of tasks");
static struct task *first, **last = &first;
static struct wait_queue sleepers; /* by wake_at */
static struct task idle_tasks[CPUS_MAX];

static DEFINE_PER_CPU(struct task *, current);
static DEFINE_PER_CPU(volatile uint32_t, sleeps);     /* a CPU in safe_halt() of its idle task */
static DEFINE_PER_CPU(uint32_t, slice);               /* ms that are left */
static DEFINE_PER_CPU(void (*)(struct task *), gone); /* what to do with the one that was left */
static DEFINE_PER_CPU(struct task *, left);

struct task *task_current(void)
{
	return this_cpu_read(current);
}

unsigned long sched_lock(void)
{
	return spin_lock_off(&lock);
}

void sched_unlock(unsigned long flags)
{
	spin_unlock_irqrestore(&lock, flags);
}

/* ---- the queue; all of it under the lock ---- */

static void put(struct task *task)
{
	if (task->queued || task->is_idle)
		return;
	task->queued = true;
	task->next = NULL;
	*last = task;
	last = &task->next;
}

static struct task *take(void)
{
	struct task *task = first;

	if (!task)
		return NULL;
	first = task->next;
	if (!first)
		last = &first;
	task->queued = false;
	return task;
}

/* It finds out what for. */
static void call_cpu(unsigned cpu)
{
	if (cpu != smp_processor_id())
		apic_send(machine_cpus.apic_id[cpu], IRQ_CALL);
}

/* One CPU of those that sleep, since there is something to do now. */
static void wake_a_cpu(void)
{
	smp_mb(); /* with idle() */
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (per_cpu(sleeps, cpu) && cpu_online(cpu)) {
			per_cpu(sleeps, cpu) = 0;
			call_cpu(cpu);
			return;
		}
}

static void make_ready(struct task *task)
{
	task->state = TASK_READY;
	if (task->runs)
		return; /* it sees that itself before it sleeps */
	put(task);
	wake_a_cpu();
}

void sched_add(struct task *task)
{
	unsigned long flags = sched_lock();

	make_ready(task);
	sched_unlock(flags);
}

/* ---- from one task to another ---- */

static bool must_idle(void)
{
	return cpu_state(smp_processor_id()) != CPU_ONLINE || smp_work_waits();
}

static struct task *choose(struct task *self)
{
	struct task *next = must_idle() ? NULL : take();

	if (next)
		return next;
	return self->is_idle || self->queued || self->state != TASK_READY
		       ? &idle_tasks[smp_processor_id()]
		       : self;
}

static void enter(struct task *task)
{
	const unsigned cpu = smp_processor_id();

	this_cpu_write(current, task);
	this_cpu_write(slice, SLICE_MS);
	this_cpu_write(task_stack_low, task->is_idle ? 0 : task_stack_start(task));
	this_cpu_write(task_stack_top, task->is_idle ? 0 : task_stack_end(task));
	if (space_current() != task->space)
		space_enter(task->space);
	paging_catch_up(); /* the guard below its stack may be new */
	if (task->space) {
		load_sp0(&per_cpu(kernel_tss, cpu), task_stack_end(task));
		context_set_gs(task->gs);
	}
}

/* The first thing of whoever goes on. */
static void finish(void)
{
	struct task *before = this_cpu_read(left);
	void (*fn)(struct task *) = this_cpu_read(gone);

	before->runs = false;
	if (!fn)
		return;
	this_cpu_write(gone, NULL);
	fn(before);
}

static void change(struct task *self, struct task *next)
{
	self->trying = trap_try_suspend();
	if (self->space)
		self->gs = context_gs();
	next->runs = true;
	this_cpu_write(left, self);
	enter(next);
	context_switch(&self->esp, next->esp);
	finish();
	trap_try_resume(task_current()->trying);
}

/* On a new task's stack. */
static _Noreturn void sched_begin(void)
{
	struct task *self = task_current();

	finish();
	trap_try_resume(NULL);
	spin_unlock(&lock);
	local_irq_enable();
	self->fn(self->arg);
	panic("task %u (%s) has returned", self->id, self->name);
}

void sched_make(struct task *task)
{
	task->esp = context_make(task_stack_end(task) - sizeof(struct user_regs), sched_begin);
}

static __attribute__((noinline)) void wake_sleepers_locked(void)
{
	const uint64_t now = timer_ns();

	while (sleepers.first && sleepers.first->wake_at <= now)
		wake_task_locked(sleepers.first);
}

static void wake_sleepers(void)
{
	unsigned long flags = sched_lock();

	wake_sleepers_locked();
	sched_unlock(flags);
}

/* Without ticks whoever has nothing to do, or gives way, looks who has slept long enough. */
static bool must_look(void)
{
	return sleepers.first && !timer_present();
}

/* Under the lock. Where `again`, it goes to the end of the queue; otherwise it has said what it waits for. */
static inline void change_locked(bool again)
{
	struct task *self = task_current(), *next;

	if (must_look())
		wake_sleepers_locked();
	if (again || self->state == TASK_READY)
		put(self);
	next = choose(self);
	if (next != self)
		change(self, next);
}

/* With interrupts on, so that there are no flags to keep over the change. */
static void reschedule(bool again)
{
	spin_lock_irq(&lock);
	change_locked(again);
	spin_unlock_irq(&lock);
}

void sched_yield(void)
{
	reschedule(true);
}

_Noreturn void sched_leave(void (*fn)(struct task *task))
{
	struct task *self = task_current();

	sched_lock();
	self->state = TASK_ENDED;
	this_cpu_write(gone, fn);
	change(self, choose(self));
	__builtin_unreachable();
}

/* ---- waiting ---- */

static void unlink(struct task *task)
{
	struct task **at = &task->waits_in->first;

	while (*at != task)
		at = &(*at)->wait_next;
	*at = task->wait_next;
	task->waits_in = NULL;
}

static void link(struct task *task, struct wait_queue *queue, struct task **at)
{
	task->waits_in = queue;
	task->wait_next = *at;
	*at = task;
	if (!task->is_idle)
		task->state = TASK_WAITS;
}

void wait_begin(struct wait_queue *queue)
{
	struct task *self = task_current();
	unsigned long flags = sched_lock();

	if (!self->waits_in)
		link(self, queue, &queue->first);
	sched_unlock(flags);
}

/*
 * An idle task has others run, or its CPU sleep. Whoever wakes it takes it out of its queue, which is looked
 * at with interrupts off: the call of another CPU comes either before that, or ends the sleep.
 */
static void idle(const struct task *self, bool waits)
{
	local_irq_disable();
	this_cpu_write(sleeps, 1);
	smp_mb(); /* with wake_a_cpu() and wake_one() */
	if ((first && !must_idle()) || (waits && !self->waits_in) || must_look()) {
		this_cpu_write(sleeps, 0);
		local_irq_enable();
		reschedule(true);
	} else {
		safe_halt();
		this_cpu_write(sleeps, 0);
	}
}

void sched_idle(void)
{
	idle(task_current(), false);
}

void wait_sleep(void)
{
	const struct task *self = task_current();

	if (self->is_idle)
		idle(self, true);
	else
		reschedule(false);
}

void wait_end(void)
{
	struct task *self = task_current();
	unsigned long flags = sched_lock();

	if (self->waits_in)
		unlink(self);
	self->state = TASK_READY;
	sched_unlock(flags);
}

void wake_task_locked(struct task *task)
{
	if (task->waits_in)
		unlink(task);
	if (task->is_idle)
		call_cpu((unsigned)(task - idle_tasks));
	else if (task->state == TASK_WAITS)
		make_ready(task);
}

void wake_locked(struct wait_queue *queue)
{
	while (queue->first)
		wake_task_locked(queue->first);
}

void wake(struct wait_queue *queue)
{
	spin_lock_irq(&lock);
	wake_locked(queue);
	spin_unlock_irq(&lock);
}

void wake_task(struct task *task)
{
	unsigned long flags = sched_lock();

	wake_task_locked(task);
	sched_unlock(flags);
}

static void sleep_until(struct task *self, uint64_t ns)
{
	struct task **at = &sleepers.first;
	unsigned long flags = sched_lock();

	self->wake_at = ns;
	while (*at && (*at)->wake_at <= ns)
		at = &(*at)->wait_next;
	link(self, &sleepers, at);
	sched_unlock(flags);
}

void sched_sleep(uint64_t ns)
{
	struct task *self = task_current();
	const uint64_t until = timer_ns() + ns;

	if (self->is_idle)
		sched_yield(); /* however short it is, others run */
	while (timer_ns() < until && !self->killed) {
		if (!self->is_idle)
			sleep_until(self, until);
		if (self->is_idle && !timer_present())
			sched_yield();
		else if (!self->killed) /* looked at while it is among the sleepers */
			wait_sleep();
		wait_end();
	}
}

/* ---- interrupts ---- */

/* Of each CPU, at each of its ticks. */
static void tick(uint32_t ms)
{
	const struct task *self = task_current();
	const uint32_t rest = this_cpu_read(slice);

	if (sleepers.first)
		wake_sleepers();
	this_cpu_write(slice, rest > ms ? rest - ms : 0);
	if (self && !self->is_idle && ((rest <= ms && first) || self->killed || must_idle()))
		this_cpu_write(trap_attention, 1);
}

/* Text that may be another one, or gone, when a task goes on there. */
static bool may_change(uint32_t address)
{
	extern const uint8_t _image[], _etext_all[];
	const bool is_kernels = address - (uint32_t)_image < (uint32_t)(_etext_all - _image);

	return pv_amid_site(address) || pv_in_backend(address) ||
	       (!is_kernels && pv_is_text(address));
}

static bool is_amid(const struct regs *regs)
{
	return CONFIG_PARAVIRT && gather_goes_on_inside(may_change, regs);
}

/*
 * In the kernel's own code: see above. One that is stepped through is just being gathered. One that is to end
 * does so when it leaves the kernel: to look at its frames at each tick would keep a slow CPU from coming there.
 */
static void preempt(struct regs *regs)
{
	const struct task *self = task_current();
	unsigned long flags;
	bool is_due;

	if (!self || self->is_idle)
		return;
	is_due = !self->killed || (first && !this_cpu_read(slice)) || must_idle();
	if (!is_due || this_cpu_read(preempt_off) || !(regs->eflags & X86_EFLAGS_IF) ||
	    regs->eflags & EFLAGS_TF || is_amid(regs))
		return;
	this_cpu_write(trap_attention, 0);
	flags = sched_lock();
	change_locked(true);
	sched_unlock(flags);
}

void sched_init_cpu(void)
{
	const unsigned cpu = smp_processor_id();
	struct task *idle = &idle_tasks[cpu];

	idle->is_idle = idle->runs = true;
	strlcpy(idle->name, "idle", sizeof(idle->name));
	this_cpu_write(current, idle);
}

void sched_init(void)
{
	sched_init_cpu();
	irq_preempt = preempt;
	timer_slice = tick;
	smp_idle = sched_idle;
	turn_yield = sched_yield;
}
