// SPDX-License-Identifier: MIT
/*
 * The litmus tests as a program of the build machine: on its own CPUs, under Linux. Threads run
 * through the sites, exceptions come as signals, and membarrier() synchronizes: an interrupt to
 * all CPUs that run a thread of this process, and whoever returns from it has serialized
 * (MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, Linux 4.16).
 *
 *	native [CHANGES [EVENTS]]	status 0: the protocol holds, 1: not, 77: it cannot be run here
 */
#define _GNU_SOURCE
#include "tests/litmus/native.h"
#include "kernel/base/event.h"
#include "kernel/litmus/report.h"
#include <cpuid.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED 77

static int cpus[LITMUS_CPUS_MAX + 1];
static unsigned nr_cpus;

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

static void find_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && nr_cpus <= LITMUS_CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[nr_cpus++] = cpu;
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		litmus_die("sched_setaffinity fails", (unsigned)cpu);
}

static const char *lacking(void)
{
	find_cpus();
	if (nr_cpus < 2)
		return "this takes two CPUs, and there is one for this process";
	if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE))
		return "this takes membarrier()'s SYNC_CORE, which this system lacks";
	return NULL;
}

const char *litmus_begin(struct litmus_memory *out)
{
	int file = memfd_create("litmus", 0);
	void *code, *data;

	if (file < 0 || ftruncate(file, LITMUS_SIZE))
		return "no memory by memfd_create()";
	data = mmap(NULL, LITMUS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	code = mmap(NULL, LITMUS_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
	close(file);
	if (data == MAP_FAILED || code == MAP_FAILED)
		return "this takes memory that is writable here and executable there";
	*out = (struct litmus_memory){code, data};
	litmus_build(data);
	return NULL;
}

/* ---- threads ---- */

static pthread_t threads[LITMUS_CPUS_MAX];
static void (*runner)(unsigned i);

unsigned litmus_runners(void)
{
	return nr_cpus - 1;
}

static void *thread(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;

	run_on(cpus[i + 1]);
	runner(i);
	return NULL;
}

void litmus_start(void (*fn)(unsigned i))
{
	runner = fn;
	for (unsigned i = 0; i < litmus_runners(); i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)(uintptr_t)i))
			litmus_die("pthread_create fails", i);
}

void litmus_join(void)
{
	for (unsigned i = 0; i < litmus_runners(); i++)
		pthread_join(threads[i], NULL);
}

void litmus_synchronize(void)
{
	if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE))
		litmus_die("membarrier fails", 0);
}

uint32_t litmus_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void litmus_relax(void)
{
	__builtin_ia32_pause();
}

_Noreturn void litmus_die(const char *what, unsigned i)
{
	fprintf(stderr, "litmus: %s: %u\n", what, i);
	exit(2);
}

/* ---- the protocol, by its steps: the kernel has pv_commit() ---- */

void litmus_commit_begin(uint8_t *code)
{
	(void)code;
}

const char *litmus_commit(const struct litmus_memory *site, enum litmus_text to)
{
	return litmus_steps(site, to);
}

void litmus_commit_end(void)
{
}

/* ---- */

/* Of its 48 bytes some have blanks in front, some behind. */
const char *litmus_cpu(void)
{
	static unsigned words[13];
	char *name = (char *)words, *end;

	for (unsigned i = 0; i < 3; i++)
		__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2],
			    &words[4 * i + 3]);
	for (end = name + strlen(name); end > name && end[-1] == ' ';)
		*--end = '\0';
	return name + strspn(name, " ");
}

/* As the kernel's first event. */
static void boot_event(uint32_t n)
{
	char arguments[32];

	snprintf(arguments, sizeof(arguments), "litmus=%u", n);
	event_begin("boot");
	event_text("backend", "a program");
	event_number("cpus", nr_cpus);
	event_text("cpu", litmus_cpu());
	event_text("cmdline", arguments);
	event_end();
}

int main(int argc, char **argv)
{
	char *end = "";
	unsigned long n = argc > 1 ? strtoul(argv[1], &end, 10) : 1000;
	const char *why = lacking();

	if (argc > 3 || *end || !n || n > UINT32_MAX || !events_open(argc > 2 ? argv[2] : NULL)) {
		fprintf(stderr, "usage: native [CHANGES [EVENTS]]\n");
		return 2;
	}
	if (why) {
		printf("litmus: skipped: %s\n", why);
		return SKIPPED;
	}
	run_on(cpus[0]);
	signals_init();
	boot_event((uint32_t)n);
	why = litmus_measure((uint32_t)n);
	litmus_summary();
	return why != NULL;
}
