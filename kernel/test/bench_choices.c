// SPDX-License-Identifier: MIT
/*
 * bench on the command line, as bench.c, of what patching is for: a barrier, a copy, a locked
 * increment, a selected call and a branch: events `choice` { what, form, loops, tsc }, for
 * tests/bench/choices.pl. One thing that depends on the machine, or on what is wanted now, written in four ways:
 *
 *	patched		what stands there was decided at boot: pv/alternative.h, pv/smp_locks.h,
 *			pv/select.h; or changes while the kernel runs: pv/jump_label.h,
 *			pv/static_call.h
 *	if		a test of a variable, each time
 *	pointer		a call through a pointer that was set at boot
 *	always		what every machine can run: the old instructions, always the lock
 *
 * Every statement clobbers memory, as the real ones do, so that no test and no load leaves its
 * loop. What pointers point to is assembly without a frame: the call and the return are counted,
 * and nothing that this kernel's frame pointers add. An mfence that is tested for stands in
 * .pv.native, since the build refuses one in .text: a 486 runs that.
 */
#include "arch/x86/cpu/barrier.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/trap/irq.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/run.h"
#include "lib/printk.h"
#include "pv/alternative.h"
#include "pv/jump_label.h"
#include "pv/native.h"
#include "pv/select.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"
#include <stddef.h>

#define LOOPS 4 /* few, since each instruction of theirs is logged, too */
#define ROOM  4096

typedef void(PV_FN barrier_fn)(void);
typedef void(PV_FN increment_fn)(unsigned *counter);
typedef void(PV_FN copy_fn)(void *to, const void *from, size_t n);
typedef int(PV_FN question_fn)(void);

barrier_fn choice_fn_lock_add, choice_fn_mfence;
increment_fn choice_fn_increment, choice_fn_increment_locked;
copy_fn choice_fn_copy_words, choice_fn_copy_bytes;
question_fn choice_fn_no, choice_fn_yes;

#define OLD_BARRIER "lock; addl $0,(%%esp)"
#define WORDS       "mov %%ecx,%%eax; shr $2,%%ecx; rep movsl; mov %%eax,%%ecx; and $3,%%ecx; rep movsb"
#define BYTES       "rep movsb"

asm(".pushsection .text\n"
    "choice_fn_lock_add:\n"
    "	lock; addl $0,(%esp)\n"
    "	ret\n"
    "choice_fn_increment:\n"
    "	incl (%eax)\n"
    "	ret\n"
    "choice_fn_increment_locked:\n"
    "	lock; incl (%eax)\n"
    "	ret\n"
    "choice_fn_copy_words:\n" /* to eax, from edx, n ecx */
    "	push %edi\n"
    "	push %esi\n"
    "	mov %eax,%edi\n"
    "	mov %edx,%esi\n"
    "	mov %ecx,%eax\n"
    "	shr $2,%ecx\n"
    "	rep movsl\n"
    "	mov %eax,%ecx\n"
    "	and $3,%ecx\n"
    "	rep movsb\n"
    "	pop %esi\n"
    "	pop %edi\n"
    "	ret\n"
    "choice_fn_copy_bytes:\n"
    "	push %edi\n"
    "	push %esi\n"
    "	mov %eax,%edi\n"
    "	mov %edx,%esi\n"
    "	rep movsb\n"
    "	pop %esi\n"
    "	pop %edi\n"
    "	ret\n"
    "choice_fn_no:\n"
    "	ret\n"
    "choice_fn_yes:\n"
    "	ret\n"
    ".popsection\n"
    ".pushsection .pv.native, \"ax\"\n"
    "choice_fn_mfence:\n"
    "	mfence\n"
    "	ret\n"
    ".popsection\n");

/* What a kernel without patching decides by. Not static: the compiler has to load it each time. */
struct {
	bool xmm2, erms;
	unsigned cpus;
	barrier_fn *barrier;
	increment_fn *increment;
	copy_fn *copy;
	question_fn *question, *nothing;
	bool wanted, not_wanted;
} choice_by;

