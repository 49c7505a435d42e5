/* SPDX-License-Identifier: MIT */
/*
 * Facts for programs: one JSON object a line on the second serial port (docs/interface.md lists
 * them). Without that port nothing happens.
 *
 *	event_begin("refused");
 *	event_text("family", "paravirt");
 *	event_address("site", at);
 *	event_end();
 */
#ifndef KERNEL_BASE_EVENT_H
#define KERNEL_BASE_EVENT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Events do not nest; who begins one while another CPU builds its own waits, with interrupts on
 * where that CPU may be gathered. A text that would make the line longer than 3 KiB is cut and ends in "...".
 * With so many members that 4 KiB do not hold them, an event "overlong" comes in its place.
 */
void event_begin(const char *name);
void event_text(const char *member, const char *value); /* escaped as JSON wants it */
void event_number(const char *member, uint64_t value);
void event_address(const char *member, uint32_t value); /* "0x00101234" */
void event_end(void);

/*
 * One that a guest has built, n bytes without the newline: a member `guest`, its number, is put behind. What
 * cannot be one is lost.
 */
void event_pass_on(unsigned guest, const char *text, size_t n);

#endif
