// SPDX-License-Identifier: MIT
/*
 * Nothing that a loader says is trusted: pointers must lie where information can lie, lengths are
 * limits and not promises, and a map that makes no sense is replaced by the next best answer
 * (mem_upper, then nothing). Paging is off, so a wild pointer would read quietly from a hole.
 */
#include "kernel/base/multiboot.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "lib/string.h"

#define HAS_MEMORY     (1u << 0)
#define HAS_CMDLINE    (1u << 2)
#define HAS_MODULES    (1u << 3)
#define HAS_MAP        (1u << 6)
#define HAS_LOADER     (1u << 9)
#define USABLE         1
#define INFO_LIMIT     0xc0000000u /* above are devices on every PC */
#define ENTRIES_MAX    4096
#define STRING_MAX     65536 /* where the search for a NUL ends */
#define COMPLAINTS_MAX 4     /* about things of one kind */

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
	uint32_t syms[4], mmap_length, mmap_addr, drives_length, drives_addr, config_table;
	uint32_t boot_loader_name;
};
_Static_assert(sizeof(struct info) == 68, "the layout of the specification");

struct map_entry {
	uint32_t size; /* of what follows: at least 20 */
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

struct module {
	uint32_t start, end, string, reserved;
};

struct boot_info boot_info;

static void complain(struct boot_info *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void complain(struct boot_info *out, const char *format, ...)
{
	va_list args;

	out->complaints++;
	va_start(args, format);
	vprintk(PRINTK_WARN, format, args);
	va_end(args);
}

/* Can the loader have put something there? Not at 0 and not among the devices. */
static bool plausible(uint32_t address, uint32_t bytes)
{
	return address >= 0x400 && address < INFO_LIMIT && bytes <= INFO_LIMIT - address;
}

static void copy_string(struct boot_info *out, char *to, size_t room, uint32_t from,
			const char *what)
{
	size_t length, limit = STRING_MAX;

	if (!plausible(from, 1)) {
		complain(out, "multiboot: %s at %08x is outside memory: ignored\n", what, from);
		return;
	}
	if (limit > INFO_LIMIT - from)
		limit = INFO_LIMIT - from;
	length = strnlen((const char *)from, limit);
	if (length >= room)
		complain(out, "multiboot: %s has %s%u characters: the first %u are kept\n", what,
			 length == limit ? "at least " : "", (unsigned)length, (unsigned)room - 1);
	memcpy(to, (const char *)from, length < room ? length : room - 1);
	to[length < room ? length : room - 1] = '\0';
}

/* By their last bytes, since a range may end where 64 bits do. Neither is empty. */
static bool overlap(struct memory_range a, struct memory_range b)
{
	return a.base <= b.base + (b.length - 1) && b.base <= a.base + (a.length - 1);
}

static bool overlaps_known(const struct boot_info *out, struct memory_range range)
{
	for (unsigned i = 0; i < out->ranges; i++)
		if (overlap(out->memory[i], range))
			return true;
	return false;
}

static void add_range(struct boot_info *out, uint64_t base, uint64_t length)
{
	struct memory_range range = {base, length};

	if (!length)
		return;
	if (base + (length - 1) < base)
		complain(out, "memory map: %llx bytes at %llx wrap around: ignored\n", length,
			 base);
	else if (overlaps_known(out, range))
		complain(out, "memory map: %llx bytes at %llx overlap another range: ignored\n",
			 length, base);
	else if (out->ranges == MEMORY_MAX)
		complain(out,
			 "memory map: more than %u usable ranges: the one at %llx is ignored\n",
			 MEMORY_MAX, base);
	else {
		out->memory[out->ranges++] = range;
		out->memory_bytes += length;
	}
}

/* Takes the cut out of range number i, with which it overlaps: what is left are two pieces at most.
 */
static void cut_range(struct boot_info *out, unsigned i, struct memory_range cut)
{
	struct memory_range was = out->memory[i];
	uint64_t last = was.base + (was.length - 1), cut_last = cut.base + (cut.length - 1);
	uint64_t below = cut.base > was.base ? cut.base - was.base : 0;
	uint64_t above = last > cut_last ? last - cut_last : 0;

	out->memory_bytes -= was.length;
	out->ranges--;
	memmove(&out->memory[i], &out->memory[i + 1], (out->ranges - i) * sizeof(out->memory[0]));
	add_range(out, was.base, below);
	add_range(out, cut_last + 1, above);
}

/* What somebody says is in use is not to be used, whatever others say. True if others did. */
static bool reserve(struct boot_info *out, uint64_t base, uint64_t length)
{
	struct memory_range cut = {base, length};
	bool was_usable = false;

	if (!length)
		return false;
	if (base + (length - 1) < base)
		cut.length = -base; /* to the end of 64 bits */
	for (unsigned i = 0; i < out->ranges;) {
		if (!overlap(out->memory[i], cut)) {
			i++;
			continue;
		}
		was_usable = true;
		cut_range(out, i, cut);
		i = 0; /* what is left of it stands elsewhere */
	}
	return was_usable;
}

static const struct map_entry *entry_at(uint32_t at)
{
	return (const struct map_entry *)at;
}

/* Where the last entry ends that can be one. */
static uint32_t entries_end(struct boot_info *out, uint32_t at, uint32_t end)
{
	for (unsigned n = 0; at < end; n++) {
		const struct map_entry *entry = entry_at(at);

		if (n == ENTRIES_MAX) {
			complain(out, "memory map: more than %u entries: the rest is ignored\n",
				 ENTRIES_MAX);
			return at;
		}
		if (end - at < sizeof(*entry) || entry->size < sizeof(*entry) - 4 ||
		    entry->size > end - at - 4) {
			complain(out,
				 "memory map: entry %u has a size of %u: the rest is ignored\n", n,
				 entry->size);
			return at;
		}
		at += entry->size + 4;
	}
	return at;
}

/*
 * Usable ones first, then those that are not. Complaints about single entries stop when it is clear
 * what kind of map this is; what is reserved stays so.
 */
static void __init_tested read_entries(struct boot_info *out, uint32_t first, uint32_t end)
{
	unsigned before = out->complaints;
	uint32_t at;

	end = entries_end(out, first, end);
	for (at = first; at < end && out->complaints - before < COMPLAINTS_MAX;
	     at += entry_at(at)->size + 4)
		if (entry_at(at)->type == USABLE)
			add_range(out, entry_at(at)->base, entry_at(at)->length);
	if (at < end)
		complain(out, "memory map: too many bad entries: the rest is ignored\n");
	before = out->complaints;
	for (at = first; at < end; at += entry_at(at)->size + 4)
		if (entry_at(at)->type != USABLE &&
		    reserve(out, entry_at(at)->base, entry_at(at)->length) &&
		    out->complaints - before < COMPLAINTS_MAX)
			complain(
				out,
				"memory map: %llx bytes at %llx are usable and reserved: reserved\n",
				entry_at(at)->length, entry_at(at)->base);
}

static void read_map(struct boot_info *out, const struct info *info)
{
	if (!(info->flags & HAS_MAP))
		complain(out, "multiboot: the memory map is missing\n");
	else if (!plausible(info->mmap_addr, info->mmap_length))
		complain(out, "memory map: %u bytes at %08x are outside memory: ignored\n",
			 info->mmap_length, info->mmap_addr);
	else
		read_entries(out, info->mmap_addr, info->mmap_addr + info->mmap_length);
	if (out->ranges)
		return;
	if (info->flags & HAS_MAP)
		complain(out, "memory map: no usable memory in it\n");
	if (info->flags & HAS_MEMORY)
		add_range(out, 0x100000, (uint64_t)info->mem_upper * 1024);
	else
		complain(out, "multiboot: no memory sizes: going on without knowing any\n");
}

/* What is no name is no name: nothing else hangs on it. What is too long is cut. */
static void copy_name(char *to, char *args, uint32_t from)
{
	const char *name = (const char *)from, *end = name + STRING_MAX, *at;
	size_t length = 0;

	if (!plausible(from, STRING_MAX))
		return;
	for (at = name; at != end && (uint8_t)*at > ' '; at++)
		if (*at == '/')
			name = at + 1;
	while (length < MODULE_FILE - 1 && name + length < at && name[length] != '.')
		length++;
	memcpy(to, name, length);
	to[length] = '\0';
	while (at != end && *at == ' ')
		at++;
	for (length = 0; length < MODULE_ARGS - 1 && at + length != end && at[length]; length++)
		args[length] = at[length];
	args[length] = '\0';
}

static void add_module(struct boot_info *out, uint64_t start, uint64_t end, uint32_t string)
{
	struct memory_range *last = &out->module[MODULES_MAX - 1];

	if (out->modules < MODULES_MAX) {
		copy_name(out->module_name[out->modules], out->module_args[out->modules], string);
		out->module[out->modules++] = (struct memory_range){start, end - start};
		return;
	}
	out->module_name[MODULES_MAX - 1][0] = '\0';
	if (end < last->base + last->length)
		end = last->base + last->length;
	if (last->base > start)
		last->base = start;
	last->length = end - last->base;
}

/* One that cannot be says nothing about the next. */
static void read_module(struct boot_info *out, unsigned i, const struct module *module, bool loud)
{
	uint32_t start = module->start, end = module->end;

	if (end > start && plausible(start, 1))
		add_module(out, start, end, module->string);
	else if (loud)
		complain(out, "multiboot: module %u from %08x to %08x %s: ignored\n", i, start, end,
			 start == end ? "is empty" : "cannot be");
}

/* Their memory is theirs; what is in it is for kernel/module/ to find out. */
static void __init_tested read_modules(struct boot_info *out, const struct info *info)
{
	const struct module *module = (const struct module *)info->mods_addr;
	unsigned before = out->complaints;

	if (info->mods_count > 1024) {
		complain(out, "multiboot: %u modules cannot be: ignored\n", info->mods_count);
		return;
	}
	if (!plausible(info->mods_addr, info->mods_count * sizeof(*module))) {
		complain(out, "multiboot: %u modules listed at %08x, outside memory: ignored\n",
			 info->mods_count, info->mods_addr);
		return;
	}
	for (unsigned i = 0; i < info->mods_count; i++)
		read_module(out, i, &module[i], out->complaints - before < COMPLAINTS_MAX);
}

static void check_image_covered(struct boot_info *out)
{
	extern uint8_t _image[], _image_end[];
	uint32_t start = (uint32_t)_image, end = (uint32_t)_image_end;

	for (unsigned i = 0; i < out->ranges; i++) {
		const struct memory_range *range = &out->memory[i];

		if (range->base <= start && range->length >= end - range->base)
			return;
	}
	if (out->ranges)
		complain(out, "memory map: the kernel (%08x to %08x) is not in usable memory\n",
			 start, end);
}

void __init_tested multiboot_read(struct boot_info *out, const void *address)
{
	const struct info *info = address;

	memset(out, 0, sizeof(*out));
	if (!plausible((uint32_t)address, sizeof(*info))) {
		complain(out, "multiboot: information at %p is outside memory: none\n", address);
		return;
	}
	if (info->flags & HAS_LOADER)
		copy_string(out, out->loader, sizeof(out->loader), info->boot_loader_name,
			    "the loader's name");
	if (info->flags & HAS_CMDLINE)
		copy_string(out, out->cmdline, sizeof(out->cmdline), info->cmdline,
			    "the command line");
	if (info->flags & HAS_MODULES && info->mods_count)
		read_modules(out, info);
	read_map(out, info);
	check_image_covered(out);
}
