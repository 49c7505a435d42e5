// SPDX-License-Identifier: MIT
/*
 * The page tables of programs. A space has a page for itself, and its own top directory: the only one
 * without PAE, the fourth of four with it, since that has all programs' addresses; the other three
 * are the kernel's, everywhere.
 *
 *	top directory	0 .. USER_BASE (without PAE)	the kernel's entries, copied
 *			USER_BASE .. USER_END		the space's own tables
 *			USER_END ..			the kernel's entries, copied
 *
 * What the kernel changes in its entries later goes to all spaces: paging.c tells it.
 */
#include "arch/x86/mm/space.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/spinlock.h"
#include "arch/x86/mm/frames.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/mm/pte.h"
#include "arch/x86/trap/extable.h"
#include "arch/x86/trap/sysenter.h"
#include "arch/x86/trap/user.h"
#include "lib/string.h"
#include "pv/paravirt.h"

#define AREAS    64
#define CR4_SMEP 0x00100000u
#define CR4_SMAP 0x00200000u

#define PF_PRESENT 0x01u /* SDM volume 3, 4.7 */
#define PF_WRITE   0x02u
#define PF_FETCH   0x10u

struct area {
	uint32_t start, end;
	unsigned rights;
};

struct space {
	uint64_t pointers[4]; /* with PAE: what CR3 leads to, aligned */
	uint8_t *top;
	uint32_t cr3;
	struct space *next, **link; /* all spaces */
	unsigned areas;
	struct area area[AREAS]; /* in ascending order */
};
_Static_assert(sizeof(struct space) <= PAGE_SIZE, "a space has one page");

static struct space *spaces;
static void *call_page; /* USER_PAGE of all */
static DEFINE_PER_CPU(struct space *, current_space);

/* The entry of this address in a table, and in a top directory: the `shift` says how much an entry maps. */
#define IN_TABLE 12
#define IN_TOP   pte_shift
static void *entry_at(const void *table, uint32_t address, unsigned shift)
{
	const uint32_t i = address >> shift;

	return pte_at(table, pte_wide ? i % 512 : i % 1024);
}

static void *table_of(const struct space *space, uint32_t address)
{
	const void *entry = entry_at(space->top, address, IN_TOP);

	return pte_is_present(entry) ? pte_page(pte_get(entry)) : NULL;
}

/* NULL: no memory. */
static void *table_for(struct space *space, uint32_t address)
{
	void *entry = entry_at(space->top, address, IN_TOP), *table;

	if (!pte_is_present(entry)) {
		table = frame_get();
		if (!table)
			return NULL;
		pte_set(entry, (uint32_t)table | PTE_USER | PTE_WRITE | PTE_PRESENT);
	}
	return pte_page(pte_get(entry));
}

static uint64_t entry_for(const void *page, unsigned rights)
{
	uint64_t entry = (uint32_t)page | PTE_USER | PTE_PRESENT;

	if (rights & SPACE_WRITE)
		entry |= PTE_WRITE;
	if (rights & SPACE_SHARED)
		entry |= PTE_SHARED;
	if (pte_wide && !(rights & SPACE_EXEC))
		entry |= PTE_NX;
	return entry;
}

static struct area *area_at(struct space *space, uint32_t address)
{
	for (unsigned i = 0; i < space->areas; i++)
		if (address >= space->area[i].start && address < space->area[i].end)
			return &space->area[i];
	return NULL;
}

/* ---- page faults ---- */

static bool bring_page(void *entry, unsigned rights)
{
	void *page = frame_get();

	if (page)
		pte_set(entry, entry_for(page, rights));
	return page != NULL;
}

/* The entry says read-only, the area says that it may be written: it is another one's page as well. */
static bool own_page(void *entry, uint32_t address, uint64_t value, unsigned rights)
{
	void *page = pte_page(value), *mine = page;

	if (frame_is_shared(page)) {
		mine = frame_get_dirty();
		if (!mine)
			return false;
		copy_bytes(mine, page, PAGE_SIZE);
	}
	pte_set(entry, entry_for(mine, rights));
	flush_tlb_single(address);
	if (mine != page)
		frame_put(page);
	return true;
}

