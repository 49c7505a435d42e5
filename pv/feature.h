/* SPDX-License-Identifier: MIT */
/*
 * Numbers of CPU features, as pv_host_has() takes them: CPUID word * 32 + bit. Word 0 is EDX of
 * leaf 1, word 1 EDX of leaf 0x80000001, word 4 ECX of leaf 1 (Linux's numbering, so that tables
 * made for either are read by the same tools). Bits: Intel SDM volume 2A, CPUID.
 */
#ifndef PV_FEATURE_H
#define PV_FEATURE_H

#define PV_FEATURE(word, bit) ((word)*32 + (bit))

#define PV_FEATURE_FPU  PV_FEATURE(0, 0)
#define PV_FEATURE_VME  PV_FEATURE(0, 1)
#define PV_FEATURE_DE   PV_FEATURE(0, 2)
#define PV_FEATURE_PSE  PV_FEATURE(0, 3)
#define PV_FEATURE_TSC  PV_FEATURE(0, 4)
#define PV_FEATURE_MSR  PV_FEATURE(0, 5)
#define PV_FEATURE_PAE  PV_FEATURE(0, 6)
#define PV_FEATURE_MCE  PV_FEATURE(0, 7)
#define PV_FEATURE_APIC PV_FEATURE(0, 9)
#define PV_FEATURE_PGE  PV_FEATURE(0, 13)

#endif
