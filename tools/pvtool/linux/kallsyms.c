/* SPDX-License-Identifier: MIT */
/*
 * Found from the end: token_index is 256 ascending words of which the first is 0, and it has to fit
 * the strings before it; then each number that may be num_syms is tried, until the names behind it
 * come out at markers that say where they were.
 */
#include "linux/kallsyms.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

#define TOKENS     256
#define TOKENS_MAX (TOKENS * 64) /* bytes of token_table */
#define NAMES_MAX  (1u << 20)    /* symbols; a kernel has some hundred thousand */
#define NAME_MAX   512           /* characters, with the type */

/* In one section; offsets into it. */
struct tables {
	const uint8_t *bytes;
	uint32_t size;
	uint32_t n, names, tokens, index;
	uint32_t values, base; /* addresses, or offsets from the base */
};

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)(p[0] | p[1] << 8);
}

static uint32_t align4(uint32_t at)
{
	return (at + 3) & ~3u;
}

/* ---- tokens ---- */

static bool is_index(const struct tables *t, uint32_t at)
{
	const uint8_t *p = t->bytes + at;

	if (get16(p) != 0)
		return false;
	for (uint32_t i = 1; i < TOKENS; i++) {
		uint32_t len = get16(p + 2 * i) - get16(p + 2 * i - 2);

		if (len < 2 || len > 64)
			return false;
	}
	return true;
}

static uint32_t token_at(const struct tables *t, uint32_t i)
{
	return t->tokens + get16(t->bytes + t->index + 2 * i);
}

/* Do strings begin where token_index says, and end before it but for padding? */
static bool are_tokens(const struct tables *t)
{
	uint32_t at = token_at(t, TOKENS - 1);

	for (uint32_t i = 1; i < TOKENS; i++) {
		uint32_t before = token_at(t, i - 1), len = token_at(t, i) - before;

		if (memchr(t->bytes + before, 0, len) != t->bytes + before + len - 1)
			return false;
	}
	while (at < t->index && t->bytes[at])
		at++;
	return at < t->index && at > token_at(t, TOKENS - 1) && align4(at + 1) == t->index;
}

static bool find_tokens(struct tables *t, uint32_t index)
{
	uint32_t last = get16(t->bytes + index + 2 * (TOKENS - 1));

	t->index = index;
	for (uint32_t back = align4(last + 2); back <= last + 64 + 4 && back <= index; back += 4) {
		t->tokens = index - back;
		if (are_tokens(t))
			return true;
	}
	return false;
}

/* ---- names ---- */

/* Where the tokens of the name at *at begin; *at is then behind it. 0 tokens: it is none. */
static uint32_t next_name(const struct tables *t, uint32_t *at, uint32_t end,
			  const uint8_t **tokens)
{
	uint32_t len;

	if (*at + 2 > end)
		return 0;
	len = t->bytes[(*at)++];
	if (len & 0x80)
		len = (len & 0x7f) | (uint32_t)t->bytes[(*at)++] << 7;
	if (len > end - *at || len >= NAME_MAX)
		return 0;
	*tokens = t->bytes + *at;
	*at += len;
	return len;
}

/*
 * Are there n names from `names` on, and behind them, at `marks`, the markers that say so? Each is asked
 * as soon as it can be: a wrong guess costs 256 names at most.
 */
static bool are_names(const struct tables *t, uint32_t names, uint32_t n, uint32_t marks)
{
	uint32_t at = names;
	const uint8_t *tokens;

	for (uint32_t i = 0; i < n; i++) {
		if (i % 256 == 0 && bytes_get32(t->bytes + marks + i / 256 * 4) != at - names)
			return false;
		if (!next_name(t, &at, marks, &tokens))
			return false;
	}
	return align4(at) == marks;
}

/* The markers end where the tokens begin, or where numbers of three bytes do that end there. */
static bool fits(const struct tables *t, uint32_t names, uint32_t n)
{
	uint32_t size = (n + 255) / 256 * 4, room = t->tokens - names, numbers = align4(3 * n);

	if (!n || n >= NAMES_MAX || 2 * n + size > room)
		return false;
	return are_names(t, names, n, t->tokens - size) ||
	       (2 * n + size + numbers <= room &&
		are_names(t, names, n, t->tokens - numbers - size));
}

