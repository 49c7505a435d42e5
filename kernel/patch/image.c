// SPDX-License-Identifier: MIT
/*
 * linker.ld's symbols, as one description for the engine and one table of tables for the passes.
 * The tables are volatile to the compiler: nobody but the linker (and who damages an image on
 * purpose) knows where they end.
 */
#include "kernel/patch/image.h"
#include "arch/x86/trap/panic.h"
#include "lib/format.h"
#include "lib/init.h"
#include "lib/printk.h"
#include "pv/index.h"

extern uint8_t _data[], _image_end[];
extern uint8_t _text[], _etext[], _init_text[], _init_text_end[], _pv_text[], _pv_text_end[];
extern uint8_t _pv_native[], _pv_native_end[];
extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];
extern const struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern const int32_t __smp_locks[], __smp_locks_end[];
extern const struct jump_entry __jump_table[], __jump_table_end[];
extern const struct static_call_site __static_call_sites[], __static_call_sites_end[];
extern const uint8_t __pv_relocs[], __pv_relocs_end[];

struct pv_image kernel_image = {
	.name = "kernel",
	.text = _text,
	.text_end = _etext,
	.init = _init_text,
	.init_end = _init_text_end,
	.data = _data,
	.data_end = _image_end,
	.engine = _pv_text,
	.engine_end = _pv_text_end,
	.native = _pv_native,
	.native_end = _pv_native_end,
};

extern const struct pv_index __pv_index[];
extern const uint8_t __pv_index_end[];

enum { RELOCS = 5 };
static struct pv_table tables[] = {
	{.family = &paravirt_family, .first = __parainstructions, .last = __parainstructions_end},
	{.family = &alternative_family,
	 .first = __alt_instructions,
	 .last = __alt_instructions_end},
	{.family = &smp_locks_family, .first = __smp_locks, .last = __smp_locks_end},
	{.family = &jump_label_family, .first = __jump_table, .last = __jump_table_end},
	{.family = &static_call_family,
	 .first = __static_call_sites,
	 .last = __static_call_sites_end},
	[RELOCS] = {.family = &pv_relocs_family},
};

struct image_tables kernel_tables = {
	.paravirt = __parainstructions,
	.paravirt_end = __parainstructions_end,
	.alternatives = __alt_instructions,
	.alternatives_end = __alt_instructions_end,
	.smp_locks = __smp_locks,
	.smp_locks_end = __smp_locks_end,
	.branches = __jump_table,
	.branches_end = __jump_table_end,
	.calls = __static_call_sites,
	.calls_end = __static_call_sites_end,
};

void image_reset_paravirt(void)
{
	kernel_tables.paravirt = __parainstructions;
	kernel_tables.paravirt_end = __parainstructions_end;
}

unsigned image_op_at(uint32_t at)
{
	struct pv_place place;
	struct pv_site site;

	if (!pv_find((const uint8_t *)at, &place) || (uint32_t)place.at != at ||
	    place.table->family->linked != paravirt_linked())
		return PV_NR_TYPES;
	place.table->family->bytes(place.record, NULL, &site);
	return site.row < PV_NR_TYPES ? site.row : PV_NR_TYPES;
}

bool image_holds_table(const void *start, const void *end)
{
	extern uint8_t _image[], _rodata_end[];

	return (const uint8_t *)start >= _image && (const uint8_t *)start <= _rodata_end &&
	       (const uint8_t *)end >= _image && (const uint8_t *)end <= _rodata_end;
}

/* A site of a missing op is ud2, and this says which one it was. */
static const char *missing_op(uint32_t eip)
{
	static char name[48];
	const unsigned type = image_op_at(eip);

	if (type == PV_NR_TYPES || paravirt_state()->op[type].kind != PV_TRAP)
		return NULL;
	snprintf(name, sizeof(name), "%s.%s", pv_op_group(type), pv_op_name(type));
	return name;
}

/*
 * One without an index is patched as well, slower; that it has none is damage. One whose ends are
 * wrong cannot be walked, and is not patched.
 */
static bool __init table_init(struct pv_table *table)
{
	bool good = pv_index_use(table, __pv_index, __pv_index_end) || table->first == table->last;

	if (!good)
		pr_err("%s: no index: the image is damaged\n", table->family->name);
	if (!image_holds_table(table->first, table->last))
		return good;
	if (table->family == &jump_label_family)
		jump_label_init(table);
	if (table->family == &static_call_family)
		static_call_init(table);
	pv_table_add(&kernel_image, table);
	return good;
}

/* What pvtool has written says itself how much it is. */
static bool __init relocs_init(void)
{
	struct pv_table *t = &tables[RELOCS];
	const bool good = pv_relocs_use(t, __pv_relocs, __pv_relocs_end);

	if (!good)
		pr_err("relocs: no such number of records: the image is damaged\n");
	kernel_tables.relocs = t->first;
	kernel_tables.relocs_end = t->last;
	return good;
}

bool __init image_init(void)
{
	bool good = relocs_init();

	pv_image_add(&kernel_image);
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		good &= table_init(&tables[i]);
	panic_find_op = missing_op;
	return good;
}

void image_init_gone(void)
{
	kernel_image.gone = _init_text;
	kernel_image.gone_end = _init_text_end;
}

bool image_is_gone(const void *at)
{
	return (const uint8_t *)at >= kernel_image.gone &&
	       (const uint8_t *)at < kernel_image.gone_end;
}
