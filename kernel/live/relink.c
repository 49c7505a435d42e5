// SPDX-License-Identifier: MIT
#include "kernel/live/relink.h"
#include "pv/image.h"
#include "pv/outside.h"
#include "pv/patch.h"
#include <stddef.h>

static struct pv_count rows[PV_NR_TYPES];

const char *sites_relink(bool linked)
{
	const struct paravirt_state *is = paravirt_state(), *was = paravirt_linked();
	struct pv_stats stats = {.row = rows};
	const char *why = NULL;

	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t && !why; t = t->next)
			if (t->family->linked == was)
				why = pv_change_all(&(struct pv_change){t->family, t->first,
									t->last, linked ? is : was,
									linked ? was : is},
						    &stats);
	if (!why && stats.total.refused)
		why = "sites were refused";
	return why;
}
