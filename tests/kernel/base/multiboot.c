// SPDX-License-Identifier: MIT
/*
 * What a boot loader can get wrong. Information is made here, read into a boot_info of the test's
 * own, and what could be believed of it is compared; the complaints, which are meant, are held back
 * from the consoles and counted. Layout: Multiboot Specification 0.6.96, 3.3.
 */
#include "kernel/base/multiboot.h"
#include "kernel/test/ktap.h"
#include "lib/printk.h"
#include "lib/string.h"

/* Flags, and where the fields stand in words. */
#define HAS_MEMORY  (1u << 0)
#define HAS_CMDLINE (1u << 2)
#define HAS_MODULES (1u << 3)
#define HAS_MAP     (1u << 6)
#define HAS_LOADER  (1u << 9)
enum { FLAGS, MEM_LOWER, MEM_UPPER, CMDLINE = 4, MODULES, MAP_LENGTH = 11, MAP_ADDR, LOADER = 16 };
#define INFO_WORDS 17

#define USABLE   1
#define RESERVED 2
#define MIB      0x100000u
#define DEVICES  0xd0000000u /* no loader leaves anything there */

struct entry {
	uint32_t size;
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

static uint32_t info[INFO_WORDS];
static uint8_t arena[4100 * sizeof(struct entry)]; /* a map, or a string that does not end */
static struct boot_info out;

/* Information without a mistake: 640 KiB, and 127 MiB from 1 MiB on. Tests then change it. */
static void map_add(uint64_t base, uint64_t length, uint32_t type)
{
	struct entry entry = {sizeof(entry) - 4, base, length, type};

	memcpy(arena + info[MAP_LENGTH], &entry, sizeof(entry));
	info[MAP_LENGTH] += sizeof(entry);
}

static void begin(void)
{
	memset(info, 0, sizeof(info));
	info[FLAGS] = HAS_MEMORY | HAS_CMDLINE | HAS_MAP | HAS_LOADER;
	info[MEM_LOWER] = 639;
	info[MEM_UPPER] = 64 * 1024;
	info[CMDLINE] = (uint32_t) "selftest=off";
	info[LOADER] = (uint32_t) "test loader";
	info[MAP_ADDR] = (uint32_t)arena;
	map_add(0, 0x9fc00, USABLE);
	map_add(0x9fc00, 0x400, RESERVED);
	map_add(MIB, 127 * MIB, USABLE);
}

static unsigned read_at(const void *address)
{
	enum printk_level level = printk_set_level(PRINTK_ERR);

	memset(&out, 0x5a, sizeof(out));
	multiboot_read(&out, address);
	printk_set_level(level);
	return out.complaints;
}

static unsigned read(void)
{
	return read_at(info);
}

/* The two ranges of begin() and no other. */
static bool has_plain_map(void)
{
	return out.ranges == 2 && !out.memory[0].base && out.memory[0].length == 0x9fc00 &&
	       out.memory[1].base == MIB && out.memory[1].length == 127 * MIB &&
	       out.memory_bytes == 0x9fc00 + 127 * MIB;
}

/* What is known without a map: mem_upper from 1 MiB on. */
static bool has_upper_only(void)
{
	return out.ranges == 1 && out.memory[0].base == MIB && out.memory[0].length == 64 * MIB &&
	       out.memory_bytes == 64 * MIB;
}

static bool has_nothing(void)
{
	return !out.ranges && !out.memory_bytes && !out.cmdline[0] && !out.loader[0];
}

static void good_information(struct ktap *t)
{
	begin();
	CHECK_EQ(t, read(), 0, "good information is fine");
	CHECK(t, has_plain_map(), "both usable ranges are known, the reserved one is not");
	CHECK(t, !strcmp(out.cmdline, "selftest=off"), "the command line is copied");
	CHECK(t, !strcmp(out.loader, "test loader"), "the loader's name is copied");
	info[FLAGS] &= ~(HAS_CMDLINE | HAS_LOADER);
	CHECK_EQ(t, read(), 0, "neither must be there");
	CHECK(t, !out.cmdline[0] && !out.loader[0], "what flags do not announce is not read");
	memmove(arena + 1, arena, info[MAP_LENGTH]);
	info[MAP_ADDR]++;
	CHECK_EQ(t, read(), 0, "a map at an odd address is fine");
	CHECK(t, has_plain_map(), "and is read");
}

static void no_information(struct ktap *t)
{
	static const uint32_t wild[] = {0, 4, 0x3ff, DEVICES, 0xfffffff0, 0xbffffffc};

	for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		CHECK_EQ(t, read_at((const void *)wild[i]), 1, "at %08x: one complaint", wild[i]);
		CHECK(t, has_nothing(), "at %08x: nothing is known", wild[i]);
	}
	begin();
	info[FLAGS] = 0;
	CHECK_EQ(t, read(), 2, "no flags: no map and no sizes");
	CHECK(t, has_nothing(), "no flags: nothing is known");
}

