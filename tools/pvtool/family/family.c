/* SPDX-License-Identifier: MIT */
/*
 * What all families say in the same way. The words for what a site holds scripts read in the last line of
 * pvtool verify.
 */
#include "family/family.h"
#include "family/model.h"

#include <string.h>

const char *expect_kind_name(enum expect_kind kind)
{
	static const char *const names[EXPECT_KINDS] = {
		[EXPECT_LINKED] = "as linked",
		[EXPECT_TEMPLATE] = "template",
		[EXPECT_NOTHING] = "nothing",
		[EXPECT_TRAP] = "ud2",
		[EXPECT_JMP] = "jmp",
		[EXPECT_CALL] = "call",
		[EXPECT_REPLACED] = "replaced",
		[EXPECT_KEPT] = "kept",
		[EXPECT_ZERO] = "zero",
		[EXPECT_LOCK] = "lock",
		[EXPECT_DS] = "ds",
		[EXPECT_COVERED] = "covered",
		[EXPECT_GONE] = "gone",
	};

	return names[kind];
}

void family_linked(const struct model *model, const struct site *site, struct expect *out)
{
	*out = (struct expect){.kind = EXPECT_LINKED, .n = site->len, .len = site->len};
	memcpy(out->bytes, image_bytes(&model->image, site->addr, site->len), site->len);
}

void family_tell_linked(const struct model *model, const struct site *site, value_fn *tell,
			void *arg)
{
	struct expect expect;

	family_linked(model, site, &expect);
	tell(arg, &(struct value){&expect, "state", "linked", 0});
}
