// SPDX-License-Identifier: MIT
/*
 * A pass: a sweep over the index of a table, in the order of the sites. Usual sites are taken by
 * the family's own short loop; whatever is not as usual, and every site of a dry run, by the
 * general path here, which says why. A table without an index is sorted a part at a time.
 *
 * From the first write to the serialization nothing but PV_TEXT runs, and no site lies in there:
 * the walk cannot meet a half-written instruction of its own. Refusals are kept and reported by
 * others, after the pass.
 *
 * Order of the checks: what the record says of itself, where it points, whose bytes those are, and
 * last whether they are what they should be.
 */
#include "pv/engine.h"
#include "pv/feature.h"
#include "pv/group.h"
#include "pv/host.h"

/* What the record says of itself, in both states. */
static PV_TEXT enum pv_why says_both(const struct pv_sweep *s, const void *record, uint32_t at,
				     struct pv_site *old_site, struct pv_site *new_site)
{
	enum pv_why why = s->family->bytes(record, s->from, old_site);

	if (!why)
		why = s->family->bytes(record, s->to, new_site);
	if (why)
		return why;
	if ((uint32_t)old_site->at != at || new_site->at != old_site->at ||
	    old_site->len != new_site->len || !old_site->len || old_site->n > old_site->len ||
	    new_site->n > old_site->len)
		return PV_WHY_LENGTH;
	pv_pad(s->family, old_site);
	pv_pad(s->family, new_site);
	return PV_OK;
}

/* Counted, listed, and as it is. */
static PV_TEXT void leave(struct pv_sweep *s, const void *record, unsigned why,
			  struct pv_site *old_site, struct pv_site *new_site)
{
	s->left = true;
	s->family->bytes(record, s->from, new_site);
	new_site->kind = why == PV_SITE_GONE ? PV_GONE : PV_KEPT;
	pv_sweep_count(s, record, old_site, new_site);
}

/* Is it such a site, or do only its bytes look like one? Who has looked before left a byte. */
static PV_TEXT enum pv_why look(const struct pv_sweep *s, uint32_t i, const struct pv_site *site)
{
	const struct pv_range text = pv_image_text(s->image, (uint32_t)site->at, site->len);

	if (text.end - site->at < (int)PV_LOOK_BYTES)
		return PV_WHY_CODE;
	if (s->behind)
		return s->behind[i] == site->at[site->len] ? PV_OK : PV_WHY_FACTS;
	return s->family->look(text, site->at) ? PV_OK : PV_WHY_CODE;
}

/*
 * Is the site as it should be, in a live change as the walk before left it? One that stays what it
 * is gets no breakpoint.
 */
PV_TEXT_PART bool stands(const struct pv_sweep *s, const struct pv_site *old_site,
			 const struct pv_site *new_site)
{
	const struct pv_site *site = s->step < PV_FIRSTS ? old_site : new_site;
	bool stopped = s->step >= PV_BREAKPOINTS_AGAIN && s->step <= PV_FIRSTS &&
		       !pv_same(old_site->bytes, new_site->bytes, new_site->len);

	if (stopped && *site->at != PV_BREAKPOINT)
		return false;
	return pv_same(site->at + stopped, site->bytes + stopped, site->len - stopped);
}

/* A breakpoint of somebody else's: a later walk would take it for one of the walk before. */
PV_TEXT_PART bool others_stop(const struct pv_site *old_site, const struct pv_site *new_site)
{
	const uint8_t *tail = old_site->at + 1;
	unsigned n = old_site->len - 1u;

	return *old_site->at == PV_BREAKPOINT &&
	       (pv_same(tail, old_site->bytes + 1, n) || pv_same(tail, new_site->bytes + 1, n));
}

static PV_TEXT void look_for_others(struct pv_sweep *s, uint32_t i, uint32_t at)
{
	const void *record = pv_sweep_record(s, i);
	struct pv_site old_site, new_site;

	if (!says_both(s, record, at, &old_site, &new_site) &&
	    !pv_sweep_place(s, at, old_site.len) && others_stop(&old_site, &new_site))
		pv_sweep_refuse(s, record, at, PV_WHY_BYTES, &old_site);
}