static void no_map(struct ktap *t)
{
	begin();
	info[FLAGS] &= ~HAS_MAP;
	CHECK_EQ(t, read(), 1, "a map that is missing");
	CHECK(t, has_upper_only(), "is replaced by mem_upper");
	begin();
	info[MAP_LENGTH] = 0;
	CHECK_EQ(t, read(), 1, "a map without entries");
	CHECK(t, has_upper_only(), "is replaced by mem_upper");
	begin();
	info[MAP_ADDR] = DEVICES;
	CHECK_EQ(t, read(), 2, "a map outside memory");
	CHECK(t, has_upper_only(), "is replaced by mem_upper");
	begin();
	info[MAP_LENGTH] = 0xffffffff;
	CHECK_EQ(t, read(), 2, "a map that ends outside memory");
	CHECK(t, has_upper_only(), "is replaced by mem_upper");
	info[FLAGS] &= ~HAS_MEMORY;
	CHECK_EQ(t, read(), 3, "without mem_upper");
	CHECK(t, !out.ranges && !out.memory_bytes, "no memory is known");
	CHECK(t, !strcmp(out.cmdline, "selftest=off"), "but the command line is");
}

static void odd_ranges(struct ktap *t)
{
	begin();
	map_add(2 * MIB, MIB, USABLE);
	map_add(0x1000, 0x1000, USABLE);
	CHECK_EQ(t, read(), 2, "two ranges inside known ones");
	CHECK(t, has_plain_map(), "are ignored");
	begin();
	map_add(MIB / 2, 256 * MIB, USABLE);
	CHECK_EQ(t, read(), 1, "a range around known ones");
	CHECK(t, has_plain_map(), "is ignored");
	begin();
	map_add(0xfffffffffffff000, 0x1001, USABLE);
	map_add(1, 0xffffffffffffffff, USABLE);
	CHECK_EQ(t, read(), 2, "ranges that wrap around");
	CHECK(t, has_plain_map(), "are ignored");
	begin();
	map_add(0xfffffffffffff001, 0xfff, USABLE);
	CHECK_EQ(t, read(), 0, "one that ends where 64 bits do");
	CHECK_EQ(t, out.ranges, 3, "is known");
	map_add(0xfffffffffffff800, 1, USABLE);
	CHECK_EQ(t, read(), 1, "and seen by what overlaps it");
	begin();
	info[MAP_LENGTH] = 0;
	map_add(MIB, 0 - (uint64_t)MIB, USABLE);
	CHECK_EQ(t, read(), 0, "from 1 MiB to the end of 64 bits: the kernel is in it");
	begin();
	map_add(2 * MIB, 0, USABLE);
	map_add(0xffffffffffffffff, 0, USABLE);
	CHECK_EQ(t, read(), 0, "empty ranges are no mistake");
	CHECK(t, has_plain_map(), "and no memory");
	begin();
	map_add(128 * MIB, MIB, USABLE);
	map_add(0x100000000, 0x100000000, USABLE);
	CHECK_EQ(t, read(), 0, "ranges that touch, and above 4 GiB, are fine");
	CHECK_EQ(t, out.ranges, 4, "and known");
	CHECK_EQ(t, out.memory_bytes, 0x100000000 + 128 * MIB + 0x9fc00, "with their lengths");
	begin();
	info[MAP_LENGTH] = 0;
	map_add(64 * MIB, MIB, USABLE);
	CHECK_EQ(t, read(), 1, "a map without the kernel's own memory");
	CHECK_EQ(t, out.ranges, 1, "is used all the same");
}

/* What is left of the second range, from 1 to 128 MiB, must be these and no more. */
static bool has_ranges(const struct memory_range *ranges, unsigned n)
{
	uint64_t sum = 0;
	unsigned found = 0;

	for (unsigned i = 0; i < out.ranges; i++) {
		sum += out.memory[i].length;
		for (unsigned j = 0; j < n; j++)
			found += out.memory[i].base == ranges[j].base &&
				 out.memory[i].length == ranges[j].length;
	}
	return found == n && out.ranges == n + 1 && sum == out.memory_bytes;
}

