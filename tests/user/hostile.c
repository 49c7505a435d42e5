// SPDX-License-Identifier: MIT
/*
 * Programs that mean no good, by name: instructions of hostile.h, which end them; and functions, which
 * return 0 if the kernel did all that they ask of it. Those of many attempts make a child for each.
 *
 *	hostile NAME [a number]
 */
#include "tests/user/hostile.h"
#include "tests/user/user.h"

#define EFLAGS_FIX 0x002u
#define EFLAGS_TF  0x100u
#define EFLAGS_DF  0x400u
#define EFLAGS_NT  0x4000u
#define EFLAGS_AC  0x40000u
#define EFLAGS_ID  0x200000u

#define FIRST_STUB 16 /* bytes of each of int_stubs */

static unsigned given; /* the number on the command line */

/* ---- instructions ---- */

#define FUNCTION(name, vectors, text)   \
	static void do_##name(void)     \
	{                               \
		asm volatile(text);     \
		exit(HOSTILE_SURVIVED); \
	}
HOSTILE_INSTRUCTIONS(FUNCTION)

/* ---- children ---- */

/* The status of a child that runs fn(arg); one that returns has HOSTILE_SURVIVED. */
static int in_child(void (*fn)(unsigned), unsigned arg)
{
	int status = -1, child = fork();

	if (!child) {
		fn(arg);
		exit(HOSTILE_SURVIVED);
	}
	return child > 0 && wait(&status) == child ? status : -1;
}

static bool ended_by(int status, unsigned vectors)
{
	return status >= ABI_FAULT && status < ABI_FAULT + 32 &&
	       vectors >> (status - ABI_FAULT) & 1;
}

/* ---- all interrupts ---- */

asm(".pushsection .text\n"
    ".balign 16\n"
    "int_stubs:\n"
    ".set vector, 0\n"
    ".rept 256\n"
    ".balign 16\n"
    ".byte 0xcd, vector\n"
    "ret\n"
    ".set vector, vector + 1\n"
    ".endr\n"
    ".popsection");
extern const uint8_t int_stubs[];

static void interrupt(unsigned vector)
{
	unsigned number = SYS_null;

	asm volatile("call *%1"
		     : "+a"(number)
		     : "r"(int_stubs + (size_t)FIRST_STUB * vector)
		     : "memory", "cc");
}

static int all_interrupts(void)
{
	int wrong = 0;

	for (unsigned vector = 0; vector < 256; vector++) {
		int status = in_child(interrupt, vector);

		wrong += vector == 0x80 ? status != HOSTILE_SURVIVED : !ended_by(status, GP);
	}
	return wrong;
}

/* ---- all selectors ---- */

#define LOAD(register)                                                             \
	static void load_##register(unsigned selector)                             \
	{                                                                          \
		asm volatile("mov %0, %%" #register : : "r"(selector) : "memory"); \
	}
LOAD(ds)
LOAD(es)
LOAD(fs)
LOAD(gs)
LOAD(ss)

/* What is loaded is used: ds and es are not the compiler's own any more, only for a moment. */
static void load_and_go_on(unsigned selector)
{
	asm volatile("mov %0, %%ds\n\t"
		     "mov %0, %%es\n\t"
		     "mov %0, %%fs\n\t"
		     "mov %0, %%gs\n\t"
		     "int $0x80"
		     :
		     : "r"(selector), "a"(SYS_null)
		     : "memory");
}

static void far_jump(unsigned selector)
{
	const struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) to = {0x100000, (uint16_t)selector};

	asm volatile("ljmp *%0" : : "m"(to) : "memory");
}

static void far_call(unsigned selector)
{
	const struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) to = {0x100000, (uint16_t)selector};

	asm volatile("lcall *%0" : : "m"(to) : "memory");
}

static void interrupt_return(unsigned selector)
{
	asm volatile("pushf\n\t"
		     "push %0\n\t"
		     "push $0x100000\n\t"
		     "iret"
		     :
		     : "r"(selector)
		     : "memory");
}

static void far_return(unsigned selector)
{
	asm volatile("push %0\n\t"
		     "push $0x100000\n\t"
		     "lret"
		     :
		     : "r"(selector)
		     : "memory");
}

/* Without a fault: may this ring use it at all? */
static bool is_reachable(unsigned selector)
{
	unsigned rights;
	bool is;

	asm volatile("lar %2, %0; setz %b1" : "=r"(rights), "=q"(is) : "r"(selector) : "cc");
	return is;
}

/* A selector of the program's own: its code (read-only) and its data, and one that is null. */
static bool is_code(unsigned selector)
{
	return (selector | 3) == 0x1b;
}

static bool is_data(unsigned selector)
{
	return (selector | 3) == 0x23;
}

