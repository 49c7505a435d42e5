/* SPDX-License-Identifier: MIT */
/*
 * What `pvtool seal` leaves behind a module's last byte, where no reader of ELF files looks: a word of eight letters, and
 * the sum of all bytes before them. No one byte of those can change and keep it. Of a file without it nothing is known.
 *
 *	if (size >= PV_SEAL && memcmp(file + size - PV_SEAL, PV_SEAL_MAGIC, PV_SEAL_MAGIC_N) == 0)
 *		sum = pv_sum_lanes(file, size - PV_SEAL);
 */
#ifndef PV_SEAL_H
#define PV_SEAL_H

#include "pv/facts.h"

#define PV_SEAL_MAGIC   "pv sum 1"
#define PV_SEAL_MAGIC_N 8
#define PV_SEAL         12u /* bytes of both */

#endif
