/* SPDX-License-Identifier: MIT */
/*
 * SITES sites that nobody runs, to be linked into the kernel: a third each are operations, branches of a
 * static key and lock prefixes. For tests/bench/scale.pl.
 */
#include "pv/jump_label.h"
#include "pv/paravirt.h"
#include "pv/smp_locks.h"

	.text
	.globl bench_sites
bench_sites:
	.rept SITES / 3
	PARA_SITE irq_disable
	STATIC_BRANCH_UNLIKELY bench_sites_key, 1f
1:	LOCK_PREFIX incl bench_sites_counter
	.endr
	ret

	.data
	.balign 16
bench_sites_key:
	.skip 16
bench_sites_counter:
	.long 0

	.section .note.GNU-stack, "", @progbits
