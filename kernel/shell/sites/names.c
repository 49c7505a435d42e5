// SPDX-License-Identifier: MIT
/*
 * Tables of keys are sorted by key, so those of one are neighbours. A record that is not what was linked is passed over:
 * where its key is, is not known.
 */
#include "kernel/shell/sites/names.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/image.h"

#define CALL_PREFIX "__SCK__"

/* tools/keynames.awk makes them; a kernel that was linked without has none. */
struct key_name {
	uint32_t at, size;
	const char *name;
};
extern const struct key_name key_names[] __attribute__((weak));
extern const struct key_name key_names_end[] __attribute__((weak));

static const struct key_name *name_at(uint32_t at)
{
	for (const struct key_name *n = key_names; n < key_names_end; n++)
		if (at - n->at < n->size)
			return n;
	return NULL;
}

static const char *bare(const char *name)
{
	const size_t prefix = sizeof(CALL_PREFIX) - 1;

	return strncmp(name, CALL_PREFIX, prefix) == 0 ? name + prefix : name;
}

/* An array of keys is named once. */
static void name_element(const struct key_name *n, uint32_t at, char name[KSYM_NAME])
{
	if (n->size > 16 && bare(n->name) == n->name)
		snprintf(name, KSYM_NAME, "%s[%u]", n->name, (at - n->at) / 16);
	else
		strlcpy(name, bare(n->name), KSYM_NAME);
}

void names_of(const void *key, char name[KSYM_NAME])
{
	const uint32_t at = (uint32_t)key;
	const struct key_name *known = name_at(at);

	snprintf(name, KSYM_NAME, "0x%08x", at);
	if (known)
		name_element(known, at, name);
	else
		for (const struct pv_image *image = pv_images; image; image = image->next)
			if (at >= (uint32_t)image->data && at < (uint32_t)image->data_end)
				snprintf(name, KSYM_NAME, "%s+0x%x", image->name,
					 at - (uint32_t)image->text);
}

/* ---- each ---- */

static const int32_t *record_of(const struct pv_keyed *k, const struct pv_table *t, uint32_t i)
{
	return (const int32_t *)t->first + i * k->words;
}

static bool is_good(const struct pv_keyed *k, const int32_t *record)
{
	const struct pv_image *image;

	return !pv_keyed_why(k, record, &image) && image;
}

static uint32_t count_in(const struct pv_keyed *k, const struct pv_table *t, uint32_t key)
{
	uint32_t n = 0;

	for (uint32_t i = pv_table_records(t); i--;) {
		const int32_t *record = record_of(k, t, i);

		n += pv_keyed_key(k, record) == key && is_good(k, record);
	}
	return n;
}

/* In all tables; 0 when one before `first` has it already. */
static uint32_t count_from(const struct pv_keyed *k, const struct pv_table *first, uint32_t key)
{
	uint32_t n = 0;
	bool found = false;

	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next) {
			const uint32_t here = t->family == k->family ? count_in(k, t, key) : 0;

			found |= t == first;
			if (here && !found)
				return 0;
			n += here;
		}
	return n;
}

static bool each_in(const struct pv_keyed *k, const struct pv_table *t, names_visit_fn *visit,
		    void *arg)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < pv_table_records(t); i++) {
		const uint32_t key = pv_keyed_key(k, record_of(k, t, i));
		uint32_t sites;

		if (key == last || !is_good(k, record_of(k, t, i)))
			continue;
		last = key;
		sites = count_from(k, t, key);
		if (sites && !visit((void *)key, sites, arg))
			return false;
	}
	return true;
}

void names_each(const struct pv_keyed *k, names_visit_fn *visit, void *arg)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			if (t->family == k->family && !each_in(k, t, visit, arg))
				return;
}

/* ---- find ---- */

struct wanted {
	const char *name;
	uint32_t address; /* or 0 */
	void *key;
	unsigned n;
};

static bool is_wanted(void *key, uint32_t sites, void *arg)
{
	struct wanted *w = arg;
	char name[KSYM_NAME];

	(void)sites;
	names_of(key, name);
	if (strcmp(name, w->name) && (uint32_t)key != w->address)
		return true;
	w->key = key;
	w->n++;
	return true;
}

void *names_find(const struct pv_keyed *k, const char *name, const char **why)
{
	struct wanted w = {.name = name};

	if (parse_u32(name, &w.address))
		w.address = 0;
	names_each(k, is_wanted, &w);
	*why = w.n == 0 ? "there is none of this name"
			: "several have this name: say which one by its address";
	return w.n == 1 ? w.key : NULL;
}

bool names_address(const char *text, uint32_t *address)
{
	const char *plus = strchr(text, '+');
	char name[KSYM_NAME];
	uint32_t offset = 0;

	if (parse_u32(text, address) == 0)
		return true;
	if (strlcpy(name, text, sizeof(name)) >= sizeof(name))
		return false;
	if (plus) {
		name[plus - text] = '\0';
		if (parse_u32(plus + 1, &offset))
			return false;
	}
	*address = ksym_address(name);
	if (!*address)
		return false;
	*address += offset;
	return true;
}

/* ---- completion ---- */

static bool offer(void *key, uint32_t sites, void *arg)
{
	char name[KSYM_NAME];

	(void)sites;
	names_of(key, name);
	completion_offer(arg, name);
	return true;
}

void names_offer(const struct pv_keyed *k, struct completion *c)
{
	names_each(k, offer, c);
}

/* Has a table a site from there on, below `end`? */
static bool has_site(const struct pv_table *t, uint32_t from, uint32_t end)
{
	struct pv_site site;

	for (uint32_t i = pv_table_reach(t, from); i < t->n && t->index[i].at < end; i++) {
		pv_entry_site(t, i, &site);
		if (site.len && (uint32_t)site.at >= from)
			return true;
	}
	return false;
}

/* Did a table before this one have it? */
static bool is_offered(const struct pv_image *image, const struct pv_table *before, uint32_t from,
		       uint32_t end)
{
	for (const struct pv_table *t = image->tables; t != before; t = t->next)
		if (has_site(t, from, end))
			return true;
	return false;
}

/* Of each function with sites its first one offers it. */
static void offer_table(const struct pv_image *image, const struct pv_table *t,
			struct completion *c)
{
	uint32_t end = 0, offset, size;
	char name[KSYM_NAME];
	struct pv_site site;

	for (uint32_t i = 0; i < t->n; i++) {
		pv_entry_site(t, i, &site);
		if (!site.len || (uint32_t)site.at < end ||
		    !ksym_lookup((uint32_t)site.at, name, &offset, &size))
			continue;
		end = (uint32_t)site.at - offset + size;
		if (!is_offered(image, t, end - size, end))
			completion_offer(c, name);
	}
}

void names_offer_functions(struct completion *c)
{
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			offer_table(image, t, c);
}
