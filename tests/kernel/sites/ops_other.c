// SPDX-License-Identifier: MIT
/*
 * The other table: C functions that count and hand on to the native ones.
 */
#include "tests/kernel/sites/ops_other.h"
#include "lib/string.h"
#include "pv/backend/backend.h"
#include "pv/native.h"
#include "pv/paravirt.h"

volatile uint32_t ops_other_calls;

/*
 * A C function for each line of pv/ops.def, those of the irq group with thunks, as a back end
 * without assembly would have them. iret, which has no C function, stays native.
 */
#define OTHER_FUNCTION(attributes, result, name, parameters, arguments) \
	static PV_FN attributes result other_##name parameters          \
	{                                                               \
		ops_other_calls++;                                      \
		return native_##name arguments;                         \
	}
#define OTHER_fast(...) OTHER_FUNCTION(, __VA_ARGS__)
#define OTHER_callee(result, name, ...)                                  \
	OTHER_FUNCTION(__attribute__((used)), result, name, __VA_ARGS__) \
	PV_CALLEE_SAVE_VOID_THUNK(other_##name);
#define OTHER_callee_eax(result, name, ...)                              \
	OTHER_FUNCTION(__attribute__((used)), result, name, __VA_ARGS__) \
	PV_CALLEE_SAVE_REGS_THUNK(other_##name);
#define OTHER_jump(...)
#define OTHER(group, name, convention, result, parameters, arguments) \
	OTHER_##convention(result, name, parameters, arguments)

PV_EACH_FUNCTION(OTHER)

#define SLOT_fast(name)                    other_##name
#define SLOT_callee(name)                  PV_CALLEE_SAVE(other_##name)
#define SLOT_callee_eax(name)              PV_CALLEE_SAVE(other_##name)
#define SLOT_jump(name)                    native_##name
#define SLOT(group, name, convention, ...) other.group.name = SLOT_##convention(name);

const struct pv_ops *ops_other(void)
{
	static struct pv_ops other;

	PV_EACH_FUNCTION(SLOT)
	return &other;
}

void ops_check_calls(struct ktap *t, const char *form, uint32_t calls)
{
	CHECK_EQ(t, ops_other_calls, strcmp(form, "other") ? 0 : calls,
		 "%s: the sites go where this form sends them", form);
}

bool ops_if_set(void)
{
	return native_save_fl() & X86_EFLAGS_IF && !irqs_disabled();
}
