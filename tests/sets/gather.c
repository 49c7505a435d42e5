// SPDX-License-Identifier: MIT
/*
 * For several CPUs: the others wait in an interrupt's handler while text is written. The kernel has
 * what is declared here, and enters gather_interrupt() through an interrupt gate, by a stub without
 * sites.
 */
#include "pv/host.h"

#define GATHER_VECTOR 0xf0

void apic_eoi(void); /* a store, without a site */
void apic_send_others(unsigned vector);
unsigned cpus_others_online(void); /* nobody comes or goes meanwhile */
PV_TEXT void gather_interrupt(void);

static volatile uint32_t gathered; /* others wait as long as it is set ... */
static uint32_t waiting; /* ... and these do: written by them only, by locked instructions */

static PV_TEXT void add_waiting(uint32_t n)
{
	asm volatile("lock; addl %1, %0" : "+m"(waiting) : "ri"(n) : "memory", "cc");
}

static PV_TEXT uint32_t are_waiting(void)
{
	asm volatile("pause" : : : "memory");
	return *(volatile uint32_t *)&waiting;
}

PV_TEXT void gather_interrupt(void)
{
	apic_eoi();
	add_waiting(1);
	while (gathered)
		asm volatile("pause");
	pv_host_sync_self(); /* what it fetched before may be old */
	add_waiting(-1u);
}

void pv_host_gather(void)
{
	gathered = 1;
	apic_send_others(GATHER_VECTOR);
	while (are_waiting() != cpus_others_online())
		;
}

/* All have gone on before anybody gathers them again. */
void pv_host_release(void)
{
	gathered = 0;
	while (are_waiting())
		;
}
