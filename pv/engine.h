/* SPDX-License-Identifier: MIT */
/*
 * The engine: every change to kernel text goes through it. A family says what stands at a site in a
 * state; the engine walks the records, checks, pads, writes, makes the CPU see it, and counts:
 *
 *	old = bytes(record, from)	new = bytes(record, to)
 *	text at the site == old ?  write new  :  refuse, say why, count
 *
 * Use:
 *
 *	pv_image_add(&kernel_image);
 *	pv_apply(&paravirt_family, first, last, paravirt_linked(), &state, PV_STOPPED, &stats);
 *	... stats.total, stats.refusal[0 .. stats.listed - 1]
 *
 * Undoing is the same call with the states exchanged. A site that is refused stays as it is.
 */
#ifndef PV_ENGINE_H
#define PV_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PV_SITE_MAX    255 /* bytes in a site: a record's length is one byte */
#define PV_REFUSED_MAX 128 /* refusals that a pass remembers one by one; the rest are counted */

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
};

/*
 * A family of records. `bytes` is pure: the same record and state give the same site, and it
 * changes nothing. It lies in PV_TEXT. `linked` is the state of text as it was linked: leaving it
 * takes the site's bytes into possession, going back gives them up. `name_row` names a line of the
 * statistics.
 *
 * pads: what `bytes` puts behind its n bytes, up to len, is the padding already.
 *
 * groups: records do not hold what stood at their site, so there is nothing to compare with and no
 * way back: `from` and `linked` are NULL. Records with the same address and length are a group; the
 * last of them whose kind is not PV_KEPT gives the bytes, and no other's are ever written. Where
 * none does, what was linked stays, and the NOPs at its end become the CPU's own. The text must be
 * whole instructions. With state NULL, `bytes` only says where: at and len, and the row.
 * A bad record is as one that applies: when it is the last, nobody gets the site. Of groups that
 * overlap, the one whose last record is later has the bytes. A site counts once, and once more
 * for each bad record beside the one that decides; not whole instructions, it is refused with its
 * last record.
 *
 * nests: a site may lie inside one of a family with groups. While that one is not as linked, the
 * inner site is left alone and counted as PV_KEPT.
 */
struct pv_family {
	const char *name;
	size_t record_size;
	unsigned rows;
	const char *row_is; /* "op": what a row is; with rows only */
	bool pads, groups, nests;
	const void *linked;
	enum pv_why (*bytes)(const void *record, const void *state, struct pv_site *out);
	const char *(*name_row)(unsigned row);
};

/*
 * Text that may be patched: the kernel's, later a module's. The maps have two bits for each byte of
 * text (PV_MAP_SIZE bytes each), all 0 at first: `map` says which bytes belong to a site that is
 * not as linked, `scratch` is the same for a dry run and for a pass from one patched state to
 * another. `own` is the engine's section, where no site may lie. `gone` is a part of the text whose
 * memory was given up (both NULL: none): sites there are counted, and not touched or read any more.
 */
struct pv_image {
	const char *name;
	uint8_t *text, *text_end;
	uint8_t *own, *own_end;
	uint8_t *map, *scratch;
	uint8_t *gone, *gone_end;
	struct pv_image *next;
};
#define PV_MAP_SIZE(text_bytes) (2 * (((text_bytes) + 7) / 8))

enum pv_mode {
	PV_DRY, /* check and count, write nothing */
	/*
	 * The other CPUs wait, in code without sites, from before the first write to the
	 * serialization; interrupts are off meanwhile. May be called with interrupts on or off, but
	 * with them off only where no other CPU can want to do the same.
	 */
	PV_STOPPED,
};

struct pv_count {
	uint32_t sites; /* records looked at: kind[] and refused, less one for a bad table */
	uint32_t kind[PV_NR_KINDS];
	uint32_t refused;
};

struct pv_refusal {
	const void *record; /* NULL: the table */
	const uint8_t *at;
	enum pv_why why;
};

/* The result of a pass; all 0 before it, but for `row`. */
struct pv_stats {
	struct pv_count total;
	struct pv_count *row; /* family->rows of them, or NULL */
	uint32_t bytes;       /* rewritten, padding included */
	uint32_t pad;         /* of these, padding */
	uint64_t ns;          /* for the whole pass */
	unsigned listed;      /* entries of refusal[] in use */
	struct pv_refusal refusal[PV_REFUSED_MAX];
};

void pv_image_add(struct pv_image *image);

/*
 * Take the sites of the records [first, last) from one state to another. Statistics are added to
 * *stats. Everything is checked: a bad record, or a bad table, is a refusal and costs nothing else.
 * When `from` is not the state that the sites are in, they are all refused (PV_WHY_BYTES, or
 * PV_WHY_OVERLAP when they are not as linked and `from` is). A record that was refused on the way
 * to a state may be taken on the way back, if it names a site of another record and both have the
 * same bytes in that state: the map knows sites, not records. No two records of a good table do.
 */
void pv_apply(const struct pv_family *family, const void *first, const void *last, const void *from,
	      const void *to, enum pv_mode mode, struct pv_stats *stats);

/*
 * Called for each record of a dry run, in the table's order. When why is not PV_OK, old and new are
 * not set. With groups: for each record that is refused, and for each site with its first record.
 */
typedef void pv_visit_fn(const void *record, enum pv_why why, const struct pv_site *old_site,
			 const struct pv_site *new_site, void *arg);

/* The same walk with nothing written, for listing what pv_apply() would do now. */
void pv_list(const struct pv_family *family, const void *first, const void *last, const void *from,
	     const void *to, pv_visit_fn *visit, void *arg);

const char *pv_why_text(enum pv_why why);

/* Is this byte of text part of a site that is not as linked? */
bool pv_owned(const uint8_t *at);

#endif
