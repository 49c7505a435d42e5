/* SPDX-License-Identifier: MIT */
/*
 * The CRC that gzip, zip and Ethernet have (ISO 3309; RFC 1952, 8): tells whether two files are one.
 *
 *	pr_info("CRC-32 %08x\n", crc32(file, size));
 */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32(const void *data, size_t n);

#endif
