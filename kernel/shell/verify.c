// SPDX-License-Identifier: MIT
/*
 * Memory, held against what it must be, from inside: all sites by their records in the states that they are in, by the engine's own
 * dry walk; all other text by a copy that was made when the shell began, and by the file, where the boot loader brought it as
 * a module, too. So it trusts the engine, the tables and itself, which pvtool verify does not.
 */
#include "kernel/shell/verify.h"
#include "arch/x86/mm/pages.h"
#include "kernel/base/multiboot.h"
#include "kernel/module/object.h"
#include "kernel/patch/image.h"
#include "kernel/patch/patching.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/sites/spot.h"
#include "kernel/shell/term/out.h"
#include "lib/elf.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/alternative.h"
#include "pv/keyed.h"
#include "pv/paravirt.h"
#include "pv/poke.h"
#include "pv/replace.h"
#include "pv/smp_locks.h"

#define LISTED 16

/* What is wrong, kept until nobody waits for us. */
static struct {
	const uint8_t *at;
	enum pv_why why; /* PV_OK: no site's byte */
	uint8_t wanted;
} bad[LISTED];
static uint32_t nr_bad;

static void note(const uint8_t *at, enum pv_why why, uint8_t wanted)
{
	if (nr_bad < LISTED) {
		bad[nr_bad].at = at;
		bad[nr_bad].why = why;
		bad[nr_bad].wanted = wanted;
	}
	nr_bad++;
}

/* ---- sites ---- */

static uint32_t kinds[PV_NR_KINDS];

static void on_site(const void *record, enum pv_why why, const struct pv_site *old_site,
		    const struct pv_site *new_site, void *arg)
{
	(void)record;
	(void)arg;
	if (why)
		note(old_site->at, why, 0);
	else
		kinds[new_site->kind]++;
}

static const void *state_of(const struct pv_image *image, const struct pv_table *t)
{
	static struct alternative_state features;

	if (t->family->linked == paravirt_linked())
		return paravirt_state();
	if (t->family == &smp_locks_family)
		return smp_locks_state();
	if (t->family == &jump_label_family)
		return pv_keyed_state(&pv_static_keys);
	if (t->family == &static_call_family)
		return pv_keyed_state(&pv_static_calls);
	if (t->family != &alternative_family)
		return t->family->version[pv_present];
	if (image == &kernel_image)
		return patching_alternatives();
	features = alternative_state;
	features.replacements = (const uint8_t *)t->sources.at;
	features.replacements_end = features.replacements + t->sources.size;
	return &features;
}

/* In one's turn, so that no state changes meanwhile; and told behind it. */
static const char *walk(const struct pv_image *image, const struct pv_table *t)
{
	const char *why = pv_live_begin();
	const void *state;

	if (why)
		return why;
	memset(kinds, 0, sizeof(kinds));
	state = state_of(image, t);
	pv_list(t->family, t->first, t->last, state, state, on_site, NULL);
	pv_live_end();
	return NULL;
}

static bool verify_table(const struct pv_image *image, const struct pv_table *t)
{
	const uint32_t before = nr_bad;
	const char *why;

	if (t->first == t->last)
		return true;
	why = walk(image, t);
	if (why)
		return fail("verify: %s of %s: %s", t->family->name, image->name, why);
	say("  %-8s %-12s %6u inline %4u call %4u jmp %4u nop %4u trap %4u kept %4u gone, %u wrong\n",
	    image->name, t->family->name, kinds[PV_INLINE], kinds[PV_CALL], kinds[PV_JMP],
	    kinds[PV_NOP], kinds[PV_TRAP], kinds[PV_KEPT], kinds[PV_GONE], nr_bad - before);
	return true;
}

/* ---- all other text ---- */

static const uint8_t *copy; /* of the kernel's text; NULL: there is none */

static uint32_t text_size(void)
{
	return (uint32_t)(kernel_image.text_end - kernel_image.text);
}

void verify_remember(void)
{
	uint8_t *pages = pages_alloc((text_size() + PAGE_SIZE - 1) / PAGE_SIZE);

	if (pages)
		memcpy(pages, kernel_image.text, text_size());
	copy = pages;
}

