// SPDX-License-Identifier: MIT
/*
 * Looking (pv/look.h) at a real text, the kernel's own: instructions as Zydis finds them one behind
 * the other, and all other bytes. A program of the build machine's own: TAP on stdout.
 */
#include "pv/look.h"
#include "read/decode.h"

#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pv_range text_read(const char *path)
{
	struct pv_range text = {NULL, NULL};
	Elf *elf;
	size_t names = 0;

	elf_version(EV_CURRENT);
	elf = elf_begin(open(path, O_RDONLY), ELF_C_READ, NULL);
	elf_getshdrstrndx(elf, &names);
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		const Elf_Data *data = elf_getdata(scn, NULL);
		const char *name = elf_strptr(elf, names, elf32_getshdr(scn)->sh_name);

		if (name && !strcmp(name, ".text") && data)
			text = (struct pv_range){data->d_buf,
						 (uint8_t *)data->d_buf + data->d_size};
	}
	return text;
}

/* Counted: [0] other bytes, [1] where instructions begin; and of these the ones taken wrongly. */
static struct {
	unsigned long n[2], wrong[2];
} count;

static void look_at(struct pv_range text, const uint8_t *at, bool begins)
{
	count.n[begins]++;
	count.wrong[begins] += pv_look_begins(text, at) != begins;
}

static void look_at_all(struct pv_range text)
{
	struct insn insn;

	for (const uint8_t *at = text.first; at < text.end; at += insn.len) {
		if (!insn_decode(0, at, (size_t)(text.end - at), &insn))
			insn.len = 1;
		for (unsigned i = 0; i < insn.len; i++)
			look_at(text, at + i, !i);
	}
}

int main(void)
{
	const char *build = getenv("BUILD");
	char path[4096];
	struct pv_range text;
	bool good;

	snprintf(path, sizeof(path), "%s/pedant.elf", build ? build : "build");
	text = text_read(path);
	if (text.first)
		look_at_all(text);
	printf("# %lu of %lu instructions and %lu of %lu other bytes are taken wrongly\n",
	       count.wrong[1], count.n[1], count.wrong[0], count.n[0]);
	good = count.n[0] && count.n[1] > 20000 && count.wrong[0] * 1000 <= count.n[0] &&
	       count.wrong[1] * 1000 <= count.n[1];
	printf("%sok 1 - of the kernel's text at most one in a thousand is taken for the other\n1..1\n",
	       good ? "" : "not ");
	return !good;
}
