// SPDX-License-Identifier: MIT
/*
 * Looking (pv/look.h) at a real text, the kernel's own: instructions as Zydis finds them one behind
 * the other, and all other bytes; and at made-up text where the 16 ways decide. A program of the
 * build machine's own: TAP on stdout.
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

/* Of the kernel's own text few are taken wrongly. Without a vote 5 of 10000 instructions would be. */
static bool looks_at_kernel(void)
{
	const char *build = getenv("BUILD");
	char path[4096];
	struct pv_range text;

	snprintf(path, sizeof(path), "%s/pedant.elf", build ? build : "build");
	text = text_read(path);
	if (text.first)
		look_at_all(text);
	printf("# %lu of %lu instructions and %lu of %lu other bytes are taken wrongly\n",
	       count.wrong[1], count.n[1], count.wrong[0], count.n[0]);
	return count.n[0] && count.n[1] > 20000 && count.wrong[0] * 1000 <= count.n[0] &&
	       count.wrong[1] * 10000 <= 3 * count.n[1];
}

#define AT     96 /* all that is looked at before a place */
#define PUSH8  0x6a
#define PUSH32 0x68
#define NOP    0x90

/*
 * push imm8 from the first byte on to the place looked at: the eight ways that begin at odd bytes
 * come by, over one NOP; from 64 bytes before, and from even bytes, a push imm32 leads past it. With
 * NOPs at the beginning as many more ways become odd ones.
 */
static bool vote(unsigned nops)
{
	uint8_t text[AT + 16];

	memset(text, PUSH8, AT);
	memset(text + AT, NOP, sizeof(text) - AT);
	text[AT - PV_LOOK_BEFORE] = PUSH32;
	text[AT - PV_LOOK_BEFORE + 1] = NOP;
	memset(text, NOP, nops);
	return pv_look_begins((struct pv_range){text, text + sizeof(text)}, text + AT);
}

static int result(int nr, bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", nr, what);
	return !good;
}

int main(void)
{
	int failed = result(1, looks_at_kernel(),
			    "of the kernel's text at most 3 in 10000 instructions, and 1 in 1000 "
			    "other bytes, are taken for the other");

	failed += result(2, !vote(0), "8 of 16 ways are too few");
	failed += result(3, vote(1), "9 are enough");
	failed += result(4, vote(15), "all 16");
	printf("1..4\n");
	return failed != 0;
}