/*
 * Who meets a live site's breakpoint has its address only: it has to lead to this record. Without an
 * index it leads to the first good one of the commit (pv/poke.c), if no index leads elsewhere. Where
 * tables of other images are not looked at, a table with an index keeps to its own.
 */
static PV_TEXT enum pv_why find_record(const struct pv_sweep *s, const void *record,
				       const struct pv_site *site)
{
	const struct pv_image *image;
	const struct pv_table *table = pv_table_of(s->family, record, &image);
	struct pv_place place;

	if (!table)
		return PV_OK;
	if (table->index && !pv_image_range(image, (uint32_t)site->at, site->len).first)
		return PV_WHY_RANGE;
	if (!pv_find_live(site->at, &place))
		return table->index ? PV_WHY_INDEX : PV_OK;
	return place.record == record ? PV_OK : PV_WHY_OVERLAP;
}

static PV_TEXT void change_one(struct pv_sweep *s, uint32_t i, uint32_t at)
{
	const void *record = pv_sweep_record(s, i);
	struct pv_site old_site, new_site;
	unsigned why = says_both(s, record, at, &old_site, &new_site);
	const bool first = why || at != s->named;

	if (!why)
		s->named = at;
	if (!why)
		why = pv_sweep_place(s, at, old_site.len);
	if (!why && !stands(s, &old_site, &new_site))
		why = PV_WHY_BYTES;
	if (!why && s->can && !(s->can(&old_site) && s->can(&new_site)))
		why = PV_WHY_LIVE;
	if (!why && s->can)
		why = first || s->table ? find_record(s, record, &old_site) : PV_WHY_OVERLAP;
	if (!why && s->family->look)
		why = look(s, i, &old_site);
	if (why == PV_SITE_GONE || why == PV_SITE_INNER)
		leave(s, record, why, &old_site, &new_site);
	else if (why)
		pv_sweep_refuse(s, record, at, (enum pv_why)why,
				why == PV_WHY_BYTES ? &old_site : NULL);
	else
		pv_sweep_change(s, record, &old_site, &new_site);
}

/* Is there such a record, and does it name this place? Then *len is the site's. */
static PV_TEXT bool is_named(const struct pv_sweep *s, uint32_t i, unsigned *len)
{
	struct pv_site site;

	if (s->index[i].record >= s->n)
		return false;
	site.len = 0;
	s->family->bytes(pv_sweep_record(s, i), NULL, &site);
	*len = site.len;
	return (uint32_t)site.at == s->index[i].at;
}

/* Entries of one group: the same place and length, ascending records. */
static PV_TEXT uint32_t group_size(const struct pv_sweep *s, uint32_t i, unsigned len)
{
	uint32_t n = 1;
	unsigned other;

	while (i + n < s->count && s->index[i + n].at == s->index[i].at &&
	       s->index[i + n].record > s->index[i + n - 1].record && is_named(s, i + n, &other) &&
	       other == len)
		n++;
	return n;
}

/* The site of entry i, however it is. Returns how many entries that were. */
static PV_TEXT uint32_t change(struct pv_sweep *s, uint32_t i)
{
	uint32_t at = s->index[i].at, n = 1;
	unsigned len = 0;

	if (s->step == PV_LOOK) {
		if (is_named(s, i, &len))
			look_for_others(s, i, at);
	} else if (!is_named(s, i, &len)) {
		bool there = s->index[i].record < s->n;

		pv_sweep_refuse(s, there ? pv_sweep_record(s, i) : NULL, at, PV_WHY_INDEX, NULL);
	} else if (!s->family->groups) {
		change_one(s, i, at);
	} else {
		n = group_size(s, i, len);
		pv_sweep_group(s, i, n, at, len);
	}
	return n;
}

/* The loops fetch what comes later. */
static PV_TEXT void fetch_first(const struct pv_sweep *s)
{
	for (uint32_t i = 0; s->ahead && i < s->count && i < PV_AHEAD; i++)
		pv_fetch(s->index[i].at);
}

static PV_TEXT void sweep(struct pv_sweep *s, bool fast)
{
	if (fast)
		fetch_first(s);
	for (uint32_t i = 0; i < s->count;) {
		if (fast)
			i = s->family->sweep(s, i);
		if (i < s->count)
			i += change(s, i);
	}
}

