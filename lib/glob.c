/* SPDX-License-Identifier: MIT */
/*
 * Pattern matching without recursion. Only the last '*' seen ever has to be retried: if what
 * follows it fits nowhere further right, no longer run of an earlier '*' can help either.
 */
#include "lib/glob.h"

#include <stddef.h>

bool glob_match(const char *pattern, const char *text)
{
	const char *after_star = NULL; /* the pattern behind the last '*' ... */
	const char *retry = NULL;      /* ... and the text where it was tried last */

	while (*text) {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (after_star) {
			pattern = after_star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
