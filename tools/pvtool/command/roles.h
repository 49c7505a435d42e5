/* SPDX-License-Identifier: MIT */
/*
 * What a section is for, by its name: that decides which rules hold for what lies in it. pv/'s own
 * names and those that most kernels have are known; another kernel's are told by --sections.
 *
 *	if (insn->privileged && !check_is(c, section, ROLE_EXEMPT))
 */
#ifndef TOOLS_PVTOOL_COMMAND_ROLES_H
#define TOOLS_PVTOOL_COMMAND_ROLES_H

#include "command/findings.h"

enum {
	ROLE_KNOWN = 1,
	ROLE_SITES = 2,    /* text that may be patched */
	ROLE_EXEMPT = 4,   /* may hold privileged instructions */
	ROLE_PASS = 8,     /* runs while text is half written ... */
	ROLE_IN_PASS = 16, /* ... and what that may call */
	ROLE_ALL_CPUS = 32 /* runs on every CPU, whatever it has */
};

/* Is `roles`, or a part of it, what the section is for? Not so without a section. */
bool check_is(const struct check *c, const struct section *section, unsigned roles);

/* Can --sections be read: NAME[=text|=exempt|=data] and commas between? */
bool roles_are_valid(const char *list);

#endif
