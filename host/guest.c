// SPDX-License-Identifier: MIT
#include "host/guest.h"
#include "lib/format.h"

void (*guest_told)(const struct guest *guest, const char *line, size_t n);
bool (*guest_heard)(const struct guest *guest, const char *line, size_t n);

void guest_end(struct guest *guest, const char *format, ...)
{
	va_list args;

	if (guest->state == GUEST_ENDED)
		return;
	guest->state = GUEST_ENDED;
	va_start(args, format);
	vsnprintf(guest->why, sizeof(guest->why), format, args);
	va_end(args);
}
