/* SPDX-License-Identifier: MIT */
/*
 * Sites that nobody annotated. C calls an op as any function, pv_irq_disable(), and the linker keeps
 * where it has put its address (--emit-relocs); after the link `pvtool relocs` writes the table of
 * these places into the image, and a loader of modules makes one from a module's own relocations:
 *
 *	text:		e8 <rel32>		call pv_irq_disable
 *			e9 <rel32>		jmp pv_irq_disable, at the end of a function
 *	.pv_relocs:	<n>  n addresses, ascending  n bytes: the op's type, and PV_RELOC_JMP
 *
 * What is called is a jump through the op's slot, so that everything else that uses its address, or
 * what no table knows of, works as it is:
 *
 *	pv_irq_disable:	ff 25 <slot>		jmp *pv_ops+4*type
 *
 * A site is five bytes, one less than an annotated one, and nothing is known of the registers around it: it
 * loses what a function may change. It becomes
 *
 *		call site			jump site
 *	inline	3e 3e 3e 3e fa			3e 3e 3e fa c3		cli; ret
 *		fa 0f 1f 40 00			fa c3 0f 1f 00		where prefixes are slow
 *	call	e8 <function>			e9 <function>		also of a template that is too long
 *	nothing	0f 1f 44 00 00			c3 0f 1f 40 00		ret
 *	missing	0f 0b 0f 1f 00			the same		ud2
 *
 * A template is to find nothing on the stack that it has not put there itself: at a jump site the return
 * address is there.
 *
 * States are those of paravirt sites (pv/patch.h), and a back end is switched for both at once:
 *
 *	pv_relocs_use(&table, __pv_relocs, __pv_relocs_end);
 *	pv_table_add(&image, &table);
 *	apply_paravirt(...);		makes the state, whether there are such sites or not
 *	pv_apply(&pv_relocs_family, table.first, table.last, paravirt_linked(), paravirt_state(), ...);
 *
 * With PV_SITES_RELOCS=1 the operations of pv/calls.h, and PARA_SITE, are such calls.
 */
#ifndef PV_RELOCS_H
#define PV_RELOCS_H

#include "pv/image.h"

#define PV_RELOC_LEN 5    /* bytes of a site */
#define PV_RELOC_JMP 0x80 /* of the byte of a site: a jump */

/* The section. Behind the addresses are as many bytes. */
struct pv_relocs {
	uint32_t n;
	uint32_t at[];
};

/* Of tables that were added only: a record's byte is found by its table. */
extern struct pv_family pv_relocs_family;

/*
 * The table's records are those of the section [start, end). False: it has no such number of them, and the
 * table is empty.
 */
bool pv_relocs_use(struct pv_table *table, const void *start, const void *end);

/* What calls of the op are linked to: 8 bytes each in the order of their types. An op without sites: int3. */
#define PV_PLAIN_SIZE 8
extern const uint8_t pv_plain[];

/* The op whose function this is: pv_NAME's type; PV_RELOC_JMP: it is none. */
unsigned pv_plain_type(uint32_t function);

/* The function of this name, "pv_irq_disable"; 0: there is none. */
uint32_t pv_plain_find(const char *name);

#endif
