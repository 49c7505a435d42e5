// SPDX-License-Identifier: MIT
/* What live changes want of the host beside the rest, on one CPU: there are no others. */
#include "pv/host.h"

uint64_t pv_host_sync_others(void)
{
	return 0;
}

const char *pv_host_live_begin(void)
{
	return NULL;
}

void pv_host_live_end(void)
{
}
