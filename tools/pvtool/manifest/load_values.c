/* SPDX-License-Identifier: MIT */
/*
 * A value of a site: its bytes, what they are, and the state that they belong to, as words, which are
 * looked up once.
 */
#include "family/backend.h"
#include "manifest/load_parts.h"
#include "read/bytes.h"

#include <stdlib.h>
#include <string.h>

static const char *const when_names[WHEN_KINDS] = {
	[WHEN_STATE] = "state",       [WHEN_BACKEND] = "backend", [WHEN_OP] = "op",
	[WHEN_FEATURE] = "feature",   [WHEN_CPUS] = "cpus",       [WHEN_KEY] = "key",
	[WHEN_FUNCTION] = "function",
};

static bool find_word(const char *const *words, size_t n, const char *word, unsigned *out)
{
	for (*out = 0; *out < n; (*out)++) {
		if (strcmp(words[*out], word) == 0)
			return true;
	}
	return false;
}

static bool find_feature(const struct doc *doc, const char *word, unsigned *out)
{
	const bool negated = *word == '!';
	const json_t *number = json_object_get(json_object_get(doc->root, "features"),
					       word + negated);

	*out = LISTED_NONE;
	if (strcmp(word, "none") == 0)
		return true;
	*out = (unsigned)json_integer_value(number) | (negated ? FEATURE_NOT : 0);
	return number;
}

static bool find_backend(const struct model *model, const char *word, unsigned *out)
{
	const struct backend *backend = backend_find(model, word);

	*out = backend ? (unsigned)(backend - model->backends) : 0;
	return backend;
}

/* What the word says, of that kind. */
static bool find_is(const struct doc *doc, const struct model *model, enum listed_when when,
		    const char *word, unsigned *out)
{
	static const char *const ops[] = {"missing", "nothing", "another"};
	static const char *const cpus[] = {"one", "more"}, *const keys[] = {"off", "on"};
	static const char *const functions[] = {"none", "the key's"}, *const states[] = {"linked"};

	switch (when) {
	case WHEN_BACKEND: return find_backend(model, word, out);
	case WHEN_FEATURE: return find_feature(doc, word, out);
	case WHEN_OP: return find_word(ops, 3, word, out);
	case WHEN_CPUS: return find_word(cpus, 2, word, out);
	case WHEN_KEY: return find_word(keys, 2, word, out);
	case WHEN_FUNCTION: return find_word(functions, 2, word, out);
	case WHEN_STATE: return find_word(states, 1, word, out);
	case WHEN_KINDS: break;
	}
	return false;
}

static void read_padding(struct doc *doc, const json_t *when, struct listed_value *out)
{
	const json_t *padding = doc_array(doc, when, "padding");

	for (size_t i = 0; i < json_array_size(padding); i++) {
		const struct nops *nops = nops_find(
			doc_text(doc, json_array_get(padding, i), "padding"));

		if (nops)
			out->tables |= 1u << (nops - nops_tables);
		else
			doc_fail(doc, "padding of a table that is none");
	}
	if (!out->tables)
		doc_fail(doc, "padding of no table");
}

static void read_when(struct doc *doc, const struct model *model, const json_t *value,
		      struct listed_value *out)
{
	const json_t *when = doc_object(doc, value, "when");
	const bool padded = json_object_get(when, "padding");
	unsigned kind = 0;

	while (kind < WHEN_KINDS && !json_object_get(when, when_names[kind]))
		kind++;
	if (kind == WHEN_KINDS || json_object_size(when) != 1u + padded) {
		doc_fail(doc, "\"when\" is of no one kind");
		return;
	}
	out->when = (enum listed_when)kind;
	if (!find_is(doc, model, out->when, doc_string(doc, when, when_names[kind]), &out->is))
		doc_fail(doc, "\"when\": no such %s", when_names[kind]);
	if (padded)
		read_padding(doc, when, out);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits a byte; dots four times, once. */
static bool read_bytes(const char *text, size_t len, struct listed_value *out)
{
	size_t dots = 0;

	for (size_t i = 0; i < len; i++) {
		const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (text[2 * i] == '.' && text[2 * i + 1] == '.') {
			out->open = dots++ ? out->open : (uint8_t)i;
			if (!i || i - out->open >= 4)
				return false;
		} else if (high < 0 || low < 0) {
			return false;
		} else {
			out->bytes[i] = (uint8_t)(high << 4 | low);
		}
	}
	return dots == 0 || dots == 4;
}

/* Which values are open is known, so that each is filled with what it is for. */
static bool may_be_open(const struct listed_value *v)
{
	return (v->when == WHEN_OP && v->is == LISTED_ANOTHER) ||
	       (v->when == WHEN_FUNCTION && v->is == 1);
}

void manifest_load_value(struct doc *doc, const struct model *model, const struct site *site,
			 const json_t *value, struct listed_value *out)
{
	const char *bytes = doc_string(doc, value, "bytes"), *is = doc_string(doc, value, "is");
	const bool padded = json_object_get(value, "pad");
	unsigned kind = 0;

	while (kind < EXPECT_KINDS && strcmp(expect_kind_name((enum expect_kind)kind), is) != 0)
		kind++;
	out->kind = (enum expect_kind)kind;
	out->bytes = bytes_need(calloc(site->len + (size_t)1, 1));
	out->n = (uint8_t)(site->len - (padded ? doc_number(doc, value, "pad", site->len) : 0));
	read_when(doc, model, value, out);
	if (kind == EXPECT_KINDS)
		doc_fail(doc, "\"is\": no such kind");
	else if (strlen(bytes) != 2u * site->len || !read_bytes(bytes, site->len, out))
		doc_fail(doc, "\"bytes\" are not %u, in hexadecimal", site->len);
	else if (padded != !!out->tables)
		doc_fail(doc, "\"pad\" without \"padding\", or the reverse");
	else if (!out->open != !may_be_open(out))
		doc_fail(doc, "dots where bytes are known, or the reverse");
}
