// SPDX-License-Identifier: MIT
/*
 * The live protocol. Walks over all records of the change, with rounds between them in which every
 * CPU synchronizes:
 *
 *	look		nothing is written: does a breakpoint of somebody else's stand there?
 *	breakpoints	first bytes; who meets one gets what it stands for: still old
 *	round		nobody has old bytes any more, all run into breakpoints
 *	the instant	one locked store: they stand for new from now on
 *	tails		nobody executes them
 *	round		nobody has old tails any more
 *	first bytes	who meets them executes new; a breakpoint that is met late still means new
 *
 * More is not needed on any CPU. QEMU's TCG needs first bytes to be written twice, with a round
 * between: it drops what it made of a page before the store, so another CPU can make it once more
 * of the byte before, and keep that. The second store drops it. Without it, sites run on as old
 * behind the instant, or into breakpoints for ever. Elsewhere it costs two walks and two rounds.
 */
#include "pv/poke.h"
#include "pv/host.h"
#include "pv/insn.h"
#include "pv/sweep.h"

volatile uint32_t pv_present;
pv_committed_fn *pv_committed;
static bool begun; /* by the CPU whose turn it is */

/* The commit whose breakpoints stand. Gone with the last round, so that who looks has looked. */
static const struct pv_change *volatile made;
static volatile unsigned made_n;
static volatile bool made_raw; /* is one of them of a table without an index? */
static unsigned walked;        /* of these, before the one that is walked now */
static bool known;             /* no site of theirs was refused or left alone */

const uint8_t pv_return_0[PV_RETURN_0] = {0x2e, 0x2e, 0x2e, 0x31, 0xc0};
asm(".pushsection .text, \"ax\", @progbits\n"
    ".globl pv_return_0_called, __static_call_return0\n"
    ".type __static_call_return0, @function\n"
    "pv_return_0_called:\n"
    "__static_call_return0:\n"
    "	xor %eax, %eax\n"
    "	xor %edx, %edx\n"
    "	ret\n"
    ".size __static_call_return0, . - __static_call_return0\n"
    ".popsection\n");

/* The bytes behind a prefix that only makes a call longer. */
PV_TEXT_PART unsigned opcode_at(const struct pv_site *site)
{
	return site->bytes[0] == 0x2e ? 1 : 0;
}

PV_TEXT_PART bool is_return_0(const struct pv_site *site)
{
	return site->n == PV_RETURN_0 && pv_same(site->bytes, pv_return_0, PV_RETURN_0);
}

/*
 * Who is in a call's function returns behind it, and an interrupt may return to behind a NOP: if
 * that is in the site, it is into the middle of the other version's instruction.
 */
static PV_TEXT bool can_poke(const struct pv_site *site)
{
	unsigned at = opcode_at(site);

	if (!site->n)
		return pv_insn_len(site->bytes, site->len) == site->len;
	if (is_return_0(site))
		return site->n == site->len;
	switch (site->bytes[at]) {
	case 0xe8: return site->n == at + 5 && site->n == site->len;
	case 0xe9: return site->n == at + 5;
	case 0xeb: return site->n == 2 && !at;
	case 0xc3: return site->n == 1;
	default: return false;
	}
}

PV_TEXT_PART uint32_t displacement(const uint8_t *bytes, unsigned size)
{
	return size == 1 ? (uint32_t)(int32_t)(int8_t)bytes[0] : *(const pv_word *)bytes;
}

/* Move the frame to `to`, which may overlap it, with another EIP. */
PV_TEXT_PART uint32_t *frame_move(uint32_t *to, const uint32_t *frame, uint32_t eip)
{
	uint32_t cs = frame[1], eflags = frame[2];

	to[0] = eip;
	to[1] = cs;
	to[2] = eflags;
	return to;
}

