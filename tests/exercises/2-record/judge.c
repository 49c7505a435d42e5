// SPDX-License-Identifier: MIT
/*
 * Exercise 2. One site each of five ops, in functions of their own, and their records as the linker has put them
 * together: this program reads its own section .parainstructions. Then it calls: what is in the slots changes all
 * that it may, and looks at what it gets.
 *
 * free: what the compiler makes of a site is looked at as it is
 */
#include "../judge.h"
#include "pv/paravirt_types.h"
#include <elf.h>
#include <stdlib.h>

struct pv_ops pv_ops;

#define SITES 5
static const char *const names[SITES] = {"irq.save_fl", "irq.restore_fl", "irq.irq_disable",
					 "cpu.read_cr2", "irq.halt"};
static const uint8_t types[SITES] = {PV_TYPE_save_fl, PV_TYPE_restore_fl, PV_TYPE_irq_disable,
				     PV_TYPE_read_cr2, PV_TYPE_halt};

/* ---- what is called ---- */

uint32_t seen, given;

/* Of the callee-save ones flags change, and the result; the fast one loses what C may lose. */
void called_save(void), called_restore(void), called_disable(void), called_more(void);
PV_FN uint32_t called_read(void);
asm("called_save:	mov given, %eax\n	cmp $1, %eax\n	ret\n"
    "called_restore:	mov %eax, seen\n	cmp $1, %eax\n	ret\n"
    "called_disable:	push %eax\n	mov given, %eax\n	mov %eax, seen\n	pop %eax\n	ret\n"
    "called_read:	mov given, %eax\n	mov $-1, %edx\n	mov $-1, %ecx\n	ret\n"
    "called_more:	add $1, %eax\n	ret\n");

/* ---- the sites, one a function ---- */

/* By the compiler nothing is known of what is in them. */
#ifdef __clang__
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noipa))
#endif

ALONE static uint32_t save(void)
{
	return PVOP_CALLEE0(uint32_t, irq.save_fl);
}

ALONE static void restore(uint32_t flags)
{
	PVOP_VCALLEE1(irq.restore_fl, flags);
}

/* A store on either side: what is called sees the first. */
ALONE static void disable(void)
{
	given = 1;
	PVOP_VCALLEE0(irq.irq_disable);
	given = 2;
}

ALONE static uint32_t read_it(void)
{
	return PVOP_CALL0(uint32_t, cpu.read_cr2);
}

ALONE static void restore_between(uint32_t flags)
{
	given = 1;
	asm volatile("" : : : "memory");
	given = 3;
	PVOP_VCALLEE1(irq.restore_fl, flags);
	given = 2;
}

/* As if halt had an argument and a result: the tree has no such op by now. */
ALONE static uint32_t one_more(uint32_t value)
{
	return PV_CALLEE1_(uint32_t, irq.halt, value);
}

/* ---- their records ---- */

static struct paravirt_patch_site *records;
static unsigned size;

static void find_records(void)
{
	FILE *in = fopen("/proc/self/exe", "rb");
	Elf32_Shdr header, strings;
	Elf32_Ehdr elf;
	char name[20];

	if (!in || fread(&elf, sizeof(elf), 1, in) != 1)
		_Exit(3);
	fseek(in, (long)(elf.e_shoff + elf.e_shstrndx * sizeof(header)), SEEK_SET);
	if (fread(&strings, sizeof(strings), 1, in) != 1)
		_Exit(3);
	for (unsigned i = 0; i < elf.e_shnum; i++) {
		fseek(in, (long)(elf.e_shoff + i * sizeof(header)), SEEK_SET);
		if (fread(&header, sizeof(header), 1, in) != 1)
			_Exit(3);
		memset(name, 0, sizeof(name));
		fseek(in, (long)(strings.sh_offset + header.sh_name), SEEK_SET);
		if (fread(name, 1, sizeof(name) - 1, in) && !strcmp(name, ".parainstructions")) {
			records = (void *)header.sh_addr;
			size = header.sh_size;
		}
	}
	fclose(in);
}

