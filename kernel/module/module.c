// SPDX-License-Identifier: MIT
/*
 * A module comes in steps, each of which can fail, and then those before it are undone:
 *
 *	read	what the file says is checked		object.c
 *	pages	memory for its text and data
 *	link	bytes and relocations			link.c
 *	bind	what it exports, and whose exports it uses
 *	pages	memory for its sites' index
 *	patch	all of its sites			tables.c, pv/module.c
 *	protect	text is executable and read-only from here on
 *	entries	of functions that it replaces can be jumps	pv/replace.c
 *	init	its own function
 *	replace	all of them, at one instant
 */
#include "kernel/module/module.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/smp_call.h"
#include "kernel/base/event.h"
#include "kernel/module/tables.h"
#include "kernel/patch/image.h"
#include "lib/div64.h"
#include "lib/export.h"
#include "lib/format.h"
#include "lib/ksyms.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/paravirt.h"
#include "pv/replace.h"

struct module {
	char name[MODULE_NAME]; /* "": none */
	uint8_t *base;
	uint8_t *room; /* of its sites' index */
	uint32_t pages, room_pages;
	uint32_t count; /* of sites */
	struct link_plan plan;
	uint64_t uses;      /* a bit for each module that it is bound to */
	bool leaving;       /* its exit was called */
	void (*exit)(void); /* NULL: it stays */
	int (*init)(void);  /* or NULL */
	struct link_section exports;
	struct module_tables tables;
	struct pv_replacing replacing;
	struct link_section replaced; /* pairs of functions */
};

static struct module modules[MODULES_LOADED];
static unsigned fail_at; /* so many steps until one fails; 0: none does */
static bool quiet;
static char why_not[OBJECT_WHY];

#define REFUSE(...) (snprintf(why_not, sizeof(why_not), __VA_ARGS__), false)

void module_fail(unsigned n)
{
	fail_at = n;
}

void modules_say(bool loud)
{
	quiet = !loud;
}

static bool step_fails(void)
{
	return fail_at && !--fail_at;
}

/* ---- who there is ---- */

