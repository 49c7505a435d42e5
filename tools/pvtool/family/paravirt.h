/* SPDX-License-Identifier: MIT */
/*
 * Paravirt sites: six bytes, a call or a jump through a slot of pv_ops. What must stand there is
 * worked out from the rules in the design and from the image's tables, with no line of pv/: what
 * agrees here was understood the same way twice.
 *
 *	back end's template	3e 3e 3e 3e 3e fa	cli, its padding before it ...
 *				fa 0f 1f 44 00 00	... or behind, where prefixes are slow
 *	does nothing		66 0f 1f 44 00 00	padding
 *	missing			0f 0b 0f 1f 40 00	ud2, padding
 *	does not come back	e9 <rel32> 90		jmp, padding
 *	any other function	2e e8 <rel32>		call
 */
#ifndef TOOLS_PVTOOL_FAMILY_PARAVIRT_H
#define TOOLS_PVTOOL_FAMILY_PARAVIRT_H

#include "family/model.h"
#include "read/nops.h"

#define PARAVIRT_SITE 6u /* bytes of a site: ff 15 disp32, or ff 25 disp32 */

/* Does the function do nothing, or return its argument? */
bool paravirt_is_nothing(const struct model *model, uint32_t function);

/*
 * What a site becomes under a back end when the op's slot of pv_ops holds `slot`, in parts, for
 * sites of any form. False: the back end has no template for a slot that holds `slot`, or none of at
 * most `room` bytes that can be moved to the site. What else the function is: EXPECT_TRAP,
 * EXPECT_NOTHING, or EXPECT_CALL.
 */
bool paravirt_template(const struct model *model, const struct backend *backend, uint32_t slot,
		       unsigned type, uint32_t site, uint32_t room, struct expect *out);
enum expect_kind paravirt_function(const struct model *model, unsigned type, uint32_t slot);

/* What a back end makes of a site; without padding. */
typedef void paravirt_expect_fn(const struct model *model, const struct backend *backend,
				uint32_t slot, const struct site *site, struct expect *out);

/* What must stand there in a state. */
void paravirt_expect(const struct model *model, const struct state *state, const struct site *site,
		     paravirt_expect_fn *expect_of, struct expect *out);

/* All values of a site. */
struct paravirt_form {
	paravirt_expect_fn *expect;
	struct expect nothing; /* of a function that does nothing ... */
	struct expect other;   /* ... and of any other one: its last four bytes say where to */
};
void paravirt_values(const struct model *model, const struct site *site,
		     const struct paravirt_form *form, value_fn *tell, void *arg);

/* pvtool sites: a column for each back end. */
struct table;
void paravirt_add_head(struct table *table, const struct model *model);
void paravirt_cells(struct table *table, const struct model *model, const struct site *site,
		    const struct nops *nops, paravirt_expect_fn *expect_of);

#endif
