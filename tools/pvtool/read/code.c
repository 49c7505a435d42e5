/* SPDX-License-Identifier: MIT */
/*
 * A function is what its symbol says, if that has a size; otherwise it goes on to the next symbol
 * that is not one of its own labels (NASM: name.label).
 */
#include "read/code.h"
#include "read/multiboot.h"

#include <stdio.h>
#include <string.h>

bool code_is_macro_label(const char *name)
{
	return strncmp(name, "..@", 3) == 0;
}

struct code code_of(const struct image *image)
{
	struct code code = {.image = image};
	size_t at = multiboot_find(image);

	if (at != SIZE_MAX && !multiboot_place(image, at, &code.header, &code.header_len))
		code.header_len = 0;
	return code;
}

static bool is_in(const struct image *image, const struct symbol *symbol, const struct section *s)
{
	return symbol->section == (size_t)(s - image->sections);
}

/*
 * Where code from `at` on must have ended: the next symbol, the header or the section's end. Labels
 * inside macros lie in the middle of what a site becomes.
 */
static uint64_t next_stop(const struct code *code, const struct section *s, uint64_t at)
{
	uint64_t stop = (uint64_t)s->addr + s->size;

	for (size_t i = image_symbols_from(code->image, at + 1); i < code->image->n_symbols; i++) {
		const struct symbol *symbol = &code->image->symbols[i];

		if (symbol->addr >= stop)
			break;
		if (is_in(code->image, symbol, s) &&
		    (symbol->data || !code_is_macro_label(symbol->name)))
			stop = symbol->addr;
	}
	return code->header_len && code->header > at && code->header < stop ? code->header : stop;
}

/* How many bytes at `at` are an object or the multiboot header and so not code; usually 0. */
static uint64_t data_len(const struct code *code, const struct section *s, uint64_t at,
			 uint64_t stop)
{
	size_t i = image_symbols_from(code->image, at + 1);

	if (code->header_len && at == code->header)
		return code->header_len;
	while (i-- > 0 && code->image->symbols[i].addr == at) {
		const struct symbol *symbol = &code->image->symbols[i];

		if (symbol->data && is_in(code->image, symbol, s))
			return symbol->size ? symbol->size : stop - at;
	}
	return 0;
}

struct span code_span(const struct code *code, const struct section *section, uint64_t at)
{
	uint64_t end = (uint64_t)section->addr + section->size;
	uint64_t stop = next_stop(code, section, at);
	uint64_t data = data_len(code, section, at, stop);

	if (!data)
		return (struct span){.end = stop};
	return (struct span){.end = data < end - at ? at + data : end, .data = true};
}

static bool is_own_label(const char *name, const char *function)
{
	size_t len = strlen(function);

	return code_is_macro_label(name) || (strncmp(name, function, len) == 0 && name[len] == '.');
}

static uint64_t function_end(const struct image *image, const struct symbol *symbol,
			     const struct section *s)
{
	uint64_t end = (uint64_t)s->addr + s->size;

	if (symbol->size && symbol->size <= end - symbol->addr)
		return symbol->addr + (uint64_t)symbol->size;
	for (size_t i = image_symbols_from(image, (uint64_t)symbol->addr + 1);
	     i < image->n_symbols && image->symbols[i].addr < end; i++) {
		if (is_in(image, &image->symbols[i], s) &&
		    !is_own_label(image->symbols[i].name, symbol->name))
			return image->symbols[i].addr;
	}
	return end;
}

bool code_function(const struct image *image, size_t i, struct function *out)
{
	const struct symbol *symbol = &image->symbols[i];
	const struct section *s;

	if (symbol->section >= image->n_sections || symbol->data)
		return false;
	s = &image->sections[symbol->section];
	if (!s->alloc || !s->exec || !s->bytes || symbol->addr < s->addr ||
	    symbol->addr - s->addr >= s->size)
		return false;
	*out = (struct function){.section = s,
				 .name = symbol->name,
				 .addr = symbol->addr,
				 .end = function_end(image, symbol, s)};
	return true;
}

