// SPDX-License-Identifier: MIT
/*
 * Calls by lot: a few children make any call there is, by any way, with any arguments, flags and segments; some
 * write instructions and run them. The same seed makes the same calls.
 *
 *	fuzz SEED
 */
#include "tests/user/user.h"

#define CHILDREN 4
#define CALLS    150 /* of each child */
#define DEPTH    3   /* of those that are forked by lot */
#define PAGE     4096u
#define IRET     0xcfu

/* What a call begins with: raw_call() counts on the order. */
struct state {
	uint32_t eax, ebx, ecx, edx, esi, edi, flags, data, gs;
};

int raw_int(const struct state *state);
int raw_sysenter(const struct state *state);
int raw_page(const struct state *state);

/* What ebp points to is in the stack's segment, so that ds may be anything from the moment on that it is. */
#define RAW(name, enter)                                                         \
	asm(".pushsection .text\n" name ":\n\t"                                  \
	    "push %ebp; push %ebx; push %esi; push %edi\n\t"                     \
	    "mov 20(%esp), %ebp\n\t"                                             \
	    "mov 32(%ebp), %eax; mov %eax, %gs\n\t"                              \
	    "mov 28(%ebp), %eax; mov %eax, %es; mov %eax, %ds\n\t"               \
	    "mov 4(%ebp), %ebx; mov 8(%ebp), %ecx; mov 12(%ebp), %edx\n\t"       \
	    "mov 16(%ebp), %esi; mov 20(%ebp), %edi; mov (%ebp), %eax\n\t" enter \
	    "push $2; popf\n\t"                                                  \
	    "mov $0x23, %ecx; mov %ecx, %ds; mov %ecx, %es\n\t"                  \
	    "pop %edi; pop %esi; pop %ebx; pop %ebp\n\t"                         \
	    "ret\n"                                                              \
	    ".popsection")

RAW("raw_int", "push 24(%ebp); popf; int $0x80\n\t");
RAW("raw_page", "push 24(%ebp); mov $0xeffff000, %ebp; popf; call *%ebp\n\t");
RAW("raw_sysenter", "push $1f; push %ecx; push %edx; push %ebp; push 24(%ebp)\n\t"
		    "lea 4(%esp), %ebp; popf; sysenter; 1:\n\t");

static uint32_t seed;
static unsigned left, depth;
static char buffer[2 * PAGE] __attribute__((aligned(4096)));
static char *pages; /* two, the second of which goes and comes */

static uint32_t lot(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return n ? seed % n : seed;
}

static uint32_t address(void)
{
	const uint32_t there[] = {(uint32_t)buffer, (uint32_t)pages,   (uint32_t)main,
				  (uint32_t)&there, (uint32_t) "zero", (uint32_t) "hello",
				  0xefffe000,       0xeffff000};
	static const uint32_t other[] = {0,          0x1000,     0x100000,   0x1fffff,   0x200000,
					 0x400000,   0xbffff000, 0xc0000000, 0xc0400000, 0xd0000000,
					 0xf0000000, 0xfee00000, 0x80000000, 0xfffff000, 0};
	uint32_t near[] = {0, 0, 0, 1, 4, PAGE - 1, PAGE - 2, PAGE - 8, PAGE, lot(PAGE), -1u, -4u};
	uint32_t at = lot(4) ? there[lot(sizeof(there) / 4)] : other[lot(sizeof(other) / 4)];

	return at + near[lot(sizeof(near) / 4)];
}

static uint32_t any(void)
{
	static const uint32_t numbers[] = {0,  1,  2,    3,    4,    5,          6,          7,
					   15, 16, 4096, 8192, 4095, 0x7fffffff, 0x80000000, -1u};

	switch (lot(8)) {
	case 0: return lot(0);
	case 1:
	case 2:
	case 3: return numbers[lot(sizeof(numbers) / 4)];
	default: return address();
	}
}

