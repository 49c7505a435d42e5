/* SPDX-License-Identifier: MIT */
/*
 * The live protocol (docs/live.md): CPU 0 changes sites while CPUs 1 to N - 1 run through them, and
 * so does what interrupts CPU 0. Checked by tests/model.t, with each mistake below as a variant.
 *
 * A site is two bytes, the first and the tail; what stands in them is the number of the change that
 * wrote it, 0 as linked. A byte that belongs to another change than the other one is a torn
 * instruction.
 *
 * A CPU here is worse than the manuals allow: until it synchronizes it may take each byte, each
 * time, for anything that stood there since it last did. Its data it reads from memory; what CPU 0
 * stores gets there later, in order, and CPU 0 sees it at once.
 *
 *	-DCPUS=3	2 or 3
 *	-DVARIANT=n	a mistake; 0: none
 *	-DTCG		QEMU: a CPU keeps the site that it has translated until somebody stores to it, even
 *			if it synchronizes, and a store drops that before it is done; the protocol writes
 *			first bytes twice then
 *	-DENDS		for `ends`: who is asked to synchronize does so next, interrupts are few
 */
#ifndef CPUS
#define CPUS 3
#endif
#ifndef VARIANT
#define VARIANT 0
#endif

#define NO_FIRST_SYNC	1	/* the instant comes while CPUs may still run old bytes */
#define NO_SECOND_SYNC	2	/* first bytes come while CPUs may still have old tails */
#define NO_BREAKPOINT	3	/* tails, then first bytes */
#define TAILS_EARLY	4	/* tails before the breakpoints */
#define INSTANT_EARLY	5	/* before the first synchronization */
#define RUN_AGAIN	6	/* the handler goes back to the site until no breakpoint is there */
#define STATES_LATE	7	/* what a site becomes is told to the handler behind the instant */
#define STATES_LEFT	8	/* the state before is not made the present one, too, at the end */
#define INSTANT_PLAIN	9	/* the instant is a plain store: it waits in CPU 0 for its turn */
#define NO_HANDLER	10	/* a breakpoint is only expected while the change runs */
#define EACH_ALONE	11	/* each site becomes new on its own, not all by one store */
#define BREAKPOINT_ONCE	12	/* for TCG: breakpoints are written once */
#define FIRST_ONCE	13	/* for TCG: new first bytes are */

#define SITES	2
#define CHANGES	3		/* of both sites, of site 0, of both, one right behind the other */
#define BP	4		/* a first byte */
#define IN(k, s) (k != 2 || s == 0)

/* Memory, and which values each CPU may take its bytes for: a bit each. */
byte first[SITES], tail[SITES];
byte firsts[CPUS * SITES] = 1, tails[CPUS * SITES] = 1;

/* The state of each site in two versions, and which of them is the present one; CPU 0's own view. */
byte state[2 * SITES], own_state[2 * SITES];
bit present, own_present;

/* What CPU 0 stored and nobody else sees yet. */
mtype = { FIRST, TAIL, STATE, PRESENT };
chan stores = [2] of { mtype, byte, byte };

bool asked[CPUS];	/* to synchronize */
bool busy, done;	/* a change runs; all are made */
bool interrupted;	/* CPU 0, which is then nobody's but the handler's */

byte seen;		/* the last change that anybody has seen: from then on all have to */

#ifdef ENDS
#define READY(c) !asked[c]
#define SOME(n) (n < 2)
#define COUNT(n) n++
#else
#define READY(c) true
#define SOME(n) true
#define COUNT(n) skip
#endif

/* What change has site s got when the k-th has been made? */
#define LABEL(k, s) (IN(k, s) -> k : 1)

inline run_as(s, label) {
	assert(label >= (seen == 0 -> 0 : LABEL(seen, s)));
	seen = (label > seen -> label : seen)
}

