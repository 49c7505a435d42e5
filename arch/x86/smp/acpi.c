// SPDX-License-Identifier: MIT
/*
 * ACPI's list of CPUs, from the Multiple APIC Description Table. Section numbers are those of the
 * ACPI specification 6.5:
 *
 *	RSDP (5.2.5.3), somewhere in the BIOS -> XSDT (5.2.8) or RSDT (5.2.7) -> MADT (5.2.12)
 *
 * The way is followed as far as it is whole. If the XSDT leads nowhere, the RSDT is asked; a MADT
 * with one entry that cannot be is not used at all, since nothing says which of its CPUs are real.
 */
#include "arch/x86/smp/firmware.h"
#include "lib/printk.h"
#include "lib/string.h"

#define BIOS       0xe0000u
#define BIOS_BYTES 0x20000u
#define EBDA_BYTES 1024u     /* of the EBDA, its first KiB is searched (5.2.5.1) */
#define TABLE_MAX  0x100000u /* the largest MADT, 4096 CPUs and all, has a tenth of it */
#define ENABLED    1u

enum { LOCAL_APIC = 0, LOCAL_APIC_ADDRESS = 5, LOCAL_X2APIC = 9 };

struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the bytes up to rsdt */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	/* From revision 2 on: */
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum; /* of all */
	uint8_t reserved[3];
} __attribute__((packed));

