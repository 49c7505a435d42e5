// SPDX-License-Identifier: MIT
/*
 * The loader's information itself needs no reserve: what counts of it was copied.
 */
#include "kernel/memory.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/mm/pages.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/panic.h"
#include "kernel/base/multiboot.h"
#include "kernel/patch/patching.h"
#include "lib/init.h"
#include "lib/printk.h"

/*
 * The stacks are the image's end, where memory may end before, and nothing was loaded there that
 * would be missed at once. Their guards are nobody's: nothing else of the image is written to.
 */
static void __init check_image(void)
{
	extern uint8_t _image[], _image_end[];
	const uint8_t *guard;

	for (unsigned i = 0; (guard = smp_stack_guard(i)); i++)
		if (!pages_are_memory(guard, guard + PAGE_SIZE))
			panic("memory: the kernel needs %08x to %08x, and not all of that is there",
			      (uint32_t)_image, (uint32_t)_image_end);
}

void __init memory_init(void)
{
	check_image();
	for (unsigned i = 0; i < boot_info.ranges; i++)
		pages_add(boot_info.memory[i].base, boot_info.memory[i].length);
	for (unsigned i = 0; i < boot_info.modules; i++)
		pages_reserve(boot_info.module[i].base, boot_info.module[i].length);
	if (!pages_available())
		pr_warn("memory: none is known to be free\n");
}

/* Returns how many KiB that were. */
static unsigned give_up(uint8_t *start, uint8_t *end)
{
	uint32_t bytes = (uint32_t)(end - start);

	if (bytes) {
		paging_set_data(start, bytes);
		pages_free(start, bytes / PAGE_SIZE);
	}
	return bytes / 1024;
}

void init_free(void)
{
	extern uint8_t _init_text[], _init_text_end[], _init_data[], _init_data_end[];
	unsigned text, data;

	patching_init_gone();
	text = guest_free_text(_init_text, _init_text_end) ? give_up(_init_text, _init_text_end)
							   : 0;
	data = give_up(_init_data, _init_data_end);
	pr_info("  given up  %u KiB of init text, %u KiB of init data; %u MiB are free\n", text,
		data, pages_available() / (1024 * 1024 / PAGE_SIZE));
}
