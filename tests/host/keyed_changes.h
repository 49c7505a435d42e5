/* SPDX-License-Identifier: MIT */
/*
 * Changes of keys and calls: what is asked for is foretold, done, and compared: text, data, what is
 * returned, and what is told.
 *
 *	commit(calls_first);		key_changes[], call_changes[], as many as the parts say
 *	count_step(key, MORE);		of the count of data->key[key]
 *
 * Included once, after tests/host/keyed_checks.h.
 */
#ifndef TESTS_HOST_KEYED_CHANGES_H
#define TESTS_HOST_KEYED_CHANGES_H

#include "pv/keyed.h"
#include "tests/host/keyed_checks.h"

static struct {
	unsigned calls;
	bool done;
} told;

static void on_commit(const struct pv_change *changes, unsigned n, const struct pv_stats *stats,
		      const char *why_not)
{
	unsigned listed = 0, records = 0;

	told.calls++;
	told.done = !why_not;
	must(n == planned, "a commit of %u tables' records, not %u", planned, n);
	for (unsigned i = 0; i < n; i++)
		must(changes[i].first == plan[i].part.first && changes[i].last == plan[i].part.last,
		     "the records of the key");
	if (!exactly)
		return;
	must(!why_not == !others_stop, "a commit that is%s made", others_stop ? " not" : "");
	if (others_stop)
		return;
	for (unsigned i = 0; i < n; i++) {
		listed = refusals_check(results[i].verdicts, plan[i].pass.n, stats, listed);
		records += plan[i].pass.n;
	}
	refusals_all(stats, records, listed);
}

static struct static_key_change key_changes[KEYS];
static struct static_call_change call_changes[CALLS];
static struct pv_keyed_part keys_part = {&pv_static_keys, key_changes, 0};
static struct pv_keyed_part calls_part = {&pv_static_calls, call_changes, 0};

static void put_all(unsigned version)
{
	for (unsigned i = 0; i < keys_part.n; i++)
		key_changes[i].key->on[version] = key_changes[i].on;
	for (unsigned i = 0; i < calls_part.n; i++)
		call_changes[i].key->func[version] = call_changes[i].func;
}

/* Plan and judge what will be, in the parts' order; data is as it was then. */
static void foretell(bool calls_first)
{
	const struct keys was = *data;

	told.calls = 0;
	told.done = false;
	exactly = is_exact();
	planned = 0;
	remember();
	put_all(!pv_present);
	for (unsigned i = 0; i < 2; i++) {
		const bool jumps = calls_first == i;

		if (jumps && keys_part.n && pv_static_keys.mode == PV_KEYS_LIVE)
			commit_plan(true, keys_part.n == 1 ? (uint32_t)key_changes[0].key : 0);
		if (!jumps && calls_part.n && pv_static_calls.mode == PV_KEYS_LIVE)
			commit_plan(false, calls_part.n == 1 ? (uint32_t)call_changes[0].key : 0);
	}
	forms_make(pv_present, !pv_present);
	commit_judge();
	*data = was;
}

static bool any_refused(void)
{
	for (unsigned i = 0; i < planned; i++)
		for (unsigned k = 0; k < plan[i].pass.n; k++)
			if (results[i].verdicts[k].why)
				return true;
	return false;
}

/* Behind a commit that was made, or tried. */
static void commit_check(bool result)
{
	must(told.calls == 1 && !in_turn, "one commit");
	must(pv_present == (told.done ? !present : present), "the other version, if it was made");
	must(synchronized == (told.done ? PV_ROUNDS : 0), "all rounds or none");
	if (exactly)
		must(result == (!others_stop && !any_refused()), "a result that is right");
	must(!result || told.done, "nothing that is said to be done and was not");
	if (told.done) {
		expected_after(NEW);
		text_check();
	} else {
		nothing_changed("a commit that was not made");
	}
}