#ifdef TCG
/* 0: nothing is translated. */
inline fetch(c, s) {
	if
	:: firsts[c * SITES + s] == 0 ->
		firsts[c * SITES + s] = 1 << first[s];
		tails[c * SITES + s] = 1 << tail[s]
	:: else
	fi
}
inline drop(c, s) {
	firsts[c * SITES + s] = 0;
	tails[c * SITES + s] = 0
}
inline drop_all(s) {
	drop(0, s);
	drop(1, s);
#if CPUS > 2
	drop(2, s)
#endif
}
inline refetch(c) {
	skip
}
#else
inline fetch(c, s) {
	skip
}
inline refetch(c) {
	firsts[c * SITES] = 1 << first[0];
	firsts[c * SITES + 1] = 1 << first[1];
	tails[c * SITES] = 1 << tail[0];
	tails[c * SITES + 1] = 1 << tail[1]
}
#endif

inline one_of(values, v) {
	v = 0;
	do
	:: values >> v & 1 -> break
	:: v < BP && values >> (v + 1) -> v++
	od
}

/* One pass through a site. CPU 0's interrupts read what CPU 0 stored. */
inline run_site(c, s) {
	if
	:: s = 0
	:: s = 1
	fi;
	fetch(c, s);
	one_of(firsts[c * SITES + s], f);
	if
	:: f != BP ->
		one_of(tails[c * SITES + s], t);
		assert(f == t);
		run_as(s, f)
	:: else ->
#if VARIANT == NO_HANDLER
		assert(busy);
#endif
#if VARIANT == RUN_AGAIN
		assert(true)
#else
		w = (c == 0 -> own_present : present);
		label = (c == 0 -> own_state[w * SITES + s] : state[w * SITES + s]);
		run_as(s, label)
#endif
	fi
}

/* The handler reads which version, then the state: that has to be the same one still. */
inline handle(c, s) {
	if
	:: f == BP ->
#if VARIANT == RUN_AGAIN
		atomic { (firsts[c * SITES + s] & 15) -> f = 0 }
#else
		atomic {
			assert(label == (c == 0 -> own_state[w * SITES + s] : state[w * SITES + s]));
			f = 0
		}
#endif
	:: else
	fi
}

active [CPUS - 1] proctype cpu() {
	byte s, f, t, label;
	bit w;
	byte c = _pid + 1;

	do
	:: atomic { READY(c) -> run_site(c, s) };
	   handle(c, s)
	:: d_step { asked[c] -> refetch(c); f = 0; t = 0; s = 0; w = 0; label = 0; asked[c] = false }
	:: done -> break
	od
}

active proctype interrupt() {
	byte s, f, t, label, n;
	bit w;

	do
	:: atomic { !interrupted && SOME(n) -> interrupted = true; COUNT(n); run_site(0, s) };
	   handle(0, s);
	   d_step { interrupted = false; f = 0; t = 0; s = 0; label = 0; w = 0 }
	:: done -> break
	od
}

inline arrive(kind, i, v) {
	if
	:: kind == FIRST ->
		first[i] = v;
		firsts[SITES + i] = firsts[SITES + i] | 1 << v;
#if CPUS > 2
		firsts[2 * SITES + i] = firsts[2 * SITES + i] | 1 << v
#endif
	:: kind == TAIL ->
		tail[i] = v;
		tails[SITES + i] = tails[SITES + i] | 1 << v;
#if CPUS > 2
		tails[2 * SITES + i] = tails[2 * SITES + i] | 1 << v
#endif
	:: kind == STATE -> state[i] = v
	:: else -> present = v
	fi
}

active proctype store_buffer() {
	mtype kind;
	byte i, v;

	do
	:: atomic { stores?kind,i,v; arrive(kind, i, v); kind = 0; i = 0; v = 0 }
	:: done && empty(stores) -> break
	od
}

