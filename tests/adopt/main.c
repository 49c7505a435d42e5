// SPDX-License-Identifier: MIT
/*
 * Another kernel, which takes pv/ as it is: it implements pv/host.h, patches sites of its own,
 * looks at what stands there and lives by it. Its log: a line a site, before and after; "ok" or
 * "FAILED" with what was checked; what pv/ has to say.
 */
#include "host.h"
#include "pv/backend/switch.h"
#include "pv/index.h"
#include "pv/jump_label.h"
#include "pv/native.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "pv/patch.h"
#include "pv/select.h"
#include "pv/smp_locks.h"
#include "pv/static_call.h"

extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];
extern const struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern const int32_t __smp_locks[], __smp_locks_end[];
extern const struct jump_entry __jump_table[], __jump_table_end[];
extern const struct static_call_site __static_call_sites[], __static_call_sites_end[];
extern uint8_t text[], text_end[], data[], data_end[], pv[], pv_end[], native[], native_end[];
extern uint8_t repl[], repl_end[], __pv_index_end[];
extern const struct pv_index __pv_index[];
uint32_t flags_while_off(void), choices(void), if_turned(void);
void breakpoint(void);
PV_FN void flags_by_iret(uint32_t flags);
_Noreturn void adopt_main(void);

static struct pv_image image = {.name = "adopt",
				.text = text,
				.text_end = text_end,
				.data = data,
				.data_end = data_end,
				.engine = pv,
				.engine_end = pv_end,
				.native = native,
				.native_end = native_end};
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
};
static struct pv_entry entries[5][64], spare[64]; /* made at load: no more records than that */
static struct pv_fact facts[64];
static uint8_t behind[64];
static struct pv_stats stats; /* of all but paravirt sites */
uint32_t counter;             /* what has lock prefixes counts here */
static const char *when;      /* sites are looked at */

static void check(bool ok, const char *what)
{
	pv_host_say(ok ? PV_INFO : PV_ERR, "%s: %s", ok ? "ok" : "FAILED", what);
}

/* A dry run tells whether text is what it must be in this state, and changes nothing. */
static void look_at_site(const void *record, enum pv_why why, const struct pv_site *old_site,
			 const struct pv_site *new_site, void *arg)
{
	const struct pv_family *family = arg;

	(void)record;
	if (why)
		pv_host_say(PV_ERR, "%s, %s: %s", when, family->name, pv_why_text(why));
	else
		pv_host_say(PV_INFO, "%s 0x%x %s: ", when, (uint32_t)old_site->at,
			    family->rows ? family->name_row(new_site->row) : family->name);
	for (unsigned i = 0; !why && i < old_site->len; i++, put(' '))
		put_number(old_site->at[i], 16, 2);
}

static void look_at_all(const char *word, bool patched)
{
	const void *state[] = {
		patched ? paravirt_state() : paravirt_linked(),
		patched ? &alternative_state : &alternative_linked,
		smp_locks_state(),
		patched ? jump_label_family.version[pv_present] : &jump_label_linked,
		patched ? static_call_family.version[pv_present] : &static_call_linked,
	};

	when = word;
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		pv_list(tables[i].family, tables[i].first, tables[i].last, state[i], state[i],
			look_at_site, (void *)tables[i].family);
}

static void report(const struct pv_stats *pass)
{
	for (const struct pv_refusal *r = pass->refusal; r < pass->refusal + pass->listed; r++)
		pv_host_say(PV_ERR, "refused 0x%x: %s", (uint32_t)r->at, pv_why_text(r->why));
}

/* As the tool would have made them, by sorting and decoding: no site is longer than 8 bytes. */
static void make_index(struct pv_table *table, unsigned i)
{
	struct pv_facts_room room = {facts, repl, (size_t)(repl_end - repl), NULL, 0, behind};

	check(pv_table_records(table) <= 64, "there is room for an index");
	pv_index_make(table, entries[i], spare);
	if (table->family->groups || table->family->look)
		check(pv_facts_make(table, &room), "there is room for facts");
}

