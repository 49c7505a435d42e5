/* SPDX-License-Identifier: MIT */
/*
 * What the engine and its families talk about: a site, what became of it, why it was refused, a
 * family of records, and a pass's result. Types only.
 */
#ifndef PV_SITE_H
#define PV_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PV_SITE_MAX    255 /* bytes in a site: a record's length is one byte */
#define PV_REFUSED_MAX 128 /* refusals that a pass remembers one by one; the rest are counted */
#define PV_SHOWN       7   /* bytes of text that a refusal remembers */

/* What became of a site. */
enum pv_kind {
	PV_KEPT,   /* left as compiled on purpose */
	PV_INLINE, /* the instructions themselves */
	PV_CALL,   /* a direct call */
	PV_JMP,    /* a direct jump */
	PV_NOP,    /* nothing but padding */
	PV_TRAP,   /* ud2: the op is missing */
	PV_GONE,   /* in text that was given up (pv_image.gone): not looked at */
	PV_NR_KINDS
};

/* Why a site was refused; PV_OK: it was not. pv_why_text() has the sentences. */
enum pv_why {
	PV_OK,
	PV_WHY_TYPE,    /* no such op */
	PV_WHY_LENGTH,  /* not a length that such a site can have */
	PV_WHY_CLOBBER, /* the new bytes change a register that the site keeps */
	PV_WHY_RANGE,   /* not in the text of any image */
	PV_WHY_OWN,     /* in the engine's own section */
	PV_WHY_OVERLAP, /* some of its bytes belong to another site */
	PV_WHY_BYTES,   /* the text is not what the record says */
	PV_WHY_TABLE,   /* the table itself: its end is not a whole number of records on */
	PV_WHY_FEATURE, /* no such CPU feature */
	PV_WHY_SOURCE,  /* the replacement is not where replacements are */
	PV_WHY_CODE,    /* the site, or its replacement, is not whole instructions */
	PV_WHY_BRANCH,  /* a relative branch that does not reach its target from the site */
	PV_WHY_INDEX,   /* the index does not name the records' sites in ascending order; of an */
			/* entry that is damaged the record named need not be the one meant */
	PV_WHY_FACTS,   /* the record, its replacement or its facts are not what was linked */
	PV_WHY_KEY,     /* its key is not where keys are */
	PV_WHY_LIVE,    /* a live site that does not hold what a breakpoint can stand for */
	PV_NR_WHYS
};

/* What stands at a site in one state: n bytes, padded to len by the engine. */
struct pv_site {
	uint8_t *at;
	uint8_t len;
	uint8_t n;
	uint8_t kind; /* enum pv_kind */
	uint8_t row;  /* which line of the family's statistics, below its `rows` */
	uint8_t bytes[PV_SITE_MAX + 1];
	const uint8_t *source; /* families with groups: where the record's bytes come from ... */
	uint8_t source_n;      /* ... and how many */
};

/*
 * A family of records. `bytes` is pure: the same record and state give the same site, and it
 * changes nothing. It lies in PV_TEXT. With state NULL it only says where: at, len, row and source;
 * that is the same in every state.
 * `linked` is the state of text as it was linked. States are what `bytes` reads, and two are the same
 * one when they have the same address: whoever asks for "as linked" passes `linked` itself.
 * `name_row` names a line of the statistics.
 *
 * pads: what `bytes` puts around its n bytes, up to len, is the padding already.
 *
 * groups: records do not hold what stood at their site; that is in facts (pv/index.h), or found by
 * decoding. Records with the same address and length are a group; the last of them whose kind is
 * not PV_KEPT gives the bytes, and no other's are ever written. Where none does, what was linked
 * stays, and, but in the state `linked`, the NOPs at its end become the CPU's own. A bad record is
 * as one that applies: when it is the last, nobody gets the site. A site counts once, and once more
 * for each bad record beside the one that decides. Records that do not apply, or that another one
 * overrides, are checked as those that do. A group has 255 records at most.
 *
 * nests: a site may lie inside one of a family with groups. While that one is not as linked, the
 * inner site is left alone and counted as PV_KEPT.
 *
 * look: what stands at a site can stand elsewhere by chance, so it is looked at, too: is it one, in
 * this text? NULL: its bytes say enough. Asked of text in any state of the family. Who
 * has looked leaves a fact (pv/facts.h).
 *
 * sums: each record has a fact, its sum, which `bytes` looks at.
 *
 * version: of a family whose sites change while CPUs run through them, its two states (pv/poke.h);
 * NULL otherwise. No groups.
 *
 * sweep: the usual sites in a short loop, or NULL; see pv/sweep.h.
 */
