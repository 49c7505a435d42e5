/* SPDX-License-Identifier: MIT */
/*
 * Three CPUs as small machines, for state_test.c: what each does that others can see, one thing a
 * step, by the moves of arch/x86/cpu/state.c, which is included before; and what must never be.
 *
 *	if (step_boot(&world, 0))
 *		check(&world);		// wrong: what is not as it should be
 */
#ifndef TESTS_HOST_STATE_MODEL_H
#define TESTS_HOST_STATE_MODEL_H

#define BOOT  0
#define AP    1
#define THIRD 2

/* Where each of the three is in its program. */
enum boot_at {
	B_WAKE,
	B_GO,
	B_WAIT,
	B_INIT,
	B_INIT_SENT,
	B_UP,
	B_ASK,
	B_LEAVES,
	B_GIVES_WAY,
	B_END
};
enum ap_at {
	A_RESET,
	A_TRAMPOLINE,
	A_LET_IN,
	A_STARTS,
	A_READY,
	A_IDLE,
	A_LEAVING,
	A_RESTS,
	A_HALTS,
	A_CLAIMS,
	A_STOPS_BOOT,
	A_STOPS,
	A_PRINTS
};
enum third_at { T_RUNS, T_CLAIMS, T_STOPS_BOOT, T_STOPS, T_PRINTS, T_OFF };

struct world {
	uint32_t state[3];
	uint8_t boot, ap, third;
	uint8_t go;        /* said to the trampoline */
	uint8_t rounds;    /* of up and down that are left */
	uint8_t panicking; /* CPU + 1 */
	uint8_t nmi;       /* a bit for each CPU that one waits for */
	uint8_t stopped;   /* a bit for each CPU that does nothing any more since another one panics
			    */
	uint8_t init;      /* on its way to the other one */
};

static const char *wrong; /* the first thing that must not be, and is */

/* The words that cpu_move() works on are this world's, for the time of a step. */
static void put(const struct world *w)
{
	for (unsigned i = 0; i < 3; i++)
		states[i] = w->state[i];
}

static int move(struct world *w, unsigned cpu, enum cpu_move what)
{
	int moved;

	put(w);
	moved = cpu_move(cpu, what);
	for (unsigned i = 0; i < 3; i++)
		w->state[i] = states[i];
	return moved;
}

static int in_kernel(const struct world *w, unsigned cpu)
{
	put(w);
	return cpu_in_kernel(cpu);
}

static void must(int good, const char *what)
{
	if (!good && !wrong)
		wrong = what;
}

/* The other CPU executes instructions of the kernel, and so meets sites and changes what it sees.
 */
static int ap_executes(const struct world *w)
{
	return w->ap >= A_STARTS && w->ap != A_RESTS && w->ap != A_HALTS && !(w->stopped >> AP & 1);
}

/* Text and lock prefixes are changed here: by the boot CPU, which gathers those that are online. */
static int boot_may_change_text(const struct world *w)
{
	return (w->boot == B_WAKE || w->boot == B_UP || w->boot == B_END) &&
	       !(w->stopped >> BOOT & 1);
}

static void check(const struct world *w)
{
	if (boot_may_change_text(w) && ap_executes(w))
		must(w->state[AP] == CPU_ONLINE || w->state[AP] == CPU_PANICS,
		     "a CPU that executes is gathered when text changes");
	if (w->state[AP] == CPU_ONLINE)
		must(w->ap >= A_IDLE && w->ap <= A_LEAVING, "who is online runs, and will look");
	if (w->nmi >> AP & 1)
		must(w->ap != A_RESET && w->ap != A_TRAMPOLINE && w->ap != A_LET_IN,
		     "no NMI comes to a CPU without tables");
	must(!(w->ap == A_PRINTS && w->third == T_PRINTS), "one panic is printed at a time");
	if (w->init)
		must(w->state[AP] == CPU_OFF && w->ap < A_CLAIMS,
		     "INIT comes to no CPU that has something to report");
}

/*
 * Each step_*() does one more thing, if the CPU can. choice: 0 what its program does, 1 an NMI that
 * waits, 2 what may happen at any moment (patience is over, a panic), 3 INIT.
 */
