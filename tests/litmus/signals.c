// SPDX-License-Identifier: MIT
/*
 * Exceptions as signals: back to litmus_try(), with the vector that it was.
 */
#define _GNU_SOURCE
#include "kernel/litmus/machine.h"
#include "tests/litmus/native.h"
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __x86_64__
#define PROGRAM_COUNTER REG_RIP
#else
#define PROGRAM_COUNTER REG_EIP
#endif

static __thread struct landing {
	sigjmp_buf place;
	uint32_t vector;
	uintptr_t at;
} *volatile landing;

static uint32_t vector_of(int signal)
{
	switch (signal) {
	case SIGTRAP: return LITMUS_BREAKPOINT;
	case SIGILL: return 6;
	default: return 14;
	}
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;

	(void)info;
	if (!landing)
		_exit(128 + signal);
	landing->vector = vector_of(signal);
	landing->at = (uintptr_t)interrupted->uc_mcontext.gregs[PROGRAM_COUNTER];
	siglongjmp(landing->place, 1);
}

void signals_init(void)
{
	static const int signals[] = {SIGTRAP, SIGILL, SIGSEGV, SIGBUS};
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* The mask of signals stays: SA_NODEFER changes none. */
uint32_t litmus_try(void (*fn)(void *), void *arg, uintptr_t *at)
{
	struct landing here = {.vector = LITMUS_RETURNED};
	struct landing *const outer = landing;

	if (!sigsetjmp(here.place, 0)) {
		landing = &here;
		fn(arg);
	}
	landing = outer;
	*at = here.at;
	return here.vector;
}

struct exchange {
	volatile void *p;
	uint64_t from, to;
};

static void exchange(void *arg)
{
	const struct exchange *e = arg;
	uint32_t low = (uint32_t)e->from, high = (uint32_t)(e->from >> 32);

	asm volatile("lock cmpxchg8b (%2)"
		     : "+a"(low), "+d"(high)
		     : "r"(e->p), "b"((uint32_t)e->to), "c"((uint32_t)(e->to >> 32))
		     : "memory");
}

void litmus_cmpxchg8b(volatile void *p, uint64_t from, uint64_t to)
{
	struct exchange e = {p, from, to};
	uintptr_t at;

	if (litmus_try(exchange, &e, &at) != LITMUS_RETURNED)
		litmus_die("locked accesses across lines are forbidden (split_lock_detect=fatal)",
			   0);
}