static int try_selector(unsigned selector)
{
	static void (*const loads[])(unsigned) = {load_ds, load_es, load_fs, load_gs};
	static void (*const goes[])(unsigned) = {far_jump, far_call, interrupt_return, far_return};
	bool may = is_code(selector) || is_data(selector) || selector <= 3;
	int wrong = 0;

	for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		int status = in_child(loads[i], selector);

		/* A program in ring 3 whose ds is null gets no further than to its next access. */
		wrong += may ? status != HOSTILE_SURVIVED &&
					 !(selector <= 3 && ended_by(status, GP))
			     : !ended_by(status, GP);
	}
	wrong += (in_child(load_ss, selector) == HOSTILE_SURVIVED) != (selector == 0x23);
	for (unsigned i = 0; i < sizeof(goes) / sizeof(goes[0]); i++)
		wrong += !ended_by(in_child(goes[i], selector), PF | GP);
	wrong += may && in_child(load_and_go_on, selector) != HOSTILE_SURVIVED;
	return wrong;
}

/* Of all there are, those of both tables that have a descriptor, and the ones around them. */
static int all_selectors(void)
{
	int wrong = 0;

	for (unsigned selector = 0; selector < 0x10000; selector++)
		wrong += is_reachable(selector) != (is_code(selector) || is_data(selector));
	for (unsigned selector = 0; selector < 0x50; selector++)
		wrong += try_selector(selector);
	for (unsigned selector = 0xfff8; selector < 0x10000; selector++)
		wrong += try_selector(selector);
	return wrong < 255 ? wrong : 255;
}

/* Each of the 65536, a share of them for each number that is given: 0 to 15. */
static int every_selector(void)
{
	int wrong = 0;

	for (unsigned i = 0; i < 4096; i++)
		wrong += try_selector(given * 4096 + i);
	return wrong < 255 ? wrong : 255;
}

/* ---- flags, on the way in and back ---- */

static int int_with(unsigned flags, unsigned number, void *to, unsigned n)
{
	int result = (int)number;

	asm volatile("pushf\n\t"
		     "orl %4, (%%esp)\n\t"
		     "popf\n\t"
		     "int $0x80\n\t"
		     "push %5\n\t"
		     "popf"
		     : "+a"(result)
		     : "b"(3), "c"(to), "d"(n), "r"(flags), "i"(EFLAGS_FIX)
		     : "memory", "cc");
	return result;
}

/* As the page of calls does it, with garbage in what the kernel need not read. */
static int sysenter_with(unsigned flags, unsigned number, void *to, unsigned n)
{
	int result = (int)number;

	asm volatile("push %%ebp\n\t"
		     "push $1f\n\t"
		     "push %%ecx\n\t"
		     "push %%edx\n\t"
		     "push %%ebp\n\t"
		     "mov %%esp, %%ebp\n\t"
		     "pushf\n\t"
		     "orl %4, (%%esp)\n\t"
		     "popf\n\t"
		     "sysenter\n"
		     "1:\n\t"
		     "pop %%ebp\n\t"
		     "push %5\n\t"
		     "popf"
		     : "+a"(result)
		     : "b"(3), "c"(to), "d"(n), "r"(flags), "i"(EFLAGS_FIX)
		     : "memory", "cc");
	return result;
}

/* zero is file 3. What the kernel writes goes upwards, whatever DF was. */
static int flags_by(int (*by)(unsigned, unsigned, void *, unsigned))
{
	static const unsigned flags[] = {0,         EFLAGS_DF,
					 EFLAGS_NT, EFLAGS_AC,
					 EFLAGS_ID, EFLAGS_DF | EFLAGS_NT | EFLAGS_AC | EFLAGS_ID};
	char bytes[96];
	int wrong = open("zero") != 3;

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		for (unsigned at = 0; at < sizeof(bytes); at++)
			bytes[at] = 'x';
		wrong += by(flags[i], SYS_null, NULL, 0) != 0;
		wrong += by(flags[i], SYS_read, bytes + 32, 33) != 33;
		for (unsigned at = 0; at < sizeof(bytes); at++)
			wrong += bytes[at] != (at < 32 || at > 64 ? 'x' : 0);
		wrong += by(flags[i], 0x7fffffff, NULL, 0) != -ABI_ENOSYS;
		wrong += by(flags[i], SYS_read, (void *)0x100000, 4) != -ABI_EFAULT;
	}
	return wrong;
}

static int int_flags(void)
{
	return flags_by(int_with);
}

static int sysenter_flags(void)
{
	return flags_by(sysenter_with);
}

/* Alignment is the kernel's to ask for; where it does not, nothing happens. */
static int misaligned(void)
{
	int value;

	asm volatile("pushf\n\t"
		     "orl %1, (%%esp)\n\t"
		     "popf\n\t"
		     "mov -7(%%esp), %0\n\t"
		     "push %2\n\t"
		     "popf"
		     : "=r"(value)
		     : "i"(EFLAGS_AC), "i"(EFLAGS_FIX)
		     : "memory", "cc");
	return 0;
}

/* ---- stacks ---- */

