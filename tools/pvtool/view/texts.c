/* SPDX-License-Identifier: MIT */
/*
 * What a value means is more than its bytes where a site is no whole instruction: a lock prefix is shown with
 * the instruction that it locks.
 */
#include "view/texts.h"
#include "manifest/write.h"
#include "read/bytes.h"
#include "read/code.h"
#include "read/put.h"

#include <string.h>

struct texts {
	FILE *out;
	const struct model *model;
	const struct site *site;
	size_t n; /* of this site, so far */
};

static void put_text(void *arg, const struct value *v, const struct expect *e, const bool *padding)
{
	struct texts *t = arg;
	const struct image *image = &t->model->image;
	const size_t whole = code_whole(image, t->site->addr, e->len);
	const size_t n = whole > e->len ? whole : e->lead ? e->len : e->n;
	uint8_t bytes[SITE_MAX + BYTES_TEXT_MAX] = {0};
	char line[CODE_LINE];

	(void)v;
	(void)padding;
	memcpy(bytes, image_bytes(image, t->site->addr, (uint32_t)whole), whole);
	memcpy(bytes, e->bytes, e->len);
	fputs(t->n++ ? ", " : "", t->out);
	put_string(t->out, code_line(image, t->site->addr, bytes, n,
				     whole > e->len ? whole : e->len, line));
}

void texts_put(FILE *out, const struct model *model)
{
	fprintf(out, " \"texts\": [");
	for (size_t i = 0; i < model->n_sites; i++) {
		struct texts texts = {out, model, &model->sites[i], 0};

		fprintf(out, "%s\n  [", i ? "," : "");
		manifest_tell_values(model, &model->sites[i], put_text, &texts);
		fputc(']', out);
	}
	fprintf(out, "]");
}