static bool is_label(const struct symbol *symbol)
{
	return code_is_macro_label(symbol->name) ||
	       (!symbol->func && *symbol->name && strchr(symbol->name + 1, '.'));
}

/* The last symbol at or before `addr` whose function holds it, one typed as such first. */
bool code_function_at(const struct image *image, uint32_t addr, struct function *out)
{
	const struct section *s = image_section_at(image, addr);
	struct function function;
	bool found = false;

	if (!s || !s->exec || !s->bytes)
		return false;
	*out = (struct function){s, s->name, s->addr, (uint64_t)s->addr + s->size};
	for (size_t i = image_symbols_from(image, (uint64_t)addr + 1); i-- > 0;) {
		const struct symbol *symbol = &image->symbols[i];

		if (symbol->addr < s->addr)
			break;
		if (!is_in(image, symbol, s) || is_label(symbol) ||
		    !code_function(image, i, &function) || addr >= function.end)
			continue;
		if (symbol->func) {
			*out = function;
			return true;
		}
		if (!found)
			*out = function;
		found = true;
	}
	return true;
}

/* "timer_init+0x12", and of a function's begin the name alone, as objdump has it. */
static const char *place(const struct image *image, uint32_t addr, char out[IMAGE_WHERE])
{
	char *offset = strrchr(image_where(image, addr, out), '+');

	if (offset && strcmp(offset, "+0x0") == 0)
		*offset = '\0';
	return out;
}

const char *code_text(const struct image *image, uint32_t addr, const uint8_t *bytes, size_t size,
		      char out[CODE_TEXT])
{
	char text[INSN_TEXT], where[IMAGE_WHERE];
	struct insn insn;

	insn_text(addr, bytes, size, text);
	if (!insn_decode(addr, bytes, size, &insn) || (!insn.has_target && !insn.has_slot))
		snprintf(out, CODE_TEXT, "%s", text);
	else
		snprintf(out, CODE_TEXT, "%s <%s>", text,
			 place(image, insn.has_slot ? insn.slot : insn.target, where));
	return out;
}

/* "nop x7" for seven of them. */
static void append(char out[CODE_LINE], const char *text, size_t times)
{
	size_t len = strlen(out), room = CODE_LINE - len;
	char count[24] = "";

	if (times > 1)
		snprintf(count, sizeof(count), " x%zu", times);
	if ((size_t)snprintf(out + len, room, "%s%s%s", len ? "; " : "", text, count) >= room)
		strcpy(out + CODE_LINE - 4, "...");
}

const char *code_line(const struct image *image, uint32_t addr, const uint8_t *bytes, size_t n,
		      size_t len, char out[CODE_LINE])
{
	char text[CODE_TEXT], before[CODE_TEXT] = "";
	size_t times = 0;
	struct insn insn = {.len = 0};

	*out = '\0';
	for (size_t at = 0; at < n; at += insn.len) {
		code_text(image, addr + (uint32_t)at, bytes + at, n - at, text);
		if (times && strcmp(text, before) != 0) {
			append(out, before, times);
			times = 0;
		}
		strcpy(before, text);
		times++;
		if (!insn_decode(addr + (uint32_t)at, bytes + at, n - at, &insn))
			break;
	}
	if (times)
		append(out, before, times);
	snprintf(text, sizeof(text), "%zu of padding", len - n);
	if (n < len)
		append(out, text, 1);
	return out;
}

size_t code_whole(const struct image *image, uint32_t addr, size_t len)
{
	uint32_t room = image_room(image, addr);
	const uint8_t *bytes = image_bytes(image, addr, room);
	struct insn insn;
	size_t at = 0;

	if (!bytes || len > room)
		return 0;
	while (at < len && insn_decode(addr + (uint32_t)at, bytes + at, room - at, &insn))
		at += insn.len;
	return at > len ? at : len;
}

const char *code_linked(const struct image *image, uint32_t addr, size_t len, char out[CODE_LINE])
{
	const size_t whole = code_whole(image, addr, len);

	if (!whole)
		return "no bytes";
	return code_line(image, addr, image_bytes(image, addr, (uint32_t)whole), whole, whole, out);
}