/* Sorts before, in an index. */
PV_TEXT_PART bool is_before(struct pv_entry a, struct pv_entry b)
{
	return a.at < b.at || (a.at == b.at && a.record < b.record);
}

/* Entries of a table without an index, so many at a time: no table is too large, but one that has
 * to be sorted is slow. */
#define PART 256

/* Into the part's entries, in order; the last one drops out when they are too many. */
static PV_TEXT void part_insert(struct pv_entry *part, uint32_t *n, struct pv_entry entry)
{
	uint32_t k;

	if (*n == PART && !is_before(entry, part[PART - 1]))
		return;
	*n += *n < PART;
	for (k = *n - 1; k && is_before(entry, part[k - 1]); k--)
		part[k] = part[k - 1];
	part[k] = entry;
}

PV_TEXT_PART struct pv_entry entry_of(const struct pv_sweep *s, uint32_t i)
{
	struct pv_site site;

	s->family->bytes(s->records + i * s->family->record_size, NULL, &site);
	return (struct pv_entry){(uint32_t)site.at, i};
}

/* Nothing has to be sorted then: so are the records of a static key, and what assemblers leave. */
static PV_TEXT bool ascends(const struct pv_sweep *s)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct pv_entry entry = entry_of(s, i);

		if (entry.at < last)
			return false;
		last = entry.at;
	}
	return true;
}

/*
 * The next entries behind `last`, which is NULL at first: of records that ascend the next ones,
 * otherwise the lowest of all. A group is not cut.
 */
static PV_TEXT uint32_t part_collect(const struct pv_sweep *s, const struct pv_entry *last,
				     bool ascending, struct pv_entry *part)
{
	uint32_t n = 0, cut;

	for (uint32_t i = ascending && last ? last->record + 1 : 0;
	     i < s->n && !(ascending && n == PART); i++) {
		struct pv_entry entry = entry_of(s, i);

		if (!last || is_before(*last, entry))
			part_insert(part, &n, entry);
	}
	for (cut = n; n == PART && cut && part[cut - 1].at == part[n - 1].at;)
		cut--;
	return cut ? cut : n;
}

static PV_TEXT void sweep_unsorted(struct pv_sweep *s)
{
	static struct pv_entry part[PART];
	const bool ascending = ascends(s);
	struct pv_entry last;
	bool any = false;

	s->index = part;
	while ((s->count = part_collect(s, any ? &last : NULL, ascending, part)) != 0) {
		last = part[s->count - 1];
		any = true;
		sweep(s, false);
	}
}

/* A short loop wants all there is to know. */
static PV_TEXT bool is_usual(const struct pv_sweep *s)
{
	return s->family->sweep && !s->visit && s->from && (s->facts || !s->family->groups) &&
	       (s->behind || !s->family->look);
}

static PV_TEXT void run(struct pv_sweep *s, bool direct)
{
	if (!s->table)
		sweep_unsorted(s);
	else
		sweep(s, direct && is_usual(s));
}

static PV_TEXT void run_stopped(struct pv_sweep *s, bool direct)
{
	uint32_t flags = pv_host_irq_save();

	run(s, direct);
	pv_host_sync_self();
	pv_host_irq_restore(flags);
}

/* The table that was added with these records and has an index. */
static const struct pv_table *find_table(const struct pv_family *family, const void *first,
					 const void *last, struct pv_image **image)
{
	for (*image = pv_images; *image; *image = (*image)->next)
		for (const struct pv_table *t = (*image)->tables; t; t = t->next)
			if (t->family == family && t->first == first && t->last == last && t->index)
				return t;
	return NULL;
}

static struct pv_sweep begin(const struct pv_family *family, const void *first, const void *last,
			     const void *from, const void *to, struct pv_stats *stats)
{
	struct pv_sweep s = {.family = family,
			     .from = from,
			     .to = to,
			     .stats = stats,
			     .records = first,
			     .ahead = pv_host_has(X86_FEATURE_XMM)};

	for (struct pv_image *image = pv_images; image; image = image->next)
		for (struct pv_table *t = image->tables; t; t = t->next)
			t->cursor = 0;
	s.table = find_table(family, first, last, &s.image);
	s.n = pv_whole_records(family, first, last);
	if (s.table) {
		s.index = s.table->index;
		s.facts = s.table->facts;
		s.behind = s.table->behind;
		s.count = s.n;
	}
	return s;
}

