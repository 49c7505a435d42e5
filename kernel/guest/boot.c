// SPDX-License-Identifier: MIT
/*
 * Guests whose images the boot loader has handed over: each runs in a thread of its own, until it ends; a line and an event
 * `guest` say how, and the result `guests` of the suite `boot` whether all passed. A boot module that is no
 * program, and no object, is one; what follows its name is its command line.
 */
#include "kernel/guest/boot.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/panic.h"
#include "host/run.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/multiboot.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/guest/images.h"
#include "kernel/task/task.h"
#include "lib/crc32.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"

static struct one {
	struct guest *guest; /* NULL: none */
	struct task *task;
	const char *name;
	guest_listen_fn *listen; /* NULL: its lines, and ours about it, are the log's */
	uint64_t began, ns;
	volatile bool stop, over;
} guests[GUESTS_MAX];

/* Where a person waits for this CPU's idle task, which runs when nobody else does: so long is a guest's turn. */
#define TURN_TICKS 10
#define REST_NS    1000000u

static bool takes_turns;
static volatile uint32_t turn_began;

static bool turn_is_over(void)
{
	return timer_ticks - turn_began >= TURN_TICKS;
}

static void rest(void)
{
	sched_sleep(REST_NS);
	turn_began = timer_ticks;
}

static void live(void *arg)
{
	struct one *one = arg;
	enum guest_state state;

	while ((state = guest_run(one->guest)) != GUEST_ENDED) {
		const uint64_t now = timer_ns();

		if (options.guest_seconds &&
		    now - one->began > options.guest_seconds * 1000000000ull)
			guest_end(one->guest, "its %u s are over", options.guest_seconds);
		if (one->stop)
			guest_end(one->guest, "it was stopped");
		if (state == GUEST_SLEEPS && one->guest->wake_at > now)
			sched_sleep(one->guest->wake_at - now);
		else if (takes_turns && turn_is_over())
			rest();
	}
	one->ns = timer_ns() - one->began;
	one->over = true;
}

static void tell_begin(unsigned number, const struct guest_order *order)
{
	pr_info("guest %u: %s, %u MiB: %s\n", number, boot_info.module_name[order->module],
		options.guest_memory, order->cmdline);
	pr_info("guest %u: its file has %u bytes, CRC-32 %08x\n", number,
		(unsigned)boot_module_size(order->module),
		crc32(boot_module_file(order->module), boot_module_size(order->module)));
}

static const char *start(struct one *one, unsigned number, const struct guest_order *order)
{
	const char *why = guest_make(&one->guest, number, boot_module_file(order->module),
				     boot_module_size(order->module), options.guest_memory << 20,
				     !order->open, order->cmdline);

	if (why)
		return why;
	one->name = boot_info.module_name[order->module];
	one->listen = order->listen;
	one->stop = one->over = false;
	if (!order->listen)
		tell_begin(number, order);
	one->began = timer_ns();
	one->task = task_start("guest", live, one);
	if (one->task)
		return NULL;
	guest_destroy(one->guest);
	one->guest = NULL;
	return "no memory for its thread";
}

static void tell_end(const struct one *one)
{
	const struct guest *guest = one->guest;
	const struct guest_counts *c = &guest->counts;

	pr_info("guest %u: ended: %s\n", guest->number, guest->why);
	pr_info("guest %u: entered %u times in %u ms: %u for interrupts of the machine, %u hypercalls, "
		"%u instructions, %u page faults\n",
		guest->number, (unsigned)c->entries, (unsigned)div_u64(one->ns, 1000000),
		(unsigned)c->machine, (unsigned)c->hypercalls, (unsigned)c->privileged,
		(unsigned)c->faults);
	pr_info("guest %u: got %u interrupts and %u exceptions\n", guest->number,
		(unsigned)c->injected, (unsigned)c->reflected);
}

