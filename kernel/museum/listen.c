// SPDX-License-Identifier: MIT
/*
 * KTAP's lines (kernel/test/ktap.c), and a panic's:
 *
 *	  # Subtest: smp_locks
 *	  # not true: no prefix is DS any more: expected 0x0, found 0x1 (tests/...c:154)
 *	  not ok 1 both_states
 *	  ok 1 both_states # SKIP ...
 *	panic: page fault: ...
 */
#include "kernel/museum/listen.h"
#include "lib/format.h"
#include "lib/string.h"

#define NAME 64

static struct {
	const char *test;
	bool passes, right; /* the test itself has failed */
	char suite[NAME], sentence[OUTCOME_TEXT], failed[OUTCOME_TEXT], panic[OUTCOME_TEXT],
		skip[OUTCOME_TEXT];
} heard;

void listen_begin(const char *test, bool passes)
{
	memset(&heard, 0, sizeof(heard));
	heard.test = test;
	heard.passes = passes;
}

/* What follows `words` in the line; NULL: it has them not. */
static const char *behind(const char *line, const char *words)
{
	const size_t n = strlen(words);

	for (; *line; line++)
		if (!strncmp(line, words, n))
			return line + n;
	return NULL;
}

/* A result's name, behind its number. */
static const char *name_of(const char *result)
{
	while (*result >= '0' && *result <= '9')
		result++;
	return result + (*result == ' ');
}

/* Without the place in our sources, which is the last that the line has. */
static void copy_sentence(const char *text)
{
	size_t n = strlen(text);

	strlcpy(heard.sentence, text, sizeof(heard.sentence));
	while (n && text[n - 1] != '(')
		n--;
	if (n > 1 && n - 2 < sizeof(heard.sentence))
		heard.sentence[n - 2] = '\0';
}

static void on_failure(const char *name)
{
	char full[NAME + OUTCOME_TEXT];
	bool right;

	snprintf(full, sizeof(full), "%s.%s", heard.suite, name);
	right = !strcmp(full, heard.test);
	if (!heard.failed[0] || (right && !heard.right))
		snprintf(heard.failed, sizeof(heard.failed), "%s: %s", full, heard.sentence);
	heard.right |= right;
	heard.sentence[0] = '\0';
}

/* In the middle of a test that has failed already, that is what happened. */
static void on_panic(const char *line)
{
	const char *name = behind(heard.test, ".");

	strlcpy(heard.panic, line, sizeof(heard.panic));
	if (heard.sentence[0] && name && !strncmp(heard.test, heard.suite, strlen(heard.suite)))
		on_failure(name);
}

bool listen_line(const char *text, size_t n)
{
	char line[OUTCOME_TEXT];
	const char *at;

	strlcpy(line, text, n + 1 < sizeof(line) ? n + 1 : sizeof(line));
	if ((at = behind(line, "# Subtest: ")))
		strlcpy(heard.suite, at, sizeof(heard.suite));
	else if ((at = behind(line, "# not true: ")) && !heard.sentence[0])
		copy_sentence(at);
	else if (!strncmp(line, "  not ok ", 9))
		on_failure(name_of(line + 9));
	else if ((at = behind(line, "# SKIP ")))
		strlcpy(heard.skip, at, sizeof(heard.skip));
	else if (!strncmp(line, "panic: ", 7) && !heard.panic[0])
		on_panic(line);
	return !heard.passes;
}

void listen_outcome(struct outcome *out, bool passed, const char *why)
{
	out->is = OUTCOME_FAILED;
	if (heard.right || (heard.failed[0] && !heard.panic[0]))
		strlcpy(out->text, heard.failed, sizeof(out->text));
	else if (heard.panic[0])
		strlcpy(out->text, heard.panic, sizeof(out->text));
	else if (!passed)
		snprintf(out->text, sizeof(out->text), "host: %s", why);
	else
		out->is = heard.skip[0] ? OUTCOME_SKIPPED : OUTCOME_PASSED;
	if (out->is == OUTCOME_SKIPPED)
		strlcpy(out->text, heard.skip, sizeof(out->text));
}
