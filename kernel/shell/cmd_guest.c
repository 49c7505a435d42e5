// SPDX-License-Identifier: MIT
/*
 * Guests: started, watched, stopped. What a guest says are lines of the log, `guest N| ...`, at any time.
 */
#include "kernel/guest/boot.h"
#include "kernel/shell/commands.h"
#include "kernel/shell/term/out.h"
#include "lib/format.h"
#include "lib/string.h"

#define LINE      512 /* of a guest's command line */
#define LOOK_MS   20
#define STOP_LOOK 250 /* times */

/* Those that have ended since somebody asked. */
static void bury_all(void)
{
	for (unsigned number = 1; number <= GUESTS_MAX; number++)
		if (guest_name(number) && guest_is_over(number))
			guest_bury(number);
}

static void say_image(const char *name, void *arg)
{
	(void)arg;
	say("  %-16s brought by the boot loader\n", name);
}

static bool list(void)
{
	bury_all();
	for (unsigned number = 1; number <= GUESTS_MAX; number++)
		if (guest_name(number))
			say("  guest %u: %s runs\n", number, guest_name(number));
	guest_each_image(say_image, NULL);
	return true;
}

static bool start(unsigned n, char **words)
{
	char cmdline[LINE] = "";
	unsigned number;
	const char *why;

	bury_all();
	for (unsigned i = 3; i < n; i++) {
		strlcpy(cmdline + strlen(cmdline), words[i], sizeof(cmdline) - strlen(cmdline));
		strlcpy(cmdline + strlen(cmdline), i + 1 < n ? " " : "",
			sizeof(cmdline) - strlen(cmdline));
	}
	why = guest_start(n > 2 ? words[2] : NULL, n > 3 ? cmdline : NULL, &number);
	return why ? fail("guest: not started: %s", why) : true;
}

/* The guest that is meant: by its number, or the first one. 0: there is none, which was said. */
static unsigned meant(unsigned n, char **words)
{
	uint32_t number = 1;

	if (n > 2 && (parse_u32(words[2], &number) || !guest_name(number))) {
		fail("guest: there is none of number %s", words[2]);
		return 0;
	}
	while (number <= GUESTS_MAX && !guest_name(number))
		number++;
	if (number > GUESTS_MAX)
		fail("guest: there is none");
	return number > GUESTS_MAX ? 0 : number;
}

static bool stop(unsigned number)
{
	guest_stop(number);
	for (unsigned i = 0; i < STOP_LOOK && !guest_is_over(number); i++)
		if (!shell_wait(LOOK_MS))
			return false;
	if (!guest_is_over(number))
		return fail("guest: %u does not end", number);
	guest_bury(number);
	return true;
}

/* Until it ends, or no more is wanted: it goes on then. */
static bool console(unsigned number)
{
	out_no_pages();
	while (!guest_is_over(number))
		if (!shell_wait(LOOK_MS))
			return true;
	return guest_bury(number) ? true : fail("guest: %u did not pass", number);
}

bool cmd_guest(unsigned n, char **words)
{
	unsigned number;

	if (n == 1)
		return list();
	if (!strcmp(words[1], "start"))
		return start(n, words);
	if (strcmp(words[1], "stop") && strcmp(words[1], "console"))
		return fail("guest: start, stop or console");
	number = meant(n, words);
	if (!number)
		return false;
	return !strcmp(words[1], "stop") ? stop(number) : console(number);
}

static void offer_name(const char *name, void *arg)
{
	completion_offer(arg, name);
}

void offer_guest(struct completion *c)
{
	completion_offer(c, "start");
	completion_offer(c, "stop");
	completion_offer(c, "console");
	guest_each_image(offer_name, c);
}
