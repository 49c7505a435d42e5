/* SPDX-License-Identifier: MIT */
/*
 * The search for CPUs in made-up memory, under ASan and UBSan: good tables, damaged ones of each
 * kind, and a fixed series of random ones. Each piece of memory that a reader asks for is a copy
 * with exactly that many bytes, so that a byte more is noticed.
 *
 *	gcc -m32 -std=gnu11 -g -fsanitize=address,undefined -I. -o cpus_test tests/host/cpus_test.c
 *
 * Output is TAP, the plan last.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/x86/smp/firmware.c"
#include "tests/host/tap.h"

#include "arch/x86/smp/acpi.c"
#undef BIOS
#undef BIOS_BYTES
#undef ENABLED
#define read_table read_mp_table
#include "arch/x86/smp/mptable.c"

#include "arch/x86/smp/firmware_find.c"

/* Memory: the last pages below 640 KiB with the EBDA in them, the BIOS, and 4 GiB's last page. */
#define LOW_AT  0x9e000u
#define EBDA_AT 0x9fc00u
#define BIOS_AT 0xe0000u
#define HIGH_AT 0xfffff000u

static uint8_t low[0x2000], bios[0x20000], high[0x1000];

static const struct area {
	uint32_t from, bytes;
	uint8_t *is;
} areas[] = {
	{LOW_AT, sizeof(low), low}, {BIOS_AT, sizeof(bios), bios}, {HIGH_AT, sizeof(high), high}};

static void *copies[4096];
static unsigned n_copies, asked_badly;

static uint8_t *place(uint32_t address, uint32_t n)
{
	for (unsigned i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		uint32_t offset = address - areas[i].from;

		if (address >= areas[i].from && offset < areas[i].bytes &&
		    n <= areas[i].bytes - offset)
			return areas[i].is + offset;
	}
	return NULL;
}

/* The BIOS is searched at 8192 places: those get no copy, since they would be forgotten at once. */
static const void *made_up(uint32_t address, uint32_t n)
{
	const uint8_t *bytes = place(address, n);

	asked_badly += !n || address + (n - 1) < address;
	if (!bytes || (address >= BIOS_AT && address < HIGH_AT && bytes[0] != 'R' &&
		       bytes[0] != '_' && bytes[0] != 'P'))
		return bytes;
	if (n_copies == sizeof(copies) / sizeof(copies[0])) {
		printf("Bail out! more reads than there can be\n");
		exit(1);
	}
	copies[n_copies] = malloc(n);
	memcpy(copies[n_copies], bytes, n);
	return copies[n_copies++];
}

static struct firmware memory = {made_up, EBDA_AT, 0x9fc00};
static struct cpus_found found;
static char said[65536];

void printk(enum printk_level level, const char *format, ...)
{
	size_t length = strlen(said);
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(said + length, sizeof(said) - length, format, args);
	va_end(args);
}

/* The search as cpus_find() does it, by the CPU whose APIC id is `boot`. */
static bool look(unsigned boot)
{
	bool any;

	said[0] = '\0';
	memset(&found, 0xa5, sizeof(found));
	found.apic_id[0] = (uint8_t)boot;
	any = firmware_find_cpus(&found, &memory);
	while (n_copies)
		free(copies[--n_copies]);
	return any;
}

/* --- tables -------------------------------------------------------------------------------- */

#define RSDT_AT  0x9e100u
#define XSDT_AT  0x9e200u
#define MADT_AT  0x9e301u /* at no boundary, as QEMU's */
#define FADT_AT  0x9e700u
#define MADT2_AT 0x9e803u
#define MP_AT    0x9f000u
#define FLOAT_AT 0xf1230u

static void put(uint32_t address, uint64_t value, unsigned bytes)
{
	memcpy(place(address, bytes), &value, bytes);
}

static void put_text(uint32_t address, const char *text)
{
	memcpy(place(address, (uint32_t)strlen(text)), text, strlen(text));
}

/* Change the byte at `at` so that the n bytes at address have the sum 0. */
static void seal(uint32_t address, uint32_t n, uint32_t at)
{
	put(at, 0, 1);
	put(at, (uint8_t)-firmware_sum(place(address, n), n), 1);
}

static uint32_t length_at(uint32_t table)
{
	uint32_t length;

	memcpy(&length, place(table + 4, 4), 4);
	return length;
}

static void seal_table(uint32_t table)
{
	seal(table, length_at(table), table + 9);
}

static void begin_table(uint32_t table, const char *signature, uint32_t length)
{
	put_text(table, signature);
	put(table + 4, length, 4);
	seal_table(table);
}

static void append(uint32_t table, uint64_t value, unsigned bytes)
{
	put(table + length_at(table), value, bytes);
	put(table + 4, length_at(table) + bytes, 4);
	seal_table(table);
}

static void seal_rsdp(uint32_t rsdp)
{
	seal(rsdp, 20, rsdp + 8);
	if (*place(rsdp + 15, 1) >= 2)
		seal(rsdp, 36, rsdp + 32);
}

