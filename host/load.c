// SPDX-License-Identifier: MIT
/*
 * Multiboot Specification 0.6.96, 3.1.1, 3.2, 3.3; an ELF file's segments lie where their physical addresses say.
 */
#include "host/load.h"
#include "arch/x86/mm/pages.h"
#include "host/control.h"
#include "host/guest.h"
#include "host/segments.h"
#include "lib/elf.h"
#include "lib/format.h"
#include "lib/string.h"

#define HEADER_MAGIC 0x1badb002u
#define LOADER_MAGIC 0x2badb002u
#define HEADER_IN    8192u /* bytes of the file */
#define LOWEST       0x100000u
#define LOW_END      0x9f000u
#define SEGMENTS     16
#define CMDLINE_N    1024

/* Below 1 MiB, in pages that no kernel of ours begins by using. */
#define INFO_AT 0x10000u

#define HAS_MEMORY  (1u << 0)
#define HAS_CMDLINE (1u << 2)
#define HAS_MAP     (1u << 6)
#define HAS_LOADER  (1u << 9)

struct range {
	uint32_t size;
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
	uint32_t syms[4], mmap_length, mmap_addr, drives_length, drives_addr, config_table;
	uint32_t boot_loader_name;
	struct range map[2];
	char loader[40];
	char text[CMDLINE_N];
};

static bool has_header(const uint8_t *file, size_t size)
{
	for (size_t at = 0; at + 12 <= size && at + 12 <= HEADER_IN; at += 4) {
		uint32_t words[3];

		memcpy(words, file + at, sizeof(words));
		if (words[0] == HEADER_MAGIC && words[0] + words[1] + words[2] == 0)
			return true;
	}
	return false;
}

bool load_has_table(const void *file, size_t size)
{
	const struct elf_header *elf = file;

	return elf->phentsize == sizeof(struct elf_segment) && elf->phnum &&
	       elf->phnum <= SEGMENTS && elf->phoff <= size &&
	       size - elf->phoff >= elf->phnum * sizeof(struct elf_segment);
}

bool guest_is_image(const void *file, size_t size)
{
	const struct elf_header *elf = file;

	return size >= sizeof(*elf) && !memcmp(elf->ident, ELF_MAGIC, ELF_MAGIC_N) &&
	       elf->type == ET_EXEC && elf->machine == EM_386 && has_header(file, size);
}

/* NULL, or why not. */
static const char *load_segment(struct guest *guest, const uint8_t *file, size_t size,
				const struct elf_segment *s)
{
	if (s->offset > size || s->filesz > size - s->offset || s->filesz > s->memsz)
		return "a segment is not in the file";
	if (s->paddr < LOWEST || s->paddr > guest->bytes || s->memsz > guest->bytes - s->paddr)
		return "it does not fit into that memory";
	memcpy(guest->memory + s->paddr, file + s->offset, s->filesz);
	if (s->flags & PF_W)
		return NULL;
	if (s->paddr % PAGE_SIZE)
		return "a read-only segment begins in a page";
	for (uint32_t at = s->paddr; at < s->paddr + s->memsz; at += PAGE_SIZE)
		guest->pages[at / PAGE_SIZE] = s->flags & PF_X ? GUEST_TEXT : GUEST_CONSTANT;
	return NULL;
}

static const char *load_segments(struct guest *guest, const uint8_t *file, size_t size)
{
	const struct elf_header *elf = (const struct elf_header *)file;
	const char *why = NULL;

	if (!load_has_table(file, size))
		return "its table of segments is not in the file, or too long";
	for (unsigned i = 0; i < elf->phnum && !why; i++) {
		const struct elf_segment *s = (const struct elf_segment *)(file + elf->phoff) + i;

		if (s->type == PT_LOAD && s->memsz)
			why = load_segment(guest, file, size, s);
	}
	return why;
}

static void make_info(struct guest *guest, const char *cmdline)
{
	struct info *info = (struct info *)(guest->memory + INFO_AT);
#define AT(member) (INFO_AT + (uint32_t)offsetof(struct info, member))

	*info = (struct info){.flags = HAS_MEMORY | HAS_CMDLINE | HAS_MAP | HAS_LOADER,
			      .mem_lower = LOW_END / 1024,
			      .mem_upper = (guest->bytes - LOWEST) / 1024,
			      .cmdline = AT(text),
			      .mmap_length = sizeof(info->map),
			      .mmap_addr = AT(map),
			      .boot_loader_name = AT(loader)};
	info->map[0] = (struct range){20, 0, LOW_END, 1};
	info->map[1] = (struct range){20, LOWEST, guest->bytes - LOWEST, 1};
	snprintf(info->loader, sizeof(info->loader), PV_GUEST_LOADER "%u", guest->number);
	strlcpy(info->text, cmdline, sizeof(info->text));
#undef AT
}

/* As a loader leaves the machine: flat, paging off, interrupts off. */
static void make_registers(struct guest *guest, uint32_t entry)
{
	guest->segments[1] = 0x00cfbb000000ffff; /* code and data of ring 1 */
	guest->segments[2] = 0x00cfb3000000ffff;
	guest->cr0 = CR0_PE | CR0_ET;
	guest->regs = (struct guest_regs){.eax = LOADER_MAGIC,
					  .ebx = INFO_AT,
					  .eip = entry,
					  .cs = 0x09,
					  .ds = 0x11,
					  .es = 0x11,
					  .fs = 0x11,
					  .gs = 0x11,
					  .ss = 0x11,
					  .eflags = EFLAGS_FIXED};
}

const char *load_image(struct guest *guest, const void *image, size_t size, const char *cmdline)
{
	const char *why;

	if (!guest_is_image(image, size))
		return "it is no multiboot image";
	why = load_segments(guest, image, size);
	if (why)
		return why;
	make_info(guest, cmdline);
	make_registers(guest, ((const struct elf_header *)image)->entry);
	return NULL;
}
