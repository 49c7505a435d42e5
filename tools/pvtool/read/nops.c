/* SPDX-License-Identifier: MIT */
/*
 * Sources. p6: Intel SDM volume 2B, NOP, "Recommended Multi-Byte Sequence of NOP Instruction". k7:
 * AMD Athlon Processor x86 Code Optimization Guide (22007), "Code Padding Using Neutral Code
 * Fillers". k8: Software Optimization Guide for AMD64 Processors (25112), 4.12. 486: what every
 * i386 has, a register moved to itself, with a DS prefix where that saves a second instruction.
 * k10: Software Optimization Guide for AMD Family 10h (40546), 4.11, which has p6's; it and its
 * successors up to 16h are slow with many prefixes (Agner Fog, microarchitecture.pdf), others of
 * those that have p6's are not.
 */
#include "read/nops.h"

#include <string.h>

const struct nops nops_tables[NOPS_TABLES] = {
	{"486",
	 8,
	 0,
	 {"", "\x90", "\x89\xf6", "\x8d\x76\x00", "\x8d\x74\x26\x00", "\x3e\x8d\x74\x26\x00",
	  "\x8d\xb6\x00\x00\x00\x00", "\x8d\xb4\x26\x00\x00\x00\x00",
	  "\x3e\x8d\xb4\x26\x00\x00\x00\x00"}},
	{"p6",
	 9,
	 5,
	 {"", "\x90", "\x66\x90", "\x0f\x1f\x00", "\x0f\x1f\x40\x00", "\x0f\x1f\x44\x00\x00",
	  "\x66\x0f\x1f\x44\x00\x00", "\x0f\x1f\x80\x00\x00\x00\x00",
	  "\x0f\x1f\x84\x00\x00\x00\x00\x00", "\x66\x0f\x1f\x84\x00\x00\x00\x00\x00"}},
	{"k7",
	 8,
	 0,
	 {"", "\x90", "\x8b\xc0", "\x8d\x04\x20", "\x8d\x44\x20\x00", "\x3e\x8d\x44\x20\x00",
	  "\x8d\x80\x00\x00\x00\x00", "\x8d\x04\x05\x00\x00\x00\x00",
	  "\x3e\x8d\x04\x05\x00\x00\x00\x00"}},
	{"k8",
	 9,
	 0,
	 {"", "\x90", "\x66\x90", "\x66\x66\x90", "\x66\x66\x66\x90", "\x66\x66\x66\x66\x90",
	  "\x66\x66\x66\x66\x66\x90", "\x66\x66\x66\x66\x66\x66\x90",
	  "\x66\x66\x66\x66\x66\x66\x66\x90", "\x66\x66\x66\x66\x66\x66\x66\x66\x90"}},
	{"k10",
	 9,
	 0,
	 {"", "\x90", "\x66\x90", "\x0f\x1f\x00", "\x0f\x1f\x40\x00", "\x0f\x1f\x44\x00\x00",
	  "\x66\x0f\x1f\x44\x00\x00", "\x0f\x1f\x80\x00\x00\x00\x00",
	  "\x0f\x1f\x84\x00\x00\x00\x00\x00", "\x66\x0f\x1f\x84\x00\x00\x00\x00\x00"}},
};

const struct nops *nops_find(const char *name)
{
	for (size_t i = 0; i < NOPS_TABLES; i++) {
		if (strcmp(nops_tables[i].name, name) == 0)
			return &nops_tables[i];
	}
	return NULL;
}

void nops_fill(const struct nops *nops, uint8_t *bytes, size_t n)
{
	while (n > 0) {
		size_t len = n > nops->max ? nops->max : n;

		memcpy(bytes, nops->insns[len], len);
		bytes += len;
		n -= len;
	}
}
