/* SPDX-License-Identifier: MIT */
/*
 * Bits of control registers and EFLAGS that the host looks at in a guest's: SDM volume 3, 2.3 and 2.5.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "arch/x86/mm/paging.h" /* MSR_EFER */

#define CR0_PE 0x00000001u
#define CR0_EM 0x00000004u
#define CR0_TS 0x00000008u
#define CR0_ET 0x00000010u
#define CR0_WP 0x00010000u
#define CR0_PG 0x80000000u

#define CR4_TSD 0x04u
#define CR4_PSE 0x10u
#define CR4_PAE 0x20u

#define DR6_BS 0x4000u

#define EFLAGS_FIXED   0x00000002u
#define EFLAGS_TF      0x00000100u
#define EFLAGS_IF      0x00000200u
#define EFLAGS_IOPL    0x00003000u
#define EFLAGS_NT      0x00004000u
#define EFLAGS_RF      0x00010000u
#define EFLAGS_VM      0x00020000u
#define EFLAGS_VIRTUAL 0x00180000u /* VIF, VIP */

#endif