static void reserved_ranges(struct ktap *t)
{
	static const struct {
		uint64_t base, length;
		const char *where;
		struct memory_range left[2];
		unsigned n, lines; /* more than one where the kernel has no memory then */
	} cases[] = {
		{8 * MIB, MIB, "inside", {{MIB, 7 * MIB}, {9 * MIB, 119 * MIB}}, 2, 1},
		{8 * MIB + 1,
		 1,
		 "of one byte",
		 {{MIB, 7 * MIB + 1}, {8 * MIB + 2, 120 * MIB - 2}},
		 2,
		 1},
		{MIB, MIB, "at its beginning", {{2 * MIB, 126 * MIB}}, 1, 2},
		{127 * MIB, MIB, "at its end", {{MIB, 126 * MIB}}, 1, 1},
		{127 * MIB, 9 * MIB, "over its end", {{MIB, 126 * MIB}}, 1, 1},
		{MIB, 127 * MIB, "the same", {{0, 0}}, 0, 2},
		{0xa0000, 512 * MIB, "around it", {{0, 0}}, 0, 2},
		{8 * MIB, 0xffffffffffffffff, "to beyond 64 bits", {{MIB, 7 * MIB}}, 1, 1},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned first = 0; first < 2; first++) {
			begin();
			info[MAP_LENGTH] = 0;
			if (first)
				map_add(cases[i].base, cases[i].length, i % 2 ? 4 : RESERVED);
			map_add(0, 0x9fc00, USABLE);
			map_add(MIB, 127 * MIB, USABLE);
			if (!first)
				map_add(cases[i].base, cases[i].length, i % 2 ? 4 : RESERVED);
			CHECK_EQ(t, read(), cases[i].lines, "reserved %s is named once",
				 cases[i].where);
			CHECK(t, has_ranges(cases[i].left, cases[i].n),
			      "reserved %s wins, whichever comes first", cases[i].where);
		}
	begin();
	for (unsigned i = 0; i < 50; i++)
		map_add((8 + 2 * i) * MIB, MIB, RESERVED);
	CHECK_EQ(t, read(), 4, "of many four are named");
	CHECK_EQ(t, out.ranges, 52, "and all of them win");
	CHECK_EQ(t, out.memory_bytes, 0x9fc00 + 77 * MIB, "of what is usable");
}

/* The first entry's size is changed: entries behind it cannot be found. */
static void odd_entries(struct ktap *t)
{
	static const uint32_t bad[] = {0, 19, 69, 72, 0x7fffffff, 0xfffffffc, 0xffffffff};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin();
		memcpy(arena, &bad[i], 4);
		CHECK_EQ(t, read(), 2, "an entry of %u bytes", bad[i]);
		CHECK(t, has_upper_only(), "with %u: nothing of the map is believed", bad[i]);
	}
	for (unsigned cut = 1; cut < sizeof(struct entry); cut++) {
		begin();
		info[MAP_LENGTH] -= cut;
		CHECK_EQ(t, read(), 2, "%u bytes cut: one entry, and the kernel's memory", cut);
		CHECK_EQ(t, out.ranges, 1, "%u bytes cut: what is whole is known", cut);
	}
	begin();
	memmove(arena + 28, arena + 24, 48);
	memcpy(arena, &(uint32_t){24}, 4);
	info[MAP_LENGTH] += 4;
	CHECK_EQ(t, read(), 0, "an entry of 24 bytes, as newer firmware has them, is fine");
	CHECK(t, has_plain_map(), "and so are those behind it");
}

static void absurd_counts(struct ktap *t)
{
	begin();
	for (unsigned i = 2; i < MEMORY_MAX + 1; i++)
		map_add((256 + 2 * i) * (uint64_t)MIB, MIB, USABLE);
	CHECK_EQ(t, read(), 1, "one range more than there is room for");
	CHECK_EQ(t, out.ranges, MEMORY_MAX, "the others are kept");
	for (unsigned i = 0; i < 100; i++)
		map_add((512 + 2 * i) * (uint64_t)MIB, MIB, USABLE);
	CHECK_EQ(t, read(), 5, "of a hundred too many, four are named, and that it is too many");
	CHECK_EQ(t, out.ranges, MEMORY_MAX, "and the others are kept");
	begin();
	while (info[MAP_LENGTH] < 4096 * sizeof(struct entry))
		map_add(0, 0, RESERVED);
	CHECK_EQ(t, read(), 0, "4096 entries are read");
	map_add(0, 0, RESERVED);
	CHECK_EQ(t, read(), 1, "one more is not");
	CHECK(t, has_plain_map(), "what was usable is known");
	begin();
	memset(arena + info[MAP_LENGTH], 0, sizeof(struct entry));
	info[MAP_LENGTH] = 0xb0000000;
	CHECK_EQ(t, read(), 1, "a map of three gigabytes");
	CHECK(t, has_plain_map(), "is read as far as it makes sense");
	begin();
	info[FLAGS] |= HAS_MODULES;
	info[MODULES] = 5000;
	CHECK_EQ(t, read(), 1, "five thousand modules cannot be");
}

