// SPDX-License-Identifier: MIT
/*
 * Every value of a site, by asking its family for its bytes in each state that there is: states are made up, and nothing is
 * written but versions of keys that nobody looks at, in a turn of one's own.
 */
#include "arch/x86/smp/smp.h"
#include "kernel/patch/image.h"
#include "kernel/shell/sites/spot.h"
#include "kernel/shell/sites/targets.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/alternative.h"
#include "pv/backend/backend.h"
#include "pv/facts.h"
#include "pv/feature.h"
#include "pv/jump_label.h"
#include "pv/keyed.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "pv/poke.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"

extern const struct pv_backend *const __start_pv_backends[], *const __stop_pv_backends[];

/* Who asked, and what for; values are made in one place. */
static struct {
	const struct spot *spot;
	spot_value_fn *each;
	void *arg;
	struct spot_value value;
	char state[128], is[96];
} ask;

static const void *record_at(uint32_t i)
{
	return pv_table_record(ask.spot->table, ask.spot->entry + i);
}

static void tell(const char *is)
{
	ask.value.state = ask.state;
	ask.value.is = is;
	ask.each(&ask.value, ask.arg);
}

static void put(const struct pv_site *site)
{
	memcpy(ask.value.bytes, site->bytes, ask.spot->len);
	if (!ask.spot->table->family->pads && site->n < ask.spot->len)
		pv_nops_fill(ask.value.bytes + site->n, ask.spot->len - site->n);
}

/* In a state of the family's. False: the record is refused, in any. */
static bool value_in(const void *record, const void *state)
{
	struct pv_site site;

	if (ask.spot->table->family->bytes(record, state, &site))
		return false;
	put(&site);
	return true;
}

static void value_linked(const char *is)
{
	strlcpy(ask.state, "as linked", sizeof(ask.state));
	if (spot_linked(ask.spot, ask.value.bytes))
		tell(is);
}

/* ---- ops ---- */

static struct paravirt_state made;

static unsigned op_of(void)
{
	struct pv_site site;

	ask.spot->table->family->bytes(record_at(0), NULL, &site);
	return site.row;
}

/* With another function in the op's slot. */
static void value_slot(unsigned op, uint32_t function)
{
	static struct pv_ops ops;

	ops = pv_ops;
	((uint32_t *)(void *)&ops)[op] = function;
	paravirt_state_make(&made, &ops);
	if (value_in(record_at(0), &made))
		tell(NULL);
}

/* Does the value stand there in the state that sites are in? */
static bool is_present(void)
{
	struct pv_site site;

	return !ask.spot->table->family->bytes(record_at(0), paravirt_state(), &site) &&
	       memcmp(ask.value.bytes, site.bytes, ask.spot->len) == 0;
}

/* Those of the back end in use may have been refused its templates, all of them. */
static bool values_of_backends(bool linked)
{
	bool found = false;

	for (const struct pv_backend *const *at = __start_pv_backends; at < __stop_pv_backends;
	     at++) {
		bool is;

		paravirt_state_make(&made, (*at)->ops);
		if (!value_in(record_at(0), &made))
			continue;
		is = *at == pv_backend_current() && !linked && is_present();
		snprintf(ask.state, sizeof(ask.state), "back end %s", (*at)->name);
		tell(is ? "it is the back end" : NULL);
		found |= is;
	}
	return found;
}

static void values_of_op(void)
{
	const bool linked = paravirt_state() == paravirt_linked();
	const unsigned op = op_of();
	static struct pv_ops direct;
	bool found;

	value_linked(linked ? "noreplace-paravirt" : NULL);
	found = values_of_backends(linked);
	direct = pv_ops;
	direct.init.patch = NULL;
	paravirt_state_make(&made, &direct);
	snprintf(ask.state, sizeof(ask.state), "back end %s, noinline-paravirt",
		 pv_backend_current()->name);
	if (value_in(record_at(0), &made))
		tell(!linked && !found && is_present() ? "noinline-paravirt" : NULL);
	if (op >= PV_NR_TYPES)
		return;
	strlcpy(ask.state, "an op without a function", sizeof(ask.state));
	value_slot(op, (uint32_t)pv_missing[op]);
	strlcpy(ask.state, "an op that does nothing", sizeof(ask.state));
	value_slot(op, (uint32_t)paravirt_nop);
}

/* ---- alternatives ---- */

static struct alternative_state features;

static bool applies(const struct alt_instr *alt)
{
	const unsigned feature = alt->cpuid & ~(unsigned)PV_ALT_FLAG_NOT;

	return feature < PV_FEATURE_WORDS * 32 &&
	       (alternative_state.features[feature / 32] >> (feature % 32) & 1) ==
		       !(alt->cpuid & PV_ALT_FLAG_NOT);
}

/* The last record that applies; n: none does. */
static uint32_t winner(void)
{
	for (uint32_t i = ask.spot->n; i--;)
		if (applies(record_at(i)))
			return i;
	return ask.spot->n;
}

static void value_of_record(uint32_t i, bool is)
{
	const struct alt_instr *alt = record_at(i);
	const unsigned feature = alt->cpuid & ~(unsigned)PV_ALT_FLAG_NOT;
	const bool negated = alt->cpuid & PV_ALT_FLAG_NOT;
	const char *name = pv_feature_name(feature);

	if (feature >= PV_FEATURE_WORDS * 32)
		return;
	features.features[feature / 32] &= ~(1u << feature % 32);
	features.features[feature / 32] |= (uint32_t)!negated << feature % 32;
	snprintf(ask.state, sizeof(ask.state), "%s%s%s", negated ? "without " : "",
		 name ? name : "a feature",
		 i + 1 < ask.spot->n ? ", and nothing of what follows" : "");
	snprintf(ask.is, sizeof(ask.is), "sites are for a CPU with%s it", negated ? "out" : "");
	if (value_in(alt, &features))
		tell(is ? ask.is : NULL);
}

