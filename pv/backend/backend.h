/* SPDX-License-Identifier: MIT */
/*
 * Back ends: what the operations are on one kind of machine. A back end is a filled struct pv_ops
 * and a name. To install one copies its table into pv_ops; sites that are patched by then do not
 * follow by themselves.
 *
 *	const struct pv_backend *backend = pv_backend_find("native");
 *	pv_backend_install(backend ? backend : pv_backend_detect());
 */
#ifndef PV_BACKEND_BACKEND_H
#define PV_BACKEND_BACKEND_H

#include "pv/patch.h"

struct pv_backend {
	const char *name;
	const struct pv_ops *ops;
	bool (*detect)(void); /* is this what the machine is? */
	void (*start)(void);  /* called on each CPU once it is installed; NULL: nothing to do */
};

extern const struct pv_ops pv_native_ops, pv_soft_ops, pv_trace_ops;
extern const struct pv_template pv_native_templates[PV_NR_TYPES];
extern const struct pv_template pv_soft_templates[PV_NR_TYPES];

/* How often each op was called on one CPU, by type: a variable of %fs. Counted by the trace back
 * end only. */
extern uint32_t pv_trace_counts[PV_NR_TYPES];

/* NULL when no back end has that name. */
const struct pv_backend *pv_backend_find(const char *name);

/* The one for this machine. Never NULL: native is always right where no other is. */
const struct pv_backend *pv_backend_detect(void);

/* The installed one. */
const struct pv_backend *pv_backend_current(void);

/*
 * Fill pv_ops from the back end; empty slots get the function that panics with the op's name. One
 * with a start function cannot be left: the call then panics.
 */
void pv_backend_install(const struct pv_backend *backend);

#endif
