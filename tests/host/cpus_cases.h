/* SPDX-License-Identifier: MIT */
/*
 * What cpus_test.c tries: included there once, behind the tables' makers.
 *
 *	acpi();				good tables
 *	put(MADT_AT + 45, 0, 1);	a mistake
 *	look(0);			the search, by the CPU with APIC id 0
 */
#ifndef TESTS_HOST_CPUS_CASES_H
#define TESTS_HOST_CPUS_CASES_H

#define MADT_BYTES 88u /* acpi()'s */

static void good_acpi(void)
{
	acpi();
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "RSDT: the boot CPU is first, then 3, 1, 2");
	ok(!said[0] && !found.more && found.lapic == 0xfee00000, "without a complaint");
	ok(look(1) && is_list(MADT, IDS(1, 3, 0, 2)), "RSDT, boot CPU 1: 1 is first, then 3, 0, 2");
	acpi2();
	ok(look(0) && is_list(MADT, IDS(0, 8)) && !said[0], "the XSDT is asked before the RSDT");
	put(EBDA_AT + 16 + 28, 1, 1);
	seal_rsdp(EBDA_AT + 16);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "an XSDT beyond 4 GiB: the RSDT's list");
	acpi2();
	put(EBDA_AT + 16 + 20, 37, 4);
	put(EBDA_AT + 16 + 36, 0x77, 1);
	seal(EBDA_AT + 16, 37, EBDA_AT + 16 + 32);
	ok(look(0) && is_list(MADT, IDS(0, 8)), "an RSDP that is longer than today's is fine");
	acpi2();
	put_rsdp(EBDA_AT + 16, 0);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "revision 0 has no XSDT");
	acpi();
	memset(place(EBDA_AT, 1024), 0, 1024);
	put_rsdp(0xfffe0, 0);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "an RSDP at the end of the BIOS is found");
	memory.ebda = 0;
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "also where there is no EBDA");
	acpi();
	memcpy(high + sizeof(high) - MADT_BYTES, place(MADT_AT, MADT_BYTES), MADT_BYTES);
	put(RSDT_AT + 40, 0u - MADT_BYTES, 4);
	put(MADT_AT, 0, 4);
	seal_table(RSDT_AT);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)),
	   "a MADT up to the last byte of 4 GiB is read");
}

static void counting(void)
{
	acpi();
	add_local(MADT_AT, 4, 0);
	add_local(MADT_AT, 5, 2);
	add_local(MADT_AT, 6, 3);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2, 6)), "disabled and capable CPUs do not count");
	acpi();
	add_x2apic(MADT_AT, 254, 1);
	add_x2apic(MADT_AT, 7, 0);
	add_x2apic(MADT_AT, 255, 1);
	add_x2apic(MADT_AT, 0x10000, 1);
	add_local(MADT_AT, 255, 1);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2, 254)) && found.more == 3,
	   "ids from 255 on are more than can be started");
	acpi();
	add_local(MADT_AT, 1, 1);
	add_x2apic(MADT_AT, 0, 1);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "an id that is listed twice counts once");
	ok(!!strstr(said, "lists 2 CPUs more than once"), "and a line says so");
	ok(look(9) && is_list(MADT, IDS(9, 3, 1, 0, 2)), "a boot CPU that is not listed is first");
	ok(!!strstr(said, "does not list the CPU that runs, APIC id 9"), "and a line says so");
	acpi();
	for (unsigned id = 4; id < 20; id++)
		add_local(MADT_AT, id, 1);
	add_local(MADT_AT, 19, 1);
	ok(look(19) && found.n == CPUS_MAX && found.more == 4, "20 CPUs: 16, and 4 more");
	ok(found.apic_id[0] == 19 && found.apic_id[15] == 14,
	   "the last listed booted: it is first");
	acpi();
	add_address(MADT_AT, 0xfec00000);
	ok(look(0) && found.lapic == 0xfec00000 && !said[0],
	   "the APICs' address can be overridden");
	add_address(MADT_AT, 0x1fee00000);
	add_address(MADT_AT, 0);
	ok(look(0) && found.lapic == 0xfec00000 && found.n == 4, "but not by what cannot be");
	ok(!!strstr(said, "has 2 local APIC addresses that cannot be: fec00000"), "a line says so");
}

