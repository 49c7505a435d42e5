// SPDX-License-Identifier: MIT
/*
 * What the bytes at a site cost on this CPU, in cycles of the time stamp counter: the forms that a
 * paravirt site, an alternative, a lock prefix and a selector can have, beside what one would write
 * without patching, in one run. Each form is a loop of LOOPS rounds with SITES
 * copies of it; a batch is timed between two RDTSC that wait for what was before them, and the
 * forms take turns batch by batch. From each batch the median of the empty loop's is taken away.
 *
 *	cycles [build/bench/cycles.json]
 *
 * `cli` faults in user mode; `cld` stands for it: one byte, no operands, a flag. Callees are a bare
 * `ret`. The indirect calls "in turn" and "mixed" take their targets from a table; "mixed" is in
 * random order, which no predictor knows. What reading the table costs is taken away as well.
 *
 * The counter's rate is the CPU's nominal one: a CPU that runs faster spends fewer of its ticks.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 2001
#define LOOPS   16
#define SITES   64 /* a loop's body: enough that the loop itself hides next to nothing */
#define TARGETS 64
#define ORDER   (1u << 16) /* calls until a walk begins anew; more than a predictor remembers */

/* In a program of 64 bits they are the same bytes, but for what walks over a table. */
#ifdef __x86_64__
#define AX      "rax"
#define SP      "rsp"
#define AT(var) #var "(%%rip)"
#define POINTER "8"
#else
#define AX      "eax"
#define SP      "esp"
#define AT(var) #var
#define POINTER "4"
#endif

#define TEXT(x)  TEXT_(x)
#define TEXT_(x) #x

typedef void body_fn(void);

void cycles_callee(void), cycles_callees(void), cycles_thunk(void);
void *cycles_slot = (void *)cycles_callee;
unsigned cycles_flag = 1; /* the CPU has it */
uint8_t cycles_counters[SITES * 64] __attribute__((aligned(64)));
uint8_t cycles_from[4096] __attribute__((aligned(64))),
	cycles_to[4096] __attribute__((aligned(64)));

/*
 * TARGETS functions of 16 bytes each, all a ret; and what a call by eax goes through where a guess
 * of its target must not be followed: the return address is guessed, and that is a loop.
 */
asm(".pushsection .text\n"
    "	.globl cycles_thunk\n"
    "cycles_thunk:\n"
    "	call 2f\n"
    "1:	pause\n"
    "	lfence\n"
    "	jmp 1b\n"
    "2:	mov %" AX ", (%" SP ")\n"
    "	ret\n"
    "	.p2align 4\n"
    "	.globl cycles_callee\n"
    "cycles_callee:\n"
    "	ret\n"
    "	.p2align 3\n"
    "cycles_plain:\n"
    "	jmp *cycles_slot\n"
    "	.p2align 4\n"
    "	.globl cycles_callees\n"
    "cycles_callees:\n"
    "	.rept " TEXT(TARGETS) "\n"
			      "	.p2align 4\n"
			      "	ret\n"
			      "	.endr\n"
			      ".popsection\n"
			      "	.set counter, 0\n");

/* One loop; `site` is an assembler string. */
#define BODY(name, site)                                                         \
	static __attribute__((noinline)) void name(void)                         \
	{                                                                        \
		unsigned n = LOOPS;                                              \
		asm volatile(".p2align 6\n"                                      \
			     "1:	.rept " TEXT(SITES) "\n" site "	.endr\n" \
							    "	dec %0\n"          \
							    "	jnz 1b\n"          \
			     : "+r"(n)                                           \
			     :                                                   \
			     : AX, "ecx", "edx", "esi", "edi", "memory", "cc");  \
	}

#define NOP5 "	.byte 0x0f, 0x1f, 0x44, 0, 0\n"

#define LEAD(n) "	.fill " #n ", 1, 0x3e\n"

