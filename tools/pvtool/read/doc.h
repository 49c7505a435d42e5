/* SPDX-License-Identifier: MIT */
/*
 * A JSON file whose members have types that are known before. The first thing that is not as it has
 * to be is a line on stderr, with the place; what is asked for from then on is empty, so that who
 * reads asks once, at the end, whether all was right.
 *
 *	struct doc doc;
 *	if (!doc_open(&doc, path, bytes, size))
 *		return false;
 *	doc_at(&doc, "site %zu", i);
 *	addr = doc_address(&doc, site, "at");
 *	return !doc.failed;
 */
#ifndef TOOLS_PVTOOL_READ_DOC_H
#define TOOLS_PVTOOL_READ_DOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOC_PLACE 64

struct doc {
	const char *path;
	json_t *root;
	char place[DOC_PLACE]; /* what is being read */
	bool failed;
};

/* False, after a line on stderr, if the bytes are no JSON object, or name a member twice. */
bool doc_open(struct doc *doc, const char *path, const uint8_t *bytes, size_t size);
void doc_close(struct doc *doc);

/* What is read from here on, for the line about what is wrong. */
__attribute__((format(printf, 2, 3))) void doc_at(struct doc *doc, const char *format, ...);

/* Something is wrong; only the first time it is said. Returns false. */
__attribute__((format(printf, 2, 3))) bool doc_fail(struct doc *doc, const char *format, ...);

/*
 * A member of the object that has to be there and of that type; NULL, 0 or "" if it is not. An
 * address is a string, "0x00101234"; a number is at most `most`.
 */
json_t *doc_array(struct doc *doc, const json_t *object, const char *name);
json_t *doc_object(struct doc *doc, const json_t *object, const char *name);
const char *doc_string(struct doc *doc, const json_t *object, const char *name);
uint32_t doc_address(struct doc *doc, const json_t *object, const char *name);
uint32_t doc_number(struct doc *doc, const json_t *object, const char *name, uint32_t most);

/* An object's "start" and "size": at least a byte, and none beyond 4 GB. */
void doc_range(struct doc *doc, const json_t *object, uint32_t *start, uint32_t *size);

/* One that need not be there: then it is NULL. */
const char *doc_maybe_string(struct doc *doc, const json_t *object, const char *name);

/* The same of a value by itself; `name` is for the line. */
const char *doc_text(struct doc *doc, const json_t *value, const char *name);
uint32_t doc_word(struct doc *doc, const json_t *value, const char *name);

#endif
