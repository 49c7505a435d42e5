// SPDX-License-Identifier: MIT
/*
 * A libFuzzer target for static keys and static calls, and for the live protocol below them. The
 * input is a program: tables that may be damaged (keyed_input.h), how they come up, and a list of
 * steps: changes of a key's count, of several keys and calls in one commit, damage, breakpoints of
 * somebody else's, passes there and back. Whatever it says
 *
 *	text is what the model of keyed_model.h says, to the last byte, between any two walks
 *	a breakpoint that a walk has set stands for the old until the instant, and then for the new
 *	what no record names is nobody's breakpoint
 *	data changes where a key is meant, and nowhere else; what is returned and told is right
 *
 * Where damage has put an index out of order, and halving ends anywhere, it is not foretold which
 * sites change: each that does was whole and one of its record's two forms, and is the other one.
 * All memory is of the exact size, so ASan sees each byte beside it that is touched.
 */
#include "tests/host/fuzz.h"

#include "tests/host/keyed_changes.h"
#include "tests/host/keyed_init.h"

#define STEPS_MAX 10

/* ---- passes ---- */

static void pass_make(struct sites *s, unsigned from, unsigned version)
{
	static struct planned p;
	struct pv_stats *stats = stats_begin(NULL, 0);

	exactly = is_exact();
	planned = 0;
	plan_one(&p, s, 0, s->n, from, version);
	forms_make(from, version);
	remember();
	model_begin();
	model_run(&p.pass);
	pv_apply(s->table.family, s->table.first, s->table.last, p.pass.from, p.pass.to, PV_STOPPED,
		 stats);
	must(rounds == 1 && phase == IDLE, "one round, not %u", rounds);
	text_check();
	if (exactly)
		refusals_all(stats, s->n, refusals_check(verdicts, s->n, stats, 0));
}

/* ---- steps ---- */

static void *any_function(struct input *in)
{
	const uint8_t choice = take8(in);

	switch (choice) {
	case 0: return NULL;
	case 1: return (void *)__static_call_return0;
	case 0xff: return (void *)(uintptr_t)take32(in);
	default: return areas[choice & 1].image.text + (choice >> 1) % areas[choice & 1].size;
	}
}

static void commit_step(uint8_t how, struct input *in)
{
	keys_part.n = (how & 3) % (KEYS + 1);
	calls_part.n = (how >> 2 & 3) % (CALLS + 1);
	for (unsigned i = 0; i < keys_part.n; i++) {
		const uint8_t what = take8(in);

		key_changes[i] = (struct static_key_change){&data->key[(what >> 1) % KEYS],
							    what & 1};
	}
	for (unsigned i = 0; i < calls_part.n; i++)
		call_changes[i] = (struct static_call_change){&data->call[take8(in) % CALLS],
							      any_function(in)};
	commit(how & 0x10);
}

/* A breakpoint of somebody else's at a site comes, and goes. */
static struct {
	uint8_t *at, was;
} foreign;

static void foreign_step(unsigned i, unsigned t)
{
	const struct sites *s = &sites[t % TABLES];
	uint8_t *at = s->n ? (uint8_t *)to(&s->records[i % s->n * s->words]) : NULL;

	if (foreign.at) {
		*foreign.at = foreign.was;
		foreign.at = NULL;
	} else if (area_of(at, 1)) {
		foreign.at = at;
		foreign.was = *at;
		*at = PV_BREAKPOINT;
	}
}

static void other_step(unsigned what, struct input *in)
{
	switch (what) {
	case 0: interrupts_off = !interrupts_off; break;
	case 1: jump_label_live(); break;
	case 2: jump_label_keep(); break;
	case 3: static_call_live(); break;
	case 4: static_call_keep(); break;
	case 5: ask(take32(in)); break;
	default:
		exactly = false;
		ask_all();
		break;
	}
}

static void pass_step(unsigned t, unsigned way)
{
	static const uint8_t from[] = {2, 0, 0, 1}, version[] = {0, 2, 1, 2};

	pass_make(&sites[t], from[way], version[way]);
}

static void step(struct input *in)
{
	const uint8_t how = take8(in), what = how >> 3;

	switch (how & 7) {
	case 0:
	case 1: count_step((what >> 2) % KEYS, what & 3); break;
	case 2:
	case 3: commit_step(what, in); break;
	case 4: damage(in); break;
	case 5: foreign_step(what >> 2, what & 3); break;
	case 6: other_step(what & 7, in); break;
	default: pass_step(what & 3, what >> 2 & 3); break;
	}
}

/* ---- how they come up ---- */

/* how: 1, 2, 4, 8: what is left out, or damaged before. */
static void come_up(struct sites *s, uint8_t how, struct input *in)
{
	if (how & 1)
		damage(in);
	init_check(s);
	if (how & 2)
		init_check(s);
	pv_table_add(&s->area->image, &s->table);
	s->added = true;
	if (!(how & 4))
		pass_make(s, 2, pv_present);
}

static void begin(struct input *in)
{
	pv_nops_select(take8(in) % 3, take8(in) % 20);
	pv_static_keys.mode = pv_static_calls.mode = PV_KEYS_NOTED;
	pv_present = take8(in) & 1;
	pv_committed = on_commit;
	interrupts_off = in_turn = false;
	foreign.at = NULL;
	stack = exact(6 * sizeof(*stack));
	areas_fill(in);
	data_fill(in);
}

static void fuzz_keyed(struct input *in)
{
	struct input shape = take_part(in, 16);
	uint8_t how;

	begin(&shape);
	for (unsigned t = 0; t < TABLES; t++)
		sites[t] = (struct sites){.jumps = t % 2 == 0, .area = &areas[t / 2]};
	for (unsigned t = 0; t < TABLES; t++) {
		struct input records = take_part(in, 36);

		sites_make(&sites[t], &records);
	}
	how = take8(&shape);
	if (how & 1)
		count_step(how >> 1 & 1, how >> 2 & 3);
	for (unsigned t = 0; t < TABLES; t++)
		come_up(&sites[t], how & 0x10 ? take8(in) : 0, in);
	if (!(how & 0x20))
		jump_label_live();
	if (!(how & 0x40))
		static_call_live();
	for (unsigned i = 0; i < STEPS_MAX && (!i || in->at < in->end); i++)
		step(in);
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
	struct input in = input_begin(bytes, size);

	fuzz_keyed(&in);
}