static void values_of_alternative(void)
{
	const struct pv_table *t = ask.spot->table;
	const uint32_t by = winner();
	const uint8_t run = t->facts ? t->facts[ask.spot->entry].run : ask.spot->len;

	features = alternative_state;
	features.replacements = (const uint8_t *)t->sources.at;
	features.replacements_end = features.replacements + t->sources.size;
	value_linked(NULL);
	if (spot_linked(ask.spot, ask.value.bytes)) {
		if (run < ask.spot->len)
			pv_nops_fill(ask.value.bytes + run, ask.spot->len - run);
		strlcpy(ask.state, "nothing of this: as compiled, with this CPU's padding",
			sizeof(ask.state));
		tell(by == ask.spot->n ? "no record applies" : NULL);
	}
	for (uint32_t i = 0; i < ask.spot->n; i++)
		value_of_record(i, i == by);
}

/* ---- lock prefixes ---- */

static bool is_covered(void)
{
	struct spot outer;
	uint8_t linked[PV_SITE_MAX + 1];
	const uint32_t skip = (uint32_t)ask.spot->at;

	if (!spot_find(skip, &outer) || !outer.table->family->groups ||
	    !spot_linked(&outer, linked))
		return false;
	for (uint32_t i = outer.n; i--;)
		if (applies(pv_table_record(outer.table, outer.entry + i)))
			return true;
	return false;
}

static void values_of_lock(void)
{
	const bool covered = is_covered(), up = smp_locks_state() == &smp_locks_up;
	char why[32];

	snprintf(why, sizeof(why), "%u online", smp_online());
	strlcpy(ask.state, "more CPUs than one, and as linked", sizeof(ask.state));
	if (value_in(record_at(0), &smp_locks_smp))
		tell(covered || up ? NULL : why);
	strlcpy(ask.state, "one CPU", sizeof(ask.state));
	if (value_in(record_at(0), &smp_locks_up))
		tell(covered || !up ? NULL : why);
	if (!covered)
		return;
	ask.value.bytes[0] = *ask.spot->at;
	strlcpy(ask.state, "part of the alternative that it lies in", sizeof(ask.state));
	tell("that one is replaced");
}

/* ---- keys and calls ---- */

/* As it would be after the change, which is put where nobody looks, and taken back. */
static bool value_after(const struct pv_keyed *k, const void *change)
{
	bool good;

	k->put(change, !pv_present);
	good = value_in(record_at(0), k->family->version[!pv_present]);
	k->same(change, pv_present);
	return good;
}

static void values_of_key(void)
{
	struct static_key *key = (void *)pv_keyed_key(&pv_static_keys, record_at(0));
	const bool linked = pv_static_keys.mode != PV_KEYS_LIVE;
	const bool on = key->on[pv_present];

	value_linked(linked ? "text is as linked" : NULL);
	for (unsigned value = 0; value < 2; value++) {
		const struct static_key_change change = {key, value};

		snprintf(ask.state, sizeof(ask.state), "the key is %s", value ? "on" : "off");
		snprintf(ask.is, sizeof(ask.is), "its count is %d", pv_key_count(key));
		if (value_after(&pv_static_keys, &change))
			tell(!linked && on == value ? ask.is : NULL);
	}
}

static void value_of_target(const void *function, void *arg)
{
	struct static_call_key *key = arg;
	const struct static_call_change change = {key, (void *)function};
	const void *now = pv_static_call_func(key);
	const bool nothing = !now || now == (const void *)__static_call_return0;
	char name[KSYM_NAME];

	target_name(function, name);
	snprintf(ask.state, sizeof(ask.state), "it calls %s", function ? name : "nothing");
	if (value_after(&pv_static_calls, &change))
		tell(pv_static_calls.mode == PV_KEYS_LIVE && (function ? function == now : nothing)
			     ? "it does"
			     : NULL);
}

static void values_of_call(void)
{
	struct static_call_key *key = (void *)pv_keyed_key(&pv_static_calls, record_at(0));

	value_linked(pv_static_calls.mode == PV_KEYS_LIVE ? NULL : "text is as linked");
	targets_each(key, value_of_target, key);
}

/* Keys that a damaged record names are no keys. */
static const char *values_of_keyed(const struct pv_keyed *k, void (*values)(void))
{
	const struct pv_image *image;
	const char *why;

	if (pv_keyed_why(k, record_at(0), &image) || !image)
		return "its record is not what was linked";
	why = pv_live_begin();
	if (why)
		return why;
	values();
	pv_live_end();
	return NULL;
}

static void values_of_other(void)
{
	const struct pv_family *family = ask.spot->table->family;

	value_linked(NULL);
	strlcpy(ask.state, "as it is", sizeof(ask.state));
	if (family->version[0] && value_in(record_at(0), family->version[pv_present]))
		tell("it was asked for");
}

const char *spot_values(const struct spot *spot, spot_value_fn *each, void *arg)
{
	const struct pv_family *family = spot->table->family;

	ask.spot = spot;
	ask.each = each;
	ask.arg = arg;
	if (family == &jump_label_family)
		return values_of_keyed(&pv_static_keys, values_of_key);
	if (family == &static_call_family)
		return values_of_keyed(&pv_static_calls, values_of_call);
	if (family == &alternative_family)
		values_of_alternative();
	else if (family == &smp_locks_family)
		values_of_lock();
	else if (family->linked == paravirt_linked())
		values_of_op();
	else
		values_of_other();
	return NULL;
}