/* Data, which was so, when versions changed, or that was only tried. */
static struct keys data_then(const struct keys *was, bool changed, bool tried)
{
	const struct keys now = *data;
	struct keys then;

	*data = *was;
	for (unsigned version = 0; version < 2 && changed; version++)
		put_all(version);
	for (unsigned i = 0; i < keys_part.n && tried; i++)
		key_changes[i].key->on[!pv_present] = key_changes[i].key->on[pv_present];
	for (unsigned i = 0; i < calls_part.n && tried; i++)
		call_changes[i].key->func[!pv_present] = call_changes[i].key->func[pv_present];
	then = *data;
	*data = now;
	return then;
}

static void data_check(const struct keys *then)
{
	must(!memcmp(data, then, sizeof(*then)), "what was to change in data, and nothing else");
}

static bool is_in(const struct pv_keyed_part *part, unsigned mode)
{
	return part->n && part->kind->mode == mode;
}

static bool functions_are_text(void)
{
	for (unsigned i = 0; i < calls_part.n; i++)
		if (call_changes[i].func && !is_text((uint32_t)call_changes[i].func))
			return false;
	return true;
}

/* All that is asked for, at one instant. */
static void commit(bool calls_first)
{
	const struct pv_keyed_part parts[] = {calls_first ? calls_part : keys_part,
					      calls_first ? keys_part : calls_part};
	const bool live = is_in(&keys_part, PV_KEYS_LIVE) || is_in(&calls_part, PV_KEYS_LIVE);
	const bool can = !is_in(&keys_part, PV_KEYS_KEPT) && !is_in(&calls_part, PV_KEYS_KEPT) &&
			 functions_are_text() && !(live && interrupts_off);
	struct keys was = *data, then;
	bool result, done;

	foretell(calls_first);
	result = pv_keyed_commit(parts, 2);
	if (live && can) {
		commit_check(result);
	} else {
		must(result == can && !told.calls, "what cannot be, or is only noted");
		nothing_changed("that");
	}
	done = live && can ? told.done : can;
	then = data_then(&was, done, live && can);
	for (unsigned i = 0; i < keys_part.n && done; i++)
		then.key[key_changes[i].key - data->key].enabled = key_changes[i].on;
	data_check(&then);
}

enum count { ENABLE, DISABLE, MORE, LESS };

/* False: there is none. */
static bool next_count(enum count count, int32_t from, int32_t *next)
{
	if (count == ENABLE || count == DISABLE)
		*next = count == ENABLE;
	else if (from == (count == MORE ? INT32_MAX : INT32_MIN))
		return false;
	else
		*next = count == MORE ? from + 1 : from - 1;
	return true;
}

static bool count_call(enum count count, struct static_key *key)
{
	switch (count) {
	case ENABLE: return static_key_enable(key);
	case DISABLE: return static_key_disable(key);
	case MORE: return static_key_slow_inc(key);
	default: return static_key_slow_dec(key);
	}
}

static void count_step(unsigned k, enum count count)
{
	struct static_key *key = &data->key[k];
	struct keys was = *data, then;
	int32_t next = 0;
	const bool there = next_count(count, key->enabled, &next),
		   crosses = (key->enabled > 0) != (next > 0),
		   noted = pv_static_keys.mode == PV_KEYS_NOTED,
		   tried = there && crosses && pv_static_keys.mode == PV_KEYS_LIVE &&
			   !interrupts_off;
	bool result, done = there && (noted || !crosses);

	key_changes[0] = (struct static_key_change){key, next > 0};
	keys_part.n = 1;
	calls_part.n = 0;
	foretell(false);
	result = count_call(count, key);
	if (tried) {
		commit_check(result);
		done = told.done;
	} else {
		must(result == done && !told.calls, "a count that is noted, or cannot be");
		nothing_changed("it");
	}
	then = data_then(&was, done && (tried || noted), tried);
	if (done)
		then.key[k].enabled = next;
	data_check(&then);
}

#endif