static bool find_names(struct tables *t)
{
	for (uint32_t at = 4; at + 4 < t->tokens; at += 4) {
		t->n = bytes_get32(t->bytes + at - 4);
		t->names = at;
		if (fits(t, at, t->n))
			return true;
	}
	return false;
}

/* ---- addresses ---- */

static bool is_ascending(const struct tables *t, uint32_t at)
{
	for (uint32_t i = 1; i < t->n; i++) {
		if (bytes_get32(t->bytes + at + 4 * i) < bytes_get32(t->bytes + at + 4 * i - 4))
			return false;
	}
	return true;
}

/* Offsets and a base behind them, the first of which is that base or not far from it. */
static bool take_offsets(struct tables *t, uint32_t at)
{
	if (at > t->size || 4 * t->n + 4 > t->size - at || !is_ascending(t, at))
		return false;
	t->values = at;
	t->base = bytes_get32(t->bytes + at + 4 * t->n);
	return t->base >= 0x1000 &&
	       bytes_get32(t->bytes + at + 4 * t->n - 4) <= UINT32_MAX - t->base;
}

static bool take_addresses(struct tables *t, uint32_t at)
{
	t->values = at;
	t->base = 0;
	return is_ascending(t, at);
}

static bool find_values(struct tables *t)
{
	uint32_t before = t->names - 4, size = 4 * t->n;

	if (before >= size + 4 && take_offsets(t, before - 4 - size))
		return true;
	if (before >= size && take_addresses(t, before - size))
		return true;
	return take_offsets(t, t->index + 2 * TOKENS);
}

static bool find_tables(struct tables *t)
{
	for (uint32_t at = 0; t->size >= 2 * TOKENS && at <= t->size - 2 * TOKENS; at += 4) {
		if (is_index(t, at) && find_tokens(t, at) && find_names(t) && find_values(t))
			return true;
	}
	return false;
}

/* ---- symbols ---- */

/* Writes the i-th name, its type first; false if it is none. `out` has room for NAME_MAX. */
static bool expand(const struct tables *t, uint32_t *at, char *out)
{
	const uint8_t *tokens;
	uint32_t n = next_name(t, at, t->tokens, &tokens);
	size_t len = 0;

	for (uint32_t i = 0; i < n; i++) {
		const char *token = (const char *)t->bytes + token_at(t, tokens[i]);
		size_t room = NAME_MAX - len, some = strlen(token);

		if (some >= room)
			return false;
		memcpy(out + len, token, some + 1);
		len += some;
	}
	return len > 1;
}

static void make_symbol(const struct image *image, uint32_t addr, char type, struct symbol *out)
{
	const struct section *s = image_section_at(image, addr);

	*out = (struct symbol){.addr = addr,
			       .section = s ? (size_t)(s - image->sections) : image->n_sections,
			       .func = strchr("tTwW", type) != NULL,
			       .global = type >= 'A' && type <= 'Z'};
}

static bool make_symbols(const struct image *image, const struct tables *t, struct symbol *symbols,
			 char **names)
{
	size_t used = 0, room = 0;
	uint32_t at = t->names;
	char name[NAME_MAX];

	for (uint32_t i = 0; i < t->n; i++) {
		if (!expand(t, &at, name))
			return false;
		if (used + NAME_MAX > room)
			*names = bytes_need(realloc(*names, room = 2 * room + NAME_MAX));
		make_symbol(image, t->base + bytes_get32(t->bytes + t->values + 4 * i), name[0],
			    &symbols[i]);
		symbols[i].size = (uint32_t)used; /* until the names lie where they stay */
		strcpy(*names + used, name + 1);
		used += strlen(name);
	}
	for (uint32_t i = 0; i < t->n; i++) {
		symbols[i].name = *names + symbols[i].size;
		symbols[i].size = 0;
	}
	return true;
}

static bool read_section(struct image *image, const struct section *s)
{
	struct tables t = {.bytes = s->bytes, .size = s->size};
	struct symbol *symbols;
	char *names = NULL;

	if (!find_tables(&t))
		return false;
	symbols = bytes_need(calloc(t.n, sizeof(*symbols)));
	if (make_symbols(image, &t, symbols, &names)) {
		image_take_symbols(image, symbols, t.n, names);
		return true;
	}
	free(symbols);
	free(names);
	return false;
}

bool kallsyms_read(struct image *image)
{
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];

		if (s->alloc && !s->exec && s->bytes && read_section(image, s))
			return true;
	}
	return false;
}