/* CPU 0's own stores, each a step of its own. */
#ifdef TCG
inline store_first(s, v) {
	d_step { !interrupted -> drop_all(s) };
	d_step { !interrupted -> first[s] = v; drop(0, s) }
}
inline store_tail(s, v) {
	d_step { !interrupted -> drop_all(s) };
	d_step { !interrupted -> tail[s] = v; drop(0, s) }
}
#else
inline store_first(s, v) {
	atomic { !interrupted && nfull(stores) -> firsts[s] = firsts[s] | 1 << v; stores!FIRST,s,v }
}
inline store_tail(s, v) {
	atomic { !interrupted && nfull(stores) -> tails[s] = tails[s] | 1 << v; stores!TAIL,s,v }
}
#endif
inline store_state(i, v) {
	atomic { !interrupted && nfull(stores) -> own_state[i] = v; stores!STATE,i,v }
}

/* Everybody, CPU 0 itself too, once all that it stored can be seen. */
inline synchronize() {
	d_step {
		!interrupted && empty(stores) ->
		refetch(0);
		asked[1] = true;
#if CPUS > 2
		asked[2] = true
#endif
	};
#if CPUS > 2
	atomic { !interrupted && !asked[1] && !asked[2] }
#else
	atomic { !interrupted && !asked[1] }
#endif
}

inline states(which, version) {
	s = 0;
	do
	:: s < SITES && IN(which, s) -> store_state((version) * SITES + s, which); s++
	:: s < SITES && !IN(which, s) -> s++
	:: s == SITES -> break
	od
}

inline at_once() {
#if VARIANT == EACH_ALONE
	states(k, own_present)
#elif VARIANT == INSTANT_PLAIN
	atomic { !interrupted && nfull(stores) -> own_present = !own_present; stores!PRESENT,0,own_present }
#else
	d_step { !interrupted && empty(stores) -> own_present = !own_present; present = own_present }
#endif
}

inline all_firsts(which, v) {
	s = 0;
	do
	:: s < SITES && IN(which, s) -> store_first(s, v); s++
	:: s < SITES && !IN(which, s) -> s++
	:: s == SITES -> break
	od
}

inline all_tails(which) {
	s = 0;
	do
	:: s < SITES && IN(which, s) -> store_tail(s, which); s++
	:: s < SITES && !IN(which, s) -> s++
	:: s == SITES -> break
	od
}

active proctype changer() {
	byte k = 1, s;

	do
	:: k <= CHANGES ->
		busy = true;
#if VARIANT != STATES_LATE
		states(k, !own_present);
#endif
#if VARIANT == TAILS_EARLY
		all_tails(k);
#endif
#if VARIANT != NO_BREAKPOINT
		all_firsts(k, BP);
#endif
#if defined(TCG) && VARIANT != BREAKPOINT_ONCE
		synchronize();
		all_firsts(k, BP);
#endif
#if VARIANT == INSTANT_EARLY
		at_once();
#endif
#if VARIANT != NO_FIRST_SYNC
		synchronize();
#endif
#if VARIANT != INSTANT_EARLY
		at_once();
#endif
#if VARIANT == STATES_LATE
		states(k, own_present);
#endif
#if VARIANT != TAILS_EARLY
		all_tails(k);
#endif
#if VARIANT != NO_SECOND_SYNC
		synchronize();
#endif
		all_firsts(k, k);
#if defined(TCG) && VARIANT != FIRST_ONCE
		synchronize();
		all_firsts(k, k);
#endif
#if VARIANT != STATES_LEFT
		states(k, !own_present);
#endif
		busy = false;
		k++
	:: else -> break
	od;
	empty(stores) && !interrupted;
#ifdef TCG
	assert(!((firsts[SITES] | firsts[SITES + 1] | firsts[0] | firsts[1]) & 1 << BP));
#endif
	assert(first[0] == CHANGES && tail[0] == CHANGES);
	assert(first[1] == LABEL(CHANGES, 1) && tail[1] == LABEL(CHANGES, 1));
	done = true
}

ltl ends { <>done }