struct table {
	char signature[4];
	uint32_t length; /* this header's 36 bytes too */
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct madt {
	struct table header;
	uint32_t lapic, flags;
} __attribute__((packed));

/* The entries that say something about CPUs: 5.2.12.2, 5.2.12.8, 5.2.12.12. */
union entry {
	struct {
		uint8_t type, length;
	};
	struct {
		uint8_t head[2], uid, apic_id;
		uint32_t flags;
	} __attribute__((packed)) local;
	struct {
		uint8_t head[2], reserved[2];
		uint64_t address;
	} __attribute__((packed)) address;
	struct {
		uint8_t head[2], reserved[2];
		uint32_t apic_id, flags, uid;
	} __attribute__((packed)) x2;
};

#define RSDP_FIRST 20u   /* bytes that every revision has */
#define RSDP_MAX   1024u /* a later revision may have more than ours */
_Static_assert(sizeof(struct rsdp) == 36, "the RSDP's layout");
_Static_assert(sizeof(struct table) == 36, "a table's header");
_Static_assert(sizeof(struct madt) == 44, "the MADT's header");
_Static_assert(sizeof(union entry) == 16 && _Alignof(union entry) == 1, "a MADT's entry");

/* Where the RSDP is; 0: nowhere. */
static uint32_t find_rsdp(const struct firmware *memory)
{
	static const struct firmware_anchor anchor = {"RSD PTR ", RSDP_FIRST};
	uint32_t found = 0;

	if (memory->ebda)
		found = firmware_scan(memory, &anchor, memory->ebda, EBDA_BYTES);
	return found ? found : firmware_scan(memory, &anchor, BIOS, BIOS_BYTES);
}

/* The whole table at address, if that is what it is, of at least `least` bytes. */
static const struct table *read_table(const struct firmware *memory, const char *name,
				      const char *signature, uint32_t address, uint32_t least)
{
	const struct table *table = firmware_at(memory, address, sizeof(*table));

	if (!table) {
		pr_warn("acpi: the %s at %08x cannot be read: not used\n", name, address);
	} else if (memcmp(table->signature, signature, 4)) {
		pr_warn("acpi: the %s at %08x has another signature: not used\n", name, address);
	} else if (table->length < least || table->length > TABLE_MAX) {
		pr_warn("acpi: the %s at %08x has a length of %u: not used\n", name, address,
			table->length);
	} else {
		uint32_t length = table->length;

		table = firmware_at(memory, address, length);
		if (!table)
			pr_warn("acpi: the %s's %u bytes at %08x cannot be read: not used\n", name,
				length, address);
		else if (firmware_sum(table, length))
			pr_warn("acpi: the %s's checksum is wrong: not used\n", name);
		else
			return table;
	}
	return NULL;
}

/* Entry i of a root table: an address of `size` bytes, unaligned. */
static uint64_t root_entry(const struct table *root, uint32_t size, uint32_t i)
{
	uint64_t address = 0;

	memcpy(&address, (const uint8_t *)(root + 1) + i * size, size);
	return address;
}

/* Where the RSDT (entries of 4 bytes) or XSDT (8) says that the MADT is; 0: nowhere. */
static uint32_t find_madt(const struct firmware *memory, const char *name, uint32_t address,
			  uint32_t size)
{
	const struct table *root = read_table(memory, name, name, address, sizeof(*root)), *table;
	uint32_t entries, out_of_reach = 0;

	if (!root)
		return 0;
	entries = (root->length - sizeof(*root)) / size;
	for (uint32_t i = 0; i < entries; i++) {
		uint64_t at = root_entry(root, size, i);

		table = at >> 32 ? NULL : firmware_at(memory, (uint32_t)at, sizeof(*table));
		if (!table)
			out_of_reach++;
		else if (!memcmp(table->signature, "APIC", 4))
			return (uint32_t)at;
	}
	pr_warn("acpi: no MADT among the %s's %u tables, %u of them out of reach\n", name, entries,
		out_of_reach);
	return 0;
}

static uint32_t find_madt_by_xsdt(const struct firmware *memory, uint32_t address)
{
	const struct rsdp *rsdp = firmware_at(memory, address, RSDP_FIRST);

	if (!rsdp || rsdp->revision < 2)
		return 0;
	rsdp = firmware_at(memory, address, sizeof(*rsdp));
	if (rsdp && rsdp->length > sizeof(*rsdp) && rsdp->length <= RSDP_MAX)
		rsdp = firmware_at(memory, address, rsdp->length);
	if (!rsdp || rsdp->length < sizeof(*rsdp) || rsdp->length > RSDP_MAX ||
	    firmware_sum(rsdp, rsdp->length)) {
		pr_warn("acpi: the RSDP at %08x is damaged from byte %u on: no XSDT\n", address,
			RSDP_FIRST);
		return 0;
	}
	if (!rsdp->xsdt || rsdp->xsdt >> 32)
		return 0; /* none, or none that can be read: the RSDT is there for that */
	return find_madt(memory, "XSDT", (uint32_t)rsdp->xsdt, 8);
}

/* What an entry of its type needs; the other types are not looked into. */
static unsigned entry_least(unsigned type)
{
	switch (type) {
	case LOCAL_APIC: return 8;
	case LOCAL_APIC_ADDRESS: return 12;
	case LOCAL_X2APIC: return 16;
	default: return 2;
	}
}

/* Online capable (bit 1) is a CPU that can be plugged in later: not there now. */
static void take_entry(struct cpu_list *list, const union entry *entry)
{
	if (entry->type == LOCAL_APIC && entry->local.flags & ENABLED)
		cpu_list_add(list, entry->local.apic_id);
	else if (entry->type == LOCAL_X2APIC && entry->x2.flags & ENABLED)
		cpu_list_add(list, entry->x2.apic_id);
	else if (entry->type == LOCAL_APIC_ADDRESS)
		cpu_list_lapic(list, entry->address.address);
}

static bool read_madt(struct cpu_list *list, const struct madt *madt)
{
	uint32_t at = sizeof(*madt), length = madt->header.length;

	cpu_list_lapic(list, madt->lapic);
	while (at < length) {
		const union entry *entry = (const void *)((const uint8_t *)madt + at);
		uint32_t left = length - at;

		if (left < 2 || entry->length < entry_least(entry->type) || entry->length > left) {
			pr_warn("acpi: the MADT's entry at byte %u, of type %u, has a length of %u "
				"where %u are left: not used\n",
				at, entry->type, left < 2 ? 0 : entry->length, left);
			return false;
		}
		take_entry(list, entry);
		at += entry->length;
	}
	return cpu_list_end(list, "ACPI MADT");
}

bool acpi_find_cpus(struct cpus_found *found, const struct firmware *memory)
{
	uint32_t anchor = find_rsdp(memory), address;
	const struct table *madt;
	struct cpu_list list;

	cpu_list_begin(&list, found);
	if (!anchor)
		return false;
	address = find_madt_by_xsdt(memory, anchor);
	if (!address) {
		const struct rsdp *rsdp = firmware_at(memory, anchor, RSDP_FIRST);

		address = rsdp && rsdp->rsdt ? find_madt(memory, "RSDT", rsdp->rsdt, 4) : 0;
	}
	madt = address ? read_table(memory, "MADT", "APIC", address, sizeof(struct madt)) : NULL;
	return madt && read_madt(&list, (const struct madt *)madt);
}