static bool page_comes(struct space *space, uint32_t address, bool write, unsigned rights)
{
	const void *table = table_for(space, address);
	uint64_t value;
	void *entry;

	if (!table)
		return false;
	entry = entry_at(table, address, IN_TABLE);
	if (!pte_is_present(entry))
		return bring_page(entry, rights);
	value = pte_get(entry);
	if (!write || value & PTE_WRITE) {
		flush_tlb_single(address); /* it is there: only this CPU did not know */
		return true;
	}
	return own_page(entry, address, value, rights);
}

/* Is the page there, for that? Then the fault is one that nothing here can help. */
static bool page_is_there(const struct space *space, uint32_t address, bool write)
{
	const void *table = table_of(space, address);
	uint64_t entry = table ? pte_get(entry_at(table, address, IN_TABLE)) : 0;

	return entry & PTE_PRESENT && (!write || entry & PTE_WRITE);
}

/*
 * The kernel is at a program's memory by user_copy.h's instructions only: anything else is a mistake,
 * which SMAP or SMEP has found, and would be made again and again.
 */
static bool page_fault(const struct regs *regs, uint32_t address)
{
	struct space *space = space_current();
	struct area *area = space ? area_at(space, address) : NULL;
	bool write = regs->error & PF_WRITE;

	if (!regs_of_user(regs) && !extable_knows(regs))
		return false;
	if (!area || (write && !(area->rights & SPACE_WRITE)) ||
	    (regs->error & PF_FETCH && !(area->rights & SPACE_EXEC)))
		return false;
	if (regs->error & PF_PRESENT && page_is_there(space, address, write))
		return false; /* SMAP: QEMU's IRET and far calls are at a program's stack as ring 0 */
	return page_comes(space, address, write, area->rights);
}

/* ---- spaces ---- */

/* An entry of the kernel's directories has changed. With PAE all below the last of them is shared. */
static void kernel_entry_changed(uint32_t address, uint64_t entry)
{
	if (user_owns(address) || (pte_wide && address < USER_BASE))
		return;
	for (struct space *space = spaces; space; space = space->next)
		pte_set(entry_at(space->top, address, IN_TOP), entry);
}

bool space_init(void)
{
	const void *code;
	size_t bytes;

	if (call_page)
		return true;
	if (!paging_enabled() || !frames_init())
		return false;
	call_page = frame_get();
	if (!call_page)
		return false;
	code = syscall_page_code(&bytes);
	memcpy(call_page, code, bytes);
	paging_entry_changed = kernel_entry_changed;
	user_page_fault = page_fault;
	return true;
}

void space_protect(void)
{
	uint32_t cr4 = read_cr4_safe(), more = 0;

	if (cpu_use(X86_FEATURE_SMEP))
		more |= CR4_SMEP;
	if (CONFIG_PARAVIRT && cpu_use(X86_FEATURE_SMAP)) /* STAC and CLAC are alternatives */
		more |= CR4_SMAP;
	if (more & ~cr4)
		write_cr4(cr4 | more);
}

/* The kernel's entries, and none of programs. */
static void fill_top(uint8_t *top)
{
	const uint32_t begin = (uint32_t)((uint8_t *)entry_at(top, USER_BASE, IN_TOP) - top);
	const uint32_t end = (uint32_t)((uint8_t *)entry_at(top, USER_END, IN_TOP) - top);

	copy_bytes(top, paging_top(), begin);
	fill_words(top + begin, 0, end - begin);
	copy_bytes(top + end, (const uint8_t *)paging_top() + end, PAGE_SIZE - end);
}

static void link_space(struct space *space)
{
	unsigned long flags;

	spin_lock_irqsave(&paging_lock, flags);
	fill_top(space->top);
	space->next = spaces;
	space->link = &spaces;
	if (spaces)
		spaces->link = &space->next;
	spaces = space;
	spin_unlock_irqrestore(&paging_lock, flags);
}

static void unlink_space(struct space *space)
{
	unsigned long flags;

	spin_lock_irqsave(&paging_lock, flags);
	*space->link = space->next;
	if (space->next)
		space->next->link = space->link;
	spin_unlock_irqrestore(&paging_lock, flags);
}

static struct space *new_space(void)
{
	struct space *space = frame_get();
	void *top = space ? frame_get_dirty() : NULL;

