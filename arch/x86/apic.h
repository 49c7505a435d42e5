/* SPDX-License-Identifier: MIT */
/*
 * The local APIC, so far for one purpose: this CPU sends itself an NMI.
 *
 *	if (apic_init())
 *		apic_send_self_nmi();
 */
#ifndef ARCH_X86_APIC_H
#define ARCH_X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Find and enable it. False: the CPU has none. After paging_init(). */
bool apic_init(void);

bool apic_present(void);

/* Has the CPU the MSR that says where it is? From the P6 on (SDM volume 4, 06_01H). */
#define MSR_APIC_BASE 0x1b
bool apic_has_msr(void);

/*
 * Send an NMI to this CPU; it comes within a few instructions. Contains no site: may be called
 * while text is half written.
 */
void apic_send_self_nmi(void);

#endif
