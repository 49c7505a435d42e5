// SPDX-License-Identifier: MIT
/*
 * Static calls as a family of live sites. A site is a call or a jump of five bytes, or the
 * trampoline that those are linked to; what it goes to follows from the key.
 */
#include "pv/static_call.h"
#include "pv/host.h"
#include "pv/keyed.h"

#define LEN 5

static const uint8_t version[2] = {0, 1};
const uint8_t static_call_linked = 2;

/* ---- the bytes ---- */

/* Nothing to call, and the result is as wide as one instruction makes it. */
PV_TEXT_PART bool is_nothing(const struct static_call_key *key, const void *func)
{
	return key->narrow && (!func || func == (const void *)__static_call_return0);
}

static PV_TEXT void put_nothing(struct pv_site *out)
{
	out->kind = PV_INLINE;
	out->n = PV_RETURN_0;
	for (unsigned i = 0; i < PV_RETURN_0; i++)
		out->bytes[i] = pv_return_0[i];
}

static PV_TEXT void put_branch(bool tail, uint32_t to, struct pv_site *out)
{
	const uint32_t distance = to - ((uint32_t)out->at + out->len);

	out->kind = tail ? PV_JMP : PV_CALL;
	out->n = out->len;
	if (tail)
		out->bytes[0] = 0xe9;
	else
		out->bytes[0] = 0xe8;
	for (unsigned i = 1; i < LEN; i++)
		out->bytes[i] = (uint8_t)(distance >> 8 * (i - 1));
}

static PV_TEXT bool is_text(uint32_t at)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		if (pv_image_range(image, at, 1).first)
			return true;
	return false;
}

/* Nothing writes what calls are linked to. */
static PV_TEXT bool is_key(const void *at)
{
	const struct static_call_key *key = at;

	return is_text((uint32_t)key->trampoline) && is_text((uint32_t)key->linked);
}

static PV_TEXT enum pv_why static_call_bytes(const void *record, const void *state,
					     struct pv_site *out)
{
	const struct static_call_site *site = record;
	const struct static_call_key *key;
	const bool tail = pv_keyed_to(&site->key) & PV_CALL_TAIL;
	const struct pv_image *image;
	enum pv_why why;
	const void *func;

	out->at = (uint8_t *)pv_keyed_to(&site->addr);
	out->len = LEN;
	out->row = 0;
	if (!state)
		return PV_OK;
	why = pv_keyed_why(&pv_static_calls, &site->addr, &image);
	if (why)
		return why;
	key = (const void *)pv_keyed_key(&pv_static_calls, &site->addr);
	if (state == &static_call_linked) {
		put_branch(tail,
			   (uint32_t)(out->at == key->trampoline ? key->linked : key->trampoline),
			   out);
		return PV_OK;
	}
	func = key->func[*(const uint8_t *)state];
	if (!tail && is_nothing(key, func)) {
		put_nothing(out);
		return PV_OK;
	}
	if (!func)
		func = (const void *)__static_call_return0;
	put_branch(tail, (uint32_t)func, out);
	return is_text((uint32_t)func) ? PV_OK : PV_WHY_BRANCH;
}

const struct pv_family static_call_family = {
	.name = "static_call",
	.record_size = sizeof(struct static_call_site),
	.sums = true,
	.linked = &static_call_linked,
	.version = {&version[0], &version[1]},
	.bytes = static_call_bytes,
};

/* ---- the table ---- */

static unsigned note(const uint8_t *at, unsigned room)
{
	(void)room;
	return *at == 0xe9 ? PV_CALL_TAIL : 0;
}

static bool looks_like_key(const struct pv_table *table, const void *key)
{
	(void)table;
	return is_key(key);
}

void static_call_init(struct pv_table *table)
{
	pv_keyed_init(&pv_static_calls, table);
}

static PV_TEXT bool goes_into(const struct pv_image *image, const struct static_call_site *site)
{
	const struct static_call_key *key = (const void *)pv_keyed_key(&pv_static_calls,
								       &site->addr);
	const struct pv_image *of;

	return !pv_keyed_why(&pv_static_calls, &site->addr, &of) &&
	       pv_image_range(image, (uint32_t)pv_static_call_func(key), 1).first;
}

static const char *held(const struct pv_image *image)
{
	for (const struct pv_image *other = pv_images; other; other = other->next)
		for (const struct pv_table *t = other->tables; t && other != image; t = t->next) {
			const struct static_call_site *site = t->first;

			if (t->family != &static_call_family)
				continue;
			for (uint32_t n = pv_table_records(t); n--; site++)
				if (goes_into(image, site))
					return "a static call goes into it";
		}
	return NULL;
}

void static_call_live(void)
{
	pv_static_calls.mode = PV_KEYS_LIVE;
}

void static_call_keep(void)
{
	pv_static_calls.mode = PV_KEYS_KEPT;
}

/* ---- changes ---- */

/* As long as there is no image a pass will ask whether it is text. */
static const char *why_not(const void *change)
{
	const void *func = ((const struct static_call_change *)change)->func;

	if (!func || !pv_images || pv_is_text((uint32_t)func))
		return NULL;
	return "its function is not in text";
}

static void put(const void *change, unsigned in_version)
{
	const struct static_call_change *c = change;

	c->key->func[in_version] = c->func;
}

static void same(const void *change, unsigned from)
{
	struct static_call_key *key = ((const struct static_call_change *)change)->key;

	key->func[!from] = key->func[from];
}

struct pv_keyed pv_static_calls = {
	.family = &static_call_family,
	.what = "static call",
	.words = sizeof(struct static_call_site) / sizeof(int32_t),
	.flags = PV_CALL_FLAGS,
	.init = PV_CALL_INIT,
	.key_size = sizeof(struct static_call_key),
	.change_size = sizeof(struct static_call_change),
	.site_least = LEN,
	.note = note,
	.is_key = is_key,
	.looks_like_key = looks_like_key,
	.why_not = why_not,
	.put = put,
	.same = same,
	.prepare = static_call_init,
	.held = held,
	.state = pv_keyed_state,
};

bool pv_static_call_set(struct static_call_key *key, void *func)
{
	const struct static_call_change change = {key, func};
	const struct pv_keyed_part part = {&pv_static_calls, &change, 1};

	return pv_keyed_commit(&part, 1);
}
