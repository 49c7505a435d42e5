/* SPDX-License-Identifier: MIT */
/*
 * What the rules of pvtool check share: the image, its instructions, and lines about what is wrong.
 *
 *	if (!check_insn_at(c, site->addr))
 *		check_finding_at(c, site->addr, "no instruction begins there");
 */
#ifndef TOOLS_PVTOOL_COMMAND_FINDINGS_H
#define TOOLS_PVTOOL_COMMAND_FINDINGS_H

#include "family/model.h"
#include "read/code.h"
#include "read/options.h"

struct check {
	const struct options *options;
	struct model model;
	struct insn *insns; /* of executable sections, by address */
	size_t n_insns, insns_room;
	struct code code;
	size_t text, data; /* bytes in executable sections, and those not code */
	size_t findings;
};

/* A line on stderr. */
__attribute__((format(printf, 2, 3))) void check_finding(struct check *c, const char *format, ...);

/* The same about an address: behind "0x00101234 name+0x12: ". */
__attribute__((format(printf, 3, 4))) void check_finding_at(struct check *c, uint32_t addr,
							    const char *format, ...);

/* The same about a record of a site: behind "0x00101234 name+0x12: paravirt record 3: ". */
__attribute__((format(printf, 4, 5))) void check_finding_of(struct check *c,
							    const struct site *site,
							    const struct record *record,
							    const char *format, ...);

/* The instruction that begins at `addr`, or that holds it; NULL if there is none. */
const struct insn *check_insn_at(const struct check *c, uint32_t addr);
const struct insn *check_insn_around(const struct check *c, uint32_t addr);

#endif