BODY(empty, "")
BODY(nop6, "	.byte 0x66, 0x0f, 0x1f, 0x44, 0, 0\n")
BODY(one_nop5, "	cld\n" NOP5)
BODY(one, "	cld\n")
BODY(one_led, LEAD(5) "	cld\n")
BODY(flags_led, LEAD(4) "	pushf\n	pop %%" AX "\n")
BODY(found_led, LEAD(4) "	cld\n")
BODY(flags, "	pushf\n	pop %%" AX "\n	.byte 0x0f, 0x1f, 0x40, 0\n")
BODY(call6, "	.byte 0x2e\n	call cycles_callee\n")
BODY(found_one, "	cld\n	.byte 0x0f, 0x1f, 0x40, 0\n")
BODY(found_call, "	call cycles_callee\n")
BODY(found_linked, "	call cycles_plain\n")
BODY(call5_nop, "	call cycles_callee\n	nop\n")
BODY(indirect, "	call *" AT(cycles_slot) "\n")
BODY(through_register, "	mov $cycles_callee, %%eax\n	call *%%" AX "\n")
BODY(retpoline, "	mov " AT(cycles_slot) ", %%" AX "\n	call cycles_thunk\n")
BODY(branch_nop, NOP5)
BODY(branch_jmp, "	jmp 9f\n	nop\n9:\n")
BODY(branch_if, "	cmpl $0, " AT(cycles_flag) "\n	je 9f\n9:\n")
BODY(if_call, "	cmpl $0, " AT(cycles_flag) "\n"
					   "	je 8f\n"
					   "	call cycles_callee\n"
					   "	jmp 9f\n"
					   "8:	call cycles_callees\n"
					   "9:\n")

/*
 * A counter a site, a cache line each: on a single one every increment waits for the store before
 * it, locked or not.
 */
#define COUNTER "	.set counter, (counter + 64) %% (64 * " TEXT(SITES) ")\n"
#define INCL    "incl " AT(cycles_counters + counter) "\n"
BODY(inc, COUNTER "	" INCL)
BODY(inc_ds, COUNTER "	.byte 0x3e\n	" INCL)
BODY(inc_lock, COUNTER "	lock " INCL)
BODY(inc_if, COUNTER "	cmpl $1, " AT(cycles_flag) "\n"
						   "	ja 8f\n"
						   "	" INCL "	jmp 9f\n"
						   "8:	lock " INCL "9:\n")
BODY(fence, "	mfence\n")
BODY(fence_nop, "	mfence\n	.byte 0x66, 0x90\n")
BODY(fence_lock, "	lock addl $0, (%%" SP ")\n")
BODY(fence_if, "	cmpl $0, " AT(cycles_flag) "\n"
						   "	je 8f\n"
						   "	mfence\n"
						   "	jmp 9f\n"
						   "8:	lock addl $0, (%%" SP ")\n"
						   "9:\n")

#define COPY(n) \
	"	mov $cycles_from, %%esi\n	mov $cycles_to, %%edi\n	mov $" #n ", %%ecx\n"
BODY(bytes_64, COPY(64) "	rep movsb\n")
BODY(words_64, COPY(16) "	rep movsl\n")
BODY(bytes_4096, COPY(4096) "	rep movsb\n")
BODY(words_4096, COPY(1024) "	rep movsl\n")

/* Targets, few or many, in turn or mixed. */
static struct walk {
	unsigned targets;
	bool in_turn;
	unsigned position;
	void *order[ORDER];
} walks[] = {{.targets = 1},
	     {.targets = 2, .in_turn = true},
	     {.targets = 2},
	     {.targets = TARGETS},
	     {.targets = 0}};

/* Variables of which none is in a cache: a line each, walked over in random order. */
static uint8_t cold[ORDER * 64 * 8];

static struct walk *walk;

/* As BODY, but the site finds its target by a pointer that walks over a table. */
#define WALK(name, site)                                                               \
	static __attribute__((noinline)) void name(void)                               \
	{                                                                              \
		void **next = walk->order + walk->position;                            \
		unsigned n = LOOPS;                                                    \
		asm volatile(".p2align 6\n"                                            \
			     "1:	.rept " TEXT(SITES) "\n" site "	add $" POINTER \
							    ", %1\n	.endr\n"           \
							    "	dec %0\n"                \
							    "	jnz 1b\n"                \
			     : "+r"(n), "+r"(next)                                     \
			     :                                                         \
			     : AX, "ecx", "edx", "memory", "cc");                      \
		walk->position = (walk->position + LOOPS * SITES) % ORDER;             \
	}

WALK(walk_empty, "	mov (%1), %%" AX "\n")
WALK(walk_call, "	call *(%1)\n")
WALK(walk_if, "	cmpl $cycles_callees, (%1)\n"
	      "	je 8f\n"
	      "	call cycles_callee\n"
	      "	jmp 9f\n"
	      "8:	call cycles_callees\n"
	      "9:\n")
