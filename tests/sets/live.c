// SPDX-License-Identifier: MIT
/* What live changes want of the host beside the rest, on one CPU: there are no others. */
#include "pv/host.h"

void pv_host_sync_others(void)
{
}

const char *pv_host_not_live(void)
{
	return NULL;
}