static uint32_t any_flags(void)
{
	static const uint32_t flags[] = {0x1,   0x4,    0x10,   0x40,    0x80,    0x400,
					 0x800, 0x3000, 0x4000, 0x10000, 0x40000, 0x200000};
	uint32_t is = 0x202;

	for (unsigned n = lot(4); n; n--)
		is |= flags[lot(sizeof(flags) / 4)];
	return lot(64) ? is : is | 0x100;
}

static uint32_t any_selector(void)
{
	static const uint32_t selectors[] = {0, 1, 2, 3, 0x1b, 0x18, 0x20};

	if (lot(16))
		return 0x23;
	return lot(8) ? selectors[lot(sizeof(selectors) / 4)] : lot(0x10000);
}

/* What would only take time: the ends of all, and of a round's memory. */
static void mend(struct state *s)
{
	if (s->eax == SYS_exit && lot(16))
		s->eax = SYS_null;
	if (s->eax == SYS_sleep && lot(32))
		s->ebx %= 50;
	if (s->eax == SYS_mmap && lot(32))
		s->ebx %= 32 * PAGE, s->ecx &= 5;
	if (s->eax == SYS_read && lot(4))
		s->ebx = 3 + lot(3), s->edx %= 2 * PAGE;
}

/* Who is forked has another seed, and not as much to do. */
static void forked(void)
{
	if (++depth > DEPTH)
		exit(0);
	seed = seed * 1664525 + 1013904223 + depth;
	seed |= !seed;
	left /= 2;
}

/* The page of calls says it: it is no int. */
static void call(void)
{
	const bool has_sysenter = *(const uint8_t *)ABI_CALL != 0xcd;
	static int (*const ways[])(const struct state *) = {raw_page, raw_page, raw_int,
							    raw_sysenter};
	struct state s = {lot(SYS_CALLS + 1), any(),          any(),         any(), any(), any(),
			  any_flags(),        any_selector(), any_selector()};

	if (!lot(64))
		s.eax = lot(0);
	mend(&s);
	if (!ways[lot(has_sysenter || !lot(16) ? 4 : 3)](&s) && s.eax == SYS_fork)
		forked();
}

/*
 * In a child: bytes by lot, or some that mean more. No IRET: QEMU's lets ring 3 set VM, which nobody can
 * stand.
 */
static void run_code(void)
{
	static const uint8_t telling[] = {0x0f, 0xcd, 0x80, 0x8e, 0x9d, 0xf0, 0xea, 0xfa,
					  0xff, 0xcc, 0xf4, 0xe4, 0x0f, 0x34, 0xc3, 0x66};
	uint8_t *at = (uint8_t *)pages;

	if (fork())
		return;
	for (unsigned i = 0; i < 64; i++) {
		uint8_t byte = (uint8_t)(lot(3) ? lot(256) : telling[lot(sizeof(telling))]);

		at[i] = byte == IRET ? 0x90 : byte;
	}
	asm volatile("" : : : "memory");
	((void (*)(void))at)();
	exit(0);
}

static void pages_come_and_go(void)
{
	munmap(pages, 2 * PAGE);
	pages = mmap(2 * PAGE, lot(2) ? ABI_WRITE : ABI_WRITE | ABI_SHARED);
	if (!pages)
		exit(0);
	pages[0] = 'x';
	if (lot(2))
		munmap(pages + PAGE, PAGE);
}

static _Noreturn void child(uint32_t own_seed)
{
	seed = own_seed | !own_seed;
	for (unsigned i = 0; i < 8; i++)
		lot(0);
	pages = mmap(2 * PAGE, ABI_WRITE);
	open("zero");
	pipe((int *)(void *)buffer);
	write(((int *)(void *)buffer)[1], buffer, PAGE / 2);
	for (left = CALLS; left; left--)
		if (!lot(32))
			run_code();
		else if (!lot(16))
			pages_come_and_go();
		else
			call();
	exit(0);
}

int main(int argc, char **argv)
{
	uint32_t first = argc > 1 ? number(argv[1]) : 0;
	int status;

	if (argc < 2)
		return 1;
	for (uint32_t i = 0; i < CHILDREN; i++)
		if (!fork())
			child(first * 2654435761u + i * 40503u);
	while (wait(&status) > 0)
		;
	return 0;
}