static unsigned counter;
static uint8_t from[ROOM], to[ROOM];

/* The loop's own instructions are the same two in all of them. */
#define LOOP(name, statement) LOOP_IN(".text", name, statement)
#define LOOP_IN(in, name, statement)                                                     \
	static void __attribute__((noinline, section(in))) choice_##name(unsigned loops) \
	{                                                                                \
		do {                                                                     \
			statement;                                                       \
		} while (--loops);                                                       \
	}

static inline void old_barrier(void)
{
	asm volatile(OLD_BARRIER : : : "memory", "cc");
}

static inline void new_barrier(void)
{
	asm volatile("mfence" : : : "memory");
}

static inline void if_barrier(void)
{
	if (choice_by.xmm2)
		new_barrier();
	else
		old_barrier();
}

LOOP(empty, asm volatile("" : : : "memory"))
LOOP(barrier_patched, mb())
LOOP_IN(".pv.native", barrier_if, if_barrier())
LOOP(barrier_pointer, choice_by.barrier())
LOOP(barrier_always, old_barrier())

static inline void patched_increment(unsigned *at)
{
	asm volatile(LOCK_PREFIX "incl %0" : "+m"(*at) : : "memory", "cc");
}

static inline void locked_increment(unsigned *at)
{
	asm volatile("lock; incl %0" : "+m"(*at) : : "memory", "cc");
}

static inline void if_increment(unsigned *at)
{
	if (choice_by.cpus > 1)
		locked_increment(at);
	else
		asm volatile("incl %0" : "+m"(*at) : : "memory", "cc");
}

LOOP(increment_patched, patched_increment(&counter))
LOOP(increment_if, if_increment(&counter))
LOOP(increment_pointer, choice_by.increment(&counter))
LOOP(increment_always, locked_increment(&counter))

#define COPY(code)                                                                        \
	do {                                                                              \
		uint8_t *d = to;                                                          \
		const uint8_t *s = from;                                                  \
                                                                                          \
		asm volatile(code : "+D"(d), "+S"(s), "+c"(n) : : "eax", "memory", "cc"); \
	} while (0)

/* The site of arch/x86/cpu/copy.c, without a call to get there. */
static inline void patched_copy(size_t n)
{
	COPY(ALTERNATIVE(WORDS, BYTES, X86_FEATURE_ERMS));
}

static inline void words_copy(size_t n)
{
	COPY(WORDS);
}

static inline void if_copy(size_t n)
{
	if (choice_by.erms)
		COPY(BYTES);
	else
		words_copy(n);
}

LOOP(copy_64_patched, patched_copy(64))
LOOP(copy_64_if, if_copy(64))
LOOP(copy_64_pointer, choice_by.copy(to, from, 64))
LOOP(copy_64_always, words_copy(64))
LOOP(copy_4096_patched, patched_copy(4096))
LOOP(copy_4096_if, if_copy(4096))
LOOP(copy_4096_pointer, choice_by.copy(to, from, 4096))
LOOP(copy_4096_always, words_copy(4096))

static hyp_alternate_select(patched_question, choice_fn_no, choice_fn_yes, X86_FEATURE_XMM2);

/* A direct call that was patched: what the selector is instead of, where nothing is passed on. */
static inline int patched_call(void)
{
	int answer;

	alternative_call(choice_fn_no, choice_fn_yes, X86_FEATURE_XMM2, "=a"(answer),
			 ASM_NO_INPUT_CLOBBER("ecx", "edx", "memory", "cc"));
	return answer;
}

/* The same, which may change again. */
DEFINE_STATIC_CALL(choice_call, choice_fn_no);

LOOP(select_patched, patched_question()())
LOOP(select_if, choice_by.xmm2 ? choice_fn_yes() : choice_fn_no())
LOOP(select_pointer, choice_by.question())
LOOP(select_always, choice_fn_no())
LOOP(select_patched_call, patched_call())
LOOP(select_static_call, static_call(choice_call)())

