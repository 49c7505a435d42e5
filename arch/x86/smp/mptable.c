// SPDX-License-Identifier: MIT
/*
 * The list of CPUs of machines before ACPI: Intel's MultiProcessor Specification 1.4. The floating
 * pointer (4.1) leads to the configuration table (4.2), whose first entries are the processors
 * (4.3.1), or says that the machine is one of the default ones (chapter 5), which have two.
 */
#include "arch/x86/smp/firmware.h"
#include "lib/printk.h"
#include "lib/string.h"

#define BIOS       0xf0000u
#define BIOS_BYTES 0x10000u
#define KIB        1024u
#define BASE_END   0xa0000u /* base memory ends there or below: 640 KiB */
#define SOURCE     "MP table"

struct floating {
	char signature[4];
	uint32_t table;
	uint8_t length; /* in 16 bytes: 1 */
	uint8_t revision, checksum;
	uint8_t configuration; /* feature byte 1: 0, or which of the default ones it is */
	uint8_t features[4];   /* feature bytes 2 to 5 */
} __attribute__((packed));

struct configuration {
	char signature[4];
	uint16_t length; /* this header's 44 bytes too */
	uint8_t revision, checksum;
	char oem[8], product[12];
	uint32_t oem_table;
	uint16_t oem_length, entries;
	uint32_t lapic;
	uint16_t extended_length;
	uint8_t extended_checksum, reserved;
} __attribute__((packed));

#define HAS_IMCR 0x80u /* feature byte 2: 4.1 */

enum { PROCESSOR = 0, LAST_KNOWN = 4 };
#define ENABLED 1u

struct processor {
	uint8_t type, apic_id, apic_version, flags;
	uint32_t signature, features, reserved[2];
} __attribute__((packed));

#define OTHER_LENGTH 8u /* of every other type of entry */
_Static_assert(sizeof(struct floating) == 16, "the floating pointer's layout");
_Static_assert(sizeof(struct configuration) == 44, "the configuration table's header");
_Static_assert(sizeof(struct processor) == 20, "a processor's entry");

/* The order is the specification's: EBDA, else the last KiB of base memory, then the BIOS. */
static const struct floating *find_floating(const struct firmware *memory)
{
	static const struct firmware_anchor anchor = {"_MP_", sizeof(struct floating)};
	uint32_t found = 0, base = memory->base_memory;

	if (memory->ebda)
		found = firmware_scan(memory, &anchor, memory->ebda, KIB);
	if (!found && base >= KIB && base - KIB != memory->ebda)
		found = firmware_scan(memory, &anchor, base - KIB, KIB);
	if (!found && base != BASE_END && BASE_END - KIB != memory->ebda)
		found = firmware_scan(memory, &anchor, BASE_END - KIB, KIB);
	if (!found)
		found = firmware_scan(memory, &anchor, BIOS, BIOS_BYTES);
	return found ? firmware_at(memory, found, sizeof(struct floating)) : NULL;
}

static const struct configuration *read_table(const struct firmware *memory, uint32_t address)
{
	const struct configuration *table = firmware_at(memory, address, sizeof(*table));
	uint16_t length;

	if (!table || memcmp(table->signature, "PCMP", 4)) {
		pr_warn("mptable: at %08x is no MP table: not used\n", address);
		return NULL;
	}
	length = table->length;
	table = length < sizeof(*table) ? NULL : firmware_at(memory, address, length);
	if (!table)
		pr_warn("mptable: a length of %u bytes at %08x cannot be: not used\n", length,
			address);
	else if (firmware_sum(table, length))
		pr_warn("mptable: the MP table's checksum is wrong: not used\n");
	else
		return table;
	return NULL;
}

/* What is left of the table after an entry of this type; -1: it does not fit, or has no length. */
static int32_t left_after(unsigned type, int32_t left)
{
	if (type > LAST_KNOWN)
		return -1;
	return left - (int32_t)(type == PROCESSOR ? sizeof(struct processor) : OTHER_LENGTH);
}

static bool read_entries(struct cpu_list *list, const struct configuration *table)
{
	const uint8_t *end = (const uint8_t *)table + table->length;
	int32_t left = (int32_t)(table->length - sizeof(*table));

	for (unsigned i = 0; i < table->entries; i++) {
		const struct processor *cpu = (const void *)(end - left);
		int32_t after = left ? left_after(cpu->type, left) : -1;

		if (after < 0) {
			pr_warn("mptable: entry %u of %u, type %u, with %d bytes left: not used\n",
				i, table->entries, left ? cpu->type : 0, left);
			return false;
		}
		if (cpu->type == PROCESSOR && cpu->flags & ENABLED)
			cpu_list_add(list, cpu->apic_id);
		left = after;
	}
	return cpu_list_end(list, SOURCE);
}

bool mptable_find_cpus(struct cpus_found *found, const struct firmware *memory)
{
	const struct floating *floating = find_floating(memory);
	const struct configuration *table;
	struct cpu_list list;

	cpu_list_begin(&list, found);
	if (!floating)
		return false;
	found->imcr = floating->features[0] & HAS_IMCR;
	if (floating->configuration) {
		cpu_list_add(&list, 0);
		cpu_list_add(&list, 1);
		return cpu_list_end(&list, SOURCE);
	}
	table = read_table(memory, floating->table);
	if (!table)
		return false;
	cpu_list_lapic(&list, table->lapic);
	return read_entries(&list, table);
}
