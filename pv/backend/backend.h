/* SPDX-License-Identifier: MIT */
/*
 * Back ends: what the operations are on one kind of machine. A back end is a filled struct pv_ops
 * and a name. To install one copies its table into pv_ops; sites that are patched by then do not
 * follow by themselves.
 *
 *	const struct pv_backend *backend = pv_backend_find("native");
 *	pv_backend_install(backend ? backend : pv_backend_detect());
 *
 * One is added by a file that is linked, and nothing else: here all is native but for two ops.
 *
 *	static PV_FN void mine_wbinvd(void) { ... }
 *	static __attribute__((used)) PV_FN void mine_halt(void) { ... }
 *	PV_CALLEE_SAVE_VOID_THUNK(mine_halt);
 *
 *	PV_TABLE(mine, .cpu.wbinvd = mine_wbinvd, .irq.halt = PV_CALLEE_SAVE(mine_halt));
 *	PV_BACKEND(mine, .detect = is_this_mine, .rank = 10);
 */
#ifndef PV_BACKEND_BACKEND_H
#define PV_BACKEND_BACKEND_H

#include "pv/native.h"
#include "pv/patch.h"

/*
 * Where a back end's functions lie that nobody may be in the middle of when it is left: all that
 * change or read what its code believes of IF. They have no sites, and neither has what they call
 * before they are called back. Those of PV_CALLEE_SAVE_..._THUNK() lie there anyway.
 */
#define PV_BACKEND_TEXT __attribute__((section(".pv.native"), noinline))

struct pv_backend {
	const char *name;
	const struct pv_ops *ops;
	bool (*detect)(void); /* is this what the machine is? NULL: installed by its name only */
	/*
	 * Called on each CPU, interrupts off and without sites: once the back end is installed
	 * there, with EFLAGS as its code knows them, of which IF counts: returns what they have to
	 * be in truth; and before it is left, with EFLAGS as they are: returns them as its code
	 * knows them. NULL: they are the same. One with `start` and no `stop` cannot be left.
	 */
	uint32_t (*start)(uint32_t flags);
	uint32_t (*stop)(uint32_t flags);
	unsigned rank; /* more particular ones have more: they are asked first */
	unsigned ring; /* the kernel's, in which it works, and in no other; or PV_RING_ANY */
};
#define PV_RING_ANY 4

/* The ring that this runs in: 0, or 1 as somebody's guest. */
PV_ALWAYS_INLINE unsigned pv_ring(void)
{
	uint16_t cs;

	asm("mov %%cs, %0" : "=r"(cs));
	return cs & 3;
}

/*
 * pv_NAME_ops, a table that is native's but for the initializers given, .group.op = function.
 * Unless .init.patch is among them, an op's sites become what its function asks for: native's
 * template where it is native's, otherwise a call (pv/patch.h).
 */
#define PV_TABLE(name, ...)                                                                  \
	extern const struct pv_ops pv_##name##_ops;                                          \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverride-init\"") \
		const struct pv_ops pv_##name##_ops = {                                      \
			.init.patch = pv_native_patch, NATIVE_OPS, ##__VA_ARGS__};           \
	_Pragma("GCC diagnostic pop") _Static_assert(1, "")

/*
 * Makes pv_NAME_ops a back end, with the initializers given of struct pv_backend. It is found
 * through a section of pointers, which the linker bounds because its name is one of C.
 */
#define PV_BACKEND(id, ...)                                         \
	const struct pv_backend pv_##id##_backend = {               \
		.name = #id, .ops = &pv_##id##_ops, ##__VA_ARGS__}; \
	static const struct pv_backend *const pv_##id##_registered  \
		__attribute__((used, section("pv_backends"))) = &pv_##id##_backend

extern const struct pv_backend pv_native_backend;
extern const struct pv_ops pv_native_ops;
extern const struct pv_template pv_native_templates[PV_NR_TYPES];
pv_patch_fn pv_native_patch;

/* How often each op was called on one CPU, by type: a variable of %fs. Counted by the trace back
 * end only. */
extern uint64_t pv_trace_counts[PV_NR_TYPES];

/* NULL when no back end has that name. */
const struct pv_backend *pv_backend_find(const char *name);

/* The one for this machine: of those that detect it the one of the highest rank, otherwise native.
 */
const struct pv_backend *pv_backend_detect(void);

/* Does it work in this ring? */
bool pv_backend_fits(const struct pv_backend *backend);

/*
 * What is below a back end that only looks on (trace): native's functions, or what a kernel in another ring says here,
 * once, before it installs anything.
 */
extern struct pv_ops pv_below;
void pv_backend_above(const struct pv_ops *ops);

/* The installed one. */
const struct pv_backend *pv_backend_current(void);

/*
 * Fill pv_ops from the back end, and start it on this CPU; empty slots get the function that panics
 * with the op's name. Before there are other CPUs; sites do not follow: pv/backend/switch.h is for that.
 * One that cannot be left is not: the call panics.
 */
void pv_backend_install(const struct pv_backend *backend);

/* For pv_switch(), its parts: the table, and a CPU's EFLAGS from one to the other. */
void pv_backend_set(const struct pv_backend *backend);
uint32_t pv_backend_carry(const struct pv_backend *from, const struct pv_backend *to,
			  uint32_t flags);
bool pv_backend_can_leave(const struct pv_backend *backend);

#endif
