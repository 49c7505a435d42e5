/* SPDX-License-Identifier: MIT */
/*
 * pvtool view: source, code as linked and, of a dump, what runs, side by side in a page that needs nothing
 * else; or what that page shows, as JSON. It is made whole before a byte of it is written.
 */
#include "command/command.h"
#include "manifest/format.h"
#include "manifest/write.h"
#include "read/bytes.h"
#include "read/put.h"
#include "view/listing.h"
#include "view/live.h"
#include "view/page.h"
#include "view/texts.h"

#include <stdlib.h>
#include <string.h>

struct view {
	struct model model;
	struct dump dump; /* without bytes: the file is shown */
	struct state state;
	size_t faults; /* sites that are refused */
	struct listing_lost lost;
};

static bool ends_in(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n > m && strcmp(text + n - m, end) == 0;
}

static bool is_named(const char *out)
{
	if (out && (ends_in(out, ".html") || ends_in(out, ".json")))
		return true;
	fprintf(stderr,
		"pvtool: view wants -o FILE.html for the page, or -o FILE.json for what it shows\n");
	return false;
}

/* ---- what it shows ---- */

static bool put_manifest(FILE *out, struct view *v)
{
	bool good;

	fprintf(out, " \"manifest\": {\"format\": \"" MANIFEST_FORMAT "\", \"image\": ");
	put_string(out, v->model.image.path);
	fprintf(out, ",\n");
	manifest_put_tables(out, &v->model);
	fprintf(out, ",\n");
	good = manifest_put_memory(out, &v->model, NULL);
	fprintf(out, ",\n");
	v->faults = manifest_put_sites(out, &v->model);
	fprintf(out, "},\n");
	return good;
}

static bool put_all(FILE *out, struct view *v)
{
	bool good;

	fprintf(out, "{\"format\": \"pvtool view 1\",\n");
	good = put_manifest(out, v);
	v->lost = listing_put(out, &v->model);
	fprintf(out, ",\n");
	texts_put(out, &v->model);
	if (v->dump.bytes) {
		fprintf(out, ",\n");
		live_put(out, &v->model, &v->state);
	}
	fprintf(out, "}\n");
	return good;
}

/* ---- the file ---- */

static bool make_text(struct view *v, char **text, size_t *size)
{
	FILE *out = bytes_need(open_memstream(text, size));
	const bool good = put_all(out, v);

	if (fclose(out) != 0)
		bytes_need(NULL);
	return good;
}

static bool write_page(const char *path, const char *data, size_t n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = bytes_need(open_memstream(&text, &size));
	bool good;

	page_put(out, data, n);
	if (fclose(out) != 0)
		bytes_need(NULL);
	good = bytes_put_file(path, (const uint8_t *)text, size);
	free(text);
	return good;
}

static int write_view(struct view *v, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	bool good = make_text(v, &text, &size);

	if (good)
		good = ends_in(path, ".html") ? write_page(path, text, size)
					      : bytes_put_file(path, (const uint8_t *)text, size);
	free(text);
	if (!good)
		return PVTOOL_FAILED;
	printf("pvtool: %s: %zu sites", path, v->model.n_sites);
	if (v->lost.missing)
		printf(", %zu functions without source", v->lost.missing);
	if (v->lost.newer)
		printf(", %zu with source that is newer than the image", v->lost.newer);
	putchar('\n');
	return v->faults ? PVTOOL_FINDINGS : PVTOOL_CLEAN;
}

static bool take_dump(struct view *v, const struct options *options)
{
	return dump_load(&v->dump, &v->model, options) && live_is_ours(&v->model, &v->dump) &&
	       state_find(&v->state, &v->model, &v->dump, options);
}

int view_run(const struct options *options)
{
	struct view view = {.faults = 0};
	int status = PVTOOL_FAILED;

	if (!is_named(options->out) || !model_load(&view.model, options->image))
		return PVTOOL_FAILED;
	if (!options->dump || take_dump(&view, options))
		status = write_view(&view, options->out);
	dump_free(&view.dump);
	model_free(&view.model);
	return status;
}
