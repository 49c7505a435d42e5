// SPDX-License-Identifier: MIT
/*
 * The list of back ends, the most particular first, and the table in use. pv_ops is statically the
 * native table, so that every op works before anybody chose anything.
 */
#include "pv/backend/backend.h"
#include "pv/backend/soft.h"
#include "pv/host.h"
#include "pv/paravirt.h"

static bool always(void)
{
	return true;
}

static bool never(void)
{
	return false;
}

static const struct pv_backend backends[] = {
	{"soft", &pv_soft_ops, never, soft_start},
	{"trace", &pv_trace_ops, never, NULL},
	{"native", &pv_native_ops, always, NULL},
};
#define NR_BACKENDS (sizeof(backends) / sizeof(backends[0]))

static const struct pv_backend *installed = &backends[NR_BACKENDS - 1];

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct pv_backend *pv_backend_find(const char *name)
{
	for (unsigned i = 0; i < NR_BACKENDS; i++)
		if (same_name(backends[i].name, name))
			return &backends[i];
	return NULL;
}

const struct pv_backend *pv_backend_detect(void)
{
	for (unsigned i = 0; i < NR_BACKENDS; i++)
		if (backends[i].detect())
			return &backends[i];
	return &backends[NR_BACKENDS - 1];
}

const struct pv_backend *pv_backend_current(void)
{
	return installed;
}

void pv_backend_install(const struct pv_backend *backend)
{
	uint32_t flags = pv_host_irq_save();
	uint32_t *slot = (uint32_t *)(void *)&pv_ops;

	if (installed->start)
		pv_host_panic("the back end %s cannot be left", installed->name);
	for (unsigned type = 0; type < PV_NR_TYPES; type++) {
		slot[type] = pv_slot(backend->ops, type);
		if (pv_op_has_sites(type) && !slot[type])
			slot[type] = (uint32_t)pv_missing[type];
	}
	installed = backend;
	pv_host_irq_restore(flags);
	if (backend->start)
		backend->start();
}

void pv_cpu_start(void)
{
	if (installed->start)
		installed->start();
}
