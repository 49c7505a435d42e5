// SPDX-License-Identifier: MIT
/*
 * Exercise 1. Is there an op read_tsc, from its line in pv/ops.def to the bytes of a patched site? What is made of
 * the list is asked, and RDTSC may be executed here, so that it is: as the site is linked, and as a function.
 *
 * make: pv/made/table.h pv/made/calls.h pv/made/names.h pv/made/native.h
 * with: pv/paravirt.c pv/op_list.c pv/nops.c pv/insn.c pv/missing.S pv/backend/native.S pv/backend/native.c
 * free: what the compiler makes of a site is looked at as it is
 */
#include "../judge.h"
#include "pv/backend/backend.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "pv/patch.h"
#include "pv/sweep.h"
#include "tests/host/host.h"

struct pv_ops pv_ops = {NATIVE_OPS};

/* The list's lines, as text. */
static const struct line {
	const char *group, *name, *convention, *bare;
} lines[] = {
#define PV_NOTE(text)
#define PV_OP(group, name, convention, declaration, bare, text) {#group, #name, #convention, #bare},
#include "pv/ops.def"
#undef PV_OP
#undef PV_NOTE
};

/* A function with a site, if one of the ops has this name: nobody knows before it was read. */
#define PROBE_read_tsc              ~, 1
#define SECOND_(first, second, ...) second
#define SECOND(...)                 SECOND_(__VA_ARGS__)
#define IS_IT(name)                 SECOND(PROBE_##name, 0, 0)
#define PASTE_(a, b)                a##b
#define PASTE(a, b)                 PASTE_(a, b)
#define SITE_0
#define SITE_1                                             \
	__attribute__((noinline)) uint64_t with_site(void) \
	{                                                  \
		return read_tsc();                         \
	}
#define SITE_IF(group, name, ...) PASTE(SITE_, IS_IT(name))

__attribute__((weak)) uint64_t with_site(void);
PV_EACH_FUNCTION(SITE_IF)

/* No pass is made. */
void pv_apply(const struct pv_family *family, const void *first, const void *last, const void *from,
	      const void *to, enum pv_mode mode, struct pv_stats *stats)
{
	(void)family, (void)first, (void)last, (void)from, (void)to, (void)mode, (void)stats;
}

unsigned pv_sweep_place(struct pv_sweep *s, uint32_t at, unsigned len)
{
	(void)s, (void)at, (void)len;
	return PV_WHY_RANGE;
}

static const struct line *line;
static unsigned type;

static bool is_listed(void)
{
	CASE("pv/ops.def has an op read_tsc, in the group time");
	for (type = 0; type < PV_NR_TYPES; type++)
		if (!strcmp(lines[type].name, "read_tsc"))
			line = &lines[type];
		else if (!line)
			continue;
		else
			break;
	if (!line) {
		WRONG("there is no line with this name");
		return false;
	}
	type--;
	IS_TRUE(!strcmp(line->group, "time"), "its group is %s", line->group);
	CASE("the kernel without a table has the instruction in its place: rdtsc, and its result in both registers");
	IS_TRUE(strstr(line->bare, "rdtsc") && strstr(line->bare, "=A"), "its bare form is %s",
		line->bare);
	return true;
}

/* ---- the site as it is linked ---- */

static PV_FN uint64_t known(void)
{
	return 0x1122334455667788;
}

static uint32_t *slot(void)
{
	return (uint32_t *)(void *)&pv_ops + type;
}

static void is_a_site(void)
{
	const uint32_t function = *slot(), address = (uint32_t)slot();
	const uint8_t *at = (const uint8_t *)with_site;
	uint8_t call[6] = {0xff, 0x15};
	uint64_t result;

	CASE("a function that says read_tsc() has a call through the op's slot: ff 15, and its address");
	memcpy(call + 2, &address, 4);
	for (unsigned i = 0; i < 64 && memcmp(at, call, 6); i++)
		at++;
	IS_TRUE(!memcmp(at, call, 6), "there is none in its first 64 bytes");
	CASE("it gives all 64 bits of what the slot's function gives");
	*slot() = (uint32_t)known;
	result = with_site();
	*slot() = function;
	IS_TRUE(result == 0x1122334455667788, "expected 0x1122334455667788, found %#llx",
		(unsigned long long)result);
}

/* ---- native ---- */

static void reads_the_counter(void)
{
	uint64_t first, second;

	CASE("the native function reads the counter, which has gone on when it is read again");
	first = with_site();
	second = with_site();
	IS_TRUE(second > first, "first %#llx, then %#llx", (unsigned long long)first,
		(unsigned long long)second);
}

static uint8_t place[6];

/* What stands at a site, by the state that is made of pv_ops. */
static bool becomes(struct pv_site *out, uint8_t kind, const char *what)
{
	static struct paravirt_state state;
	const struct paravirt_patch_site record = {(uint32_t)place, (uint8_t)type, 6,
						   PV_CLOBBER_ANY};
	enum pv_why why;

	paravirt_state_make(&state, &pv_ops);
	why = paravirt_family.bytes(&record, &state, out);
	IS_TRUE(!why, "the patcher refuses the site: reason %u", why);
	IS_TRUE(why || out->kind == kind, "it does not become %s", what);
	return !why && out->kind == kind;
}

/* What pv_ops was at first. */
static struct pv_ops native;

static bool native_hook(uint8_t op, const struct pv_ops *ops, struct pv_insns *out)
{
	return paravirt_patch_template(op, ops, &native, pv_native_templates, out);
}

static void is_patched(void)
{
	static const uint8_t bytes[6] = {0x3e, 0x3e, 0x3e, 0x3e, 0x0f, 0x31};
	struct pv_site out;

	CASE("patched, its sites are the instruction itself, behind prefixes: 3e 3e 3e 3e 0f 31");
	pv_nops_select(PV_VENDOR_INTEL, 6);
	native = pv_ops;
	pv_ops.init.patch = native_hook;
	if (becomes(&out, PV_INLINE,
		    "the instruction: the function is called, so it is no template"))
		IS_BYTES(out.bytes, bytes, 6);
	CASE("and where a back end has a function of its own in the slot, they are a call of that");
	*slot() = (uint32_t)known;
	if (becomes(&out, PV_CALL, "a call"))
		IS_NUMBER("the call goes to",
			  (uint32_t)place + 6 + *(const pv_word *)(out.bytes + 2), (uint32_t)known);
}

int main(void)
{
	if (!is_listed())
		return judged();
	is_a_site();
	reads_the_counter();
	is_patched();
	return judged();
}
