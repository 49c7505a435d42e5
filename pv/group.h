/* SPDX-License-Identifier: MIT */
/*
 * The general path of a pass for a family with groups.
 */
#ifndef PV_GROUP_H
#define PV_GROUP_H

#include "pv/sweep.h"

/* The group of n entries from i on, whose site has len bytes at `at`. */
void pv_sweep_group(struct pv_sweep *s, uint32_t i, uint32_t n, uint32_t at, unsigned len);

#endif
