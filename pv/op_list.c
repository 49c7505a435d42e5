// SPDX-License-Identifier: MIT
/*
 * What pv/ops.def says of the ops, for the patcher: their names and conventions; and functions that
 * stand for none.
 */
#include "pv/host.h"
#include "pv/patch.h"

enum convention { CONV_hook, CONV_data, CONV_fast, CONV_callee, CONV_callee_eax, CONV_jump };

#define PV_NOTE(text)
#define PV_OP(group, name, convention, ...) #name,
static const char *const names[PV_NR_TYPES] = {
#include "pv/ops.def"
};
#undef PV_OP
#define PV_OP(group, name, convention, ...) CONV_##convention,
static const uint8_t conventions[PV_NR_TYPES] = {
#include "pv/ops.def"
};
#undef PV_OP
#undef PV_NOTE

#define PV_GROUP(group) {#group, sizeof(((struct pv_ops *)0)->group) / 4},
static const struct {
	const char *name;
	unsigned slots;
} groups[] = {PV_EACH_GROUP(PV_GROUP)};

const char *pv_op_group(unsigned type)
{
	unsigned i = 0;

	if (type >= PV_NR_TYPES)
		return "?";
	for (; type >= groups[i].slots; i++)
		type -= groups[i].slots;
	return groups[i].name;
}

const char *pv_op_name(unsigned type)
{
	return type < PV_NR_TYPES ? names[type] : "?";
}

bool pv_op_has_sites(unsigned type)
{
	return type < PV_NR_TYPES && conventions[type] >= CONV_fast;
}

PV_TEXT bool pv_op_is_jump(unsigned type)
{
	return conventions[type] == CONV_jump;
}

PV_TEXT uint8_t pv_op_clobbers(unsigned type)
{
	switch (conventions[type]) {
	case CONV_callee: return PV_CLOBBER_NONE;
	case CONV_callee_eax: return PV_CLOBBER_EAX;
	default: return PV_CLOBBER_ANY;
	}
}

_Noreturn PV_FN void pv_missing_op(uint32_t type)
{
	pv_host_panic("the back end has no function for pv_ops.%s.%s (type %u)", pv_op_group(type),
		      pv_op_name(type), type);
}

PV_FN void paravirt_nop(void)
{
}

PV_FN uint32_t paravirt_ident_32(uint32_t x)
{
	return x;
}

PV_FN uint64_t paravirt_ident_64(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

PV_CALLEE_SAVE_REGS_THUNK(paravirt_ident_32);
PV_CALLEE_SAVE_VOID_THUNK(paravirt_nop);