static void good_mp(void)
{
	clear();
	mp();
	ok(look(0) && is_list(MP, IDS(0, 4, 6)) && !said[0], "MP table: 0 is first, then 4, 6");
	ok(found.lapic == 0xfee00000 && !found.more, "MP table: the APICs' address");
	acpi();
	mp();
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "ACPI goes before it");
	clear();
	mp();
	memset(place(FLOAT_AT, 16), 0, 16);
	ok(!look(0) && found.n == 1 && !found.source && !said[0], "no floating pointer: no list");
	put_floating(EBDA_AT + 1008, MP_AT, 0);
	ok(look(0) && is_list(MP, IDS(0, 4, 6)), "it is found at the end of the EBDA's first KiB");
	memory.ebda = 0;
	memory.base_memory = EBDA_AT + 1024;
	ok(look(0) && is_list(MP, IDS(0, 4, 6)), "and in the last KiB of base memory");
	memory.base_memory = 0;
	ok(look(0) && is_list(MP, IDS(0, 4, 6)), "and below 640 KiB if that is not known");
	clear();
	put_floating(FLOAT_AT, 0, 5);
	ok(look(0) && is_list(MP, IDS(0, 1)) && !said[0], "a default configuration has 0 and 1");
	ok(look(1) && is_list(MP, IDS(1, 0)), "the boot CPU may be 1");
	ok(!found.imcr, "nothing leads the PICs past the APICs");
	put(FLOAT_AT + 12, 0x80, 1);
	seal(FLOAT_AT, 16, FLOAT_AT + 10);
	ok(look(0) && found.imcr, "or a register does, where the table says so");
	acpi();
	ok(look(0) && !found.imcr, "which no machine with ACPI has");
}

/* A mistake: put() of n bytes, and where the table begins that then gets a good checksum. */
struct mistake {
	const char *what;
	uint32_t at, value;
	unsigned bytes;
	enum { LEAVE, RSDP, TABLE, MPC, FLOATING } fix;
	uint32_t table;
	const char *line;
};

static void make_mistake(const struct mistake *m)
{
	put(m->at, m->value, m->bytes);
	switch (m->fix) {
	case RSDP: return seal_rsdp(m->table);
	case TABLE: return seal_table(m->table);
	case MPC: return seal_mp();
	case FLOATING: return seal(m->table, 16, m->table + 10);
	default: return;
	}
}

