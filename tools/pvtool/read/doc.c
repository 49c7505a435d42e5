/* SPDX-License-Identifier: MIT */
/*
 * Jansson behind the accessors. It refuses what is no JSON and members that are there twice, with
 * line and column; depth is bounded by it, too.
 */
#include "read/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool doc_open(struct doc *doc, const char *path, const uint8_t *bytes, size_t size)
{
	json_error_t error;

	*doc = (struct doc){.path = path};
	doc->root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
	if (!doc->root)
		return doc_fail(doc, "line %d, column %d: %s", error.line, error.column,
				error.text);
	if (!json_is_object(doc->root)) {
		doc_fail(doc, "no JSON object");
		doc_close(doc);
		return false;
	}
	return true;
}

void doc_close(struct doc *doc)
{
	json_decref(doc->root);
	doc->root = NULL;
}

void doc_at(struct doc *doc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(doc->place, sizeof(doc->place), format, args);
	va_end(args);
}

bool doc_fail(struct doc *doc, const char *format, ...)
{
	va_list args;

	if (doc->failed)
		return false;
	doc->failed = true;
	fprintf(stderr, "pvtool: %s: %s%s", doc->path, doc->place, *doc->place ? ": " : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

static json_t *member(struct doc *doc, const json_t *object, const char *name, json_type type,
		      const char *what)
{
	json_t *value = json_object_get(object, name);

	if (value && json_typeof(value) == type)
		return value;
	if (value)
		doc_fail(doc, "\"%s\" is no %s", name, what);
	else
		doc_fail(doc, "there is no \"%s\"", name);
	return NULL;
}

json_t *doc_array(struct doc *doc, const json_t *object, const char *name)
{
	return member(doc, object, name, JSON_ARRAY, "array");
}

json_t *doc_object(struct doc *doc, const json_t *object, const char *name)
{
	return member(doc, object, name, JSON_OBJECT, "object");
}

const char *doc_text(struct doc *doc, const json_t *value, const char *name)
{
	if (json_is_string(value))
		return json_string_value(value);
	doc_fail(doc, "\"%s\" is no string", name);
	return "";
}

const char *doc_string(struct doc *doc, const json_t *object, const char *name)
{
	const json_t *value = member(doc, object, name, JSON_STRING, "string");

	return value ? json_string_value(value) : "";
}

const char *doc_maybe_string(struct doc *doc, const json_t *object, const char *name)
{
	return json_object_get(object, name) ? doc_string(doc, object, name) : NULL;
}

/* Eight digits: what is written has no other form. */
static bool parse_word(const char *text, uint32_t *out)
{
	uint32_t word = 0;

	if (strlen(text) != 10 || strncmp(text, "0x", 2) != 0 ||
	    strspn(text + 2, "0123456789abcdef") != 8)
		return false;
	for (const char *p = text + 2; *p; p++)
		word = word << 4 | (uint32_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	*out = word;
	return true;
}

uint32_t doc_word(struct doc *doc, const json_t *value, const char *name)
{
	const char *text = doc_text(doc, value, name);
	uint32_t word = 0;

	if (!doc->failed && !parse_word(text, &word))
		doc_fail(doc, "\"%s\" is no address as \"0x00101234\" is: \"%.40s\"", name, text);
	return word;
}

uint32_t doc_address(struct doc *doc, const json_t *object, const char *name)
{
	const json_t *value = member(doc, object, name, JSON_STRING, "address");

	return value ? doc_word(doc, value, name) : 0;
}

uint32_t doc_number(struct doc *doc, const json_t *object, const char *name, uint32_t most)
{
	const json_t *value = member(doc, object, name, JSON_INTEGER, "number");
	const json_int_t number = value ? json_integer_value(value) : 0;

	if (number >= 0 && number <= most)
		return (uint32_t)number;
	doc_fail(doc, "\"%s\" is %lld, and at most %u", name, (long long)number, most);
	return 0;
}

void doc_range(struct doc *doc, const json_t *object, uint32_t *start, uint32_t *size)
{
	*start = doc_address(doc, object, "start");
	*size = doc_number(doc, object, "size", UINT32_MAX);
	if (!*size || (uint64_t)*start + *size > UINT64_C(1) << 32)
		doc_fail(doc, "%#x bytes at 0x%08x", *size, *start);
}