static struct module *find(const char *name)
{
	for (struct module *m = modules; m < modules + MODULES_LOADED; m++)
		if (*m->name && strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

bool module_is_loaded(const char *name)
{
	return find(name) != NULL;
}

/* Where in a module: of its functions no names are kept. */
static bool whose(uint32_t addr, char name[KSYM_NAME], uint32_t *offset, uint32_t *size)
{
	for (const struct module *m = modules; m < modules + MODULES_LOADED; m++) {
		const uint32_t base = (uint32_t)m->base;

		if (!*m->name || !base || addr - base >= m->plan.text)
			continue;
		if (offset)
			*offset = addr - base;
		if (size)
			*size = m->plan.text;
		if (name)
			strlcpy(name, m->name, KSYM_NAME);
		return true;
	}
	return false;
}

struct modules_now modules_now(void)
{
	struct modules_now now = {0, 0};

	for (const struct module *m = modules; m < modules + MODULES_LOADED; m++) {
		now.modules += *m->name != '\0';
		now.pages += m->pages + m->room_pages;
	}
	return now;
}

static const struct exported *find_export(const struct exported *first, const struct exported *end,
					  const char *name)
{
	for (const struct exported *e = first; e < end; e++)
		if (strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

static const struct exported *own_export(const struct module *m, const char *name)
{
	const struct exported *first = (const void *)m->exports.at;

	return find_export(first, first + m->exports.size / sizeof(*first), name);
}

const char *module_replace(const char *name, bool on)
{
	struct module *m = find(name);

	if (!m || !m->replacing.begun)
		return "there is no such module, or it replaces nothing";
	return pv_replace(&m->replacing, on);
}

const void *module_symbol(const char *name, const char *symbol)
{
	const struct module *m = find(name);
	const struct exported *e = m ? own_export(m, symbol) : NULL;

	return e ? e->address : NULL;
}

/* The kernel's first: a module cannot take its place. What is about to go binds nobody. */
static bool find_symbol(void *arg, const char *name, uint32_t *address)
{
	struct module *of = arg;
	const struct exported *e = find_export(exports, exports_end, name);
	const uint32_t op = pv_plain_find(name);

	if (op) {
		*address = op;
		return true;
	}
	for (unsigned i = 0; i < MODULES_LOADED && !e; i++) {
		if (!*modules[i].name || &modules[i] == of || modules[i].leaving)
			continue;
		e = own_export(&modules[i], name);
		if (e)
			of->uses |= 1ull << i;
	}
	if (e)
		*address = (uint32_t)e->address;
	return e;
}

/* ---- memory ---- */

static bool take_pages(uint8_t **at, uint32_t *pages, size_t bytes)
{
	const uint32_t n = (uint32_t)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);

	if (!n)
		return true;
	*at = step_fails() ? NULL : pages_alloc(n);
	if (!*at)
		return REFUSE("there is no memory for its %u KiB", n * (PAGE_SIZE / 1024));
	*pages = n;
	return true;
}

static void give_pages(uint8_t **at, uint32_t *pages)
{
	if (*pages)
		pages_free(*at, *pages);
	*at = NULL;
	*pages = 0;
}

static void forget_translations(void *unused)
{
	(void)unused;
	flush_tlb();
}

/* Who has used these pages before knows them as data. */
static void protection_changed(void)
{
	smp_call_others(forget_translations, NULL);
}

static bool protect(const struct module *m)
{
	const struct link_plan *p = &m->plan;
	bool done = !step_fails();

	if (done && paging_enabled())
		done = paging_set_code(m->base, p->rodata) &&
		       paging_set_constant(m->base + p->rodata, p->data - p->rodata);
	protection_changed();
	return done || REFUSE("there is no memory for its page tables");
}

static void unprotect(const struct module *m)
{
	if (!m->pages)
		return;
	paging_set_data(m->base, m->plan.data);
	protection_changed();
}

/* ---- what it exports ---- */

static bool in_module(const struct module *m, const void *at)
{
	return (const uint8_t *)at >= m->base && (const uint8_t *)at < m->base + m->plan.size;
}

static bool is_string(const struct module *m, const char *s)
{
	const uint8_t *end = m->base + m->plan.size;

	return in_module(m, s) && memchr(s, 0, (size_t)(end - (const uint8_t *)s));
}

static bool check_exports(struct module *m)
{
	const struct exported *e = (const void *)m->exports.at;
	uint32_t unused;

	if (m->exports.size % sizeof(*e))
		return REFUSE("section .export is not whole records");
	for (unsigned n = m->exports.size / sizeof(*e); n--; e++) {
		if (!is_string(m, e->name) || !in_module(m, e->address))
			return REFUSE("it exports what is not in it");
		if (find_symbol(m, e->name, &unused))
			return REFUSE("it exports %s, which is there already", e->name);
	}
	return true;
}

/* ---- the steps ---- */

static bool bind(struct module *m, const struct object *o)
{
	const struct link_symbols symbols = {find_symbol, m, pv_plain_type};

	if (!link_object(o, &m->plan, m->base, &symbols, why_not))
		return false;
	m->init = (int (*)(void))link_address(o, &m->plan, m->base, "init_module");
	m->exit = (void (*)(void))link_address(o, &m->plan, m->base, "cleanup_module");
	m->exports = link_section(o, &m->plan, m->base, ".export");
	m->replaced = link_section(o, &m->plan, m->base, ".replacements");
	return check_exports(m);
}

/* Behind the room of the tables' indexes: records, and their index. */
#define REPLACED_ROOM (sizeof(struct pv_replacement) + 2 * sizeof(struct pv_entry))

static uint32_t replaced_count(const struct module *m)
{
	return m->replaced.size / (2 * sizeof(uint32_t));
}

static void plan_replacing(struct module *m, uint8_t *room)
{
	const uint32_t n = replaced_count(m),
		       *pair = (const uint32_t *)(const void *)m->replaced.at;
	struct pv_replacement *r = (struct pv_replacement *)(void *)room;

	for (uint32_t i = 0; i < n; i++)
		r[i] = (struct pv_replacement){.entry = (const void *)pair[2 * i],
					       .by = (const void *)pair[2 * i + 1]};
	m->replacing = (struct pv_replacing){
		.first = r, .n = n, .image = &kernel_image, .room = r + n};
}

static bool patch(struct module *m, const struct object *o)
{
	const char *why;
	size_t room;

	tables_plan(&m->tables, m->name, o, &m->plan, m->base);
	room = pv_module_room(&m->tables.all);
	if (!take_pages(&m->room, &m->room_pages, room + replaced_count(m) * REPLACED_ROOM))
		return false;
	plan_replacing(m, m->room + room);
	why = step_fails() ? "a site was refused, by a test" : tables_patch(&m->tables, m->room);
	m->count = tables_patched();
	return !why || REFUSE("%s", why);
}

static void unpatch(struct module *m)
{
	const char *why = pv_module_remove(&m->tables.all);

	if (why)
		pv_host_panic("module %s: it cannot be undone: %s", m->name, why);
}

static bool init(const struct module *m)
{
	const int result = step_fails() ? -1 : m->init ? m->init() : 0;

	return !result || REFUSE("its init returned %d", result);
}

static bool replaces(const struct module *m)
{
	return m->replacing.n != 0;
}

static const char *try_step(const char *why)
{
	return step_fails() ? "it was refused, by a test" : why;
}

static bool begin_replacing(struct module *m)
{
	const char *why = replaces(m) ? pv_replace_begin(&m->replacing) : NULL;

	return !why || REFUSE("%s", why);
}

static bool replace(struct module *m)
{
	const char *why = replaces(m) ? try_step(pv_replace(&m->replacing, true)) : NULL;

	return !why || REFUSE("%s", why);
}

static void end_replacing(struct module *m)
{
	const char *why = m->replacing.begun ? pv_replace_end(&m->replacing) : NULL;

	if (why)
		pv_host_panic("module %s: what it replaces cannot be undone: %s", m->name, why);
}

/* Init, and then the functions; or neither. */
static bool run(struct module *m)
{
	if (!init(m))
		return false;
	if (replace(m))
		return true;
	if (m->exit)
		m->exit();
	return false;
}

static bool start(struct module *m, const struct object *o)
{
	if (!patch(m, o))
		return false;
	if (protect(m) && begin_replacing(m) && run(m))
		return true;
	end_replacing(m);
	unpatch(m);
	return false;
}

static void clear(struct module *m)
{
	unprotect(m);
	give_pages(&m->room, &m->room_pages);
	give_pages(&m->base, &m->pages);
	*m = (struct module){.name = ""};
}

static bool load(struct module *m, const void *file, size_t size)
{
	struct object o;

	if (!object_read(&o, file, size, why_not))
		return false;
	link_plan(&o, &m->plan);
	if (!m->plan.size)
		return REFUSE("there is nothing in it to load");
	return take_pages(&m->base, &m->pages, m->plan.size) && bind(m, &o) && start(m, &o);
}

/* ---- what is said ---- */

/* A damaged file's names are whatever they are. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static uint32_t size_of(const struct module *m)
{
	return (m->pages + m->room_pages) * PAGE_SIZE;
}

static void tell(const struct module *m, const char *name, const char *result, const char *reason,
		 uint64_t ns)
{
	if (quiet)
		return;
	event_begin("module");
	event_text("name", name);
	event_text("result", result);
	event_text("reason", reason ? reason : "");
	event_address("at", m ? (uint32_t)m->base : 0);
	event_number("sites", m ? m->count : 0);
	event_number("replaced", m ? m->replacing.n : 0);
	event_number("bytes", m ? size_of(m) : 0);
	event_number("ns", ns);
	event_end();
	if (reason)
		pr_err("module %s: %s: %s\n", name, result, reason);
	else
		pr_info("  module    %s: %s: %u sites, %u KiB at %08x, %u us\n", name, result,
			m->count, size_of(m) / 1024, (uint32_t)m->base,
			(uint32_t)div_u64(ns, 1000));
}

static const char *why_no_room(const char *name)
{
	if (!*name || strlen(name) >= MODULE_NAME)
		return "its name is empty or too long";
	return find(name) ? "a module of this name is there already" : NULL;
}

static struct module *slot(void)
{
	for (struct module *m = modules; m < modules + MODULES_LOADED; m++)
		if (!*m->name)
			return m;
	return NULL;
}

static const char *refused(const char *name)
{
	make_printable(why_not);
	tell(NULL, name, "refused", why_not, 0);
	return why_not;
}

const char *module_load(const char *name, const void *file, size_t size)
{
	const uint64_t start_ns = pv_host_time();
	const char *why = why_no_room(name);
	struct module *m = slot();

	if (guest_text_is_checked())
		why = "this guest is held to its image";

	if (!why && !m)
		why = "there is no room for one more module";
	if (why) {
		strlcpy(why_not, why, sizeof(why_not));
		return refused(name);
	}
	ksym_others = whose;
	strlcpy(m->name, name, sizeof(m->name));
	if (!load(m, file, size)) {
		clear(m);
		return refused(name);
	}
	tell(m, name, "loaded", NULL, pv_host_time() - start_ns);
	return NULL;
}

static const char *why_stays(const struct module *m)
{
	const uint64_t bit = 1ull << (m - modules);

	if (!m->exit && m->init)
		return "it has no exit";
	for (const struct module *user = modules; user < modules + MODULES_LOADED; user++)
		if (*user->name && user->uses & bit)
			return "another module uses it";
	return NULL;
}

static const char *leave(struct module *m)
{
	const char *why = why_stays(m);

	if (why)
		return why;
	if (m->replacing.begun)
		why = pv_replace_end(&m->replacing);
	if (why)
		return why;
	if (m->exit && !m->leaving)
		m->exit();
	m->leaving = true;
	return pv_module_remove(&m->tables.all);
}

const char *module_unload(const char *name)
{
	const uint64_t start_ns = pv_host_time();
	struct module *m = find(name);
	const char *why = m ? leave(m) : "there is no such module";

	if (why) {
		tell(m, name, "not unloaded", why, 0);
		return why;
	}
	tell(m, name, "unloaded", NULL, pv_host_time() - start_ns);
	clear(m);
	return NULL;
}