/* As if the CPU had executed what stands at the site. */
static PV_TEXT uint32_t *emulate(const struct pv_site *site, uint32_t *frame)
{
	const uint8_t *opcode = site->bytes + opcode_at(site);
	const uint32_t next = (uint32_t)site->at + site->n;
	const bool return_0 = is_return_0(site);
	uint32_t target;

	if (!site->n)
		return frame_move(frame, frame, next + site->len);
	if (*opcode == 0xc3)
		return frame_move(frame + 1, frame, frame[3]);
	target = next + displacement(opcode + 1, *opcode == 0xeb ? 1 : 4);
	if (return_0)
		target = (uint32_t)pv_return_0_called;
	if (*opcode != 0xe8 && !return_0)
		return frame_move(frame, frame, target);
	frame = frame_move(frame - 1, frame, target);
	frame[3] = next;
	return frame;
}

/* What stands at the place in a version. False: nothing that is good. */
static PV_TEXT bool stands_for(const struct pv_place *place, uint32_t version, struct pv_site *site)
{
	const struct pv_family *family = place->table->family;

	if (family->bytes(place->record, family->version[version], site) != PV_OK)
		return false;
	pv_pad(family, site);
	return can_poke(site);
}

/* A record that its own walk could take. */
static PV_TEXT bool is_good(const struct pv_place *place, struct pv_range bytes)
{
	struct pv_site site;

	(void)bytes;
	return stands_for(place, 0, &site) && stands_for(place, 1, &site);
}

static PV_TEXT bool begins_good(const struct pv_place *place, struct pv_range bytes)
{
	return place->at == bytes.first && is_good(place, bytes);
}

/* Does just that stand there by now which it stands for, but for somebody's breakpoint? */
static PV_TEXT bool is_there(const struct pv_place *place, struct pv_range bytes)
{
	struct pv_site site;

	if (place->at != bytes.first || !stands_for(place, pv_present, &site))
		return false;
	for (const struct pv_image *image = pv_images; image; image = image->next)
		if (pv_image_text(image, (uint32_t)place->at, place->len).first)
			return (*place->at == site.bytes[0] || *place->at == PV_BREAKPOINT) &&
			       pv_same(place->at + 1, site.bytes + 1, place->len - 1u);
	return false;
}

/* Among the first n changes of the commit, in records that no index leads to. */
static PV_TEXT bool find_made(unsigned n, struct pv_range bytes, pv_fits_fn *fit,
			      struct pv_place *place)
{
	for (unsigned i = 0; i < n && made_raw; i++) {
		const struct pv_change *c = &made[i];
		const struct pv_image *image;
		const struct pv_table *t = pv_table_of(c->family, c->first, &image);

		if (t && !t->index && pv_find_live_in(t, c->first, c->last, bytes, fit, place))
			return true;
	}
	return false;
}

/*
 * Without an index damage may make several records name the place. While breakpoints stand it is the
 * commit's first good one, and no walk takes another; who meets one later finds what stands there.
 */
static PV_TEXT bool find(uint32_t at, struct pv_place *place)
{
	const struct pv_range byte = {(uint8_t *)at, (uint8_t *)(at + 1)};

	return pv_find_live(byte.first, place) || find_made(made_n, byte, begins_good, place) ||
	       pv_find_live_raw(byte, is_there, place);
}

/* For a walk: not where a change before it may have set a breakpoint, of which no index tells. */
static PV_TEXT bool can_take(const struct pv_site *site)
{
	const struct pv_range bytes = {site->at, site->at + site->len};
	struct pv_place place;

	return can_poke(site) && !find_made(walked, bytes, is_good, &place);
}

PV_TEXT uint32_t *pv_breakpoint(uint32_t *frame)
{
	const uint32_t version = pv_present; /* once: this is when the site is executed */
	struct pv_place place;
	struct pv_site site;

	if (!find(frame[0] - 1, &place) || !stands_for(&place, version, &site))
		return NULL;
	return emulate(&site, frame);
}

