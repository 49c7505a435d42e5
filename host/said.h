/* SPDX-License-Identifier: MIT */
/*
 * What a guest says and tells: its lines in the host's log, its events among the host's. Both byte by byte, as they come, and
 * only so many of each in a time: the host's console and its event port are others', too.
 */
#ifndef HOST_SAID_H
#define HOST_SAID_H

#include "host/guest.h"

/* A line ends by '\n', or when it is too long. What is no text is shown as '?'. */
void said_say(struct guest *guest, char c);

/*
 * An event is a line: one flat JSON object with strings and numbers, as event.c makes them. What is longer than GUEST_EVENT or
 * no such object is counted as lost.
 */
void said_tell(struct guest *guest, char c);

/* The guest has ended: what is left of a line, and how much was lost. */
void said_end(struct guest *guest);

#endif