/* The first record of the op. */
static const struct paravirt_patch_site *record_of(unsigned site)
{
	for (unsigned i = 0; i < size / sizeof(*records); i++)
		if (records[i].type == types[site])
			return &records[i];
	WRONG("%s: there is no record of type %u", names[site], types[site]);
	return NULL;
}

/* Of `restore` there are two sites. */
static void have_records(void)
{
	CASE("the six sites here have a record of eight bytes each, in .parainstructions");
	IS_NUMBER("bytes of the section", size, 6 * sizeof(*records));
	CASE("each record names the type of its op, its line in pv/ops.def");
	for (unsigned i = 0; i < SITES; i++)
		if (!record_of(i))
			return;
	CASE("each names the address where its call begins: ff 15, and the address of the op's slot");
	for (unsigned i = 0; i < SITES; i++) {
		const struct paravirt_patch_site *record = record_of(i);
		const uint32_t slot = (uint32_t)&pv_ops + 4 * types[i];
		uint8_t call[6] = {0xff, 0x15};

		memcpy(call + 2, &slot, 4);
		if (!record || record->instr < 0x1000)
			WRONG("%s: its address is %#x", names[i], record ? record->instr : 0);
		else if (!IS_BYTES((const uint8_t *)record->instr, call, 6))
			return;
	}
	CASE("and its length, six bytes");
	for (unsigned i = 0; i < SITES; i++)
		if (!record_of(i) || !IS_NUMBER(names[i], record_of(i)->len, 6))
			return;
}

static void have_masks(void)
{
	static const uint16_t masks[SITES] = {PV_CLOBBER_EAX, PV_CLOBBER_NONE, PV_CLOBBER_NONE,
					      PV_CLOBBER_ANY, PV_CLOBBER_EAX};
	static const char *const sentences[SITES] = {
		"save_fl can lose eax, where its result comes, and nothing else: the mask is 1",
		"restore_fl has an argument in eax, but keeps it there: the mask is 0",
		"irq_disable loses nothing: the mask is 0",
		"read_cr2 is called by the C convention, and can lose eax, edx and ecx: the mask is 7",
		"of one with an argument and a result, both in eax, the mask is 1"};

	for (unsigned i = 0; i < SITES; i++) {
		CASE("%s", sentences[i]);
		if (record_of(i))
			IS_NUMBER(names[i], record_of(i)->clobbers, masks[i]);
	}
}

/* ---- what the compiler was told ---- */

static void are_calls(void)
{
	CASE("save_fl gives what the function left in eax");
	given = 0x246;
	IS_NUMBER("the result", save(), 0x246);
	CASE("restore_fl has its argument in eax");
	seen = 0;
	restore(0x202);
	IS_NUMBER("eax", seen, 0x202);
	CASE("one with an argument and a result has both");
	IS_NUMBER("the result", one_more(6), 7);
	CASE("read_cr2 gives its result");
	given = 0xc0000000;
	IS_NUMBER("the result", read_it(), 0xc0000000);
}

/* Who stores into memory, calls the op and stores again: is the first store there meanwhile? */
void called_looks(void);
asm("called_looks:	push %eax\n	mov given, %eax\n	mov %eax, seen\n	pop %eax\n	ret\n");

static void order_memory(void)
{
	CASE("what is stored in front of an op is in memory when it is called: that may be an interrupt handler's to read");
	disable();
	IS_NUMBER("irq_disable: in memory", seen, 1);
	pv_ops.irq.restore_fl.fn = called_looks;
	restore_between(0);
	IS_NUMBER("restore_fl: in memory", seen, 3);
}

int main(void)
{
	pv_ops.irq.save_fl.fn = called_save;
	pv_ops.irq.restore_fl.fn = called_restore;
	pv_ops.irq.irq_disable.fn = called_disable;
	pv_ops.irq.halt.fn = called_more;
	pv_ops.cpu.read_cr2 = called_read;
	find_records();
	have_records();
	have_masks();
	are_calls();
	order_memory();
	return judged();
}
