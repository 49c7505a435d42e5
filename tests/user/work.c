// SPDX-License-Identifier: MIT
/*
 * The workloads: each as in lmbench, by this program.
 *
 *	work NAME LOOPS SAMPLES
 *
 * One sample more than asked for is taken and thrown away, so that caches are warm and pages are there.
 * 255: something failed.
 */
#include "tests/user/work.h"

#define CHUNK (64 * 1024)
#define PAGE  4096
#define RING  8 /* processes of a context switch at most */

static uint8_t chunk[CHUNK];
static uint32_t loops, samples;

static _Noreturn void fail(const char *what)
{
	say("work: ");
	say(what);
	say(" failed\n");
	exit(255);
}

/* Call it for a warm-up, and then for each sample. */
static void sample(void (*run)(uint32_t n), uint32_t per_loop)
{
	run(loops);
	for (uint32_t i = 0; i < samples; i++) {
		uint64_t start = begin_sample();

		run(loops);
		end_sample(loops * per_loop, now() - start, 0);
	}
}

static void end_child(void)
{
	int status;

	if (wait(&status) < 0 || status)
		fail("a child");
}

/* ---- calls ---- */

static int device;

static void run_null_call(uint32_t n)
{
	while (n--)
		null_call();
}

static void run_read(uint32_t n)
{
	char byte;

	while (n--)
		if (read(device, &byte, 1) != 1)
			fail("read");
}

static void run_write(uint32_t n)
{
	while (n--)
		if (write(device, "x", 1) != 1)
			fail("write");
}

static void null_call_(void)
{
	sample(run_null_call, 1);
}

static void null_read(void)
{
	device = open("zero");
	sample(run_read, 1);
}

static void null_write(void)
{
	device = open("null");
	sample(run_write, 1);
}

/* The samples' own cost. */
static void run_nothing(uint32_t n)
{
	(void)n;
}

static void empty(void)
{
	sample(run_nothing, 1);
}

/* ---- a token in a ring of pipes: lat_ctx ---- */

static int ring[RING][2];
static unsigned processes, kilobytes;
static volatile uint32_t array[16 * 1024 / 4];

static void work_on_array(void)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < kilobytes * 1024 / 4; i++)
		sum += array[i];
	array[0] = sum;
}

static void pass_on(int from, int to)
{
	char token;

	if (read(from, &token, 1) != 1)
		exit(0); /* the first one is gone */
	work_on_array();
	if (write(to, &token, 1) != 1)
		exit(0);
}

static void start_ring(void)
{
	for (unsigned i = 0; i < processes; i++)
		if (pipe(ring[i]))
			fail("pipe");
	for (unsigned i = 1; i < processes; i++) {
		if (fork())
			continue;
		for (unsigned j = 0; j < processes; j++) {
			if (j != i - 1)
				close(ring[j][0]);
			if (j != i)
				close(ring[j][1]);
		}
		for (;;)
			pass_on(ring[i - 1][0], ring[i][1]);
	}
	for (unsigned j = 0; j < processes; j++) {
		if (j != processes - 1)
			close(ring[j][0]);
		if (j != 0)
			close(ring[j][1]);
	}
}

static void run_ring(uint32_t n)
{
	while (n--) {
		write(ring[0][1], "t", 1);
		pass_on(ring[processes - 1][0], device);
	}
}

/* The same without anybody else: the token goes to this process itself, once for each process. */
static void run_alone(uint32_t n)
{
	char token;

	for (n *= processes; n--;) {
		write(ring[0][1], "t", 1);
		read(ring[0][0], &token, 1);
		work_on_array();
	}
}

static uint64_t cost_alone(void)
{
	uint64_t least = UINT64_MAX;

	if (pipe(ring[0]))
		fail("pipe");
	for (unsigned i = 0; i < 4; i++) {
		uint64_t start = now(), took;

		run_alone(loops);
		took = now() - start;
		least = took < least ? took : least;
	}
	close(ring[0][0]);
	close(ring[0][1]);
	return least;
}