/* Modules of 4 KiB each, 64 KiB apart, the first at 4 MiB. */
static void list_modules(unsigned n)
{
	uint32_t *entry = (uint32_t *)(void *)(arena + 1024);

	for (unsigned i = 0; i < n; i++) {
		entry[4 * i] = 4 * MIB + i * 0x10000;
		entry[4 * i + 1] = entry[4 * i] + 4096;
	}
	info[FLAGS] |= HAS_MODULES;
	info[MODULES] = n;
	info[MODULES + 1] = (uint32_t)entry;
}

/* Its file's name, without folders and what is behind a dot; and all that is behind the blanks. */
static const struct {
	const char *line, *name, *args;
} called[] = {
	{"sites", "sites", ""},
	{"sites.ko", "sites", ""},
	{"/boot/modules/sites.ko a=1 b  c ", "sites", "a=1 b  c "},
	{"build/sites.tar.gz   x.y/z", "sites", "x.y/z"},
	{"", "", ""},
	{" sites", "", "sites"},
	{"boot/", "", ""},
	{"a.b/.c d", "", "d"},
	{"a\tb", "a", "\tb"},
	{"s\xc3\xa9.ko", "s\xc3\xa9", ""},
};

static void is_called(struct ktap *t, const char *line, const char *name, const char *args)
{
	uint32_t *entry = (uint32_t *)(void *)(arena + 1024);

	begin();
	list_modules(1);
	entry[2] = (uint32_t)line;
	CHECK_EQ(t, read(), 0, "a module is fine");
	CHECK(t, !strcmp(out.module_name[0], name), "%s is called %s, not %s", line, name,
	      out.module_name[0]);
	CHECK(t, !strcmp(out.module_args[0], args), "and is told %s, not %s", args,
	      out.module_args[0]);
}

static void names(struct ktap *t)
{
	static char line[512], name[MODULE_FILE], args[MODULE_ARGS];
	static const uint32_t wild[] = {0, 0x3ff, DEVICES, DEVICES - 1, 0xffffffff};

	for (unsigned i = 0; i < sizeof(called) / sizeof(called[0]); i++)
		is_called(t, called[i].line, called[i].name, called[i].args);
	for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		is_called(t, (const char *)wild[i], "", "");
	for (unsigned more = 0; more < 2; more++) {
		memset(line, 'n', MODULE_FILE - 1 + more);
		line[MODULE_FILE - 1 + more] = ' ';
		memset(line + MODULE_FILE + more, 'a', MODULE_ARGS - 1 + more);
		line[MODULE_FILE + MODULE_ARGS - 1 + 2 * more] = '\0';
		memset(name, 'n', MODULE_FILE - 1);
		memset(args, 'a', MODULE_ARGS - 1);
		is_called(t, line, name, args);
	}
	list_modules(MODULES_MAX + 1);
	CHECK_EQ(t, read(), 0, "one more than are known one by one");
	CHECK(t, !out.module_name[MODULES_MAX - 1][0], "and the last one has no name");
}