static void put_rsdp(uint32_t rsdp, unsigned revision)
{
	put_text(rsdp, "RSD PTR ");
	put(rsdp + 15, revision, 1);
	put(rsdp + 16, RSDT_AT, 4);
	put(rsdp + 20, 36, 4);
	put(rsdp + 24, revision >= 2 ? XSDT_AT : 0, 8);
	seal_rsdp(rsdp);
}

static void begin_madt(uint32_t madt)
{
	begin_table(madt, "APIC", 44);
	put(madt + 36, 0xfee00000, 4);
	seal_table(madt);
}

static void add_local(uint32_t madt, unsigned id, unsigned flags)
{
	append(madt, 0 | 8 << 8 | id << 24 | (uint64_t)flags << 32, 8);
}

static void add_x2apic(uint32_t madt, uint32_t id, unsigned flags)
{
	append(madt, 9 | 16 << 8 | (uint64_t)id << 32, 8);
	append(madt, flags, 8);
}

static void add_address(uint32_t madt, uint64_t address)
{
	append(madt, 5 | 12 << 8, 4);
	append(madt, address, 8);
}

/* No table at all. */
static void clear(void)
{
	memset(low, 0, sizeof(low));
	memset(bios, 0, sizeof(bios));
	memset(high, 0, sizeof(high));
	memory = (struct firmware){made_up, EBDA_AT, EBDA_AT};
}

/* An RSDP in the EBDA, an RSDT whose second table is a MADT of four CPUs: 3, 1, 0, 2. */
static void acpi(void)
{
	clear();
	put_rsdp(EBDA_AT + 16, 0);
	begin_table(FADT_AT, "FACP", 36);
	begin_table(RSDT_AT, "RSDT", 36);
	append(RSDT_AT, FADT_AT, 4);
	append(RSDT_AT, MADT_AT, 4);
	begin_madt(MADT_AT);
	add_local(MADT_AT, 3, 1);
	add_local(MADT_AT, 1, 1);
	append(MADT_AT, 0x0000000000000c01, 8); /* an I/O APIC, of 12 bytes: not looked into */
	append(MADT_AT, 0, 4);
	add_local(MADT_AT, 0, 1);
	add_local(MADT_AT, 2, 1);
}

/* As acpi(), and an XSDT that leads to another MADT, of CPUs 0 and 8. */
static void acpi2(void)
{
	acpi();
	put_rsdp(EBDA_AT + 16, 2);
	begin_table(XSDT_AT, "XSDT", 36);
	append(XSDT_AT, 0, 8);
	append(XSDT_AT, MADT2_AT, 8);
	begin_madt(MADT2_AT);
	add_local(MADT2_AT, 0, 1);
	add_local(MADT2_AT, 8, 1);
}

static void put_floating(uint32_t floating, uint32_t table, unsigned configuration)
{
	put_text(floating, "_MP_");
	put(floating + 4, table, 4);
	put(floating + 8, 1 | 4 << 8 | configuration << 24, 8);
	seal(floating, 16, floating + 10);
}

static void seal_mp(void)
{
	seal(MP_AT, length_at(MP_AT) & 0xffff, MP_AT + 7);
}

/* An entry behind the last; `bytes` of it. */
static void add_mp(uint64_t entry, unsigned bytes)
{
	uint32_t length = length_at(MP_AT) & 0xffff;
	uint16_t entries;

	put(MP_AT + length, entry, 8);
	put(MP_AT + 4, length + bytes, 2);
	memcpy(&entries, place(MP_AT + 34, 2), 2);
	put(MP_AT + 34, entries + 1u, 2);
	seal_mp();
}

static void add_processor(unsigned id, unsigned flags)
{
	add_mp(id << 8 | (uint64_t)flags << 24, 20);
}

/* A floating pointer in the BIOS, a table with the CPUs 4, 0, (5 disabled), 6, and a bus. */
static void mp(void)
{
	put_floating(FLOAT_AT, MP_AT, 0);
	put_text(MP_AT, "PCMP");
	put(MP_AT + 4, 44 | 4 << 16, 4);
	put(MP_AT + 36, 0xfee00000, 4);
	add_processor(4, 1);
	add_processor(0, 3);
	add_processor(5, 0);
	add_processor(6, 1);
	add_mp(1, 8);
}

/* --- checks -------------------------------------------------------------------------------- */

/* Behind a line that says no: what was found, and what was said. */
static bool told(bool good)
{
	if (!good)
		printf("# found %u and %u more by %s, lapic %08x; it said:\n# %s\n", found.n,
		       found.more, found.source ? found.source : "nobody", found.lapic, said);
	return good;
}
#define ok(...) told(ok(__VA_ARGS__))

static bool is_list(const char *source, unsigned n, const uint8_t *ids)
{
	return found.source && !strcmp(found.source, source) && found.n == n &&
	       !memcmp(found.apic_id, ids, n);
}

#define IDS(...)                                              \
	(sizeof((uint8_t[]){__VA_ARGS__})), (const uint8_t[]) \
	{                                                     \
		__VA_ARGS__                                   \
	}
#define MADT "ACPI MADT"
#define MP   "MP table"

#include "tests/host/cpus_cases.h"