/* A switch's cost is what a round takes more than the same without switches, as lmbench has it. */
static void context_switch(unsigned n, unsigned kb)
{
	uint64_t alone, start;

	processes = n;
	kilobytes = kb;
	device = open("null");
	alone = cost_alone();
	start_ring();
	run_ring(loops);
	for (uint32_t i = 0; i < samples; i++) {
		start = begin_sample();
		run_ring(loops);
		end_sample(loops * processes, now() - start, alone);
	}
	close(ring[0][1]);
	close(ring[processes - 1][0]);
	for (unsigned i = 1; i < processes; i++)
		end_child();
}

static void ctx_2p_0k(void)
{
	context_switch(2, 0);
}

static void ctx_8p_16k(void)
{
	context_switch(8, 16);
}

/* ---- pipes and sockets: lat_pipe, bw_pipe, lat_unix, bw_unix ---- */

static int out, in;

static void run_latency(uint32_t n)
{
	char byte;

	while (n--)
		if (write(out, "x", 1) != 1 || read(in, &byte, 1) != 1)
			fail("latency");
}

static void echo(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		;
	exit(0);
}

static void run_bandwidth(uint32_t n)
{
	uint32_t left = n * CHUNK;

	write(out, &left, sizeof(left)); /* that much, please */
	while (left) {
		int got = read(in, chunk, sizeof(chunk));

		if (got <= 0)
			fail("bandwidth");
		left -= (uint32_t)got;
	}
}

static void pour(int from, int to)
{
	uint32_t n;

	while (read(from, &n, sizeof(n)) == sizeof(n))
		for (; n; n -= CHUNK)
			write(to, chunk, CHUNK);
	exit(0);
}

/* A child with whom to talk both ways. */
static void start_child(void (*child)(int from, int to), bool by_socket)
{
	int there[2], back[2];

	if (by_socket ? socketpair(there) : pipe(there) || pipe(back))
		fail("pipe");
	if (!fork()) {
		close(there[1]);
		if (by_socket)
			child(there[0], there[0]);
		close(back[0]);
		child(there[0], back[1]);
	}
	close(there[0]);
	out = there[1];
	in = by_socket ? there[1] : back[0];
	if (!by_socket)
		close(back[1]);
}

static void talk(void (*child)(int from, int to), bool by_socket, void (*run)(uint32_t n))
{
	start_child(child, by_socket);
	sample(run, 1);
	close(out);
	end_child();
}

static void pipe_latency(void)
{
	talk(echo, false, run_latency);
}

static void pipe_bandwidth(void)
{
	talk(pour, false, run_bandwidth);
}

static void unix_latency(void)
{
	talk(echo, true, run_latency);
}

static void unix_bandwidth(void)
{
	talk(pour, true, run_bandwidth);
}

/* ---- memory ---- */

static void run_faults(uint32_t n)
{
	volatile uint8_t *page = mmap(n * PAGE, ABI_WRITE);

	if (!page)
		fail("mmap");
	for (uint32_t i = 0; i < n; i++)
		page[i * PAGE] = 1;
	munmap((void *)page, n * PAGE);
}

static void page_fault(void)
{
	sample(run_faults, 1);
}

/* ---- ticks ---- */

/*
 * Reads the clock as fast as it can. What one reading lasts longer than the shortest, by far, is what was
 * done in an interrupt.
 */
static uint64_t gaps(uint32_t n)
{
	uint64_t least = UINT64_MAX, sum = 0, last = now();

	for (uint32_t i = 0; i < 1000; i++) {
		uint64_t at = now();

		if (at - last < least)
			least = at - last;
		last = at;
	}
	for (last = now(); n;) {
		uint64_t at = now(), took = at - last;

		last = at;
		if (took < 50 + 10 * least)
			continue;
		sum += took - least;
		n--;
	}
	return sum;
}

static void timer_interrupt(void)
{
	gaps(2);
	for (uint32_t i = 0; i < samples; i++) {
		begin_sample();
		end_sample(loops, gaps(loops), 0);
	}
}

/* ---- processes: lat_proc ---- */

