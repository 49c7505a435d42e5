/* SPDX-License-Identifier: MIT */
/*
 * The local APIC that each CPU has: interrupts to other CPUs, and a timer.
 *
 *	if (apic_init(machine_cpus.lapic, machine_cpus.imcr))	// on the boot CPU
 *		apic_send(id, IRQ_CALL);
 *	apic_init_cpu();			// on each other one
 *
 * "id" is a local APIC's (struct cpus_found). Functions that send contain no site: they may be
 * called while text is half written.
 */
#ifndef ARCH_X86_DEV_APIC_H
#define ARCH_X86_DEV_APIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Find and enable the boot CPU's, and register it with trap/irq.h. False: it has none that can be
 * used. listed: where the machine's table has it, for one that cannot be asked. imcr: the machine
 * has a register that decides whether the PICs' interrupts come through it. What firmware left in
 * it is no more. After paging_init(), with interrupts off.
 */
bool apic_init(uint32_t listed, bool imcr);

/* Another CPU's own, after apic_init() on the boot CPU. */
void apic_init_cpu(void);

bool apic_present(void);

/* Has the CPU the MSR that says where it is? From the P6 on (SDM volume 4, 06_01H). */
#define MSR_APIC_BASE 0x1b
bool apic_has_msr(void);

/* This CPU's. */
uint8_t apic_id(void);

/* Send interrupt irq, of irq.h's numbers; an NMI; both come within a few instructions. */
void apic_send(uint8_t id, unsigned irq);
void apic_send_nmi(uint8_t id);
void apic_send_self_nmi(void);

/*
 * Reset the CPU: it then waits for apic_send_startup(), which starts it in real mode at the page's
 * first byte (page: the address / 4096, below 1 MiB).
 */
void apic_send_init(uint8_t id);
void apic_send_startup(uint8_t id, uint8_t page);

/* Measure the timer's rate, once for all CPUs. False: there is no clock to measure it by. */
bool apic_timer_calibrate(void);

/* This CPU's: IRQ_APIC_TIMER hz times a second, or once; nothing before apic_timer_calibrate(). */
void apic_timer_periodic(unsigned hz);
void apic_timer_once(uint32_t us);
void apic_timer_stop(void);

#endif