#define R     (EBDA_AT + 16)
#define ENTRY (MADT_AT + 44)
static const struct mistake acpi_mistakes[] = {
	{"RSDP: a bit", R + 9, 1, 1, LEAVE, 0, "'RSD PTR ' at 0009fc10 has a wrong checksum"},
	{"RSDT at 0", R + 16, 0, 4, RSDP, R, ""},
	{"RSDT at fffffff0", R + 16, 0xfffffff0, 4, RSDP, R, "RSDT at fffffff0 cannot be read"},
	{"RSDT in no memory", R + 16, 0x500000, 4, RSDP, R, "RSDT at 00500000 cannot be read"},
	{"RSDT: signature", RSDT_AT, 'X', 1, TABLE, RSDT_AT, "RSDT at 0009e100 has another sig"},
	{"RSDT: a bit", RSDT_AT + 20, 1, 1, LEAVE, 0, "RSDT's checksum is wrong: not used"},
	{"RSDT of 35 bytes", RSDT_AT + 4, 35, 4, TABLE, RSDT_AT, "has a length of 35"},
	{"RSDT of 4 GiB", RSDT_AT + 4, 0xffffffff, 4, LEAVE, 0, "has a length of 4294967295"},
	{"RSDT of 64 KiB", RSDT_AT + 4, 65536, 4, LEAVE, 0, "65536 bytes at 0009e100 cannot be re"},
	{"RSDT without tables", RSDT_AT + 4, 36, 4, TABLE, RSDT_AT, "no MADT among the RSDT's 0 t"},
	{"RSDT ends in an entry", RSDT_AT + 4, 43, 4, TABLE, RSDT_AT, "no MADT among the RSDT's 1"},
	{"MADT nowhere", RSDT_AT + 40, 0xfffffff8, 4, TABLE, RSDT_AT, "2 tables, 1 of them out of"},
	{"MADT: a bit", MADT_AT + 50, 1, 1, LEAVE, 0,
	 "acpi: the MADT's checksum is wrong: not used"},
	{"MADT of 43 bytes", MADT_AT + 4, 43, 4, TABLE, MADT_AT,
	 "MADT at 0009e301 has a length of"},
	{"MADT of 0 bytes", MADT_AT + 4, 0, 4, LEAVE, 0, "MADT at 0009e301 has a length of 0"},
	{"MADT without entries", MADT_AT + 4, 44, 4, TABLE, MADT_AT, "ACPI MADT lists no CPU"},
	{"entry of 0 bytes", ENTRY + 1, 0, 1, TABLE, MADT_AT,
	 "entry at byte 44, of type 0, has a "},
	{"entry of 1 byte", ENTRY + 1, 1, 1, TABLE, MADT_AT, "has a length of 1 where 44 are left"},
	{"CPU of 7 bytes", ENTRY + 1, 7, 1, TABLE, MADT_AT, "has a length of 7"},
	{"entry of 255 bytes", ENTRY + 1, 255, 1, TABLE, MADT_AT, "length of 255 where 44"},
	{"x2APIC of 8 bytes", ENTRY, 9, 1, TABLE, MADT_AT, "of type 9, has a length of 8"},
	{"address of 8 bytes", ENTRY, 5, 1, TABLE, MADT_AT, "of type 5, has a length of 8"},
	{"other of 0 bytes", ENTRY, 0x77, 2, TABLE, MADT_AT, "of type 119, has a length of 0"},
	{"last byte is half an entry", MADT_AT + 4, 81, 4, TABLE, MADT_AT, "where 1 are left"},
};

#define PROC (MP_AT + 44)
static const struct mistake mp_mistakes[] = {
	{"floating: a bit", FLOAT_AT + 9, 1, 1, LEAVE, 0, "'_MP_' at 000f1230 has a wrong checks"},
	{"MP table at 0", FLOAT_AT + 4, 0, 4, FLOATING, FLOAT_AT, "at 00000000 is no MP table"},
	{"MP table at the end", FLOAT_AT + 4, 0xfffffff0, 4, FLOATING, FLOAT_AT, "fffffff0 is no"},
	{"MP table: signature", MP_AT, 'X', 1, MPC, 0, "at 0009f000 is no MP table"},
	{"MP table: a bit", MP_AT + 9, 1, 1, LEAVE, 0, "mptable: the MP table's checksum is wrong"},
	{"MP table of 43 bytes", MP_AT + 4, 43, 2, MPC, 0, "a length of 43 bytes at 0009f000"},
	{"MP table of 64 KiB", MP_AT + 4, 0xffff, 2, LEAVE, 0, "a length of 65535 bytes"},
	{"65535 entries", MP_AT + 34, 0xffff, 2, MPC, 0, "entry 5 of 65535, type 0, with 0 bytes"},
	{"entry of type 5", PROC, 5, 1, MPC, 0, "entry 0 of 5, type 5, with 88 bytes left"},
	{"entry of type 255", PROC + 20, 255, 1, MPC, 0, "entry 1 of 5, type 255"},
	{"ends in a CPU", MP_AT + 4, 44 + 19, 2, MPC, 0,
	 "entry 0 of 5, type 0, with 19 bytes left"},
	{"no entries", MP_AT + 34, 0, 2, MPC, 0, "MP table lists no CPU"},
};

