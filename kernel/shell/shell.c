// SPDX-License-Identifier: MIT
/*
 * `shell` on the command line: once the self-tests are over, on the serial line and on the VGA screen; or a script, without a
 * person (docs/shell.md). Lines go to the table of commands. It runs where the boot does, as the boot
 * CPU's idle task: who starts CPUs, loads modules and switches the back end has to be there.
 */
#include "arch/x86/dev/input.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/multiboot.h"
#include "kernel/base/result.h"
#include "kernel/base/run.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/museum.h"
#include "kernel/shell/sites/targets.h"
#include "kernel/shell/term/out.h"
#include "kernel/shell/term/term.h"
#include "kernel/shell/verify.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"

#define PROMPT "pedant> "
#define SHOWN  40 /* characters of a word that nobody knows */

static struct {
	struct line line;
	bool paged;
	struct input_lost lost; /* that was told */
} shell;

/* ---- a line ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* More words than there is room for: SHELL_WORDS + 1. */
static unsigned split(char *line, char *words[SHELL_WORDS])
{
	unsigned n = 0;

	for (;;) {
		while (is_blank(*line))
			*line++ = '\0';
		if (!*line || n > SHELL_WORDS)
			return n;
		if (n < SHELL_WORDS)
			words[n] = line;
		n++;
		while (*line && !is_blank(*line))
			line++;
	}
}

static const struct shell_command *find(const char *name)
{
	const struct shell_command *c = shell_commands;

	while (c->name && strcmp(c->name, name))
		c++;
	return c->name ? c : NULL;
}

/* What is no character is shown as one. */
static bool unknown(const char *word)
{
	const size_t n = strlen(word);
	char shown[SHOWN + 1];

	strlcpy(shown, word, sizeof(shown));
	for (char *c = shown; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return fail("'%s%s' is no command: help lists them", shown, n > SHOWN ? "..." : "");
}

static bool run_words(unsigned n, char **words)
{
	const struct shell_command *c;

	if (!n || *words[0] == '#')
		return true;
	if (n > SHELL_WORDS)
		return fail("the line has more than %u words: not run", SHELL_WORDS);
	c = find(words[0]);
	if (!c)
		return unknown(words[0]);
	if (n - 1 < c->least || n - 1 > c->most)
		return fail("%s takes %s%s", c->name,
			    n - 1 < c->least ? "more than this: " : "less than this: ",
			    *c->args ? c->args : "no argument");
	return c->run(n, words);
}

/* A line, which is taken apart. False: the command failed, or there is none of this name. */
static bool run_line(char *line)
{
	char *words[SHELL_WORDS];
	bool good;

	out_begin(shell.paged);
	good = run_words(split(line, words), words);
	out_finish();
	return good;
}

static bool is_over(void)
{
	unsigned status;

	return shell_is_left(&status);
}

/* ---- a person ---- */

static void list_name(const char *name, void *arg)
{
	(void)arg;
	say("  %s\n", name);
}

static void offer_commands(struct completion *c)
{
	for (const struct shell_command *command = shell_commands; command->name; command++)
		completion_offer(c, command->name);
}

/* The first word is a command's name, and what another one can be, that command knows. */
static shell_offer_fn *offers_of(const struct line *l, const struct completion *c)
{
	char name[16];
	size_t from = 0, n = 0;
	const struct shell_command *command;

	while (is_blank(l->text[from]))
		from++;
	if (l->text + from >= c->word)
		return offer_commands;
	while (n < sizeof(name) - 1 && l->text[from + n] && !is_blank(l->text[from + n])) {
		name[n] = l->text[from + n];
		n++;
	}
	name[n] = '\0';
	command = find(name);
	return command ? command->offer : NULL;
}

/* What can be said for certain; when that is nothing, all that fits. */
static void complete(struct line *l)
{
	struct completion c = {.each = NULL};
	shell_offer_fn *offer;

	line_word(l, &c);
	offer = offers_of(l, &c);
	if (!offer)
		return;
	offer(&c);
	if (line_complete(l, &c) || c.n < 2)
		return;
	term_leave(true);
	out_begin(shell.paged);
	line_word(l, &c);
	c.each = list_name;
	offer(&c);
	out_finish();
}

static void tell_lost(void)
{
	const struct input_lost now = input_lost();

	if (now.full != shell.lost.full)
		pr_warn("shell: %u characters came faster than they were read: lost\n",
			now.full - shell.lost.full);
	if (now.overruns != shell.lost.overruns)
		pr_warn("shell: the serial port lost characters, %u times\n",
			now.overruns - shell.lost.overruns);
	shell.lost = now;
}

static void enter(struct line *l)
{
	unsigned skipped;

	term_show(PROMPT, l);
	term_leave(true);
	if (l->lost) {
		pr_warn("the line has %u characters more than the %u that there is room for: not run\n",
			l->lost, LINE_MAX - 1);
	} else {
		line_remember(l);
		run_line(l->text);
	}
	skipped = input_skip_to_stop();
	if (skipped)
		pr_warn("interrupted, with %u characters that were typed before\n", skipped - 1);
	line_clear(l);
	tell_lost();
}

static void on_key(struct line *l, int key)
{
	switch (line_key(l, key)) {
	case LINE_DONE: enter(l); break;
	case LINE_COMPLETE: complete(l); break;
	case LINE_END:
		term_leave(false);
		pr_info("exit ends it\n");
		break;
	case LINE_CANCELED: term_leave(true); break;
	default: break;
	}
}

/* What comes fast is drawn once. */
static void person(void)
{
	int key;

	pr_info("The laboratory's shell: help lists the commands, Tab completes, exit ends it.\n");
	while (!is_over()) {
		key = term_key_now();
		if (key == KEY_NONE) {
			term_show(PROMPT, &shell.line);
			key = term_key();
		}
		if (key != KEY_NONE)
			on_key(&shell.line, key);
	}
}

/* ---- a script ---- */

struct script {
	const char *text, *end;
	unsigned number, failed;
};

/* The next line, with its NUL; false: there is none, and what is left is none, for it has a 0 or is too long. */
static bool next_line(struct script *s, char line[LINE_MAX], bool *good)
{
	const char *end;
	size_t n;

	if (s->text == s->end)
		return false;
	end = memchr(s->text, '\n', (size_t)(s->end - s->text));
	n = (size_t)((end ? end : s->end) - s->text);
	*good = n < LINE_MAX && !memchr(s->text, 0, n);
	strlcpy(line, s->text, *good ? n + 1 : 1);
	if (*good && n && line[n - 1] == '\r')
		line[n - 1] = '\0';
	s->text += n + (end != NULL);
	s->number++;
	return true;
}

static void run_script(struct script *s)
{
	char line[LINE_MAX];
	bool good;

	while (!is_over() && next_line(s, line, &good)) {
		if (!good) {
			pr_warn("line %u is no line of a script: it has more than %u characters, or a 0\n",
				s->number, LINE_MAX - 1);
			s->failed++;
			continue;
		}
		if (line[0])
			pr_info(PROMPT "%s\n", line);
		s->failed += !run_line(line);
	}
}

/* Boot modules whose argument is `shell`, one after the other. NULL: all of them did what they were to do. */
static const char *scripts(void)
{
	static char why[80];
	struct script s;
	unsigned n = 0, failed = 0;

	for (unsigned i = 0; i < boot_info.modules && i < MODULES_MAX - 1 && !is_over(); i++) {
		if (strcmp(boot_info.module_args[i], "shell"))
			continue;
		s = (struct script){.text = boot_module_file(i)};
		s.end = s.text + boot_module_size(i);
		run_script(&s);
		failed += s.failed;
		n++;
	}
	if (!n)
		return "there is no script: no boot module has the argument shell";
	snprintf(why, sizeof(why), "%u lines of it failed", failed);
	return failed ? why : NULL;
}

/* ---- both ---- */

/* Is the word one of the option's, which has commas between? */
static bool asks_for(const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = options.shell; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, n) == 0 && (!at[n] || at[n] == ','))
			return true;
	}
	return false;
}

