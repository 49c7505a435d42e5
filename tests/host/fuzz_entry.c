// SPDX-License-Identifier: MIT
/*
 * A fuzzing target is x32 code: 64-bit code with 32-bit pointers, in which pv/ is what it is in an
 * i386 kernel, at the speed of the build machine. libFuzzer and ASan know no such ABI, so this is
 * the 64-bit program around it, at addresses below 2 GB, where ASan's shadow of low memory is.
 * It calls x32 code on a low stack, and does at the start what x32 code would have wanted of them:
 * what is a table of addresses there has words of another size here. tests/host/fuzz.mk links it.
 */
#include <sanitizer/common_interface_defs.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define INPUT_MAX   4096
#define PAGE        4096
#define STACK_BYTES (256 * PAGE)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
void __sanitizer_cov_8bit_counters_init(uint8_t *first, uint8_t *end);
void __sanitizer_cov_pcs_init(const uint64_t *first, const uint64_t *end);
void __real___asan_register_globals(uint64_t *globals, uint64_t n);
void __wrap___asan_register_globals(const uint32_t *globals, uint32_t n);

/* x32 code: fuzz_begin[] are functions to call first, by their addresses. */
void fuzz_one(uint32_t data, uint32_t size);
_Noreturn void fuzz_fail(const char *format, ...);
extern const uint32_t __start_fuzz_begin[], __stop_fuzz_begin[];
extern const uint32_t __start___sancov_pcs[], __stop___sancov_pcs[];
extern uint8_t __start___sancov_cntrs[], __stop___sancov_cntrs[];

/* Nothing that x32 code uses comes from malloc(): what libFuzzer frees may be used again at once. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0:quarantine_size_mb=1";
}

/* Called by x32 code: a variable argument is as wide in both. */
_Noreturn void fuzz_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "fuzz: must be: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

static uint64_t *widen(const uint32_t *words, size_t n)
{
	uint64_t *wide = calloc(n + 1, sizeof(*wide));

	if (!wide)
		fuzz_fail("%zu words of memory", n);
	for (size_t i = 0; i < n; i++)
		wide[i] = words[i];
	return wide;
}

/* Eight words each; of these the last but one is where in the source, a struct of x32, and the last
 * says, as -1, that other objects do not have the same. */
void __wrap___asan_register_globals(const uint32_t *globals, uint32_t n)
{
	uint64_t *wide = widen(globals, 8 * (size_t)n);

	for (uint32_t i = 0; i < n; i++) {
		wide[8 * i + 6] = 0;
		wide[8 * i + 7] = UINT64_MAX;
	}
	__real___asan_register_globals(wide, n);
}

/* Its lowest page is a guard. */
static uint8_t stack[STACK_BYTES] __attribute__((aligned(PAGE)));

/* function(a, b) on the low stack; ASan is told, so that it finds the callers of what failed. */
static void call_low(uintptr_t function, uintptr_t a, uintptr_t b)
{
	const void *bottom;
	size_t size;

	__sanitizer_start_switch_fiber(NULL, stack + PAGE, sizeof(stack) - PAGE);
	__sanitizer_finish_switch_fiber(NULL, &bottom, &size);
	asm volatile(
		"mov %%rsp, %%rbx\n\tmov %[top], %%rsp\n\tcall *%[function]\n\tmov %%rbx, %%rsp"
		: "+D"(a), "+S"(b)
		: [top] "d"(stack + sizeof(stack)), [function] "a"(function)
		: "rbx", "rcx", "r8", "r9", "r10", "r11", "cc", "memory");
	__sanitizer_start_switch_fiber(NULL, bottom, size);
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t n = (size_t)(__stop___sancov_pcs - __start___sancov_pcs);
	const uint64_t *pcs = widen(__start___sancov_pcs, n);

	(void)argc;
	(void)argv;
	if (mprotect(stack, PAGE, PROT_NONE))
		fuzz_fail("a guard page below the stack");
	for (const uint32_t *function = __start_fuzz_begin; function < __stop_fuzz_begin;
	     function++)
		call_low(*function, 0, 0);
	__sanitizer_cov_8bit_counters_init(__start___sancov_cntrs, __stop___sancov_cntrs);
	__sanitizer_cov_pcs_init(pcs, pcs + n);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t input[INPUT_MAX];

	if (size > sizeof(input))
		fuzz_fail("an input of at most %u bytes, not %zu: -max_len", INPUT_MAX, size);
	memcpy(input, data, size);
	call_low((uintptr_t)fuzz_one, (uintptr_t)input, size);
	return 0;
}
