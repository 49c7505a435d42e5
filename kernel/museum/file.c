// SPDX-License-Identifier: MIT
#include "kernel/museum/file.h"
#include "host/firewall.h"
#include "kernel/base/multiboot.h"
#include "kernel/guest/images.h"
#include "lib/elf.h"
#include "lib/string.h"

#define NONE MODULES_MAX

static unsigned module = NONE;

const char *file_find(void)
{
	for (module = 0; module < boot_info.modules && module < MODULES_MAX - 1; module++)
		if (guest_image(module) &&
		    firewall_knows(boot_module_file(module), boot_module_size(module)))
			return NULL;
	module = NONE;
	return "no boot module is this kernel's own file";
}

unsigned file_module(void)
{
	return module;
}

/* Segments lie in the file: who made a guest of it has looked, and so has firewall_knows(). */
static uint8_t *file_at(uint32_t at, unsigned n)
{
	uint8_t *file = (uint8_t *)(uint32_t)boot_module_file(module);
	const size_t size = boot_module_size(module);
	const struct elf_header *elf = (const void *)file;

	for (unsigned i = 0; i < elf->phnum; i++) {
		const struct elf_segment *s = (const void *)(file + elf->phoff + i * sizeof(*s));

		if (s->type == PT_LOAD && s->offset <= size && s->filesz <= size - s->offset &&
		    at - s->vaddr < s->filesz && n <= s->filesz - (at - s->vaddr))
			return file + s->offset + (at - s->vaddr);
	}
	return NULL;
}

const uint8_t *file_look(uint32_t at, unsigned n)
{
	return file_at(at, n);
}

const char *file_change(const struct plan *plan, bool broken)
{
	for (unsigned i = 0; i < plan->n; i++) {
		const struct spot *spot = &plan->spots[i];
		const uint8_t *at = file_at(spot->at, spot->n);

		if (!at || memcmp(at, broken ? spot->old : spot->broken, spot->n) != 0)
			return "the file holds other bytes there";
	}
	for (unsigned i = 0; i < plan->n; i++) {
		const struct spot *spot = &plan->spots[i];

		memcpy(file_at(spot->at, spot->n), broken ? spot->broken : spot->old, spot->n);
	}
	return NULL;
}
