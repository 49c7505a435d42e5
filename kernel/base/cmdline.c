// SPDX-License-Identifier: MIT
/*
 * One table of options. A word that is in none, a value that is missing, too long or no number: one
 * line that names it, and the option keeps its default.
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/run.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <stddef.h>

enum option_type { FLAG, TEXT, NUMBER };

static const struct option {
	const char *name;
	uint8_t type; /* enum option_type */
	uint16_t offset;
	const char *none; /* what stands for a value that is not there; NULL: it has to be */
	const char *run;  /* who is asked by it (kernel/base/run.h); NULL: the kernel itself */
} table[] = {
	{"noreplace-paravirt", FLAG, offsetof(struct options, noreplace_paravirt), NULL, NULL},
	{"noinline-paravirt", FLAG, offsetof(struct options, noinline_paravirt), NULL, NULL},
	{"noreplace-smp", FLAG, offsetof(struct options, noreplace_smp), NULL, NULL},
	{"all-or-nothing", FLAG, offsetof(struct options, all_or_nothing), NULL, NULL},
	{"debug-alternative", TEXT, offsetof(struct options, debug_alternative), "*", NULL},
	{"irq-statistics", FLAG, offsetof(struct options, irq_statistics), NULL, NULL},
	{"keep-log", FLAG, offsetof(struct options, keep_log), NULL, "keep-log"},
	{"features", TEXT, offsetof(struct options, features), NULL, NULL},
	{"trace", TEXT, offsetof(struct options, trace), "*", NULL},
	{"bench", FLAG, offsetof(struct options, bench), NULL, "bench"},
	{"bench-work", TEXT, offsetof(struct options, bench_work), "*", "bench-work"},
	{"bench-tasks", FLAG, offsetof(struct options, bench_tasks), NULL, "bench-tasks"},
	{"bench-relink", FLAG, offsetof(struct options, bench_relink), NULL, "bench-work"},
	{"bench-live", NUMBER, offsetof(struct options, bench_live), "100000", "bench-live"},
	{"run", TEXT, offsetof(struct options, run), NULL, NULL},
	{"shell", TEXT, offsetof(struct options, shell), "on", "shell"},
	{"guest-text", TEXT, offsetof(struct options, guest_text), NULL, "guest-memory"},
	{"guest-seconds", NUMBER, offsetof(struct options, guest_seconds), NULL, "guest-memory"},
	{"guest-memory", NUMBER, offsetof(struct options, guest_memory), NULL, "guest-memory"},
	{"unload", FLAG, offsetof(struct options, unload), NULL, NULL},
	{"pv", TEXT, offsetof(struct options, pv), NULL, NULL},
	{"switch", TEXT, offsetof(struct options, switches), NULL, NULL},
	{"selftest", TEXT, offsetof(struct options, selftest), NULL, "selftest"},
	{"stress", NUMBER, offsetof(struct options, stress), NULL, "selftest"},
	{"fuzz-seconds", NUMBER, offsetof(struct options, fuzz_seconds), NULL, "selftest"},
	{"fuzz-seed", NUMBER, offsetof(struct options, fuzz_seed), NULL, "selftest"},
	{"maxcpus", NUMBER, offsetof(struct options, maxcpus), NULL, NULL},
	{"crash", TEXT, offsetof(struct options, crash), NULL, "crash"},
	{"litmus", NUMBER, offsetof(struct options, litmus), "1000", "litmus"},
};

struct options options;

static void set_defaults(struct options *out)
{
	memset(out, 0, sizeof(*out));
	strlcpy(out->selftest, "*", sizeof(out->selftest));
	out->maxcpus = 0xffffffff;
	out->guest_memory = 16;
}

static const struct option *find(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].name) == length && !memcmp(table[i].name, word, length))
			return &table[i];
	return NULL;
}

/* Long words are shown by their beginning. */
static void complain(struct options *out, const char *word, size_t length, const char *what)
{
	int shown = length > 40 ? 40 : (int)length;

	out->unknown++;
	pr_warn("command line: '%.*s%s' %s\n", shown, word, length > 40 ? "..." : "", what);
}

static void set_value(struct options *out, const struct option *option, const char *value,
		      size_t length, const char *word)
{
	char *field = (char *)out + option->offset;
	char number[OPTION_MAX];

	memcpy(number, value, length);
	number[length] = '\0';
	if (option->type != NUMBER)
		memcpy(field, number, length + 1);
	else if (parse_u32(number, (uint32_t *)(void *)field))
		complain(out, word, strlen(option->name) + 1 + length, "is not a number: ignored");
}

static void parse_word(struct options *out, const char *word, size_t length)
{
	const char *equals = memchr(word, '=', length);
	size_t named = equals ? (size_t)(equals - word) : length;
	const struct option *option = find(word, named);
	size_t value = equals ? length - named - 1 : 0;

	if (!option)
		complain(out, word, length, "is not an option that I know: ignored");
	else if (option->run && !run_is_there(option->run))
		complain(out, word, length, "asks for what this kernel was built without: ignored");
	else if (option->type == FLAG && equals)
		complain(out, word, length, "takes no value: ignored");
	else if (option->type == FLAG)
		*(bool *)((char *)out + option->offset) = true;
	else if (!equals && option->none)
		set_value(out, option, option->none, strlen(option->none), word);
	else if (!value)
		complain(out, word, length, "needs a value: ignored");
	else if (value >= OPTION_MAX)
		complain(out, word, length, "is too long: ignored");
	else
		set_value(out, option, equals + 1, value, word);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* QEMU gives the image's path as the first word; from another loader it is one if it has a slash.
 */
static bool is_path(const char *word, size_t length, const char *loader)
{
	const char *equals = memchr(word, '=', length);

	if (!strncmp(loader, "qemu", 4))
		return true;
	return memchr(word, '/', equals ? (size_t)(equals - word) : length);
}

void cmdline_parse(struct options *out, const char *line, const char *loader)
{
	bool first = true;

	set_defaults(out);
	while (*line) {
		size_t length = 0;

		while (line[length] && !is_blank(line[length]))
			length++;
		if (length && !(first && is_path(line, length, loader)))
			parse_word(out, line, length);
		first = first && !length;
		line += length;
		line += *line != '\0';
	}
}
