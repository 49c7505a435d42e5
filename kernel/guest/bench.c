// SPDX-License-Identifier: MIT
/*
 * bench on the command line of a host: what a world switch costs, from the host's C into a guest, of which one instruction is
 * executed, and back. The guest is made of the boot loader's first module, if that is an image, and runs two instructions
 * of it only. As the event:
 *
 *	world	tsc	the least of some
 */
#include "arch/x86/cpu/cpu.h"
#include "host/run.h"
#include "host/world.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/event.h"
#include "kernel/base/multiboot.h"
#include "kernel/base/run.h"
#include "kernel/guest/images.h"
#include "lib/printk.h"
#include "pv/backend/guest.h"
#include "pv/native.h"

#define TRIES        16
#define GUEST_MEMORY (16u << 20)
#define NO_NUMBER    0xffffffff /* of a hypercall */

void bench_world(
	void); /* arch/x86/trap/bench_guest.asm; it is where it was linked, in the guest, too */

/* One turn; false: something else came. */
static bool turn(struct guest *guest, uint64_t *took)
{
	uint32_t cr2;
	uint64_t start;

	guest->regs.eip = (uint32_t)bench_world;
	start = native_read_tsc();
	world_run(guest, &cr2);
	*took = native_read_tsc() - start;
	return guest->regs.vector == PV_HYPERCALL_VECTOR;
}

static uint64_t least_turn(struct guest *guest)
{
	uint64_t least = ~0ull, took;

	for (unsigned i = 0; i < TRIES; i++)
		if (turn(guest, &took) && took < least)
			least = took;
	return least;
}

static uint64_t nothing_costs(void)
{
	const uint64_t start = native_read_tsc();

	return native_read_tsc() - start;
}

static const char *measure(const void *image, size_t size)
{
	struct guest *guest;
	const char *why = guest_make(&guest, 0, image, size, GUEST_MEMORY, true, "");

	if (why)
		return why;
	guest->regs.eip = (uint32_t)bench_world;
	guest->regs.eax = NO_NUMBER;
	guest_run(guest); /* brings the pages */
	if (guest->state == GUEST_RUNS) {
		event_begin("world");
		event_number("tsc", least_turn(guest) - nothing_costs());
		event_end();
	} else {
		why = "the guest did not run";
	}
	guest_destroy(guest);
	return why;
}

static void bench_worlds(void)
{
	const char *why;

	if (!options.bench || !cpu_has(X86_FEATURE_TSC) || !guest_image(0))
		return;
	why = measure(boot_module_file(0), boot_module_size(0));
	if (why)
		pr_warn("bench: there is no guest to switch to: %s\n", why);
}
RUN(RUN_MEASURE, "bench", bench_worlds);
