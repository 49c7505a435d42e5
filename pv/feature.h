/* SPDX-License-Identifier: MIT */
/*
 * Numbers of CPU features, as pv_host_has() and the records of alternatives take them: CPUID word *
 * 32 + bit, Linux's names and words, so that tables made for either are read by the same tools.
 * Bits: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
 *
 *	word 0	EDX of leaf 1		word 4	ECX of leaf 1
 *	word 1	EDX of leaf 0x80000001	word 6	ECX of leaf 0x80000001
 *	word 3	no CPUID: what the kernel says of the CPU
 *	word 9	EBX of leaf 7, subleaf 0
 *
 * Read by the preprocessor, by GNU as (ALTERNATIVE makes text of a number) and, through a line of
 * the Makefile, by NASM: a definition is a name and (word * 32 + bit), nothing else. Of pv/ only
 * the headers with Linux's names include it: another kernel may have its own by these names.
 */
#ifndef PV_FEATURE_H
#define PV_FEATURE_H

#define X86_FEATURE_FPU     (0 * 32 + 0)
#define X86_FEATURE_VME     (0 * 32 + 1)
#define X86_FEATURE_DE      (0 * 32 + 2)
#define X86_FEATURE_PSE     (0 * 32 + 3)
#define X86_FEATURE_TSC     (0 * 32 + 4)
#define X86_FEATURE_MSR     (0 * 32 + 5)
#define X86_FEATURE_PAE     (0 * 32 + 6)
#define X86_FEATURE_MCE     (0 * 32 + 7)
#define X86_FEATURE_CX8     (0 * 32 + 8)
#define X86_FEATURE_APIC    (0 * 32 + 9)
#define X86_FEATURE_SEP     (0 * 32 + 11)
#define X86_FEATURE_PGE     (0 * 32 + 13)
#define X86_FEATURE_CMOV    (0 * 32 + 15)
#define X86_FEATURE_PAT     (0 * 32 + 16)
#define X86_FEATURE_CLFLUSH (0 * 32 + 19)
#define X86_FEATURE_XMM     (0 * 32 + 25)
#define X86_FEATURE_XMM2    (0 * 32 + 26)

#define X86_FEATURE_NX     (1 * 32 + 20)
#define X86_FEATURE_RDTSCP (1 * 32 + 27)

#define X86_FEATURE_LFENCE_RDTSC (3 * 32 + 18) /* LFENCE waits for all instructions before it */
#define X86_FEATURE_ALWAYS       (3 * 32 + 21) /* every CPU has it */

#define X86_FEATURE_POPCNT     (4 * 32 + 23)
#define X86_FEATURE_HYPERVISOR (4 * 32 + 31)

#define X86_FEATURE_SMEP (9 * 32 + 7)
#define X86_FEATURE_ERMS (9 * 32 + 9)
#define X86_FEATURE_SMAP (9 * 32 + 20)

#ifndef __ASSEMBLER__
#include "pv/feature_names.h"
#endif

#endif