/* A system call, and some interrupts, with the stack anywhere: 0 if it comes to the end. */
static void call_on(unsigned esp)
{
	asm volatile("mov %0, %%esp\n"
		     "1:\tdec %%ecx\n\t"
		     "jnz 1b\n\t"
		     "xor %%eax, %%eax\n\t"
		     "int $0x80\n\t"
		     "mov %%eax, %%ebx\n\t"
		     "mov $1, %%eax\n\t"
		     "int $0x80"
		     :
		     : "r"(esp), "c"(given ? given : 1)
		     : "memory");
}

static int any_stack(void)
{
	static const unsigned at[] = {0,          1,          0x100000,   0x104000,   0xbfffffff,
				      0xc0000000, 0xd0000000, 0xeffff000, 0xf0000000, 0xfffffffc};
	int wrong = 0;

	for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		wrong += in_child(call_on, at[i]) != 0;
	return wrong;
}

static unsigned deeper(volatile unsigned *above)
{
	volatile unsigned here[16];

	here[0] = *above + 1;
	return here[0] ? deeper(here) + here[0] : 0;
}

static int overflow(void)
{
	volatile unsigned n = 0;

	return (int)deeper(&n);
}

/* ---- code where there should be none ---- */

/* xor %eax, %eax; ret */
static int run_at(uint8_t *at)
{
	at[0] = 0x31, at[1] = 0xc0, at[2] = 0xc3;
	asm volatile("" : : "r"(at) : "memory");
	return ((int (*)(void))at)();
}

static int run_stack(void)
{
	uint8_t bytes[16];

	return run_at(bytes);
}

static int run_data(void)
{
	static uint8_t bytes[16];

	return run_at(bytes);
}

static int run_mapped(void)
{
	return run_at(mmap(4096, ABI_WRITE));
}

/* ---- addresses of the kernel's, which it is told ---- */

static int jump(void)
{
	asm volatile("jmp *%0" : : "r"(given) : "memory");
	return HOSTILE_SURVIVED;
}

/* The debug exception comes behind the jump, with the kernel's address, and from a program. */
static int jump_stepped(void)
{
	asm volatile("pushf\n\t"
		     "orl %1, (%%esp)\n\t"
		     "popf\n\t"
		     "jmp *%0"
		     :
		     : "r"(given), "i"(EFLAGS_TF)
		     : "memory");
	return HOSTILE_SURVIVED;
}

static int read_there(void)
{
	return *(volatile uint8_t *)given & 0;
}

static int write_there(void)
{
	*(volatile uint8_t *)given = 0;
	return HOSTILE_SURVIVED;
}

/* ---- gs, which is kept ---- */

static unsigned own_gs(void)
{
	unsigned gs;

	asm volatile("mov %%gs, %0" : "=r"(gs));
	return gs & 0xffff;
}

static int keep_gs(unsigned gs, unsigned turns)
{
	int wrong = 0;

	load_gs(gs);
	for (unsigned i = 0; i < turns; i++) {
		yield();
		wrong += own_gs() != gs;
	}
	return wrong;
}

/* Three with another one each, in turns; a child begins with its parent's. */
static int gs_kept(void)
{
	int status, wrong = 0;

	load_gs(0x1b);
	for (unsigned i = 0; i < 2; i++)
		if (!fork())
			exit(own_gs() != 0x1b || keep_gs(i ? 0x23 : 0, 50));
	wrong = keep_gs(0x20, 50);
	for (unsigned i = 0; i < 2; i++)
		wrong += wait(&status) < 0 || status;
	return wrong;
}

static int nothing(void)
{
	return 0;
}

/* ---- by name ---- */

static const struct {
	const char *name;
	int (*fn)(void);
} functions[] = {
	{"nothing", nothing},
	{"all_interrupts", all_interrupts},
	{"all_selectors", all_selectors},
	{"every_selector", every_selector},
	{"int_flags", int_flags},
	{"sysenter_flags", sysenter_flags},
	{"misaligned", misaligned},
	{"any_stack", any_stack},
	{"overflow", overflow},
	{"run_stack", run_stack},
	{"run_data", run_data},
	{"run_mapped", run_mapped},
	{"jump", jump},
	{"jump_stepped", jump_stepped},
	{"read_there", read_there},
	{"write_there", write_there},
	{"gs_kept", gs_kept},
};

#define BY_NAME(name, vectors, text) {#name, do_##name},
static const struct {
	const char *name;
	void (*fn)(void);
} instructions[] = {HOSTILE_INSTRUCTIONS(BY_NAME)};

int main(int argc, char **argv)
{
	if (argc < 2)
		return HOSTILE_SURVIVED;
	given = argc > 2 ? number(argv[2]) : 0;
	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (same(functions[i].name, argv[1]))
			return functions[i].fn();
	for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++)
		if (same(instructions[i].name, argv[1]))
			instructions[i].fn();
	say("hostile: no such attack\n");
	return HOSTILE_SURVIVED;
}
