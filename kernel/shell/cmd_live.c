// SPDX-License-Identifier: MIT
/*
 * Static keys and static calls, changed while all CPUs run.
 */
#include "arch/x86/smp/smp.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/sites/names.h"
#include "kernel/shell/sites/targets.h"
#include "kernel/shell/term/out.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/string.h"
#include "pv/jump_label.h"
#include "pv/poke.h"
#include "pv/static_call.h"

/* Keys that are not the shell's to turn, and why. */
static const struct {
	const char *key, *why;
} hands_off[] = {
	{"has_lock", "printk's lock hangs on it"},
};

/* ---- lists ---- */

static bool list_key(void *key, uint32_t sites, void *glob)
{
	const struct static_key *k = key;
	char name[KSYM_NAME];

	names_of(key, name);
	if (glob_match(glob, name))
		say("  %-28s %-4s %6d %6u\n", name, pv_key_count(k) > 0 ? "on" : "off",
		    pv_key_count(k), sites);
	return !out_stopped();
}

bool cmd_keys(unsigned n, char **words)
{
	static char all[] = "*";

	say("  %-28s %-4s %6s %6s\n", "key", "is", "count", "sites");
	names_each(&pv_static_keys, list_key, n > 1 ? words[1] : all);
	return true;
}

struct text {
	char text[160];
};

static void add_target(const void *function, void *arg)
{
	struct text *to = arg;
	const size_t used = strlen(to->text);
	char name[KSYM_NAME];

	target_name(function, name);
	snprintf(to->text + used, sizeof(to->text) - used, "%s%s", used ? " " : "", name);
}

static bool list_call(void *key, uint32_t sites, void *glob)
{
	char name[KSYM_NAME], now[KSYM_NAME];
	struct text could = {""};

	names_of(key, name);
	target_name(pv_static_call_func(key), now);
	targets_each(key, add_target, &could);
	if (glob_match(glob, name))
		say("  %-20s %-24s %6u  %s\n", name, now, sites, could.text);
	return !out_stopped();
}

bool cmd_calls(unsigned n, char **words)
{
	static char all[] = "*";

	say("  %-20s %-24s %6s  %s\n", "call", "calls", "sites", "could call");
	names_each(&pv_static_calls, list_call, n > 1 ? words[1] : all);
	return true;
}

/* ---- changes ---- */

static struct changes {
	struct static_key_change key[SHELL_WORDS];
	struct static_call_change call[SHELL_WORDS];
	unsigned keys, calls;
} changes;

static bool add_key(const char *name)
{
	const char *why;
	struct static_key *key = names_find(&pv_static_keys, name, &why);
	char its[KSYM_NAME];

	if (!key)
		return fail("key %s: %s", name, why);
	names_of(key, its);
	for (unsigned i = 0; i < sizeof(hands_off) / sizeof(hands_off[0]); i++)
		if (!strcmp(its, hands_off[i].key))
			return fail("key %s: not from here: %s", name, hands_off[i].why);
	for (unsigned i = 0; i < changes.keys; i++)
		if (changes.key[i].key == key)
			return fail("key %s: twice in one commit", name);
	changes.key[changes.keys++] = (struct static_key_change){key, pv_key_count(key) <= 0};
	return true;
}

struct asked {
	uint32_t address;
	bool is_zero, found;
};

static void is_target(const void *function, void *arg)
{
	struct asked *asked = arg;

	asked->found |= asked->is_zero ? !function
				       : (uint32_t)function == asked->address && function;
}

static bool add_call(const char *name, const char *function)
{
	const char *why;
	struct static_call_key *key = names_find(&pv_static_calls, name, &why);
	struct asked asked = {.is_zero = !strcmp(function, "0")};
	struct text could = {""};

	if (!key)
		return fail("call %s: %s", name, why);
	if (!asked.is_zero && !names_address(function, &asked.address))
		return fail("call %s: there is no function %s", name, function);
	targets_each(key, is_target, &asked);
	if (!asked.found) {
		targets_each(key, add_target, &could);
		return fail("call %s: that %s has the call's type is not known: of these it is: %s",
			    name, function, could.text);
	}
	for (unsigned i = 0; i < changes.calls; i++)
		if (changes.call[i].key == key)
			return fail("call %s: twice in one commit", name);
	target_remember(key);
	changes.call[changes.calls++] = (struct static_call_change){
		key, asked.is_zero ? NULL : (void *)asked.address};
	return true;
}

/* What a commit took, as its event says it. */
static pv_committed_fn *others;
static struct pv_stats took;

static void committed(const struct pv_change *all, unsigned n, const struct pv_stats *stats,
		      const char *why_not)
{
	took.total = stats->total;
	took.ns = stats->ns;
	took.stall_ns = stats->stall_ns;
	if (others)
		others(all, n, stats, why_not);
}

static void say_changes(void)
{
	char name[KSYM_NAME], to[KSYM_NAME];

	for (unsigned i = 0; i < changes.keys; i++) {
		names_of(changes.key[i].key, name);
		say("  %s is %s\n", name, changes.key[i].on ? "on" : "off");
	}
	for (unsigned i = 0; i < changes.calls; i++) {
		names_of(changes.call[i].key, name);
		target_name(changes.call[i].func, to);
		say("  %s calls %s\n", name, to);
	}
	say("  one commit: %u sites looked at, %u refused, %u CPUs, %u us\n", took.total.sites,
	    took.total.refused, smp_online(), (uint32_t)div_u64(took.ns + 500, 1000));
}

static bool commit(void)
{
	const struct pv_keyed_part parts[] = {{&pv_static_keys, changes.key, changes.keys},
					      {&pv_static_calls, changes.call, changes.calls}};
	bool done;

	took.total = (struct pv_count){0};
	others = pv_committed;
	pv_committed = committed;
	done = pv_keyed_commit(parts, 2);
	pv_committed = others;
	if (!done)
		return fail("not all of it could be");
	say_changes();
	return true;
}

static bool begin(void)
{
	changes.keys = changes.calls = 0;
	return true;
}

bool cmd_flip(unsigned n, char **words)
{
	bool good = begin();

	for (unsigned i = 1; i < n && good; i++)
		good = add_key(words[i]);
	return good && commit();
}

bool cmd_call(unsigned n, char **words)
{
	bool good = begin();

	if (n % 2 == 0)
		return fail("call takes pairs: a call and a function");
	for (unsigned i = 1; i < n && good; i += 2)
		good = add_call(words[i], words[i + 1]);
	return good && commit();
}

bool cmd_commit(unsigned n, char **words)
{
	bool good = begin();

	for (unsigned i = 1; i < n && good; i++) {
		char *equals = strchr(words[i], '=');

		if (equals)
			*equals = '\0';
		good = equals ? add_call(words[i], equals + 1) : add_key(words[i]);
	}
	return good && commit();
}

/* ---- completion ---- */

void offer_keys(struct completion *c)
{
	names_offer(&pv_static_keys, c);
}

static void offer_target(const void *function, void *arg)
{
	char name[KSYM_NAME];

	target_name(function, name);
	completion_offer(arg, name);
}

static bool offer_targets(void *key, uint32_t sites, void *arg)
{
	(void)sites;
	targets_each(key, offer_target, arg);
	return true;
}

void offer_calls(struct completion *c)
{
	names_offer(&pv_static_calls, c);
	if (c->length)
		names_each(&pv_static_calls, offer_targets, c);
}

void offer_keyed(struct completion *c)
{
	names_offer(&pv_static_keys, c);
	names_offer(&pv_static_calls, c);
}