/* A locked exchange: a plain store could be seen here, by an interrupt, before others see it. */
PV_TEXT_PART uint32_t exchange(volatile uint32_t *word, uint32_t value)
{
	asm volatile("xchg %0, %1" : "+r"(value), "+m"(*word) : : "memory");
	return value;
}

/*
 * What a later walk refuses the first one did, and counted. And the other way round: to a record that
 * is not meant a site can look like its own by now, so all that is asked is asked again.
 */
static void walk_again(const struct pv_change *change, enum pv_step step, struct pv_stats *stats)
{
	const struct pv_count total = stats->total;
	struct pv_count *row = stats->row;
	const uint32_t bytes = stats->bytes, pad = stats->pad;
	const unsigned listed = stats->listed;

	stats->row = NULL;
	stats->listed = PV_REFUSED_MAX;
	pv_walk(change, step, can_take, stats);
	stats->total = total;
	stats->row = row;
	stats->bytes = bytes;
	stats->pad = pad;
	stats->listed = listed;
}

static void walk(const struct pv_change *changes, unsigned n, enum pv_step step, uint32_t from,
		 struct pv_stats *stats)
{
	for (unsigned i = 0; i < n; i++) {
		const struct pv_change c = {changes[i].family, changes[i].first, changes[i].last,
					    changes[i].family->version[from],
					    changes[i].family->version[!from]};

		walked = i;
		if (step <= PV_BREAKPOINTS)
			known &= pv_walk(&c, step, can_take, stats);
		else if (known)
			pv_walk_known(&c, step);
		else
			walk_again(&c, step, stats);
	}
}

static void synchronize(struct pv_stats *stats)
{
	uint64_t ns = pv_host_sync_others();

	pv_host_sync_self();
	if (stats->stall_ns < ns)
		stats->stall_ns = ns;
}

/* What is no table's that was added is found by no index either. */
static bool any_raw(const struct pv_change *changes, unsigned n)
{
	const struct pv_image *image;

	while (n--) {
		const struct pv_table *t = pv_table_of(changes[n].family, changes[n].first, &image);

		if (!t || !t->index)
			return true;
	}
	return false;
}

/*
 * A site with a breakpoint of somebody else's looks as the first walk leaves its own, so it could
 * not be left as it is by those behind: all are, before anything is written.
 */
static const char *change(const struct pv_change *changes, unsigned n, struct pv_stats *stats)
{
	const uint32_t from = pv_present, refused = stats->total.refused;

	known = true;
	walk(changes, n, PV_LOOK, from, stats);
	if (stats->total.refused != refused)
		return "a breakpoint of somebody else's stands at a site";
	made = changes;
	made_raw = any_raw(changes, n);
	made_n = n;
	walk(changes, n, PV_BREAKPOINTS, from, stats);
	synchronize(stats);
	walk(changes, n, PV_BREAKPOINTS_AGAIN, from, stats); /* for TCG */
	synchronize(stats);
	exchange(&pv_present, !from);
	walk(changes, n, PV_TAILS, from, stats);
	synchronize(stats);
	walk(changes, n, PV_FIRSTS, from, stats);
	made_n = 0;
	synchronize(stats);
	walk(changes, n, PV_FIRSTS_AGAIN, from, stats); /* for TCG */
	return NULL;
}

const char *pv_live_begin(void)
{
	const char *why = pv_host_live_begin();

	if (!why)
		begun = true;
	return why;
}

void pv_live_end(void)
{
	begun = false;
	pv_host_live_end();
}

const char *pv_commit(const struct pv_change *changes, unsigned n, struct pv_stats *stats)
{
	const uint64_t start = pv_host_time();
	const char *why = begun ? NULL : "pv_live_begin() was not called";

	for (unsigned i = 0; i < n && !why; i++)
		if (!changes[i].family->version[0] || changes[i].family->groups)
			why = "not a family of live sites";
	if (!why)
		why = change(changes, n, stats);
	stats->ns += pv_host_time() - start;
	if (pv_committed)
		pv_committed(changes, n, stats, why);
	return why;
}
