// SPDX-License-Identifier: MIT
/*
 * Which back ends there are, and which one is in use; and native, bare hardware, which all others
 * are made of. pv_ops is statically its table, so that every op works before anybody chose
 * anything.
 */
#include "pv/backend/backend.h"
#include "pv/host.h"
#include "pv/paravirt.h"

/*
 * A template stands for the native function only: a slot that holds another one (of a back end that
 * keeps most of native, or none at all) gets what the default makes of it.
 */
bool pv_native_patch(uint8_t type, const struct pv_ops *ops, struct pv_insns *out)
{
	return paravirt_patch_template(type, ops, &pv_native_ops, pv_native_templates, out) ||
	       paravirt_patch_default(type, ops, out);
}

/* Each op has its native function, or pv/made/native.h is older than pv/ops.def. */
#define PV_NOTE(text)
#define PV_OP(group, name, ...)                                      \
	_Static_assert((unsigned)PV_NATIVE_##name == PV_TYPE_##name, \
		       "pv/made/native.h is not made of this pv/ops.def: native_" #name);
#include "pv/ops.def"
#undef PV_OP
#undef PV_NOTE

const struct pv_ops pv_native_ops = {.init.patch = pv_native_patch, NATIVE_OPS};

struct pv_ops pv_ops __attribute__((aligned(64))) = {.init.patch = pv_native_patch, NATIVE_OPS};

struct pv_ops pv_below;

void pv_backend_above(const struct pv_ops *ops)
{
	pv_below = *ops;
}

PV_BACKEND(native); /* never asked: it is right wherever no other is */

/* The section of PV_BACKEND(), in the order of the link; its bounds are ld's own. */
extern const struct pv_backend *const __start_pv_backends[], *const __stop_pv_backends[];

static const struct pv_backend *installed = &pv_native_backend;

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct pv_backend *pv_backend_find(const char *name)
{
	for (const struct pv_backend *const *at = __start_pv_backends; at < __stop_pv_backends;
	     at++)
		if (same_name((*at)->name, name))
			return *at;
	return NULL;
}

bool pv_backend_fits(const struct pv_backend *backend)
{
	return backend->ring == PV_RING_ANY || backend->ring == pv_ring();
}

const struct pv_backend *pv_backend_detect(void)
{
	const struct pv_backend *best = NULL;

	for (const struct pv_backend *const *at = __start_pv_backends; at < __stop_pv_backends;
	     at++)
		if ((!best || (*at)->rank > best->rank) && pv_backend_fits(*at) && (*at)->detect &&
		    (*at)->detect())
			best = *at;
	return best ? best : &pv_native_backend;
}

const struct pv_backend *pv_backend_current(void)
{
	return installed;
}

bool pv_backend_can_leave(const struct pv_backend *backend)
{
	return !backend->start || backend->stop;
}

void pv_backend_set(const struct pv_backend *backend)
{
	uint32_t *slot = (uint32_t *)(void *)&pv_ops;

	if (!pv_below.init.patch)
		pv_backend_above(&pv_native_ops);
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		slot[type] = pv_slot(backend->ops, type);
		if (pv_op_has_sites(type) && !slot[type])
			slot[type] = (uint32_t)pv_missing[type];
	}
	pv_ops.init.kernel_rpl = pv_ring();
	installed = backend;
}

PV_TEXT uint32_t pv_backend_carry(const struct pv_backend *from, const struct pv_backend *to,
				  uint32_t flags)
{
	if (from->stop)
		flags = from->stop(flags);
	return to->start ? to->start(flags) : flags;
}

/*
 * Interrupts stay off from the first slot to the back end's start: one that came in between would
 * enter by its ops and find nothing there that they need.
 */
void pv_backend_install(const struct pv_backend *backend)
{
	const struct pv_backend *before = installed;
	uint32_t flags = pv_host_irq_save();

	if (!pv_backend_can_leave(before))
		pv_host_panic("the back end %s cannot be left", before->name);
	pv_backend_set(backend);
	pv_host_irq_restore(pv_backend_carry(before, backend, flags));
}

void pv_cpu_start(void)
{
	pv_host_irq_restore(pv_backend_carry(&pv_native_backend, installed, pv_host_irq_save()));
}