/* Each with good MP tables behind it, and without. */
static void bad_acpi(void)
{
	for (unsigned i = 0; i < sizeof(acpi_mistakes) / sizeof(acpi_mistakes[0]); i++) {
		const struct mistake *m = &acpi_mistakes[i];

		acpi();
		make_mistake(m);
		ok(!look(0) && found.n == 1 && !found.source && strstr(said, m->line) &&
			   (!said[0] == !m->line[0]),
		   "%s: no list, and a line says why", m->what);
		mp();
		ok(look(0) && is_list(MP, IDS(0, 4, 6)), "%s: the MP table is asked", m->what);
	}
	acpi2();
	put(R + 25, 1, 1);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)) && strstr(said, "damaged from byte 20 on"),
	   "RSDP's second checksum wrong: the RSDT");
	acpi2();
	put(XSDT_AT + 20, 1, 1);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)) && strstr(said, "XSDT's checksum is wrong"),
	   "XSDT's checksum wrong: the RSDT");
	acpi2();
	put(XSDT_AT + 44, 0x1ffffffff, 8);
	seal_table(XSDT_AT);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "XSDT has its MADT beyond 4 GiB: the RSDT");
	acpi();
	put_rsdp(EBDA_AT + 48, 0);
	put(R + 9, 1, 1);
	put(EBDA_AT + 512, 0, 1);
	ok(look(0) && is_list(MADT, IDS(0, 3, 1, 2)), "a damaged RSDP before a good one");
}

static void bad_mp(void)
{
	for (unsigned i = 0; i < sizeof(mp_mistakes) / sizeof(mp_mistakes[0]); i++) {
		const struct mistake *m = &mp_mistakes[i];

		clear();
		mp();
		make_mistake(m);
		ok(!look(0) && found.n == 1 && !found.source && strstr(said, m->line),
		   "%s: no list, and a line says why", m->what);
	}
}

static uint32_t random_u32(void)
{
	static uint32_t state = 0x2545f491;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static bool is_sane(bool any)
{
	uint32_t seen[8] = {0};

	if (any != !!found.source || !found.n || found.n > CPUS_MAX || found.apic_id[0] != 0)
		return false;
	for (unsigned i = 0; i < found.n; i++) {
		uint32_t bit = 1u << found.apic_id[i] % 32;

		if (found.apic_id[i] == 255 || seen[found.apic_id[i] / 32] & bit)
			return false;
		seen[found.apic_id[i] / 32] |= bit;
	}
	return (any || found.n == 1) && found.lapic >= 4096 && !(found.lapic % 4096) &&
	       strlen(said) < 1000;
}

/* A few bytes of the tables at random; most get their checksums back. */
static void mutate(void)
{
	static const uint32_t from[] = {R, RSDT_AT, XSDT_AT, MADT_AT, MADT2_AT, MP_AT, FLOAT_AT};
	static const uint32_t to[] = {36, 60, 60, 110, 80, 140, 16};

	for (unsigned n = 1 + random_u32() % 4; n; n--) {
		unsigned i = random_u32() % 7;
		uint32_t r = random_u32();

		put(from[i] + random_u32() % to[i], r & 0x100 ? r : r & 0x200 ? 0 : 0xff, 1);
	}
	for (unsigned i = 1; i < 5; i++)
		if (random_u32() % 8 && place(from[i], length_at(from[i])))
			seal_table(from[i]);
	if (random_u32() % 8)
		seal_rsdp(R);
	if (random_u32() % 8 && place(MP_AT, length_at(MP_AT) & 0xffff))
		seal_mp();
	if (random_u32() % 8)
		seal(FLOAT_AT, 16, FLOAT_AT + 10);
}

#define RANDOM_TABLES 20000

static void random_tables(void)
{
	unsigned sane = 0, by_madt = 0, by_mp = 0, by_nobody = 0;

	for (unsigned i = 0; i < RANDOM_TABLES; i++) {
		bool any;

		acpi2();
		mp();
		mutate();
		any = look(0);
		sane += is_sane(any);
		by_nobody += !any;
		by_madt += any && !strcmp(found.source, MADT);
		by_mp += any && !strcmp(found.source, MP);
	}
	printf("# %u by the MADT, %u by the MP table, %u by nobody\n", by_madt, by_mp, by_nobody);
	ok(sane == RANDOM_TABLES, "%u of %u random tables: a sane list or none", sane,
	   RANDOM_TABLES);
	ok(by_madt > 100 && by_mp > 100 && by_nobody > 10, "of all outcomes there are many");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(60); /* a search that does not end */
	good_acpi();
	counting();
	good_mp();
	bad_acpi();
	bad_mp();
	random_tables();
	ok(!asked_badly, "nobody asked for no memory, or for what wraps around");
	return tests_end();
}

#endif