/* Something that is wanted rarely, and is not now; or is. */
static DEFINE_STATIC_KEY_FALSE(not_wanted);
static DEFINE_STATIC_KEY_TRUE(wanted);

static inline void count_one(void)
{
	asm volatile("incl %0" : "+m"(counter) : : "memory", "cc");
}

LOOP(branch_not_taken_patched, if (static_branch_unlikely(&not_wanted)) count_one())
LOOP(branch_not_taken_if, if (__builtin_expect(choice_by.not_wanted, 0)) count_one())
LOOP(branch_not_taken_pointer, choice_by.nothing())
LOOP(branch_not_taken_always, asm volatile("" : : : "memory"))
LOOP(branch_taken_patched, if (static_branch_unlikely(&wanted)) count_one())
LOOP(branch_taken_if, if (__builtin_expect(choice_by.wanted, 0)) count_one())
LOOP(branch_taken_pointer, choice_by.increment(&counter))
LOOP(branch_taken_always, count_one())

static const struct choice {
	const char *what, *form;
	void (*run)(unsigned loops);
} choices[] = {
#define FORMS(what, name)                                                             \
	{what, "patched", choice_##name##_patched}, {what, "if", choice_##name##_if}, \
		{what, "pointer", choice_##name##_pointer},                           \
	{                                                                             \
		what, "always", choice_##name##_always                                \
	}
	{"nothing", "empty", choice_empty},
	FORMS("barrier", barrier),
	FORMS("locked increment", increment),
	FORMS("copy of 64", copy_64),
	FORMS("copy of 4096", copy_4096),
	FORMS("selected call", select),
	{"selected call", "patched call", choice_select_patched_call},
	{"selected call", "static call", choice_select_static_call},
	FORMS("branch not taken", branch_not_taken),
	FORMS("branch taken", branch_taken),
};

static void decide(void)
{
	choice_by.xmm2 = cpu_has(X86_FEATURE_XMM2);
	choice_by.erms = cpu_has(X86_FEATURE_ERMS);
	choice_by.cpus = 1;
	choice_by.barrier = choice_by.xmm2 ? choice_fn_mfence : choice_fn_lock_add;
	choice_by.increment = choice_by.cpus > 1 ? choice_fn_increment_locked : choice_fn_increment;
	choice_by.copy = choice_by.erms ? choice_fn_copy_bytes : choice_fn_copy_words;
	choice_by.nothing = choice_fn_no;
	choice_by.wanted = true;
	choice_by.question = choice_by.xmm2 ? choice_fn_yes : choice_fn_no;
	static_call_update(choice_call, choice_by.question);
}

static uint64_t time_loops(void (*run)(unsigned loops), unsigned loops)
{
	uint64_t start;

	run(loops); /* once for the caches, and so that an emulator has translated it */
	start = native_read_tsc();
	run(loops);
	return native_read_tsc() - start;
}

/* LOOPS more of them, so that the loop's way in and out is not counted. */
static void bench_choices(void)
{
	irq_handler_fn *tick;

	if (!options.bench || !cpu_has(X86_FEATURE_TSC))
		return;
	decide();
	tick = irq_set_handler(0, NULL);
	for (unsigned i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		const struct choice *choice = &choices[i];
		uint64_t few = time_loops(choice->run, LOOPS);

		event_begin("choice");
		event_text("what", choice->what);
		event_text("form", choice->form);
		event_number("loops", LOOPS);
		event_number("tsc", time_loops(choice->run, 2 * LOOPS) - few);
		event_end();
	}
	irq_set_handler(0, tick);
	pr_info("bench: %u ways to choose: the figures are events on the second port\n",
		(unsigned)(sizeof(choices) / sizeof(choices[0])) - 1);
}
RUN(RUN_MEASURE, "bench", bench_choices);
