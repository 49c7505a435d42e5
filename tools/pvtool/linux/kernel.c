/* SPDX-License-Identifier: MIT */
/*
 * What all kinds ask of a kernel's file. That it is Linux is told by what the kernel itself tells
 * in /proc/version, since a stripped file has no name to go by.
 */
#define _GNU_SOURCE /* memmem() */
#include "linux/kernel.h"
#include "read/bytes.h"
#include "read/nops.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNER "Linux version "

/* The banner itself, and not the words of a format string: a digit follows. */
static const char *find_banner(const struct image *image, const uint8_t **end)
{
	for (size_t i = 0; i < image->n_sections; i++) {
		const struct section *s = &image->sections[i];
		const uint8_t *p = s->bytes;

		*end = p ? p + s->size : NULL;
		while (p && s->alloc &&
		       (p = memmem(p, (size_t)(*end - p), BANNER, strlen(BANNER)))) {
			p += strlen(BANNER);
			if (p < *end && isdigit(*p))
				return (const char *)p;
		}
	}
	return NULL;
}

bool kernel_claims(const struct image *image)
{
	const uint8_t *end;

	return find_banner(image, &end) != NULL;
}

void kernel_read_version(struct kernel *kernel)
{
	const uint8_t *end;
	const char *p = find_banner(&kernel->image, &end);
	size_t n = 0;

	while (p && (const uint8_t *)p < end && isgraph((unsigned char)*p) &&
	       n + 1 < KERNEL_VERSION)
		kernel->version[n++] = *p++;
	kernel->version[n] = '\0';
}

unsigned kernel_version(const struct kernel *kernel)
{
	char *end;
	unsigned long major = strtoul(kernel->version, &end, 10), minor;

	if (*end != '.' || major > 99)
		return 0;
	minor = strtoul(end + 1, NULL, 10);
	return minor > 99 ? 0 : (unsigned)(100 * major + minor);
}

void kernel_find_text(struct kernel *kernel)
{
	kernel->text = UINT32_MAX;
	kernel->end = 0;
	for (size_t i = 0; i < kernel->image.n_sections; i++) {
		const struct section *s = &kernel->image.sections[i];

		if (!s->alloc || !s->exec || !s->size)
			continue;
		if (s->addr < kernel->text)
			kernel->text = s->addr;
		if (s->addr + s->size > kernel->end)
			kernel->end = s->addr + s->size;
	}
}

bool kernel_is_text(const struct kernel *kernel, uint32_t addr, uint32_t len)
{
	const struct section *s;

	if (addr - kernel->text >= kernel->end - kernel->text)
		return false; /* most words that are no addresses end here */
	s = image_section_at(&kernel->image, addr);
	return s && s->exec && s->bytes && s->size - (addr - s->addr) >= len;
}

static bool is_in(const struct kernel *kernel, uint32_t addr, const char *name)
{
	const struct section *s = image_section_at(&kernel->image, addr);

	return s && strcmp(s->name, name) == 0;
}

bool kernel_is_main(const struct kernel *kernel, uint32_t addr)
{
	return is_in(kernel, addr, ".text");
}

bool kernel_is_init(const struct kernel *kernel, uint32_t addr)
{
	return is_in(kernel, addr, ".init.text");
}

bool kernel_is_data(const struct kernel *kernel, uint32_t addr, uint32_t len)
{
	const struct section *s = image_section_at(&kernel->image, addr);

	return s && !s->exec && s->size - (addr - s->addr) >= len;
}

uint32_t kernel_symbol(const struct kernel *kernel, const char *name)
{
	const struct symbol *symbol = image_symbol(&kernel->image, name);

	return symbol ? symbol->addr : 0;
}

const char *kernel_variable(const struct kernel *kernel, uint32_t addr, char out[IMAGE_WHERE])
{
	const char *offset = strrchr(image_where(&kernel->image, addr, out), '+');

	if (kernel->stripped && offset && strcmp(offset, "+0x0") != 0)
		snprintf(out, IMAGE_WHERE, "0x%08x", addr);
	return out;
}

uint32_t kernel_branch(const struct kernel *kernel, uint32_t addr)
{
	const uint8_t *p = image_bytes(&kernel->image, addr, 2);

	if (p && p[0] == 0xeb)
		return addr + 2 + (uint32_t)(int8_t)p[1];
	p = image_bytes(&kernel->image, addr, 5);
	return p && (p[0] == 0xe8 || p[0] == 0xe9) ? addr + 5 + bytes_get32(p + 1) : 0;
}

bool kernel_is_nop(const uint8_t *bytes, uint32_t len)
{
	for (size_t i = 0; i < NOPS_TABLES; i++) {
		if (len <= nops_tables[i].max && memcmp(bytes, nops_tables[i].insns[len], len) == 0)
			return true;
	}
	return false;
}

const char *kernel_site_fault(const struct kernel *kernel, const struct record *record)
{
	if (!record->len)
		return "length 0";
	if (!kernel_is_text(kernel, record->addr, 1))
		return "its site is in no text";
	return kernel_is_text(kernel, record->addr, record->len) ? NULL
								 : "its site ends behind text";
}
