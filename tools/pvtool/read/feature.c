/* SPDX-License-Identifier: MIT */
/*
 * The names are pv/feature.h's own: the Makefile makes feature.def of it, a line for each.
 */
#include "read/feature.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
	unsigned number;
	const char *name;
} names[] = {
#define FEATURE(name) {X86_FEATURE_##name, #name},
#include "feature.def"
#undef FEATURE
};

unsigned feature_number(uint16_t feature)
{
	return feature & ~FEATURE_NOT;
}

const char *feature_title(uint16_t feature, char out[FEATURE_TITLE])
{
	const char *not = feature & FEATURE_NOT ? "!" : "";
	unsigned number = feature_number(feature);

	snprintf(out, FEATURE_TITLE, "%s%u*32+%u", not, number / 32, number % 32);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == number)
			snprintf(out, FEATURE_TITLE, "%s%s", not, names[i].name);
	}
	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

bool feature_applies(uint16_t feature, const uint32_t words[FEATURE_WORDS])
{
	unsigned number = feature_number(feature);
	bool has = words[number / 32] >> (number % 32) & 1;

	return has != !!(feature & FEATURE_NOT);
}