static void tell(const struct one *one)
{
	const struct guest *guest = one->guest;
	const struct guest_counts *c = &guest->counts;

	if (!one->listen)
		tell_end(one);
	event_begin("guest");
	event_number("number", guest->number);
	event_text("result", guest->why);
	event_number("entries", c->entries);
	event_number("traps", c->privileged + c->faults);
	event_number("hypercalls", c->hypercalls);
	event_number("injected", c->injected);
	event_number("reflected", c->reflected);
	event_number("refused", c->refused);
	event_number("ns", one->ns);
	event_end();
}

static bool passed(const struct guest *guest)
{
	return guest->status == MACHINE_PASSED;
}

static void told(const struct guest *guest, const char *line, size_t n)
{
	event_pass_on(guest->number, line, n);
}

static struct one *of_number(unsigned number)
{
	return number - 1 < GUESTS_MAX && guests[number - 1].guest ? &guests[number - 1] : NULL;
}

static bool heard(const struct guest *guest, const char *line, size_t n)
{
	const struct one *one = of_number(guest->number);

	return one && one->guest == guest && one->listen && one->listen(line, n);
}

/* What an option of ours says of all of them. */
static bool text_is_open(void)
{
	return strcmp(options.guest_text, "open") == 0;
}

/* ---- one by one ---- */

const char *guest_start_as(const struct guest_order *order, unsigned *number)
{
	for (*number = 1; of_number(*number);)
		++*number;
	if (*number > GUESTS_MAX)
		return "there are too many";
	takes_turns = true;
	guest_turn_is_over = turn_is_over;
	return start(&guests[*number - 1], *number, order);
}

const char *guest_start(const char *name, const char *cmdline, unsigned *number)
{
	struct guest_order order = {.cmdline = cmdline, .open = text_is_open()};

	while (order.module < boot_info.modules &&
	       (!guest_image(order.module) ||
		(name && strcmp(boot_info.module_name[order.module], name))))
		order.module++;
	if (order.module == boot_info.modules)
		return "no boot module of this name is an image";
	if (!cmdline)
		order.cmdline = boot_info.module_args[order.module];
	return guest_start_as(&order, number);
}

const char *guest_name(unsigned number)
{
	const struct one *one = of_number(number);

	return one ? one->name : NULL;
}

bool guest_is_over(unsigned number)
{
	const struct one *one = of_number(number);

	return !one || one->over;
}

const char *guest_why(unsigned number)
{
	return of_number(number)->guest->why;
}

void guest_stop(unsigned number)
{
	struct one *one = of_number(number);

	if (one)
		one->stop = true;
}

bool guest_bury(unsigned number)
{
	struct one *one = of_number(number);
	bool good;

	task_join(one->task, NULL);
	tell(one);
	good = passed(one->guest);
	guest_destroy(one->guest);
	one->guest = NULL;
	return good;
}

void guest_each_image(void (*each)(const char *name, void *arg), void *arg)
{
	for (unsigned i = 0; i < boot_info.modules; i++)
		if (guest_image(i))
			each(boot_info.module_name[i], arg);
}

static void guests_boot(void)
{
	unsigned n = 0, bad = 0;
	const char *why = NULL;

	guest_told = told;
	guest_heard = heard;
	if (options.shell[0]) /* who asks for one gets it there */
		return;
	for (unsigned i = 0; i < boot_info.modules; i++) {
		const struct guest_order order = {
			.module = i, .cmdline = boot_info.module_args[i], .open = text_is_open()};

		if (!guest_image(i))
			continue;
		why = n == GUESTS_MAX ? "there are too many" : start(&guests[n], n + 1, &order);
		if (why)
			pr_err("guest %s: refused: %s\n", boot_info.module_name[i], why);
		bad += why != NULL;
		n += why == NULL;
	}
	for (unsigned i = 0; i < n; i++) {
		task_join(guests[i].task, NULL);
		tell(&guests[i]);
		bad += !passed(guests[i].guest);
		guest_destroy(guests[i].guest);
	}
	if (n + bad)
		result_boot("guests", bad ? "a guest was refused, or did not pass" : NULL);
}
RUN(RUN_JUDGE, "guest-memory", guests_boot);
