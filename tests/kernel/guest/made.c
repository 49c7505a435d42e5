// SPDX-License-Identifier: MIT
#include "tests/kernel/guest/made.h"
#include "arch/x86/dev/guest.h"
#include "arch/x86/dev/timer.h"
#include "host/firewall.h"
#include "host/load.h"
#include "host/run.h"
#include "kernel/base/multiboot.h"
#include "kernel/task/task.h"
#include "tests/kernel/guest/steps.h"

#define BYTES (16u << 20)

/* Of the first that is one. */
static bool find(const void **image, size_t *size)
{
	for (unsigned i = 0; i < boot_info.modules && i < MODULES_MAX - 1 && !guest_is(); i++) {
		*image = boot_module_file(i);
		*size = boot_module_size(i);
		if (guest_is_image(*image, *size) && firewall_knows(*image, *size))
			return true;
	}
	return false;
}

bool made_image(void)
{
	const void *image;
	size_t size;

	return find(&image, &size);
}

struct guest *made_guest(struct ktap *t, unsigned number, const char *cmdline)
{
	struct guest *guest = NULL;
	const void *image;
	const char *why = "there is no image";
	size_t size;

	if (find(&image, &size))
		why = guest_make(&guest, number, image, size, BYTES, true, cmdline);
	CHECK(t, !why, "a guest is made: %s", why ? why : "");
	return guest;
}

void made_live(struct guest *guest)
{
	volatile struct guest_plan *plan = steps_plan(guest);
	enum guest_state state;

	while ((state = guest_run(guest)) != GUEST_ENDED) {
		const uint64_t now = timer_ns();

		if (state == GUEST_SLEEPS && plan->asleep)
			guest->pending |= plan->asleep;
		else if (state == GUEST_SLEEPS && guest->wake_at > now)
			sched_sleep(guest->wake_at - now);
	}
}
