/* SPDX-License-Identifier: MIT */
/*
 * Is it a site at all? What a record does not say of its text can stand elsewhere by chance, as f0
 * does inside of a displacement, and half an instruction may decode to the same end. Where nobody
 * has looked before, after the link (pv/facts.h), the engine does.
 *
 *	if (!pv_look_begins(text, at))
 *		why = PV_WHY_CODE;
 */
#ifndef PV_LOOK_H
#define PV_LOOK_H

#include "pv/image.h"

/*
 * Does an instruction begin at `at`, in this text, which begins with one? Decoded from anywhere,
 * i386 code falls into step with what is meant after a few instructions. So the way from 64 bytes
 * before is believed when it comes by, as it does for 9995 of 10000 instructions; else 16 ways from
 * 96 to 81 bytes before vote. Of our kernel's 170281 instructions 33 are taken wrongly, and of 306723
 * other bytes 197 (tests/insn/look_test.c counts). Data shortly before a site may make it wrong.
 */
#define PV_LOOK_BEFORE 64u
bool pv_look_begins(struct pv_range text, const uint8_t *at);

/*
 * Is the byte at `at` the lock prefix, present or taken back (3e), of an instruction that may have
 * one, has no segment prefix, and ends within the text?
 */
bool pv_look_lock(struct pv_range text, const uint8_t *at);

#endif
