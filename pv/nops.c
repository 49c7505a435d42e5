// SPDX-License-Identifier: MIT
/*
 * The NOP tables. Sources: Intel SDM volume 2B, NOP, table "Recommended Multi-Byte Sequence" (0f
 * 1f, from the Pentium Pro on); AMD Athlon Optimization Guide 22007, "Code Padding Using Neutral
 * Code Fillers" (K7: lea and mov, which the Athlon decodes fast); AMD64 Optimization Guide
 * 25112, 4.12 (K8: 90 with operand-size prefixes). The 486's forms are lea and mov of a register to
 * itself: slower than a true NOP since they need the register, but every CPU since the 386 has
 * them. A prefix that makes two instructions into one (3e, DS) is worth its clock: a task can be
 * preempted between two.
 *
 * Five prefixes are what GNU as puts before one instruction so that a branch does not cross a line
 * of 32 bytes (-malign-branch-prefix-size=5, Intel's JCC erratum), and what a site of six bytes
 * wants. AMD's families 10h to 16h (Bulldozer: 15h) decode more than three of them slowly, by Agner
 * Fog's "The microarchitecture of Intel, AMD and VIA CPUs"; from Zen (17h) on none does.
 */
#include "pv/nops.h"
#include "pv/host.h"

static const struct pv_nops nops_486 = {
	"486",
	8,
	0,
	{
		{0},
		{0x90},                                           /* nop */
		{0x89, 0xf6},                                     /* mov %esi,%esi */
		{0x8d, 0x76, 0x00},                               /* lea 0(%esi),%esi */
		{0x8d, 0x74, 0x26, 0x00},                         /* lea 0(%esi,1),%esi */
		{0x3e, 0x8d, 0x74, 0x26, 0x00},                   /* ds lea 0(%esi,1),%esi */
		{0x8d, 0xb6, 0x00, 0x00, 0x00, 0x00},             /* lea 0L(%esi),%esi */
		{0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00},       /* lea 0L(%esi,1),%esi */
		{0x3e, 0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00}, /* ds lea 0L(%esi,1),%esi */
	},
};

/* Of two tables. */
/* clang-format off */
#define LONG_NOPS { \
	{0},                                                                              \
	{0x90},                                                 /* nop */                 \
	{0x66, 0x90},                                           /* data16 nop */          \
	{0x0f, 0x1f, 0x00},                                     /* nopl (%eax) */         \
	{0x0f, 0x1f, 0x40, 0x00},                               /* nopl 0(%eax) */        \
	{0x0f, 0x1f, 0x44, 0x00, 0x00},                         /* nopl 0(%eax,%eax) */   \
	{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},                   /* nopw 0(%eax,%eax) */   \
	{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},             /* nopl 0L(%eax) */       \
	{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},       /* nopl 0L(%eax,%eax) */  \
	{0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00}, /* nopw 0L(%eax,%eax) */  \
}
/* clang-format on */

static const struct pv_nops nops_p6 = {"p6", 9, 5, LONG_NOPS};
static const struct pv_nops nops_k10 = {"k10", 9, 0, LONG_NOPS};

static const struct pv_nops nops_k7 = {
	"k7",
	8,
	0,
	{
		{0},
		{0x90},                                           /* nop */
		{0x8b, 0xc0},                                     /* mov %eax,%eax */
		{0x8d, 0x04, 0x20},                               /* lea (%eax),%eax */
		{0x8d, 0x44, 0x20, 0x00},                         /* lea 0(%eax),%eax */
		{0x3e, 0x8d, 0x44, 0x20, 0x00},                   /* ds lea 0(%eax),%eax */
		{0x8d, 0x80, 0x00, 0x00, 0x00, 0x00},             /* lea 0L(%eax),%eax */
		{0x8d, 0x04, 0x05, 0x00, 0x00, 0x00, 0x00},       /* lea 0L(,%eax,1),%eax */
		{0x3e, 0x8d, 0x04, 0x05, 0x00, 0x00, 0x00, 0x00}, /* ds lea 0L(,%eax,1),%eax */
	},
};

static const struct pv_nops nops_k8 = {
	"k8",
	9,
	0,
	{
		{0},
		{0x90},
		{0x66, 0x90},
		{0x66, 0x66, 0x90},
		{0x66, 0x66, 0x66, 0x90},
		{0x66, 0x66, 0x66, 0x66, 0x90},
		{0x66, 0x66, 0x66, 0x66, 0x66, 0x90},
		{0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90},
		{0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90},
		{0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90},
	},
};

const struct pv_nops *const pv_nops_tables[] = {&nops_486, &nops_p6,  &nops_k7,
						&nops_k8,  &nops_k10, NULL};

const struct pv_nops *pv_nops = &nops_486;

/*
 * Intel has 0f 1f from family 6 on. AMD documents it from family 10h on; its K7 and K8 have
 * sequences of their own. Of anybody else we know nothing, so they get what a 486 understands.
 */
void pv_nops_select(enum pv_vendor vendor, unsigned family)
{
	pv_nops = &nops_486;
	if (vendor == PV_VENDOR_INTEL && family >= 6)
		pv_nops = &nops_p6;
	if (vendor == PV_VENDOR_AMD && family == 6)
		pv_nops = &nops_k7;
	if (vendor == PV_VENDOR_AMD && family == 15)
		pv_nops = &nops_k8;
	if (vendor == PV_VENDOR_AMD && family > 15)
		pv_nops = family < 23 ? &nops_k10 : &nops_p6;
}

PV_TEXT void pv_nops_fill(uint8_t *bytes, unsigned n)
{
	while (n) {
		unsigned run = n < pv_nops->max ? n : pv_nops->max;
		const uint8_t *nop = pv_nops->bytes[run];

		for (unsigned i = 0; i < run; i++)
			bytes[i] = nop[i];
		bytes += run;
		n -= run;
	}
}
