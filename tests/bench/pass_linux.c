// SPDX-License-Identifier: MIT
/* The list of a real kernel's records, in the order of its tables. */
#include "tests/bench/pass_field.h"

#include "tests/bench/linux_sites.inc"

const uint32_t field_features[10] = LINUX_FEATURES;

const struct spec *linux_list(uint32_t *records, uint32_t *text_bytes)
{
	*records = sizeof(linux_sites) / sizeof(linux_sites[0]);
	*text_bytes = LINUX_TEXT_BYTES;
	return linux_sites;
}