static void modules(struct ktap *t)
{
	uint32_t *entry = (uint32_t *)(void *)(arena + 1024);

	begin();
	list_modules(MODULES_MAX);
	CHECK_EQ(t, read(), 0, "modules are fine");
	CHECK_EQ(t, out.modules, MODULES_MAX, "the memory of each is known");
	CHECK(t, out.module[2].base == 4 * MIB + 0x20000 && out.module[2].length == 4096,
	      "and is what the loader says");
	list_modules(1000);
	CHECK_EQ(t, read(), 0, "a thousand are fine");
	CHECK_EQ(t, out.modules, MODULES_MAX, "the last known one stands for the rest");
	CHECK_EQ(t, out.module[MODULES_MAX - 1].base, 4 * MIB + (MODULES_MAX - 1) * 0x10000,
		 "from where it begins");
	CHECK_EQ(t, out.module[MODULES_MAX - 1].length, (1000 - MODULES_MAX) * 0x10000 + 4096,
		 "to where the last of them ends");
	list_modules(3);
	entry[5] = entry[4] - 1;
	CHECK_EQ(t, read(), 1, "one that ends before it begins is named");
	CHECK_EQ(t, out.modules, 2, "and does not hide the next one");
	CHECK_EQ(t, out.module[1].base, 4 * MIB + 0x20000, "which is known");
	list_modules(3);
	entry[4] = DEVICES;
	entry[5] = DEVICES + 1;
	CHECK_EQ(t, read(), 1, "nor does one among the devices");
	CHECK_EQ(t, out.modules, 2, "that is named, too");
	list_modules(3);
	entry[0] = entry[1] = entry[4] = entry[5] = 0;
	CHECK_EQ(t, read(), 2, "empty ones, at 0, are named each");
	CHECK(t, out.modules == 1 && out.module[0].base == 4 * MIB + 0x20000,
	      "and the last one is known");
	list_modules(100);
	for (unsigned i = 0; i < 99; i++)
		entry[4 * i + 1] = entry[4 * i];
	CHECK_EQ(t, read(), 4, "of many empty ones four are named");
	CHECK_EQ(t, out.modules, 1, "and what is behind them is known");
	info[MODULES + 1] = DEVICES;
	CHECK_EQ(t, read(), 1, "a list among the devices");
	CHECK(t, !out.modules && has_plain_map(), "is none, and the rest is known");
	names(t);
}

static unsigned read_line(unsigned length)
{
	memset(arena, 'c', length);
	arena[length] = '\0';
	info[FLAGS] = HAS_MEMORY | HAS_CMDLINE;
	info[CMDLINE] = (uint32_t)arena;
	return read() - 1; /* the map is missing, as it stands where the line is */
}

static void strings(struct ktap *t)
{
	static const uint32_t wild[] = {0, 0x3ff, DEVICES, 0xffffffff};

	for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		begin();
		info[CMDLINE] = wild[i];
		info[LOADER] = wild[i];
		CHECK_EQ(t, read(), 2, "strings at %08x: two complaints", wild[i]);
		CHECK(t, !out.cmdline[0] && !out.loader[0], "at %08x: both empty", wild[i]);
		CHECK(t, has_plain_map(), "at %08x: the rest is known", wild[i]);
	}
	begin();
	CHECK_EQ(t, read_line(0), 0, "an empty line is fine");
	CHECK_EQ(t, read_line(CMDLINE_MAX - 1), 0, "a line that just fits");
	CHECK_EQ(t, strlen(out.cmdline), CMDLINE_MAX - 1, "is whole");
	CHECK_EQ(t, read_line(CMDLINE_MAX), 1, "a line that is too long by one");
	CHECK_EQ(t, strlen(out.cmdline), CMDLINE_MAX - 1, "is cut");
	CHECK(t, !out.loader[0], "and does not run into what follows it");
	CHECK_EQ(t, read_line(sizeof(arena) - 1), 1, "a line without an end");
	CHECK_EQ(t, strlen(out.cmdline), CMDLINE_MAX - 1, "is cut");
	begin();
	info[LOADER] = (uint32_t) "a loader whose name is longer than the sixty-three characters "
				  "that are kept of it";
	CHECK_EQ(t, read(), 1, "a loader's name that is too long");
	CHECK_EQ(t, strlen(out.loader), sizeof(out.loader) - 1, "is cut");
	CHECK(t, has_plain_map(), "and the rest is known");
}

static void leaves_global_alone(struct ktap *t)
{
	static struct boot_info before;

	before = boot_info;
	begin();
	read();
	CHECK(t, !memcmp(&before, &boot_info, sizeof(before)),
	      "what the kernel knows is not touched");
	CHECK(t, boot_info.memory_bytes || boot_info.complaints,
	      "it has memory, or has complained that there is none");
}

static const struct ktap_test tests[] = {
	KTAP_TEST(good_information),    KTAP_TEST(no_information),  KTAP_TEST(no_map),
	KTAP_TEST(odd_ranges),          KTAP_TEST(reserved_ranges), KTAP_TEST(odd_entries),
	KTAP_TEST(absurd_counts),       KTAP_TEST(strings),         KTAP_TEST(modules),
	KTAP_TEST(leaves_global_alone),
};
KTAP_SUITE(multiboot, tests);
