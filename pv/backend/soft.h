/* SPDX-License-Identifier: MIT */
/*
 * The soft back end's pieces, for its own files and for tests that look into it.
 */
#ifndef PV_BACKEND_SOFT_H
#define PV_BACKEND_SOFT_H

#include "pv/patch.h"

extern const struct pv_ops pv_soft_ops;
#define PV_SOFT_TEMPLATES (PV_TYPE_save_fl + 1)
extern const struct pv_template pv_soft_templates[PV_SOFT_TEMPLATES];

/* Per CPU (pv/backend/percpu.h): IF as a variable, 0 or 0x200, and a bit for each interrupt that is
 * kept. */
extern uint32_t soft_if, soft_kept;
extern uint32_t *soft_frame; /* pv_irq_frame() */

PV_FN void soft_replay(void);
/* frame: what goes on afterwards, pv_irq_frame(). */
PV_FN void soft_deliver(uint32_t *frame);
void soft_really_on(void);
void soft_iret(void);
void soft_irq_enable_sysexit(void);

extern void __raw_callee_save_soft_save_fl(void);
extern void __raw_callee_save_soft_restore_fl(void);
extern void __raw_callee_save_soft_irq_disable(void);
extern void __raw_callee_save_soft_irq_enable(void);
extern void __raw_callee_save_soft_safe_halt(void);
extern void __raw_callee_save_soft_halt(void);
extern void __raw_callee_save_soft_irq_enter(void);
extern void __raw_callee_save_soft_irq_enter_program(void);

#endif
