// SPDX-License-Identifier: MIT
/*
 * Another kernel, which takes pv/ as it is: it implements pv/host.h, patches sites of its own,
 * looks at what stands there and lives by it. Its log: a line a site, before and after; "ok" or
 * "FAILED" with what was checked; what pv/ has to say.
 */
#include "host.h"
#include "pv/index.h"
#include "pv/native.h"
#include "pv/nops.h"
#include "pv/paravirt.h"
#include "pv/patch.h"
#include "pv/select.h"
#include "pv/smp_locks.h"

extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];
extern const struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern const int32_t __smp_locks[], __smp_locks_end[];
extern uint8_t text[], text_end[], pv[], pv_end[], repl[], repl_end[], __pv_index_end[];
extern const struct pv_index __pv_index[];
uint32_t flags_while_off(void), choices(void);
PV_FN void flags_by_iret(uint32_t flags);
_Noreturn void adopt_main(void);

static struct pv_image image = {
	.name = "adopt", .text = text, .text_end = text_end, .engine = pv, .engine_end = pv_end};
static struct pv_table tables[] = {
	{.family = &paravirt_family, .first = __parainstructions, .last = __parainstructions_end},
	{.family = &alternative_family,
	 .first = __alt_instructions,
	 .last = __alt_instructions_end},
	{.family = &smp_locks_family, .first = __smp_locks, .last = __smp_locks_end},
};
static struct pv_entry entries[3][64], spare[64]; /* made at load: no more records than that */
static struct pv_fact facts[64];
static uint8_t behind[64];
static struct pv_stats stats; /* of alternatives and lock prefixes */
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

static void look_at_all(const char *word, const struct paravirt_state *now,
			const struct alternative_state *chosen)
{
	when = word;
	pv_list(&paravirt_family, __parainstructions, __parainstructions_end, now, now,
		look_at_site, &paravirt_family);
	pv_list(&alternative_family, __alt_instructions, __alt_instructions_end, chosen, chosen,
		look_at_site, (void *)&alternative_family);
	pv_list(&smp_locks_family, __smp_locks, __smp_locks_end, smp_locks_state(),
		smp_locks_state(), look_at_site, (void *)&smp_locks_family);
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
		struct pv_table *table = &tables[i], made = *table;
		uint32_t n = pv_table_records(table);

		make_index(&made, i);
		if (!pv_index_use(table, __pv_index, __pv_index_end)) {
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
	use_sites(false);
	pv_image_add(&image);
	add_tables();
	paravirt_init();
	alternative_state_make(&alternative_state, repl, repl_end);
	look_at_all("before", paravirt_linked(), &alternative_linked);
	apply_paravirt(__parainstructions, __parainstructions_end);
	apply_alternatives(__alt_instructions, __alt_instructions_end, &stats);
	smp_locks_switch(__smp_locks, __smp_locks_end, &smp_locks_up, &stats);
	report(&paravirt_stats);
	look_at_all("after", paravirt_state(), &alternative_state);
	if (!failed)
		pv_ops.irq = (struct pv_irq_ops){0}; /* who still calls through it dies */
	use_sites(true);
	smp_locks_switch(__smp_locks, __smp_locks_end, &smp_locks_smp, &stats);
	look_at_all("at the end", paravirt_state(), &alternative_state);
	use_sites(true);
	report(&stats);
	pv_host_say(PV_INFO, "adopt: %s", failed ? "FAILED" : "all is well");
	end(failed ? 0x11 : 0x10);
}
