// SPDX-License-Identifier: MIT
/*
 * What the kernel's sites are: in sum, in a list, and one with all that it may hold.
 */
#include "kernel/patch/patching.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/sites/names.h"
#include "kernel/shell/sites/spot.h"
#include "kernel/shell/term/out.h"
#include "lib/format.h"
#include "lib/glob.h"
#include "lib/string.h"

bool cmd_stats(unsigned n, char **words)
{
	(void)n;
	(void)words;
	patching_table();
	return true;
}

/* ---- lists ---- */

struct listed {
	const char *glob;
	unsigned n;
};

static bool fits(const char *glob, const struct spot *spot, const char *in, const char *what)
{
	return glob_match(glob, spot->table->family->name) || glob_match(glob, in) ||
	       glob_match(glob, what);
}

static bool list_site(const struct spot *spot, void *arg)
{
	struct listed *listed = arg;
	char in[KSYM_NAME] = "", where[KSYM_NAME + 16], what[SPOT_WHAT];
	uint32_t offset = 0;

	ksym_lookup((uint32_t)spot->at, in, &offset, NULL);
	spot_what(spot, what);
	if (!fits(listed->glob, spot, in, what))
		return !out_stopped();
	listed->n++;
	snprintf(where, sizeof(where), "%s+0x%x", in, offset);
	say("  0x%08x %3u %-12s ", (uint32_t)spot->at, spot->len, spot->table->family->name);
	if (*what || spot_is_gone(spot))
		say("%-34s %s%s\n", where, what,
		    spot_is_gone(spot) ? " (its text was given up)" : "");
	else
		say("%s\n", where);
	return !out_stopped();
}

bool cmd_sites(unsigned n, char **words)
{
	struct listed listed = {n > 1 ? words[1] : "*", 0};

	spots_each(0, ~0u, list_site, &listed);
	if (!listed.n)
		return fail(
			"sites: no family, no function with sites, and nothing that they are about is like %s",
			listed.glob);
	say("  %u sites\n", listed.n);
	return true;
}

/* ---- one ---- */

#define VALUES 48

static struct {
	struct spot_value value[VALUES];
	char state[VALUES][128], is[VALUES][96];
	unsigned n, more;
} values;

/* Kept, and told later: meanwhile nobody else may change text. */
static void keep_value(const struct spot_value *value, void *arg)
{
	(void)arg;
	if (values.n == VALUES) {
		values.more++;
		return;
	}
	values.value[values.n] = *value;
	strlcpy(values.state[values.n], value->state, sizeof(values.state[0]));
	strlcpy(values.is[values.n], value->is ? value->is : "", sizeof(values.is[0]));
	values.n++;
}

#define ROW 16 /* bytes in a row */

/* The first row; what does not fit into it comes below. */
static unsigned hex(char text[3 * ROW + 1], const uint8_t *bytes, unsigned n)
{
	const unsigned here = n < ROW ? n : ROW;

	text[0] = '\0';
	for (unsigned i = 0; i < here; i++)
		snprintf(text + 3 * i, 4, "%02x ", bytes[i]);
	if (here)
		text[3 * here - 1] = '\0';
	return here;
}

static void say_bytes(const char *name, const uint8_t *bytes, unsigned n, const char *behind)
{
	char text[3 * ROW + 1];
	unsigned shown = hex(text, bytes, n);

	say("  %-9s %-17s%s%s\n", name, text, *behind ? "  " : "", behind);
	for (; shown < n; shown += hex(text, bytes + shown, n - shown)) {
		hex(text, bytes + shown, n - shown);
		say("  %-9s %s\n", "", text);
	}
}

/* Does what stands there belong to the state that the site is in? A lock prefix inside of it is judged by itself. */
static bool say_values(const struct spot *spot)
{
	char behind[256];
	bool good = false;

	for (unsigned i = 0; i < values.n && !out_stopped(); i++) {
		const bool is = values.is[i][0] != '\0';

		snprintf(behind, sizeof(behind), "%s%s%s", values.state[i], is ? " <- now: " : "",
			 values.is[i]);
		say_bytes(i ? "" : "may hold", values.value[i].bytes, spot->len, behind);
		good |= is && memcmp(values.value[i].bytes, spot->at, spot->len) == 0;
	}
	if (values.more)
		say("  and %u values more\n", values.more);
	return good;
}

static bool is_other_by_lock(const struct spot *spot)
{
	struct spot lock;

	return spot_inside(spot, &lock);
}

static bool say_site(const struct spot *spot)
{
	char text[2 * SPOT_WHAT];
	const char *why;

	say("0x%08x %pS: %s, %u bytes\n", (uint32_t)spot->at, (void *)spot->at,
	    spot->table->family->name, spot->len);
	spot_record(spot, text);
	say("  %-9s 0x%08x of %s: %s\n", "record",
	    (uint32_t)pv_table_record(spot->table, spot->entry), spot->image->name, text);
	if (spot_is_gone(spot)) {
		say("  its text was given up\n");
		return true;
	}
	say_bytes("memory", spot->at, spot->len, "");
	values.n = values.more = 0;
	why = spot_values(spot, keep_value, NULL);
	if (why)
		return fail("  what it may hold: %s", why);
	if (say_values(spot) || out_stopped() || is_other_by_lock(spot))
		return true;
	return fail("  memory holds none of what the site may hold now");
}

static bool with_inner(const struct spot *spot)
{
	struct spot inner;
	bool good = say_site(spot);

	if (spot_inside(spot, &inner))
		good &= say_site(&inner);
	return good;
}

struct said {
	bool good;
	unsigned n;
};

static bool say_each(const struct spot *spot, void *arg)
{
	struct said *said = arg;

	said->n++;
	said->good &= say_site(spot);
	return !out_stopped();
}

bool cmd_site(unsigned n, char **words)
{
	struct said said = {true, 0};
	uint32_t at, offset, size;
	struct spot spot;

	(void)n;
	if (!names_address(words[1], &at))
		return fail("site: %s is no function, no FUNCTION+0xOFFSET and no address",
			    words[1]);
	if (spot_find(at, &spot) &&
	    ((uint32_t)spot.at == at || strchr(words[1], '+') || *words[1] == '0'))
		return with_inner(&spot);
	if (!ksym_lookup(at, NULL, &offset, &size) || offset)
		return fail("site: the byte at 0x%08x is no site's", at);
	spots_each(at, at + size, say_each, &said);
	if (!said.n)
		return fail("site: there is no site in %s", words[1]);
	return said.good;
}

/* ---- completion ---- */

void offer_functions(struct completion *c)
{
	names_offer_functions(c);
}
