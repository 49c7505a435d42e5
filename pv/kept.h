/* SPDX-License-Identifier: MIT */
/*
 * Interrupts that arrive while they are off in the back end's sense only. The host's interrupt
 * entry asks:
 *
 *	PARA_SITE irq_enter			; fixes the frame's IF
 *	...
 *	if (!(frame->eflags & PV_EFLAGS_IF))
 *		pv_irq_keep(irq);
 *	else
 *		run the handler
 */
#ifndef PV_KEPT_H
#define PV_KEPT_H

#include "pv/types.h"

#if CONFIG_PARAVIRT
/*
 * pv_host_deliver() is called for it when interrupts go on. irq: 0 to 31; one that is kept already
 * stays one, as in a PIC.
 */
void pv_irq_keep(unsigned irq);

/* A bit for each interrupt that is kept. */
uint32_t pv_irq_kept(void);

/*
 * While a kept interrupt is delivered: the frame (EIP, CS, EFLAGS) of what goes on afterwards, when
 * that had been interrupted; it goes on by what the frame says then. NULL: it turned interrupts
 * on itself.
 */
uint32_t *pv_irq_frame(void);
#else
static inline void pv_irq_keep(unsigned irq)
{
	(void)irq;
}

static inline uint32_t pv_irq_kept(void)
{
	return 0;
}

static inline uint32_t *pv_irq_frame(void)
{
	return 0;
}
#endif

#endif
