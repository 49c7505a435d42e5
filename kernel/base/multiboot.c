// SPDX-License-Identifier: MIT
/*
 * Nothing that a loader says is trusted: pointers must lie where information can lie, lengths are
 * limits and not promises, and a map that makes no sense is replaced by the next best answer
 * (mem_upper, then nothing). Paging is off, so a wild pointer would read quietly from a hole.
 */
#include "kernel/base/multiboot.h"
#include "lib/printk.h"
#include "lib/string.h"

#define HAS_MEMORY  (1u << 0)
#define HAS_CMDLINE (1u << 2)
#define HAS_MODULES (1u << 3)
#define HAS_MAP     (1u << 6)
#define HAS_LOADER  (1u << 9)
#define USABLE      1
#define INFO_LIMIT  0xc0000000u /* above are devices on every PC */
#define ENTRIES_MAX 4096
#define STRING_MAX  65536 /* where the search for a NUL ends */

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

static bool overlaps_known(const struct boot_info *out, uint64_t base, uint64_t length)
{
	for (unsigned i = 0; i < out->ranges; i++) {
		const struct memory_range *range = &out->memory[i];

		if (base < range->base + range->length && range->base < base + length)
			return true;
	}
	return false;
}

static void add_range(struct boot_info *out, uint64_t base, uint64_t length)
{
	if (!length)
		return;
	if (base + length < base)
		complain(out, "memory map: %llx bytes at %llx wrap around: ignored\n", length,
			 base);
	else if (overlaps_known(out, base, length))
		complain(out, "memory map: %llx bytes at %llx overlap another range: ignored\n",
			 length, base);
	else if (out->ranges == MEMORY_MAX)
		complain(out,
			 "memory map: more than %u usable ranges: the one at %llx is ignored\n",
			 MEMORY_MAX, base);
	else {
		out->memory[out->ranges++] = (struct memory_range){base, length};
		out->memory_bytes += length;
	}
}

/* Complaints about single entries stop when it is clear what kind of map this is. */
static void read_entries(struct boot_info *out, uint32_t at, uint32_t end)
{
	unsigned entries = 0, before = out->complaints;

	while (at < end && entries++ < ENTRIES_MAX) {
		const struct map_entry *entry = (const struct map_entry *)at;

		if (end - at < sizeof(*entry) || entry->size < sizeof(*entry) - 4 ||
		    entry->size > end - at - 4) {
			complain(out,
				 "memory map: entry %u has a size of %u: the rest is ignored\n",
				 entries - 1, entry->size);
			return;
		}
		if (entry->type == USABLE)
			add_range(out, entry->base, entry->length);
		if (out->complaints - before >= 4) {
			complain(out, "memory map: too many bad entries: the rest is ignored\n");
			return;
		}
		at += entry->size + 4;
	}
	if (at < end)
		complain(out, "memory map: more than %u entries: the rest is ignored\n",
			 ENTRIES_MAX);
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

static void add_module(struct boot_info *out, uint64_t start, uint64_t end)
{
	struct memory_range *last = &out->module[MODULES_MAX - 1];

	if (out->modules < MODULES_MAX) {
		out->module[out->modules++] = (struct memory_range){start, end - start};
		return;
	}
	if (end < last->base + last->length)
		end = last->base + last->length;
	if (last->base > start)
		last->base = start;
	last->length = end - last->base;
}

/* Nobody reads modules yet, but their memory is theirs. */
static void read_modules(struct boot_info *out, const struct info *info)
{
	const struct module *module = (const struct module *)info->mods_addr;

	if (info->mods_count > 1024) {
		complain(out, "multiboot: %u modules cannot be: ignored\n", info->mods_count);
		return;
	}
	if (!plausible(info->mods_addr, info->mods_count * sizeof(*module))) {
		complain(out, "multiboot: %u modules listed at %08x, outside memory: ignored\n",
			 info->mods_count, info->mods_addr);
		return;
	}
	for (unsigned i = 0; i < info->mods_count; i++, module++)
		if (module->end < module->start || !plausible(module->start, 1)) {
			complain(out,
				 "multiboot: module %u from %08x to %08x: the rest is ignored\n", i,
				 module->start, module->end);
			return;
		} else if (module->end > module->start)
			add_module(out, module->start, module->end);
}

static void check_image_covered(struct boot_info *out)
{
	extern uint8_t _image[], _image_end[];
	uint32_t start = (uint32_t)_image, end = (uint32_t)_image_end;

	for (unsigned i = 0; i < out->ranges; i++) {
		const struct memory_range *range = &out->memory[i];

		if (range->base <= start && range->base + range->length >= end)
			return;
	}
	if (out->ranges)
		complain(out, "memory map: the kernel (%08x to %08x) is not in usable memory\n",
			 start, end);
}

void multiboot_read(struct boot_info *out, const void *address)
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