WALK(walk_cold, "	mov (%1), %%" AX "\n	cmpl $0, (%%" AX ")\n	jne 9f\n9:\n")

static void walk_make(struct walk *w)
{
	for (unsigned i = 0; i < ORDER; i++) {
		unsigned which = (unsigned)rand();

		if (!w->targets) {
			w->order[i] = &cold[which % (sizeof(cold) / 64) * 64];
			continue;
		}
		which = w->in_turn ? i % w->targets : which % w->targets;
		w->order[i] = (uint8_t *)(uintptr_t)cycles_callees + 16 * which;
	}
}

static struct form {
	const char *name, *bytes;
	body_fn *body;
	struct walk *walk;
	double p10, median, p90;
	double batch[BATCHES];
} forms[] = {
#define FORM(name, bytes, body, walk)             \
	{                                         \
		name, bytes, body, walk, 0, 0, 0, \
		{                                 \
			0                         \
		}                                 \
	}
	FORM("empty loop", "", empty, NULL),
	FORM("6-byte NOP", "66 0f 1f 44 00 00", nop6, NULL),
	FORM("cld, alone", "fc", one, NULL),
	FORM("cld + 5-byte NOP", "fc 0f 1f 44 00 00", one_nop5, NULL),
	FORM("5 prefixes + cld", "3e 3e 3e 3e 3e fc", one_led, NULL),
	FORM("save_fl + 4-byte NOP", "9c 58 0f 1f 40 00", flags, NULL),
	FORM("4 prefixes + save_fl", "3e 3e 3e 3e 9c 58", flags_led, NULL),
	FORM("direct call", "2e e8 rel32", call6, NULL),
	FORM("direct call + NOP", "e8 rel32 90", call5_nop, NULL),
	FORM("indirect call", "ff 15 slot", indirect, NULL),
	FORM("found: cld + 4-byte NOP", "fc 0f 1f 40 00", found_one, NULL),
	FORM("found: 4 prefixes + cld", "3e 3e 3e 3e fc", found_led, NULL),
	FORM("found: direct call", "e8 rel32", found_call, NULL),
	FORM("found: as linked", "e8 rel32, ff 25 slot", found_linked, NULL),
	FORM("walk over a table", "8b 06", walk_empty, &walks[0]),
	FORM("indirect, 1 target", "ff 16", walk_call, &walks[0]),
	FORM("indirect, 2 in turn", "ff 16", walk_call, &walks[1]),
	FORM("indirect, 2 mixed", "ff 16", walk_call, &walks[2]),
	FORM("indirect, 64 mixed", "ff 16", walk_call, &walks[3]),
	FORM("mov + call by register", "b8 imm32 ff d0", through_register, NULL),
	FORM("retpoline", "a1 slot e8 rel32", retpoline, NULL),
	FORM("branch, a 5-byte NOP", "0f 1f 44 00 00", branch_nop, NULL),
	FORM("branch, a jmp", "eb", branch_jmp, NULL),
	FORM("branch, if", "83 3d, 74", branch_if, NULL),
	FORM("branch, if, out of cache", "83 38, 75", walk_cold, &walks[4]),
	FORM("if + direct call", "83 3d, 74, e8, eb", if_call, NULL),
	FORM("if + direct call, mixed", "81 3e, 74, e8, eb", walk_if, &walks[2]),
	FORM("incl", "ff 05", inc, NULL),
	FORM("ds incl", "3e ff 05", inc_ds, NULL),
	FORM("lock incl", "f0 ff 05", inc_lock, NULL),
	FORM("if + incl", "83 3d, 77, ff 05, eb", inc_if, NULL),
	FORM("mfence", "0f ae f0", fence, NULL),
	FORM("mfence + 2-byte NOP", "0f ae f0 66 90", fence_nop, NULL),
	FORM("lock addl", "f0 83 04 24 00", fence_lock, NULL),
	FORM("if + mfence", "83 3d, 74, 0f ae f0", fence_if, NULL),
	FORM("rep movsb, 64 bytes", "f3 a4", bytes_64, NULL),
	FORM("rep movsl, 64 bytes", "f3 a5", words_64, NULL),
	FORM("rep movsb, 4096 bytes", "f3 a4", bytes_4096, NULL),
	FORM("rep movsl, 4096 bytes", "f3 a5", words_4096, NULL),
};
#undef FORM
#define NR_FORMS   (sizeof(forms) / sizeof(forms[0]))
#define EMPTY      0
#define WALK_EMPTY 8

