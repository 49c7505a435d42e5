/* SPDX-License-Identifier: MIT */
/*
 * The table of lines names the inlined function's line, in a header as a rule: who reads the function wants
 * the line in it from which all that came. The scopes around an address say so, innermost first.
 */
#include "view/source.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

void source_open(struct source *source, const struct image *image)
{
	*source = (struct source){.dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL)};
}

void source_close(struct source *source)
{
	dwarf_end(source->dwarf);
	*source = (struct source){.dwarf = NULL};
}

/*
 * Of units without a part of .debug_aranges, as clang makes them. Assemblers make one, and where a unit has
 * several sections say of it, in one range, that it is all from the first to the last.
 */
static bool search_units(const struct source *source, uint32_t addr, Dwarf_Die *unit)
{
	Dwarf_CU *cu = NULL;

	while (dwarf_get_units(source->dwarf, cu, &cu, NULL, NULL, unit, NULL) == 0) {
		if (dwarf_srclang(unit) != DW_LANG_Mips_Assembler && dwarf_haspc(unit, addr) == 1)
			return true;
	}
	return false;
}

/* What is asked for next lies beside what was found last, as a rule. Where there is no DWARF libdw finds none. */
static bool unit_at(struct source *source, uint32_t addr, Dwarf_Die *unit)
{
	if (dwarf_addrdie(source->dwarf, addr, unit))
		return true;
	if (source->unit && dwarf_offdie(source->dwarf, source->unit, unit) &&
	    dwarf_haspc(unit, addr) == 1)
		return true;
	if (!search_units(source, addr, unit))
		return false;
	source->unit = dwarf_dieoffset(unit);
	return true;
}

/* "arch/x86/mm/paging.c", where the unit was compiled in the folder above arch. */
static const char *below(Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute attribute;
	const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	const size_t n = folder ? strlen(folder) : 0;

	if (n && strncmp(path, folder, n) == 0)
		path += n + strspn(path + n, "/");
	return strncmp(path, "./", 2) == 0 ? path + 2 : path;
}

/*
 * The scopes around the address, innermost first, to be freed. What dwarf_getscopes() has behind an inlined
 * function is around its definition; this is around where it came to lie.
 */
static int scopes_at(Dwarf_Die *unit, uint32_t addr, Dwarf_Die **scopes)
{
	Dwarf_Die *lexical = NULL;
	int n = dwarf_getscopes(unit, addr, &lexical);

	*scopes = NULL;
	if (n > 0)
		n = dwarf_getscopes_die(&lexical[0], scopes);
	free(lexical);
	return n;
}

static bool set_place(Dwarf_Die *unit, const char *path, int line, struct place *out)
{
	if (!path || line <= 0)
		return false;
	*out = (struct place){below(unit, path), path, (unsigned)line};
	return true;
}

static bool number(Dwarf_Die *die, unsigned name, Dwarf_Word *out)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(die, name, &attribute) && dwarf_formudata(&attribute, out) == 0;
}

/* Where the inlined function that the scope is was called. */
static bool caller(Dwarf_Die *unit, Dwarf_Die *scope, struct place *out)
{
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t n;

	return number(scope, DW_AT_call_file, &file) && number(scope, DW_AT_call_line, &line) &&
	       dwarf_getsrcfiles(unit, &files, &n) == 0 && file < n &&
	       set_place(unit, dwarf_filesrc(files, file, NULL, NULL), (int)line, out);
}

bool source_place(struct source *source, uint32_t addr, struct place *out)
{
	Dwarf_Die unit, *scopes;
	Dwarf_Line *row;
	int line = 0, n;
	bool found;

	if (!unit_at(source, addr, &unit))
		return false;
	row = dwarf_getsrc_die(&unit, addr);
	found = row && dwarf_lineno(row, &line) == 0 &&
		set_place(&unit, dwarf_linesrc(row, NULL, NULL), line, out);
	n = scopes_at(&unit, addr, &scopes);
	for (int i = 0; i < n; i++) {
		if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
			found = caller(&unit, &scopes[i], out);
	}
	free(scopes);
	return found;
}

/* Assembler's units declare no functions. */
static bool set_unit(Dwarf_Die *unit, struct place *out)
{
	const char *name = dwarf_diename(unit);

	if (!name)
		return false;
	*out = (struct place){below(unit, name), name, 0};
	return true;
}

bool source_function(struct source *source, uint32_t addr, struct place *out)
{
	Dwarf_Die unit, *scopes;
	bool found = false;
	int line, n;

	if (!unit_at(source, addr, &unit))
		return false;
	n = scopes_at(&unit, addr, &scopes);
	for (int i = 0; i < n && !found; i++)
		found = dwarf_tag(&scopes[i]) == DW_TAG_subprogram &&
			dwarf_decl_line(&scopes[i], &line) == 0 &&
			set_place(&unit, dwarf_decl_file(&scopes[i]), line, out);
	free(scopes);
	return found || set_unit(&unit, out);
}