static char *const true_arguments[] = {"true", NULL};
static char *const shell_arguments[] = {"sh", "true", NULL};

static void run_fork(uint32_t n)
{
	while (n--) {
		if (!fork())
			exit(0);
		end_child();
	}
}

static void run_exec(uint32_t n)
{
	while (n--) {
		if (!fork()) {
			exec("true", true_arguments);
			exit(255);
		}
		end_child();
	}
}

static void run_shell(uint32_t n)
{
	while (n--) {
		if (!fork()) {
			exec("sh", shell_arguments);
			exit(255);
		}
		end_child();
	}
}

static void fork_(void)
{
	sample(run_fork, 1);
}

static void exec_(void)
{
	sample(run_exec, 1);
}

static void shell(void)
{
	sample(run_shell, 1);
}

/* ---- a mixture, in place of a kernel's compilation ---- */

#define SOURCE (16 * 1024)
#define STAGES 3

/*
 * Read all, work on it, write it: stands for a compiler's stage. Its working memory is new, and so costs
 * page faults.
 */
static _Noreturn void stage(int from, int to)
{
	uint8_t *memory = mmap(SOURCE, ABI_WRITE);
	uint32_t filled = 0, sum = 0;
	int got;

	while (filled < SOURCE && (got = read(from, memory + filled, SOURCE - filled)) > 0)
		filled += (uint32_t)got;
	for (uint32_t i = 0; i < filled; i++) {
		sum = (sum << 5 | sum >> 27) + memory[i];
		memory[i] = (uint8_t)sum;
	}
	write(to, memory, filled);
	exit(0);
}

/* A source goes through three stages, each a program of its own. */
static void compile(void)
{
	int ends[STAGES + 1][2];

	for (unsigned i = 0; i <= STAGES; i++)
		if (pipe(ends[i]))
			fail("pipe");
	for (unsigned i = 0; i < STAGES; i++) {
		static char *const arguments[] = {"work", "stage", NULL};

		if (fork())
			continue;
		dup(ends[i][0], 0);
		dup(ends[i + 1][1], 1);
		for (unsigned j = 0; j <= STAGES; j++)
			close(ends[j][0]), close(ends[j][1]);
		exec("work", arguments);
		exit(255);
	}
	for (unsigned i = 0; i <= STAGES; i++) {
		if (i != STAGES)
			close(ends[i][0]);
		if (i)
			close(ends[i][1]);
	}
	write(ends[0][1], chunk, SOURCE);
	close(ends[0][1]);
	for (uint32_t got = 0; got < SOURCE;) {
		int n = read(ends[STAGES][0], chunk, SOURCE - got);

		if (n <= 0)
			fail("the mixture");
		got += (uint32_t)n;
	}
	close(ends[STAGES][0]);
	for (unsigned i = 0; i < STAGES; i++)
		end_child();
}

static void run_mixture(uint32_t n)
{
	while (n--)
		compile();
}

static void mixture(void)
{
	sample(run_mixture, 1);
}

static const struct {
	const char *name;
	void (*run)(void);
} workloads[] = {
	{"empty", empty},
	{"null_call", null_call_},
	{"null_read", null_read},
	{"null_write", null_write},
	{"ctx_2p_0k", ctx_2p_0k},
	{"ctx_8p_16k", ctx_8p_16k},
	{"pipe_latency", pipe_latency},
	{"pipe_bandwidth", pipe_bandwidth},
	{"page_fault", page_fault},
	{"timer_interrupt", timer_interrupt},
	{"fork", fork_},
	{"exec", exec_},
	{"shell", shell},
	{"unix_latency", unix_latency},
	{"unix_bandwidth", unix_bandwidth},
	{"mixture", mixture},
};

int main(int argc, char **argv)
{
	if (argc == 2 && same(argv[1], "stage"))
		stage(0, 1);
	if (argc != 4)
		return 255;
	loops = number(argv[2]);
	samples = number(argv[3]);
	for (unsigned i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++)
		if (same(workloads[i].name, argv[1])) {
			workloads[i].run();
			return 0;
		}
	return 255;
}
