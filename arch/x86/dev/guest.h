/* SPDX-License-Identifier: MIT */
/*
 * What a guest of host/ has in place of devices: what it says goes to its host, which also ends it and sends
 * it ticks; and only the host can change its text.
 *
 *	if (guest_runs_here())			no port answers: nothing is to be looked for
 *		guest_init(boot_info.loader);
 */
#ifndef ARCH_X86_DEV_GUEST_H
#define ARCH_X86_DEV_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if CONFIG_PARAVIRT
#include "pv/backend/lguest.h"

/* From the first instruction on: is this ring 1? */
#define guest_runs_here() (pv_ring() != 0)

/* Once guest_init() has said so. */
#define guest_is() pv_in_guest

/* Begin, by the loader's name. False, and there is no way to say so: whose guest this is, is not known. */
bool guest_init(const char *loader);

/* Interrupt 0 hz times a second. False: no. */
bool guest_start_ticks(unsigned hz);

/* Text for the second port's reader. */
void guest_tell(const char *text, size_t n);

/* 0: the host does not know. */
uint32_t guest_tsc_khz(void);

/* May text change only as the image's records say, and nothing run but it? */
#define guest_text_is_checked() (pv_in_guest && lguest_shared.checked)

/* How often its host has let it go on. */
#define guest_entries() lguest_shared.entries

/* Whole pages of text are given up; false: they stay text. */
bool guest_free_text(const void *start, const void *end);

#else /* the yardstick can be nobody's guest */

#define guest_runs_here()       false
#define guest_is()              false
#define guest_init(loader)      false
#define guest_start_ticks(hz)   false
#define guest_tell(text, n)     ((void)0)
#define guest_entries()         0u
#define guest_text_is_checked() false
#define guest_tsc_khz()         0u
#define guest_free_text(s, e)   true
#define lguest_irq_save()       0u
#define lguest_irq_restore(f)   ((void)(f))

#endif

#endif