struct pv_sweep;
struct pv_entry;
struct pv_fact;
struct pv_range {
	uint8_t *first, *end;
};
struct pv_family {
	const char *name;
	size_t record_size; /* a multiple of 4 */
	unsigned rows;
	const char *row_is; /* "op": what a row is; with rows only */
	bool pads, groups, nests, sums;
	const void *linked;
	const void *version[2];
	enum pv_why (*bytes)(const void *record, const void *state, struct pv_site *out);
	bool (*look)(struct pv_range text, const uint8_t *at);
	const char *(*name_row)(unsigned row);
	uint32_t (*sweep)(struct pv_sweep *s, uint32_t i);
};

enum pv_mode {
	PV_DRY, /* check and count, write nothing */
	/*
	 * The other CPUs wait, in code without sites, from before the first write to the
	 * serialization; interrupts are off meanwhile. May be called with interrupts on or off, but
	 * with them off only where no other CPU can want to do the same.
	 */
	PV_STOPPED,
	/*
	 * The same, by who has made the others wait and lets them go on. Nothing with a site in it
	 * is called, and no time is measured.
	 */
	PV_GATHERED,
};

/*
 * What one walk of a live change writes (pv/poke.c), PV_LOOK nothing; a pass writes all of a site
 * at once.
 */
enum pv_step {
	PV_AT_ONCE,
	PV_LOOK,
	PV_BREAKPOINTS,
	PV_BREAKPOINTS_AGAIN,
	PV_TAILS,
	PV_FIRSTS,
	PV_FIRSTS_AGAIN
};
#define PV_BREAKPOINT 0xcc
typedef bool pv_can_fn(const struct pv_site *site); /* may it hold this? */

struct pv_count {
	uint32_t sites; /* records looked at: kind[] and refused, less one for a bad table */
	uint32_t kind[PV_NR_KINDS];
	uint32_t refused;
};

struct pv_refusal {
	const struct pv_family *family;
	const void *record; /* NULL: the table */
	const uint8_t *at;
	enum pv_why why;
	/*
	 * PV_WHY_BYTES: n bytes as they should be in `from` and as they are, the site's first; or,
	 * when those are the same, from where they differ on, skip bytes behind `at`. Otherwise n
	 * is 0.
	 */
	uint8_t n, skip, expected[PV_SHOWN], found[PV_SHOWN];
};

/* The result of a pass; all 0 before it, but for `row`: pv_stats_begin(). */
struct pv_stats {
	struct pv_count total;
	/*
	 * family->rows of them, or NULL. A refused site is in its record's; in none when there is
	 * no such row (PV_WHY_TYPE, PV_WHY_FEATURE), or the record is not the one meant.
	 */
	struct pv_count *row;
	uint32_t bytes;    /* rewritten, padding included */
	uint32_t pad;      /* of these, padding */
	uint64_t ns;       /* for the whole pass, or commit */
	uint64_t stall_ns; /* the longest that one CPU was kept from its work by a live change */
	unsigned listed;   /* entries of refusal[] in use */
	struct pv_refusal refusal[PV_REFUSED_MAX];
};

/* Refusals that are not listed are left as they are: they have 4 KiB. */
static inline void pv_stats_begin(struct pv_stats *stats, struct pv_count *row)
{
	stats->total = (struct pv_count){0};
	stats->row = row;
	stats->bytes = stats->pad = 0;
	stats->ns = stats->stall_ns = 0;
	stats->listed = 0;
}

/*
 * Called in a dry run, in the order of addresses: for each record that is refused, and for each
 * site with its record, of a group the first. When why is not PV_OK, only `at` is set.
 */
typedef void pv_visit_fn(const void *record, enum pv_why why, const struct pv_site *old_site,
			 const struct pv_site *new_site, void *arg);

#endif
