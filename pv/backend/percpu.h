/* SPDX-License-Identifier: MIT */
/*
 * Where a CPU's own variables of soft and trace are: at their address plus the base of a segment
 * register, which the host chooses; 0 will do for one CPU. They lie in the section .bss.percpu, of
 * which a host with several CPUs makes a copy for each. For C and for GNU as.
 */
#ifndef PV_BACKEND_PERCPU_H
#define PV_BACKEND_PERCPU_H

#ifndef PV_PERCPU_SEG
#define PV_PERCPU_SEG fs /* -DPV_PERCPU_SEG=gs */
#endif

#ifdef __ASSEMBLER__
/* clang-format off */
#define PV_PERCPU_PASTE_(seg) %seg
#define PV_PERCPU_PASTE(seg)  PV_PERCPU_PASTE_(seg)
#define PV_PERCPU             PV_PERCPU_PASTE(PV_PERCPU_SEG)
/* clang-format on */
#else
#define PV_PERCPU_TEXT_(seg) "%%" #seg ":"
#define PV_PERCPU_TEXT(seg)  PV_PERCPU_TEXT_(seg)
#define PV_PERCPU            PV_PERCPU_TEXT(PV_PERCPU_SEG) /* in an asm statement */
#define PV_PERCPU_SECTION    __attribute__((section(".bss.percpu")))
#endif

#endif