static bool is_same(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	while (n && *x == *y)
		n--, x++, y++;
	return !n;
}

/* An index from the tool saves the time; what is made here is the same, byte by byte. */
static void add_tables(void)
{
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct pv_table *table = &tables[i], made;
		uint32_t n = pv_table_records(table);
		bool has_index = pv_index_use(table, __pv_index, __pv_index_end);

		if (table->family == &jump_label_family)
			jump_label_init(table); /* without an index it sorts the records */
		if (table->family == &static_call_family)
			static_call_init(table);
		made = *table;
		make_index(&made, i);
		if (!has_index) {
			pv_host_say(PV_INFO, "%s: index made at load", table->family->name);
			*table = made;
		}
		check(is_same(table->index, made.index, n * sizeof(*made.index)), "the index");
		check(!made.facts || is_same(table->facts, made.facts, n * sizeof(*made.facts)),
		      "facts");
		check(!made.behind || is_same(table->behind, made.behind, n), "facts");
		pv_table_add(&image, table);
	}
}

static hyp_alternate_select(clock, pv_host_time, read_tsc, X86_FEATURE_TSC);

/*
 * The CPU's IF is what a site's effect is held against; native functions are no sites. What depends
 * on features is, until it is patched, what every CPU can run. All CPUs here have an FPU.
 */
static void use_sites(bool patched)
{
	unsigned long flags;

	local_irq_enable();
	check(native_save_fl() & X86_EFLAGS_IF && !irqs_disabled(), "irq_enable");
	local_irq_save(flags);
	check(!(native_save_fl() & X86_EFLAGS_IF) && irqs_disabled(), "irq_disable");
	local_irq_restore(flags);
	check(native_save_fl() & X86_EFLAGS_IF, "restore_fl");
	check(!(flags_while_off() & X86_EFLAGS_IF) && !irqs_disabled(), "sites in GNU as");
	flags_by_iret((uint32_t)flags & ~X86_EFLAGS_IF);
	check(irqs_disabled(), "iret in GNU as");
	check(pte_val(make_pte(read_cr0())) == native_read_cr0(), "read_cr0, make_pte, pte_val");
	alternative("lock; addl $0,(%%esp)", "mfence", X86_FEATURE_XMM2);
	check(alternative_has_feature_likely(X86_FEATURE_FPU) == patched, "alternatives in C");
	counter = 0;
	asm volatile(LOCK_PREFIX "incl %0" : "+m"(counter));
	check(choices() == (patched ? 1u + 2 * !pv_host_has(X86_FEATURE_CX8) : 0), "and in GNU as");
	check(counter == 2, "lock prefixes");
	check((clock()() != 0) == (patched && pv_host_has(X86_FEATURE_TSC)), "a selector");
}

/* What changes while the kernel runs: a key, and two calls, of which one is of nothing at first. */
DEFINE_STATIC_KEY_FALSE(turned);
static uint32_t one(void)
{
	return 1;
}

static uint32_t two(void)
{
	return 2;
}
DEFINE_STATIC_CALL(number, one);
DEFINE_STATIC_CALL_NULL(extra, one);

static __attribute__((noinline)) void use_live(bool on)
{
	uint32_t sum = static_call(number)() + static_call_cond(extra)();

	if (static_branch_unlikely(&turned))
		sum += 10;
	sum += 100 * if_turned();
	check(sum == (on ? 214 : 1), on ? "keys and calls, turned" : "keys and calls");
}

static void write_byte(uint8_t *at, uint8_t byte)
{
	uint32_t flags = pv_host_irq_save();

	pv_host_text_write(at, &byte, 1);
	pv_host_sync_self();
	pv_host_irq_restore(flags);
}

/* As others would meet them in the middle of a change: a breakpoint does what the site would. */
static void use_breakpoints(const struct pv_table *table, bool on)
{
	const int32_t *record = table->first;

	for (; record != table->last; record += table->family->record_size / sizeof(*record)) {
		uint8_t *site = (uint8_t *)((uint32_t)record + (uint32_t)*record), first = *site;

		write_byte(site, 0xcc);
		use_live(on);
		write_byte(site, first);
	}
}