void pv_apply(const struct pv_family *family, const void *first, const void *last, const void *from,
	      const void *to, enum pv_mode mode, struct pv_stats *stats)
{
	struct pv_sweep s = begin(family, first, last, from, to, stats);
	uint64_t start;

	s.mode = mode;
	if (s.records + s.n * family->record_size != last)
		pv_sweep_refuse(&s, NULL, (uint32_t)last, PV_WHY_TABLE, NULL);
	if (!family->groups)
		stats->total.sites += s.n;
	if (mode == PV_GATHERED) {
		run_stopped(&s, pv_host_text_writable());
		return;
	}
	start = pv_host_time();
	if (mode == PV_DRY) {
		run(&s, false);
	} else {
		pv_host_gather();
		run_stopped(&s, pv_host_text_writable());
		pv_host_release();
	}
	stats->ns += pv_host_time() - start;
}

bool pv_walk(const struct pv_change *c, enum pv_step step, pv_can_fn *can, struct pv_stats *stats)
{
	struct pv_sweep s = begin(c->family, c->first, c->last, c->from, c->to, stats);

	s.mode = PV_STOPPED;
	s.step = step;
	s.can = can;
	if (step != PV_LOOK)
		stats->total.sites += s.n;
	run(&s, false);
	return !s.left;
}

void pv_walk_known(const struct pv_change *c, enum pv_step step)
{
	struct pv_sweep s = begin(c->family, c->first, c->last, c->from, c->to, NULL);
	struct pv_site old_site, new_site;

	s.step = step;
	for (uint32_t i = 0; i < s.n; i++) {
		const void *record = s.records + i * c->family->record_size;

		if (!says_both(&s, record, entry_of(&s, i).at, &old_site, &new_site) &&
		    stands(&s, &old_site, &new_site) &&
		    !pv_same(old_site.bytes, new_site.bytes, new_site.len))
			pv_sweep_write(step, &new_site);
	}
}

uint32_t pv_refused(const struct pv_change *changes, unsigned n, struct pv_stats *stats)
{
	uint32_t refused = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct pv_change *c = &changes[i];

		pv_apply(c->family, c->first, c->last, c->from, c->to, PV_DRY, &stats[i]);
		refused += stats[i].total.refused;
	}
	return refused;
}

void pv_list(const struct pv_family *family, const void *first, const void *last, const void *from,
	     const void *to, pv_visit_fn *visit, void *arg)
{
	struct pv_sweep s = begin(family, first, last, from, to, NULL);

	s.mode = PV_DRY;
	s.visit = visit;
	s.arg = arg;
	run(&s, false);
}

const char *pv_why_text(enum pv_why why)
{
	static const char *const text[PV_NR_WHYS] = {
		[PV_OK] = "not refused",
		[PV_WHY_TYPE] = "no such op",
		[PV_WHY_LENGTH] = "bad length",
		[PV_WHY_CLOBBER] = "would change registers that the site keeps",
		[PV_WHY_RANGE] = "not in patchable text",
		[PV_WHY_OWN] = "in the engine's own section",
		[PV_WHY_OVERLAP] = "overlaps another site",
		[PV_WHY_BYTES] = "text is not what the record says",
		[PV_WHY_TABLE] = "not a whole number of records",
		[PV_WHY_FEATURE] = "no such CPU feature",
		[PV_WHY_SOURCE] = "its replacement is not where replacements are",
		[PV_WHY_CODE] = "not whole instructions",
		[PV_WHY_BRANCH] = "a branch that does not reach from there",
		[PV_WHY_INDEX] = "the index has another place for it",
		[PV_WHY_FACTS] = "not what was linked",
		[PV_WHY_KEY] = "its key is not where keys are",
		[PV_WHY_LIVE] = "a breakpoint cannot stand for it",
	};

	return why < PV_NR_WHYS ? text[why] : "unknown reason";
}