static int step_boot(struct world *w, unsigned choice)
{
	if (w->stopped >> BOOT & 1)
		return 0;
	if (w->nmi >> BOOT & 1 && choice == 1) { /* panic_stop_here() in an NMI */
		w->nmi &= (uint8_t) ~(1u << BOOT);
		move(w, BOOT, CPU_STOP);
		w->stopped |= 1u << BOOT;
		return 1;
	}
	if (choice == 2 && (w->boot == B_GO || w->boot == B_WAIT)) { /* patience is over */
		if (move(w, AP, CPU_DROP))
			w->boot = B_INIT;
		else
			w->boot = w->state[AP] == CPU_ONLINE ? B_UP : B_GIVES_WAY;
		return 1;
	}
	if (choice == 2 && w->boot == B_LEAVES) {
		if (move(w, AP, CPU_TAKE_BACK))
			w->boot = B_UP;
		else
			w->boot = w->state[AP] == CPU_OFF ? B_WAKE : B_GIVES_WAY;
		return 1;
	}
	if (choice)
		return 0;
	switch (w->boot) {
	case B_WAKE:
		if (!w->rounds) {
			w->boot = B_END;
			return 1;
		}
		w->rounds--;
		if (w->ap == A_RESTS || w->ap == A_HALTS)
			w->ap = A_RESET;
		must(move(w, AP, CPU_WAKE), "one that is off can be woken");
		w->boot = B_GO;
		return 1;
	case B_GO:
		w->go = w->ap == A_TRAMPOLINE;
		w->boot = w->go ? B_WAIT : B_GO;
		return w->go;
	case B_WAIT: w->boot = w->state[AP] == CPU_ONLINE ? B_UP : B_WAIT; return w->boot == B_UP;
	case B_INIT:
		w->init = 1;
		w->go = 0;
		w->boot = B_INIT_SENT;
		return 1;
	case B_INIT_SENT: /* apic_send_init() waits until it has come */
		w->boot = w->init ? B_INIT_SENT : B_WAKE;
		return !w->init;
	case B_UP: w->boot = w->rounds ? B_ASK : B_END; return 1;
	case B_ASK: w->boot = move(w, AP, CPU_ASK) ? B_LEAVES : B_GIVES_WAY; return 1;
	case B_LEAVES:
		w->boot = w->state[AP] == CPU_OFF ? B_WAKE : B_LEAVES;
		return w->boot == B_WAKE;
	}
	return 0;
}

/* A panic of the other CPU, at any moment in the kernel: panic_begin(). */
static int ap_panics(struct world *w)
{
	if (w->ap < A_STARTS || w->ap > A_LEAVING)
		return 0;
	w->ap = move(w, AP, CPU_PANIC) ? A_CLAIMS : A_HALTS;
	return 1;
}

static void ap_stops(struct world *w)
{
	move(w, AP, CPU_STOP);
	w->stopped |= 1u << AP;
}

/* An NMI to one that runs the kernel, and then wait for it: stop.c. */
static int stops(struct world *w, unsigned cpu, uint8_t *at, uint8_t then)
{
	if (!in_kernel(w, cpu))
		*at = then;
	else if (w->nmi >> cpu & 1)
		return 0;
	else
		w->nmi |= (uint8_t)(1u << cpu);
	return 1;
}

static int step_ap(struct world *w, unsigned choice)
{
	if (w->init && choice == 3) {
		w->init = 0;
		w->ap = A_RESET;
		return 1;
	}
	if (w->stopped >> AP & 1)
		return 0;
	if (choice == 1 && w->nmi >> AP & 1) {
		w->nmi &= (uint8_t) ~(1u << AP);
		if (w->panicking && w->panicking != AP + 1)
			ap_stops(w);
		return 1;
	}
	if (choice == 2)
		return ap_panics(w);
	if (choice)
		return 0;
	switch (w->ap) {
	case A_RESET:
		if (w->state[AP] != CPU_WOKEN)
			return 0;
		w->ap = A_TRAMPOLINE;
		return 1;
	case A_TRAMPOLINE:
		if (w->go)
			w->ap = A_LET_IN;
		return w->go;
	case A_LET_IN:
		w->go = 0;
		w->ap = move(w, AP, CPU_ENTER) ? A_STARTS : A_HALTS;
		return 1;
	case A_STARTS: /* panic_stop_here() */
		if (w->panicking)
			ap_stops(w);
		else
			w->ap = A_READY;
		return 1;
	case A_READY: w->ap = move(w, AP, CPU_RUN) ? A_IDLE : A_HALTS; return 1;
	case A_IDLE:
		if (w->state[AP] != CPU_LEAVES)
			return 0;
		w->ap = A_LEAVING;
		return 1;
	case A_LEAVING: w->ap = move(w, AP, CPU_REST) ? A_RESTS : A_IDLE; return 1;
	case A_CLAIMS:
		if (!w->panicking)
			w->panicking = AP + 1;
		if (w->panicking != AP + 1)
			ap_stops(w);
		else
			w->ap = A_STOPS_BOOT;
		return 1;
	case A_STOPS_BOOT: return stops(w, BOOT, &w->ap, A_STOPS);
	case A_STOPS: return stops(w, THIRD, &w->ap, A_PRINTS);
	}
	return 0;
}

static int step_third(struct world *w, unsigned choice)
{
	if (w->stopped >> THIRD & 1 || w->third == T_OFF)
		return 0;
	if (choice == 1 && w->nmi >> THIRD & 1) {
		w->nmi &= (uint8_t) ~(1u << THIRD);
		if (w->panicking != THIRD + 1) {
			move(w, THIRD, CPU_STOP);
			w->stopped |= 1u << THIRD;
		}
		return 1;
	}
	if (choice)
		return 0;
	switch (w->third) {
	case T_RUNS:
		must(move(w, THIRD, CPU_PANIC), "who is online may panic");
		w->third = T_CLAIMS;
		return 1;
	case T_CLAIMS:
		if (!w->panicking) {
			w->panicking = THIRD + 1;
			w->third = T_STOPS_BOOT;
		} else {
			move(w, THIRD, CPU_STOP);
			w->stopped |= 1u << THIRD;
		}
		return 1;
	case T_STOPS_BOOT: return stops(w, BOOT, &w->third, T_STOPS);
	case T_STOPS: return stops(w, AP, &w->third, T_PRINTS);
	}
	return 0;
}

typedef int step_fn(struct world *w, unsigned choice);
static step_fn *const steps[] = {step_boot, step_ap, step_third};

#endif
