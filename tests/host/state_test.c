/* SPDX-License-Identifier: MIT */
/*
 * The states of CPUs (arch/x86/cpu/state.c) through all orders: CPU 0 brings another one up, loses
 * patience at any moment or not, takes it down, with patience or not, brings it up again and rests;
 * the other one is reset, starts, runs, leaves, panics anywhere or not; a third one panics at any
 * moment or not and stops all others. Each is a small machine that does one thing that others can
 * see at a time; every order of these things is tried, and after each what must never be is looked
 * for. The steps are those of smp.c, smp_start.c, panic.c and stop.c, which call the same moves.
 *
 *	gcc -m32 -std=gnu11 -g -I. -o state_test tests/host/state_test.c
 *
 * Output is TAP, the plan last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpu/state.c"
#include "tests/host/state_model.h"
#include "tests/host/tap.h"

/* All that was reached, so that nothing is tried twice. */
#define MOST (1u << 20)
static struct world *seen;
static unsigned n_seen, n_ends;

static unsigned hash(const struct world *w)
{
	const uint8_t *bytes = (const uint8_t *)w;
	unsigned h = 2166136261u;

	for (unsigned i = 0; i < sizeof(*w); i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h;
}

static int is_new(const struct world *w)
{
	unsigned i = hash(w) & (MOST - 1);

	for (; seen[i].stopped != 0xff; i = (i + 1) & (MOST - 1))
		if (!memcmp(&seen[i], w, sizeof(*w)))
			return 0;
	seen[i] = *w;
	if (++n_seen > MOST / 2) {
		puts("Bail out! more states than there is room for");
		exit(1);
	}
	return 1;
}

/* Nobody has anything left to do: a panic has stopped all, or the boot CPU is done. */
static void check_end(const struct world *w)
{
	n_ends++;
	if (!w->panicking) {
		must(w->boot == B_END, "without a panic the boot CPU comes to its end");
		return;
	}
	must(w->ap == A_PRINTS || w->third == T_PRINTS, "whoever panics first is heard");
	must(w->stopped >> BOOT & 1, "a panic stops the boot CPU");
	must(!ap_executes(w) || w->ap == A_PRINTS, "and the other one, whatever it did");
}

static void explore(const struct world *from, unsigned depth)
{
	int any = 0;

	check(from);
	if (wrong || depth > 400)
		return;
	for (unsigned who = 0; who < 3; who++)
		for (unsigned choice = 0; choice < 4; choice++) {
			struct world w = *from;

			if (!steps[who](&w, choice))
				continue;
			any |= choice != 2 || who == BOOT; /* no panic has to come */
			if (!wrong && is_new(&w))
				explore(&w, depth + 1);
			if (wrong) {
				printf("#   CPU %u, states %u %u %u, at %u %u %u, choice %u\n", who,
				       w.state[0], w.state[1], w.state[2], w.boot, w.ap, w.third,
				       choice);
				return;
			}
		}
	if (!any)
		check_end(from);
}

static void all_orders(const char *what, uint8_t third)
{
	struct world w;

	memset(&w, 0, sizeof(w));
	memset(seen, 0xff, MOST * sizeof(*seen));
	n_seen = n_ends = 0;
	wrong = NULL;
	w.state[BOOT] = CPU_ONLINE;
	w.state[AP] = CPU_OFF;
	w.state[THIRD] = third == T_OFF ? CPU_OFF : CPU_ONLINE;
	w.third = third;
	w.rounds = 2;
	explore(&w, 0);
	if (wrong)
		printf("#   not true: %s\n", wrong);
	ok(!wrong, what);
	printf("# %u states, %u ends\n", n_seen, n_ends);
	ok(n_seen > 100 && n_ends > 2, "many orders were tried");
}

/* The table, move by move: from where it goes, and that it changes no other CPU. */
static void each_move(void)
{
	static const char *const from[NR_CPU_MOVES] = {
		[CPU_WAKE] = "O", [CPU_DROP] = "WS",   [CPU_ENTER] = "W",
		[CPU_RUN] = "S",  [CPU_ASK] = "N",     [CPU_TAKE_BACK] = "L",
		[CPU_REST] = "L", [CPU_PANIC] = "SNL", [CPU_STOP] = "SNLP",
	};
	static const char to[NR_CPU_MOVES] = "WOSNLNOPX", letters[NR_CPU_STATES] = "OWSNLPX";
	unsigned bad = 0;

	for (unsigned m = 0; m < NR_CPU_MOVES; m++)
		for (unsigned s = 0; s < NR_CPU_STATES; s++) {
			int may = strchr(from[m], letters[s]) != NULL;

			states[AP] = s;
			states[BOOT] = states[THIRD] = CPU_ONLINE;
			bad += cpu_move(AP, m) != may;
			bad += letters[states[AP]] != (may ? to[m] : letters[s]);
			bad += states[BOOT] != CPU_ONLINE || states[THIRD] != CPU_ONLINE;
		}
	ok(!bad, "each move begins where the picture says, and ends there");
}

static void counts(void)
{
	unsigned bad = 0;

	for (unsigned s = 0; s < NR_CPU_STATES; s++) {
		int inside = s != CPU_OFF && s != CPU_WOKEN && s != CPU_STOPPED;

		memset((void *)(uint32_t)states, 0, sizeof(states));
		states[CPUS_MAX - 1] = s;
		bad += cpu_online(CPUS_MAX - 1) != (s == CPU_ONLINE);
		bad += smp_online() != (s == CPU_ONLINE);
		bad += cpu_in_kernel(CPUS_MAX - 1) != inside;
		bad += *cpu_state_word(CPUS_MAX - 1) != s || cpu_state(CPUS_MAX - 1) != s;
	}
	ok(!bad, "who is online, and who is in the kernel");
	ok(!cpu_online(CPUS_MAX) && !cpu_in_kernel(CPUS_MAX),
	   "no CPU has a number beyond the last");
}

int main(void)
{
	seen = malloc(MOST * sizeof(*seen));
	ok(states[0] == CPU_ONLINE && smp_online() == 1, "at the start the boot CPU is online");
	each_move();
	counts();
	all_orders("a CPU comes, goes, panics, is lost, in all orders", T_OFF);
	all_orders("the same while a third one panics at any moment", T_RUNS);
	return tests_end();
}