/* The fences let nothing from before be counted, and nothing that follows start early. */
__attribute__((target("sse2"))) static uint64_t ticks(void)
{
	uint32_t low, high;

	asm volatile("mfence\n	lfence\n	rdtsc\n	lfence"
		     : "=a"(low), "=d"(high)
		     :
		     : "memory");
	return (uint64_t)high << 32 | low;
}

static double time_batch(const struct form *form)
{
	uint64_t start = ticks();

	form->body();
	return (double)(ticks() - start) / (LOOPS * SITES);
}

/* Each turn begins with a batch that is not counted: code and targets come into the caches. */
static void measure(void)
{
	for (unsigned i = 0; i < BATCHES; i++)
		for (unsigned f = 0; f < NR_FORMS; f++) {
			walk = forms[f].walk;
			forms[f].body();
			forms[f].batch[i] = time_batch(&forms[f]);
		}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void evaluate(struct form *form, double away)
{
	qsort(form->batch, BATCHES, sizeof(form->batch[0]), by_value);
	form->p10 = form->batch[BATCHES / 10] - away;
	form->median = form->batch[BATCHES / 2] - away;
	form->p90 = form->batch[BATCHES - BATCHES / 10] - away;
}

static void evaluate_all(void)
{
	evaluate(&forms[EMPTY], 0);
	evaluate(&forms[WALK_EMPTY], 0);
	for (unsigned f = 0; f < NR_FORMS; f++)
		if (f != EMPTY && f != WALK_EMPTY)
			evaluate(&forms[f], forms[forms[f].walk ? WALK_EMPTY : EMPTY].median);
}

/* The value of a line of /proc/cpuinfo, without its end; "unknown" when there is none. */
static void cpuinfo(const char *key, char *value, size_t size)
{
	FILE *in = fopen("/proc/cpuinfo", "r");
	char line[2048];

	snprintf(value, size, "unknown");
	while (in && fgets(line, sizeof(line), in)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", colon + 2);
		break;
	}
	if (in)
		fclose(in);
}

static void print_table(const char *cpu, bool virtual_machine)
{
	printf("\nCycles (of the time stamp counter) a site on %s, empty loop taken away\n", cpu);
	if (virtual_machine)
		printf("Warning: a virtual machine: others share the CPU, so look at the spread.\n");
	printf("%-26s  %-20s %8s %8s %8s\n", "form", "bytes", "median", "p10", "p90");
	for (unsigned f = 0; f < NR_FORMS; f++)
		printf("%-26s  %-20s %8.2f %8.2f %8.2f\n", forms[f].name, forms[f].bytes,
		       forms[f].median, forms[f].p10, forms[f].p90);
	printf("incl and its kin: a counter a site, and only one CPU that wants them. if: the "
	       "variable never\nchanges; \"mixed\": nobody can know which way it goes.\n");
}

static int json(const char *path, const char *cpu, bool virtual_machine)
{
	FILE *out = fopen(path, "w");

	if (!out) {
		perror(path);
		return 1;
	}
	fprintf(out, "{\"cpu\": \"%s\", \"virtual\": %s, \"batches\": %d, \"forms\": [", cpu,
		virtual_machine ? "true" : "false", BATCHES);
	for (unsigned f = 0; f < NR_FORMS; f++)
		fprintf(out,
			"%s\n{\"form\": \"%s\", \"bytes\": \"%s\", \"median\": %.3f, \"p10\": %.3f, "
			"\"p90\": %.3f}",
			f ? "," : "", forms[f].name, forms[f].bytes, forms[f].median, forms[f].p10,
			forms[f].p90);
	fprintf(out, "\n]}\n");
	if (fclose(out)) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char cpu[128], flags[2048];
	bool virtual_machine;

	cpuinfo("model name", cpu, sizeof(cpu));
	cpuinfo("flags", flags, sizeof(flags));
	virtual_machine = strstr(flags, " hypervisor");
	for (unsigned i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_make(&walks[i]);
	measure();
	evaluate_all();
	print_table(cpu, virtual_machine);
	return argc > 1 ? json(argv[1], cpu, virtual_machine) : 0;
}
