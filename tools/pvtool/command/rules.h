/* SPDX-License-Identifier: MIT */
/*
 * The rules of pvtool check. Each adds its findings to *c.
 *
 *	check_sweep(&c);	// first: the others look up instructions
 *	check_tables(&c);
 */
#ifndef TOOLS_PVTOOL_COMMAND_RULES_H
#define TOOLS_PVTOOL_COMMAND_RULES_H

#include "command/findings.h"

/* check_code.c: decodes all code; the rules for each instruction. */
void check_sweep(struct check *c);
void check_insns(struct check *c);

/* check_sites.c: the tables, and each family's sites. */
void check_tables(struct check *c);
void check_sites(struct check *c);

/* check_ops.c: functions in the tables of back ends. */
void check_ops(struct check *c);

/* check_alternatives.c: one site, and the section of replacements. */
void check_alternative(struct check *c, const struct site *site);
void check_replacements(struct check *c);

/* check_relocs.c: .pv_relocs, if there is one, of an image with its relocations. */
void check_relocs(struct check *c);

/* check_index.c: .pv_index, if there is one. */
void check_index(struct check *c);

#endif