/* Bytes that are others, and no site's. Those of sites were looked at. */
static void compare(const uint8_t *memory, const uint8_t *wanted, uint32_t n)
{
	struct pv_place place;

	for (uint32_t i = 0; i < n; i++)
		if (memory[i] != wanted[i] && !pv_find(memory + i, &place))
			note(memory + i, PV_OK, wanted[i]);
}

static void verify_copy(void)
{
	const uint32_t before = nr_bad;

	if (!copy) {
		say("  kernel   no copy of its text: there was no memory for it\n");
		return;
	}
	compare(kernel_image.text, copy, text_size());
	say("  kernel   text of %u bytes, but for sites, is as when the shell began, %u wrong\n",
	    text_size(), nr_bad - before);
}

/* Read-only segments of this image, of a file that is as long as it says. */
static bool is_ours(const struct elf_segment *s, size_t size)
{
	extern uint8_t _image[], _rodata_end[];

	return s->type == PT_LOAD && !(s->flags & PF_W) && s->vaddr >= (uint32_t)_image &&
	       s->vaddr < (uint32_t)_rodata_end && s->filesz <= (uint32_t)_rodata_end - s->vaddr &&
	       s->offset <= size && s->filesz <= size - s->offset;
}

/* What was given up is poison, and read by nobody. */
static uint32_t compare_segment(const struct elf_segment *s, const uint8_t *file)
{
	const uint8_t *at = (const uint8_t *)s->vaddr, *end = at + s->filesz;
	const uint8_t *gone = kernel_image.gone, *gone_end = kernel_image.gone_end;

	if (gone < at || gone >= end || gone_end > end) {
		compare(at, file + s->offset, s->filesz);
		return s->filesz;
	}
	compare(at, file + s->offset, (uint32_t)(gone - at));
	compare(gone_end, file + s->offset + (gone_end - at), (uint32_t)(end - gone_end));
	return s->filesz - (uint32_t)(gone_end - gone);
}

static bool verify_file(const char *name, const uint8_t *file, size_t size)
{
	const struct elf_header *elf = (const void *)file;
	const uint32_t before = nr_bad;
	uint32_t bytes = 0;

	if (elf->phoff > size || (size - elf->phoff) / sizeof(struct elf_segment) < elf->phnum)
		return fail("verify: %s: its program headers are not in it", name);
	for (unsigned i = 0; i < elf->phnum; i++) {
		const struct elf_segment *s = (const void *)(file + elf->phoff + i * sizeof(*s));

		if (is_ours(s, size))
			bytes += compare_segment(s, file);
	}
	say("  kernel   read-only memory of %u bytes, but for sites, is as in the file %s, %u wrong\n",
	    bytes, name, nr_bad - before);
	return true;
}

static bool verify_files(void)
{
	bool good = true;
	unsigned n = 0;

	for (unsigned i = 0; i < boot_info.modules && i < MODULES_MAX - 1; i++) {
		const void *file = boot_module_file(i);
		const size_t size = boot_module_size(i);

		if (!object_is_image(file, size) ||
		    ((const struct elf_header *)file)->entry >= 0x40000000u)
			continue;
		n++;
		good &= verify_file(boot_info.module_name[i], file, size);
	}
	if (!n)
		say("  kernel   no boot module is its file: not compared with one\n");
	return good;
}

/* ---- all ---- */

static void say_bad(void)
{
	for (uint32_t i = 0; i < nr_bad && i < LISTED; i++)
		if (bad[i].why)
			fail("  0x%08x %pS: %s", (uint32_t)bad[i].at, (const void *)bad[i].at,
			     pv_why_text(bad[i].why));
		else
			fail("  0x%08x %pS: no site's: %02x, not %02x", (uint32_t)bad[i].at,
			     (const void *)bad[i].at, *bad[i].at, bad[i].wanted);
	if (nr_bad > LISTED)
		fail("  and %u more", nr_bad - LISTED);
}

bool cmd_verify(unsigned n, char **words)
{
	bool good = true;

	(void)n;
	(void)words;
	nr_bad = 0;
	for (const struct pv_image *image = pv_images; image; image = image->next)
		for (const struct pv_table *t = image->tables; t; t = t->next)
			good &= verify_table(image, t);
	verify_copy();
	good &= verify_files();
	say_bad();
	return good && !nr_bad;
}
