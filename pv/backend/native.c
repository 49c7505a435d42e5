// SPDX-License-Identifier: MIT
/*
 * The native back end: bare hardware. Its instructions are in native.asm, where each short
 * function's body is at the same time the template for its sites, so the two cannot differ.
 */
#include "pv/backend/native.h"
#include "pv/backend/backend.h"
#include "pv/host.h"

PV_FN uint32_t native_read_cr4_safe(void)
{
	return pv_host_has_cr4() ? native_read_cr4() : 0;
}

PV_FN uint64_t native_sched_clock(void)
{
	return pv_host_time();
}

#if CONFIG_PARAVIRT
/*
 * A template stands for the native function only: a slot that holds another one (of a back end that
 * keeps most of native, or none at all) gets what the default makes of it.
 */
bool pv_native_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	return paravirt_patch_template(type, ops, &pv_native_ops, pv_native_templates, out) ||
	       paravirt_patch_default(type, ops, out);
}

const struct pv_ops pv_native_ops = {.init.patch = pv_native_patch, NATIVE_OPS};

struct pv_ops pv_ops __attribute__((aligned(64))) = {.init.patch = pv_native_patch, NATIVE_OPS};

PV_BACKEND(native); /* never asked: it is right wherever no other is */
#endif
