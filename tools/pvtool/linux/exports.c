/* SPDX-License-Identifier: MIT */
/*
 * Which form the records have is told by what they say: it is the one in which most of them name an
 * address of the image by a word of its strings.
 */
#include "linux/exports.h"
#include "read/bytes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct export_form {
	uint32_t size, relative;
} forms[] = {{12, 1}, {8, 1}, {8, 0}, {12, 0}};

#define NAME_MAX 512u /* bytes of a name */
#define FORMS    (sizeof(forms) / sizeof(forms[0]))

/* The string at an address: a word. NULL if it is none. */
static const char *word_at(const struct image *image, uint32_t addr)
{
	uint32_t room = image_room(image, addr) < NAME_MAX ? image_room(image, addr) : NAME_MAX;
	const char *p = (const char *)image_bytes(image, addr, room), *end;

	end = p ? memchr(p, 0, room) : NULL;
	for (const char *c = p; end && c < end; c++) {
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.')
			return NULL;
	}
	return end && end > p ? p : NULL;
}

static const char *read_one(const struct image *image, const struct section *s, uint32_t at,
			    uint32_t relative, uint32_t *value)
{
	uint32_t here = relative * (s->addr + at);

	*value = bytes_get32(s->bytes + at) + here;
	if (!image_section_at(image, *value))
		return NULL;
	return word_at(image, bytes_get32(s->bytes + at + 4) + here + 4 * relative);
}

static size_t read_all(const struct image *image, const struct section *s,
		       const struct export_form *form, struct symbol *out)
{
	size_t n = 0;

	for (uint32_t at = 0; at + form->size <= s->size; at += form->size) {
		uint32_t value;
		const char *name = read_one(image, s, at, form->relative, &value);
		const struct section *home = image_section_at(image, value);

		if (!name)
			continue;
		if (out)
			out[n] = (struct symbol){.name = name,
						 .addr = value,
						 .section = (size_t)(home - image->sections),
						 .func = home->exec,
						 .global = true};
		n++;
	}
	return n;
}

static const struct export_form *best_form(const struct image *image, const struct section *s,
					   size_t *n)
{
	const struct export_form *best = NULL;
	size_t bytes = 0;

	for (size_t i = 0; i < FORMS; i++) {
		size_t good = read_all(image, s, &forms[i], NULL);

		if (good * forms[i].size > bytes) {
			bytes = good * forms[i].size;
			best = &forms[i];
			*n = good;
		}
	}
	return best;
}

static size_t add_section(struct image *image, const char *name)
{
	const struct section *s = image_section(image, name);
	const struct export_form *form;
	struct symbol *symbols;
	char *names = image->names;
	size_t n = 0, had = image->n_symbols;

	form = s && s->bytes ? best_form(image, s, &n) : NULL;
	if (!form)
		return 0;
	symbols = bytes_need(calloc(had + n, sizeof(*symbols)));
	if (had)
		memcpy(symbols, image->symbols, had * sizeof(*symbols));
	read_all(image, s, form, symbols + had);
	image->names = NULL; /* they stay */
	image_take_symbols(image, symbols, had + n, names);
	return n;
}

size_t exports_add(struct image *image)
{
	return add_section(image, "__ksymtab") + add_section(image, "__ksymtab_gpl");
}