	if (!top) {
		if (space)
			frame_put(space);
		return NULL;
	}
	space->top = top;
	space->cr3 = pte_wide ? (uint32_t)space->pointers : (uint32_t)top;
	if (pte_wide) {
		memcpy(space->pointers, paging_pointers(), sizeof(space->pointers));
		space->pointers[3] = (uint32_t)top | PTE_PRESENT;
	}
	link_space(space);
	return space;
}

/* An area for it keeps others away; frames are counted. */
static bool add_call_page(struct space *space)
{
	void *table;

	if (space_map(space, USER_PAGE, USER_PAGE + PAGE_SIZE, SPACE_EXEC))
		return false;
	table = table_for(space, USER_PAGE);
	if (!table || !frame_share(call_page))
		return false;
	pte_set(entry_at(table, USER_PAGE, IN_TABLE), entry_for(call_page, SPACE_EXEC));
	return true;
}

struct space *space_create(void)
{
	struct space *space = new_space();

	if (space && !add_call_page(space)) {
		space_destroy(space);
		return NULL;
	}
	return space;
}

/* Where the next table begins that has not this address. */
static uint32_t next_table(uint32_t address)
{
	return (address | ((1u << pte_shift) - 1)) + 1;
}

/* What an entry leads to goes: a page, or a table. */
static void drop_page(void *entry)
{
	void *page;

	if (!pte_is_present(entry))
		return;
	page = pte_page(pte_get(entry));
	pte_clear(entry);
	frame_put(page);
}

/* The pages of [start, end), a table at a time. */
static void drop_pages(struct space *space, uint32_t start, uint32_t end)
{
	while (start < end) {
		void *table = table_of(space, start);
		uint32_t next = next_table(start);

		for (; table && start < end && start < next; start += PAGE_SIZE)
			drop_page(entry_at(table, start, IN_TABLE));
		start = next;
	}
}

static void drop_all(struct space *space)
{
	for (unsigned i = 0; i < space->areas; i++)
		drop_pages(space, space->area[i].start, space->area[i].end);
	for (uint32_t at = USER_BASE; at < USER_END; at = next_table(at))
		drop_page(entry_at(space->top, at, IN_TOP));
}

void space_destroy(struct space *space)
{
	unlink_space(space);
	drop_all(space);
	frame_put(space->top);
	frame_put(space);
}

/* Read-only in both, but what is shared on purpose. */
static bool share_page(void *from, void *to)
{
	uint64_t value;

	if (!pte_is_present(from))
		return true;
	value = pte_get(from);
	if (!frame_share(pte_page(value)))
		return false;
	if (value & PTE_WRITE && !(value & PTE_SHARED)) {
		value &= ~(uint64_t)PTE_WRITE;
		pte_set(from, value);
	}
	pte_set(to, value);
	return true;
}

static bool share_area(struct space *from, struct space *to, const struct area *area)
{
	for (uint32_t at = area->start; at < area->end;) {
		void *table = table_of(from, at);
		void *copy = table ? table_for(to, at) : NULL;
		uint32_t next = next_table(at);

		if (table && !copy)
			return false;
		for (; table && at < area->end && at < next; at += PAGE_SIZE)
			if (!share_page(entry_at(table, at, IN_TABLE),
					entry_at(copy, at, IN_TABLE)))
				return false;
		at = next;
	}
	return true;
}

/* A page that is shared and is not there yet has to be the same one in both. */
static bool bring_shared(struct space *space)
{
	for (unsigned i = 0; i < space->areas; i++) {
		struct area *area = &space->area[i];

		if (!(area->rights & SPACE_SHARED))
			continue;
		for (uint32_t at = area->start; at < area->end; at += PAGE_SIZE)
			if (!page_comes(space, at, false, area->rights))
				return false;
	}
	return true;
}

struct space *space_clone(struct space *space)
{
	struct space *clone = bring_shared(space) ? new_space() : NULL;
	bool done = clone != NULL;

	if (!clone)
		return NULL;
	clone->areas = space->areas;
	memcpy(clone->area, space->area, sizeof(space->area));
	for (unsigned i = 0; done && i < space->areas; i++)
		done = share_area(space, clone, &space->area[i]);
	if (space == space_current())
		flush_tlb();
	if (!done) {
		space_destroy(clone);
		return NULL;
	}
	return clone;
}

/*
 * In this order: a task that is preempted between the two has a space that the CPU is not said to have, so
 * whoever is next gets its own. In the other one, a thread of the kernel could go on in the directory
 * of a space that this task destroys meanwhile, on another CPU.
 */
