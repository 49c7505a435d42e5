/* SPDX-License-Identifier: MIT */
#include "command/roles.h"

#include <string.h>

#define TEXT   (ROLE_KNOWN | ROLE_SITES | ROLE_ALL_CPUS)
#define EXEMPT (ROLE_KNOWN | ROLE_EXEMPT | ROLE_ALL_CPUS)
#define PASS   (EXEMPT | ROLE_PASS | ROLE_IN_PASS)
#define DATA   ROLE_KNOWN

static const struct {
	const char *name;
	unsigned roles;
} known[] = {
	{".boot", EXEMPT},
	{".text", TEXT},
	{".init.text", TEXT},
	{".text.exempt", PASS},
	{".text.entry", EXEMPT | ROLE_IN_PASS}, /* while a program runs, nothing is half written */
	{".pv.text", PASS},
	{".pv.native", ROLE_KNOWN | ROLE_EXEMPT | ROLE_IN_PASS},
	{".rodata", DATA},
	{".data", DATA},
	{".init.data", DATA},
	{".bss", DATA},
	{".stack", DATA},
	{"pv_backends", DATA},
	{".ktap", DATA},
	{".runs", DATA},
	{".export", DATA},
	{"__ex_table", DATA},
	{".programs", DATA},
	{".ksyms", DATA},
	{".parainstructions", DATA},
	{".altinstructions", DATA},
	{".altinstr_replacement", DATA},
	{".smp_locks", DATA},
	{".pv_index", DATA},
	{"__jump_table", DATA},
	{".static_call_sites", DATA},
	{".pv_relocs", DATA},
};

static const struct {
	const char *word;
	unsigned roles;
} words[] = {{"text", TEXT}, {"exempt", EXEMPT}, {"data", DATA}};

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncmp(text, word, len) == 0;
}

/* Of "NAME" or "NAME=WORD", `len` bytes; 0 for a word that is none. */
static unsigned item_roles(const char *item, size_t len, size_t *name_len)
{
	const char *equals = memchr(item, '=', len);
	unsigned roles = 0;

	*name_len = equals ? (size_t)(equals - item) : len;
	if (!*name_len)
		return 0;
	if (!equals)
		return DATA;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is_word(equals + 1, len - *name_len - 1, words[i].word))
			roles = words[i].roles;
	}
	return roles;
}

bool roles_are_valid(const char *list)
{
	size_t len, name_len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (!item_roles(list, len, &name_len))
			return false;
		if (!list[len])
			return true;
	}
}

/* What the user says of the section; 0: nothing. */
static unsigned told(const char *list, const char *name)
{
	size_t len, name_len;

	for (; list; list = list[len] ? list + len + 1 : NULL) {
		unsigned roles;

		len = strcspn(list, ",");
		roles = item_roles(list, len, &name_len);
		if (is_word(list, name_len, name))
			return roles;
	}
	return 0;
}

bool check_is(const struct check *c, const struct section *section, unsigned roles)
{
	unsigned has = section ? told(c->options->sections, section->name) : 0;

	for (size_t i = 0; section && !has && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(section->name, known[i].name) == 0)
			has = known[i].roles;
	}
	return has & roles;
}
