/* SPDX-License-Identifier: MIT */
/*
 * What the readers of firmware tables share: memory to read from, the search for a table's anchor,
 * and the list of CPUs that comes of it. Only these know where memory really is, so the readers
 * run on made-up memory as well. Nothing in a table is believed: each byte is asked for first.
 *
 *	const struct table *table = firmware_at(memory, address, sizeof(*table));
 *	if (!table || firmware_sum(table, sizeof(*table)))
 *		... not there, or damaged
 */
#ifndef ARCH_X86_SMP_FIRMWARE_H
#define ARCH_X86_SMP_FIRMWARE_H

#include "arch/x86/cpu/percpu.h"
#include <stdbool.h>
#include <stdint.h>

struct cpus_found {
	unsigned n; /* CPUs that may be started, at least 1 */
	/* Local APIC ids, each once: the boot CPU first, then the others in the table's order. */
	uint8_t apic_id[CPUS_MAX];
	unsigned more;      /* not among these n: beyond CPUS_MAX, or an id that needs an x2APIC */
	const char *source; /* "ACPI MADT", "MP table", or NULL: neither is there, so n is 1 */
	uint32_t lapic;     /* the local APICs' physical address */
	bool imcr;          /* there is a register that leads the PICs past them */
};

struct firmware {
	/* n bytes (at least 1) at a physical address; NULL: not all of them can be read. */
	const void *(*at)(uint32_t address, uint32_t n);
	uint32_t ebda;        /* the extended BIOS data area's address; 0: there is none */
	uint32_t base_memory; /* where base memory ends, below 640 KiB; 0: not known */
};

/* As memory->at(), and NULL too if address + n wraps around or n is 0. */
const void *firmware_at(const struct firmware *memory, uint32_t address, uint32_t n);

/* The sum of n bytes: 0 for a table that is whole. */
uint8_t firmware_sum(const void *bytes, uint32_t n);

/* The structure that says where tables are, on a 16-byte boundary. */
struct firmware_anchor {
	const char *signature;
	uint32_t n; /* bytes that its checksum is over, the signature first */
};

/*
 * The first such anchor in [from, from + bytes) with a good checksum; 0: none. Those with a wrong
 * one cost one line.
 */
uint32_t firmware_scan(const struct firmware *memory, const struct firmware_anchor *anchor,
		       uint32_t from, uint32_t bytes);

/* A list in the making. found->apic_id[0] is the boot CPU's, and stays. */
struct cpu_list {
	struct cpus_found *found;
	uint32_t seen[8]; /* a bit for each APIC id */
	unsigned listed;  /* CPUs that the table names, twice or not */
	unsigned twice;
	unsigned misplaced; /* addresses of local APICs that cannot be */
};

/* The boot CPU alone, and where local APICs are as long as nobody says otherwise. */
void cpu_list_begin(struct cpu_list *list, struct cpus_found *found);
void cpu_list_add(struct cpu_list *list, uint32_t apic_id);

/* Where the table says that they are; kept if it makes sense. */
void cpu_list_lapic(struct cpu_list *list, uint64_t address);

/* Says what is odd. False, and a line, if there was no CPU at all: then the table is not used. */
bool cpu_list_end(struct cpu_list *list, const char *source);

/*
 * The sources: true if there was a table without damage, and *found is what it says, boot CPU first
 * (its id is in found->apic_id[0] before). After false, only that id in *found means something.
 */
bool acpi_find_cpus(struct cpus_found *found, const struct firmware *memory);
bool mptable_find_cpus(struct cpus_found *found, const struct firmware *memory);

/* All of them, as cpus_find() promises it; in firmware_find.c. */
bool firmware_find_cpus(struct cpus_found *found, const struct firmware *memory);

#endif
