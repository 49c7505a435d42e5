/* SPDX-License-Identifier: MIT */
/*
 * JSON that is written: strings, addresses, bytes. What doc.h reads.
 *
 *	fprintf(out, "{\"at\": ");
 *	put_address(out, 0x101234);
 *	fprintf(out, ", \"in\": ");
 *	put_string(out, "irq_deliver+0x38");
 */
#ifndef TOOLS_PVTOOL_READ_PUT_H
#define TOOLS_PVTOOL_READ_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* In quotes. Of a name, any byte can stand in a damaged file: it is written as a character of that number. */
void put_string(FILE *out, const char *text);
void put_address(FILE *out, uint32_t addr);

/* Hexadecimal, in quotes; four of them that begin at `open`, unless that is 0, are dots. */
void put_bytes(FILE *out, const uint8_t *bytes, size_t n, unsigned open);

#endif