/* Of a word that means nothing: one line. "on" is what stands for none. */
static void check_words(void)
{
	static const char known[] = "on,script,colour,plain,nopages,";
	const char *word = options.shell;
	size_t n;

	for (; *word; word += n + (word[n] == ',')) {
		const char *at = known;

		for (n = 0; word[n] && word[n] != ',';)
			n++;
		while (*at && (strncmp(at, word, n) != 0 || at[n] != ','))
			at = strchr(at, ',') + 1;
		if (!*at)
			pr_warn("shell=%.*s: there are script, colour, plain, nopages: ignored\n",
				(int)n, word);
	}
}

static const char *leave_with(const char *why)
{
	static char said[40];

	unsigned status;

	if (why || !shell_is_left(&status) || !status)
		return why;
	snprintf(said, sizeof(said), "it ended with status %u", status);
	return said;
}

static void shell_main(void)
{
	const bool script = asks_for("script");
	const char *why = NULL;

	if (!options.shell[0])
		return;
	options.no_table = true;
	check_words();
	shell.paged = !script && !asks_for("nopages");
	if (!term_start(asks_for("colour"), !script && !asks_for("plain")) && !script) {
		why = "there is nothing to type on: no serial port, no keyboard";
		pr_err("shell: %s\n", why);
	} else {
		targets_remember();
		out_start();
		targets_remember();
		verify_remember();
		if (script)
			why = scripts();
		else
			person();
		museum_leave();
		out_end();
	}
	term_end();
	why = leave_with(why);
	if (why)
		pr_err("shell: %s\n", why);
	result_tell("shell", script ? "script" : "session", why ? "fail" : "ok", why ? why : "");
}
RUN(RUN_SUMMARY, "shell", shell_main);
