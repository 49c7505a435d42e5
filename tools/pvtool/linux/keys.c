/* SPDX-License-Identifier: MIT */
/*
 * A word of data can be a trampoline's key only if the file has in it what the trampoline was linked
 * to, 0 of nothing, as in .bss: that, and the two places where the two are named together, leave one word, or few.
 */
#include "linux/keys.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX     "__SCT__"
#define KEY        "__SCK__"
#define CALL_LEN   5
#define KEYS_MAX   16 /* of one trampoline; more are as good as none */
#define NEAR       48 /* bytes of code around the trampoline's address, with what is written to ... */
#define NEAR_CALL  24 /* ... or handed on */
#define PLACES_MAX 64 /* of one trampoline, that are looked at */

struct search {
	struct kernel *kernel;
	struct record *first; /* of trampolines, by address */
	const char **names;   /* theirs */
	size_t n;
	uint32_t (*keys)[KEYS_MAX]; /* of each ... */
	unsigned *n_keys;           /* ... so many */
	unsigned *n_places;         /* ... and where code names it */
};

/* The trampoline at that address; `n` if there is none. */
static size_t find(const struct search *s, uint32_t addr)
{
	size_t low = 0, high = s->n;

	if (!s->n || addr < s->first->addr || addr > s->first[s->n - 1].addr)
		return s->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->first[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n && s->first[low].addr == addr ? low : s->n;
}

static void add(struct search *s, size_t i, uint32_t key)
{
	const uint8_t *word = image_bytes(&s->kernel->image, key, 4);
	uint32_t linked = kernel_branch(s->kernel, s->first[i].addr);

	if (!kernel_is_data(s->kernel, key, 4) || (word ? bytes_get32(word) : 0) != linked)
		return;
	for (unsigned k = 0; k < s->n_keys[i]; k++) {
		if (s->keys[i][k] == key)
			return;
	}
	if (s->n_keys[i] < KEYS_MAX)
		s->keys[i][s->n_keys[i]++] = key;
}

/* By name: of a symbol table, or of what is exported. */
static void by_name(struct search *s)
{
	for (size_t i = 0; i < s->kernel->image.n_symbols; i++) {
		const struct symbol *symbol = &s->kernel->image.symbols[i];

		if (strncmp(symbol->name, KEY, strlen(KEY)) != 0)
			continue;
		for (size_t k = 0; k < s->n; k++) {
			if (strcmp(symbol->name + strlen(KEY), s->names[k] + strlen(PREFIX)) == 0)
				add(s, k, symbol->addr);
		}
	}
}

static void by_tracepoint(struct search *s, const struct section *section)
{
	for (uint32_t at = 4; at + 4 <= section->size; at += 4) {
		size_t i = find(s, bytes_get32(section->bytes + at));

		if (i < s->n && !s->n_keys[i])
			add(s, i, bytes_get32(section->bytes + at - 4));
	}
}

/*
 * Do the bytes before the address at p + k make it one that is written to: mov %eax, address (a3);
 * mov %reg, address (89 /r); movl $function, address (c7 05)? Then the update is inlined there.
 */
static bool is_store(const uint8_t *p, uint32_t k)
{
	if (k >= 1 && p[k - 1] == 0xa3)
		return true;
	return k >= 2 && ((p[k - 2] == 0x89 && (p[k - 1] & 0xc7) == 0x05) ||
			  (p[k - 2] == 0xc7 && p[k - 1] == 0x05));
}

/* One that is handed on, as the trampoline is: mov $address, %reg (b8 + reg). */
static bool is_argument(const uint8_t *p, uint32_t k)
{
	return k >= 1 && p[k - 1] >= 0xb8 && p[k - 1] <= 0xbf;
}

static void add_if(struct search *s, size_t i, const struct section *section, uint32_t k,
		   bool (*is)(const uint8_t *p, uint32_t k))
{
	if (k < section->size && section->size - k >= 4 && is(section->bytes, k))
		add(s, i, bytes_get32(section->bytes + k));
}

/*
 * From the trampoline's address at `at` outwards: the nearest word that is handed on; otherwise all that
 * are written to, since code that updates several calls at once writes and hands on in any order.
 */
static void add_near(struct search *s, size_t i, const struct section *section, uint32_t at)
{
	for (uint32_t d = 1; d <= NEAR_CALL && !s->n_keys[i]; d++) {
		add_if(s, i, section, at + d, is_argument);
		add_if(s, i, section, at - d, is_argument);
	}
	if (s->n_keys[i])
		return;
	for (uint32_t d = 1; d <= NEAR; d++) {
		add_if(s, i, section, at + d, is_store);
		add_if(s, i, section, at - d, is_store);
	}
}

/* `named`: those that have a key by then are not looked for. */
static void by_update(struct search *s, const struct section *section, const uint8_t *named)
{
	for (uint32_t at = 0; at + 4 <= section->size; at++) {
		size_t i = find(s, bytes_get32(section->bytes + at));

		if (i == s->n || named[i] || s->n_places[i]++ >= PLACES_MAX)
			continue;
		add_near(s, i, section, at);
	}
}

static void each_section(struct search *s, bool exec, const uint8_t *named)
{
	for (size_t i = 0; i < s->kernel->image.n_sections; i++) {
		const struct section *section = &s->kernel->image.sections[i];

		if (!section->alloc || !section->bytes || section->exec != exec)
			continue;
		if (exec)
			by_update(s, section, named);
		else
			by_tracepoint(s, section);
	}
}

static bool is_named(const struct symbol *symbol)
{
	return strncmp(symbol->name, PREFIX, strlen(PREFIX)) == 0;
}

/* An exported one has two symbols. */
static bool is_trampoline(const struct kernel *kernel, size_t i)
{
	const struct symbol *symbol = &kernel->image.symbols[i];

	return is_named(symbol) && kernel_is_text(kernel, symbol->addr, CALL_LEN) &&
	       (!i || symbol[-1].addr != symbol->addr || !is_named(symbol - 1));
}

/* Records of all trampolines, behind those that the table has. */
static void add_records(struct search *s)
{
	struct kernel_table *table = &s->kernel->tables[KIND_CALLS];
	const struct image *image = &s->kernel->image;
	size_t n = 0;

	for (size_t i = 0; i < image->n_symbols; i++)
		n += is_trampoline(s->kernel, i);
	table->records = bytes_need(
		realloc(table->records, (table->n + n + 1) * sizeof(*table->records)));
	s->first = table->records + table->n;
	s->names = bytes_need(calloc(n + 1, sizeof(*s->names)));
	for (size_t i = 0; i < image->n_symbols; i++) {
		if (!is_trampoline(s->kernel, i))
			continue;
		s->names[s->n] = image->symbols[i].name;
		s->first[s->n] = (struct record){.addr = image->symbols[i].addr,
						 .len = CALL_LEN,
						 .index = table->n + s->n,
						 .type = 1};
		s->n++;
	}
	table->n += s->n;
}

static void keep(struct search *s)
{
	struct kernel *kernel = s->kernel;

	kernel->keys = bytes_need(calloc(s->n + 1, KEYS_MAX * sizeof(*kernel->keys)));
	for (size_t i = 0; i < s->n; i++) {
		s->first[i].target = (uint32_t)kernel->n_keys;
		s->first[i].clobbers = (uint16_t)s->n_keys[i];
		memcpy(kernel->keys + kernel->n_keys, s->keys[i],
		       s->n_keys[i] * sizeof(*kernel->keys));
		kernel->n_keys += s->n_keys[i];
	}
}

void keys_find(struct kernel *kernel)
{
	struct search s = {.kernel = kernel};
	uint8_t *named;

	add_records(&s);
	s.keys = bytes_need(calloc(s.n + 1, sizeof(*s.keys)));
	s.n_keys = bytes_need(calloc(s.n + 1, sizeof(*s.n_keys)));
	s.n_places = bytes_need(calloc(s.n + 1, sizeof(*s.n_places)));
	named = bytes_need(calloc(s.n + 1, 1));
	by_name(&s);
	each_section(&s, false, NULL);
	for (size_t i = 0; i < s.n; i++)
		named[i] = s.n_keys[i] != 0;
	each_section(&s, true, named);
	keep(&s);
	free(named);
	free(s.names);
	free(s.n_places);
	free(s.n_keys);
	free(s.keys);
}
