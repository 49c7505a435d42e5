// SPDX-License-Identifier: MIT
/*
 * bench-work on the command line: the workloads of tests/user/work.c, one after the other, on a CPU that has
 * no ticks meanwhile, but for the one that counts them; with bench-relink again, with the ops' sites as linked, and
 * patched again. As events:
 *
 *	sample	workload, text, loops, tsc, beside, khz	khz: a millisecond of the TSC; 0: not known
 *	sample	also, in a guest, entries: how often its host let it go on meanwhile
 *	called	workload, op, calls, loops	with the back end trace: between two such samples
 *
 * Under QEMU's -icount shift=0 the TSC counts executed instructions exactly. The program gets a file more than
 * others, by which it tells where samples begin and end.
 */
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/user_copy.h"
#include "arch/x86/trap/irq.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/live/relink.h"
#include "kernel/task/program.h"
#include "kernel/task/workload.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/patch.h"

#define SAMPLES 5u

/* Loops of a sample: some milliseconds of an emulator's. */
static const struct workload {
	const char *name;
	uint32_t loops;
	bool ticks;
} workloads[] = {
	{"empty", 1, false},          {"null_call", 1000, false},   {"null_read", 1000, false},
	{"null_write", 1000, false},  {"ctx_2p_0k", 200, false},    {"ctx_8p_16k", 50, false},
	{"pipe_latency", 200, false}, {"pipe_bandwidth", 4, false}, {"page_fault", 256, false},
	{"timer_interrupt", 5, true}, {"fork", 20, false},          {"exec", 20, false},
	{"shell", 10, false},         {"unix_latency", 200, false}, {"unix_bandwidth", 4, false},
	{"mixture", 4, false},
};

static const struct workload *measured;
static const char *text_is;
static uint32_t entries;            /* when the sample began */
static uint64_t calls[PV_NR_TYPES]; /* when the sample began; then, since it did */

/* Only where ops are counted. */
static bool counts_calls(void)
{
	return CONFIG_PARAVIRT && !strcmp(pv_backend_current()->name, "trace");
}

static void begin_calls(void)
{
	if (counts_calls())
		memcpy(calls, pv_trace_counts, sizeof(calls));
}

static void call_event(unsigned type, uint32_t loops)
{
	event_begin("called");
	event_text("workload", measured->name);
	event_text("op", pv_op_name(type));
	event_number("calls", calls[type]);
	event_number("loops", loops);
	event_end();
}

/* All counts are read before the first event: that calls ops, too. */
static void end_calls(uint32_t loops)
{
	if (!counts_calls())
		return;
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		calls[type] = pv_trace_counts[type] - calls[type];
	for (unsigned type = 0; type < PV_NR_TYPES; type++)
		if (calls[type])
			call_event(type, loops);
}

static void sample_event(const struct workload_sample *sample)
{
	event_begin("sample");
	event_text("workload", measured->name);
	event_text("text", text_is);
	event_number("loops", sample->loops);
	event_number("tsc", sample->tsc);
	event_number("beside", sample->beside);
	event_number("khz", timer_tsc_khz());
	if (guest_is())
		event_number("entries", guest_entries() - entries);
	event_end();
}

/* A byte: here one begins. */
static int write_sample(struct file *file, uint32_t from, uint32_t n)
{
	struct workload_sample sample;

	(void)file;
	if (n == sizeof(sample)) {
		if (!copy_from_user(&sample, from, sizeof(sample)))
			return -ABI_EFAULT;
		end_calls(sample.loops);
		sample_event(&sample);
	}
	entries = guest_entries();
	begin_calls();
	return (int)n;
}

static const struct file_kind samples_kind = {.write = write_sample};

static const char *run(const struct workload *workload)
{
	struct arguments arguments = {0};
	struct file *file = file_make(&samples_kind, NULL);
	struct task *task;
	char loops[16], samples[16];
	const char *why;

	snprintf(loops, sizeof(loops), "%u", workload->loops);
	snprintf(samples, sizeof(samples), "%u", SAMPLES);
	arguments_add(&arguments, "work");
	arguments_add(&arguments, workload->name);
	arguments_add(&arguments, loops);
	arguments_add(&arguments, samples);
	why = file ? program_make("work", &arguments, &task) : "no memory for a file";
	if (why)
		return why;
	if (file_install(&task->files, file) != WORKLOAD_FILE)
		why = "the program's files are not what they should be";
	task_ready(task);
	return task_join(task, NULL) ? "a workload failed" : why;
}

static const char *run_without_ticks(const struct workload *workload)
{
	irq_handler_fn *tick = irq_set_handler(0, NULL);
	const char *why = run(workload);

	irq_set_handler(0, tick);
	return why;
}

static const char *run_all_of(const char *glob)
{
	const char *why = NULL;

	for (unsigned i = 0; i < sizeof(workloads) / sizeof(workloads[0]) && !why; i++) {
		if (!glob_match(glob, workloads[i].name))
			continue;
		measured = &workloads[i];
		why = measured->ticks ? run(measured) : run_without_ticks(measured);
	}
	return why;
}

/* With the sites so; `text` is the event's word for it. */
static const char *run_again(bool linked, const char *text)
{
	const char *why = sites_relink(linked);

	text_is = text;
	return why ? why : run_all_of(options.bench_work);
}

static const char *measure(void)
{
	const char *why;

	if (!cpu_has(X86_FEATURE_TSC))
		return "the CPU has no TSC to measure with";
	text_is = "boot";
	why = run_all_of(options.bench_work);
	if (!why && options.bench_relink)
		why = run_again(true, "linked");
	if (!why && options.bench_relink)
		why = run_again(false, "patched");
	tasks_trim();
	return why;
}

static void bench_work(void)
{
	if (options.bench_work[0])
		result_boot("bench-work", measure());
}
RUN(RUN_MEASURE, "bench-work", bench_work);