static void turn(bool on)
{
	check(on ? static_branch_enable(&turned) : static_branch_disable(&turned), "a key");
	check(static_call_update(number, on ? two : one), "a call");
	check(static_call_update(extra, on ? two : NULL), "a call of nothing");
	use_live(on);
	use_breakpoints(&tables[3], on);
	use_breakpoints(&tables[4], on);
}

/* Vector 3 by an interrupt gate: nothing comes between a breakpoint and pv_breakpoint(). */
static void catch_breakpoints(void)
{
	static uint32_t idt[4][2];
	static const struct desc_ptr ptr = {sizeof(idt) - 1, idt};

	idt[3][0] = 8u << 16 | ((uint32_t)breakpoint & 0xffff);
	idt[3][1] = ((uint32_t)breakpoint & 0xffff0000) | 0x8e00;
	load_idt(&ptr);
}

static void switch_to(const char *name)
{
	struct pv_switched did;
	const char *why = pv_switch(name, &did);

	check(!why, why ? why : name);
}

/* The first 4 MiB where they are, in pages of which those of text are read-only. */
static void map(void)
{
	static uint32_t directory[1024] __attribute__((aligned(4096)));
	static uint32_t table[1024] __attribute__((aligned(4096)));

	for (uint32_t at = 0; at < 4u << 20; at += 4096)
		table[at / 4096] = at | 1 | 2u * (at < (uint32_t)text || at >= (uint32_t)text_end);
	directory[0] = (uint32_t)table | 3;
	write_cr3((uint32_t)directory);
	write_cr0(read_cr0() | CR0_PG | CR0_WP);
}

_Noreturn void adopt_main(void)
{
	uint32_t vendor, a, c, d;

	outb(0x21, 0xff); /* no interrupt passes the first PIC */
	cpuid(0, &a, &vendor, &c, &d);
	cpuid(1, &a, &d, &c, &features);
	c = vendor == 0x756e6547 ? PV_VENDOR_INTEL : vendor == 0x68747541 ? PV_VENDOR_AMD : 0;
	pv_nops_select(c, (a >> 8 & 15) + ((a >> 8 & 15) == 15 ? a >> 20 & 255 : 0));
	map();
	catch_breakpoints();
	use_sites(false);
	use_live(false);
	pv_image_add(&image);
	add_tables();
	paravirt_init();
	alternative_state_make(&alternative_state, repl, repl_end);
	look_at_all("before", false);
	apply_paravirt(__parainstructions, __parainstructions_end);
	apply_alternatives(__alt_instructions, __alt_instructions_end, &stats);
	smp_locks_switch(__smp_locks, __smp_locks_end, &smp_locks_up, &stats);
	pv_apply(&jump_label_family, __jump_table, __jump_table_end, &jump_label_linked,
		 jump_label_family.version[pv_present], PV_STOPPED, &stats);
	jump_label_live();
	pv_apply(&static_call_family, __static_call_sites, __static_call_sites_end,
		 &static_call_linked, static_call_family.version[pv_present], PV_STOPPED, &stats);
	static_call_live();
	report(&paravirt_stats);
	look_at_all("after", true);
	turn(true);
	look_at_all("turned", true);
	turn(false);
	switch_to("trace");
	look_at_all("traced", true);
	use_sites(true);
	switch_to("native");
	if (!failed)
		pv_ops.irq = (struct pv_irq_ops){0}; /* who still calls through it dies */
	use_sites(true);
	smp_locks_switch(__smp_locks, __smp_locks_end, &smp_locks_smp, &stats);
	look_at_all("at the end", true);
	use_sites(true);
	report(&stats);
	pv_host_say(PV_INFO, "adopt: %s", failed ? "FAILED" : "all is well");
	end(failed ? 0x11 : 0x10);
}