void space_enter(struct space *space)
{
	write_cr3(space ? space->cr3 : paging_cr3());
	this_cpu_write(current_space, space);
}

struct space *space_current(void)
{
	return this_cpu_read(current_space);
}

/* ---- areas ---- */

static bool is_range(uint32_t start, uint32_t end)
{
	return start < end && start >= USER_BASE && end <= USER_END && start % PAGE_SIZE == 0 &&
	       end % PAGE_SIZE == 0;
}

/* The first area that ends behind this address. */
static unsigned find_area(const struct space *space, uint32_t address)
{
	unsigned i = 0;

	while (i < space->areas && space->area[i].end <= address)
		i++;
	return i;
}

static enum space_result insert(struct space *space, unsigned at, struct area area)
{
	if (space->areas == AREAS)
		return SPACE_NO_ROOM;
	memmove(&space->area[at + 1], &space->area[at], (space->areas - at) * sizeof(area));
	space->area[at] = area;
	space->areas++;
	return SPACE_OK;
}

static void remove(struct space *space, unsigned at)
{
	space->areas--;
	memmove(&space->area[at], &space->area[at + 1],
		(space->areas - at) * sizeof(space->area[0]));
}

enum space_result space_map(struct space *space, uint32_t start, uint32_t end, unsigned rights)
{
	unsigned at = find_area(space, start);

	if (!is_range(start, end) || (at < space->areas && space->area[at].start < end))
		return SPACE_BAD;
	return insert(space, at, (struct area){start, end, rights});
}

/* From the top down, over the gaps below each area. */
uint32_t space_find(const struct space *space, uint32_t below, uint32_t n)
{
	uint32_t end = below;

	for (unsigned i = space->areas; i--;) {
		const struct area *area = &space->area[i];

		if (area->end <= end && end - area->end >= n)
			break;
		if (area->start < end)
			end = area->start;
	}
	return n && end <= USER_END && end - USER_BASE >= n ? end - n : 0;
}

static void drop_range(struct space *space, uint32_t start, uint32_t end)
{
	drop_pages(space, start, end);
	if (space == space_current())
		flush_tlb();
}

/* Of the area at `at` what is not in [start, end) stays; two parts of it may. */
static enum space_result cut(struct space *space, unsigned *at, uint32_t start, uint32_t end)
{
	struct area *area = &space->area[*at], above = *area;
	enum space_result result = SPACE_OK;

	above.start = end;
	if (area->start < start && end < area->end) {
		result = insert(space, *at + 1, above);
		if (!result)
			space->area[*at].end = start;
		++*at;
	} else if (area->start < start) {
		space->area[(*at)++].end = start;
	} else if (end < area->end) {
		space->area[(*at)++].start = end;
	} else {
		remove(space, *at);
	}
	return result;
}

enum space_result space_unmap(struct space *space, uint32_t start, uint32_t end)
{
	enum space_result result = SPACE_OK;

	if (!is_range(start, end) || end > USER_PAGE)
		return SPACE_BAD;
	for (unsigned at = find_area(space, start);
	     !result && at < space->areas && space->area[at].start < end;)
		result = cut(space, &at, start, end);
	if (!result)
		drop_range(space, start, end);
	return result;
}

/* By the kernel's own address of the page. */
static uint8_t *page_to_write(struct space *space, uint32_t address)
{
	struct area *area = area_at(space, address);
	void *entry, *page;

	if (!area || !page_comes(space, address, true, area->rights | SPACE_WRITE))
		return NULL;
	entry = entry_at(table_of(space, address), address, IN_TABLE);
	page = pte_page(pte_get(entry));
	pte_set(entry, entry_for(page, area->rights));
	return page;
}

bool space_write(struct space *space, uint32_t to, const void *from, size_t n)
{
	const uint8_t *bytes = from;

	while (n) {
		uint32_t in_page = to % PAGE_SIZE;
		size_t part = PAGE_SIZE - in_page < n ? PAGE_SIZE - in_page : n;
		uint8_t *page = page_to_write(space, to);

		if (!page)
			return false;
		copy_bytes(page + in_page, bytes, part);
		to += part;
		bytes += part;
		n -= part;
	}
	return true;
}
