// SPDX-License-Identifier: MIT
#include "host/said.h"
#include "arch/x86/dev/timer.h"
#include "lib/printk.h"
#include "lib/string.h"

/* All self-tests of a guest are some 700 lines and as many events, in seconds where the machine is fast. */
#define FLOW_MAX 4096
#define FLOW_NS  10000000000ull

#define TOO_MANY_LINES  "lines are lost, as there were too many"
#define TOO_MANY_EVENTS "events are lost, as there were too many"

/* ---- how much ---- */

static void tell_lost(const struct guest *guest, uint32_t *lost, const char *what)
{
	if (*lost)
		pr_warn("guest %u: %u %s\n", guest->number, *lost, what);
	*lost = 0;
}

static bool flows(const struct guest *guest, struct guest_flow *flow, const char *what)
{
	const uint64_t now = timer_ns();

	if (!flow->n || now - flow->since > FLOW_NS) {
		tell_lost(guest, &flow->lost, what);
		flow->since = now;
		flow->n = 0;
	}
	if (flow->n == FLOW_MAX) {
		flow->lost++;
		return false;
	}
	flow->n++;
	return true;
}

/* ---- lines ---- */

/* A guest's line is one of the host's, with the guest's number. */
static void say_line(struct guest *guest)
{
	if (flows(guest, &guest->lines, TOO_MANY_LINES) &&
	    !(guest_heard && guest_heard(guest, guest->line, guest->line_n)))
		pr_info("guest %u| %.*s\n", guest->number, (int)guest->line_n, guest->line);
	guest->line_n = 0;
}

void said_say(struct guest *guest, char c)
{
	if (c == '\n') {
		say_line(guest);
		return;
	}
	if (guest->line_n == GUEST_LINE)
		say_line(guest);
	guest->line[guest->line_n++] = (c >= ' ' && c <= '~') || c == '\t' ? c : '?';
}

/* ---- events ---- */

struct reader {
	const char *at, *end;
};

static bool takes(struct reader *r, char c)
{
	const bool is = r->at < r->end && *r->at == c;

	r->at += is;
	return is;
}

static bool is_digit(char c, bool hex)
{
	return (c >= '0' && c <= '9') || (hex && ((c | 32) >= 'a' && (c | 32) <= 'f'));
}

static unsigned digits(struct reader *r, unsigned most, bool hex)
{
	unsigned n = 0;

	while (n < most && r->at < r->end && is_digit(*r->at, hex))
		r->at++, n++;
	return n;
}

static bool reads_escape(struct reader *r)
{
	if (takes(r, 'u'))
		return digits(r, 4, true) == 4;
	return r->at < r->end && strchr("\"\\/bfnrt", *r->at++) != NULL;
}

/* What is no text has become '?' before. */
static bool reads_string(struct reader *r)
{
	if (!takes(r, '"'))
		return false;
	while (r->at < r->end && *r->at != '"')
		if (*r->at++ == '\\' && !reads_escape(r))
			return false;
	return takes(r, '"');
}

static bool reads_number(struct reader *r)
{
	const bool minus = takes(r, '-');

	return takes(r, '0') || digits(r, minus ? 19 : 20, false);
}

static bool is_event(const char *text, size_t n)
{
	struct reader r = {text, text + n};

	if (!takes(&r, '{'))
		return false;
	do
		if (!reads_string(&r) || !takes(&r, ':') || !(reads_string(&r) || reads_number(&r)))
			return false;
	while (takes(&r, ','));
	return takes(&r, '}') && r.at == r.end;
}

static void tell_event(struct guest *guest)
{
	if (guest->event_n > GUEST_EVENT || !is_event(guest->event, guest->event_n))
		guest->no_events++;
	else if (flows(guest, &guest->events, TOO_MANY_EVENTS) && guest_told)
		guest_told(guest, guest->event, guest->event_n);
	guest->event_n = 0;
}

void said_tell(struct guest *guest, char c)
{
	if (c == '\n') {
		tell_event(guest);
		return;
	}
	if (guest->event_n < GUEST_EVENT)
		guest->event[guest->event_n] = c >= ' ' && c <= '~' ? c : '?';
	guest->event_n += guest->event_n <= GUEST_EVENT;
}

void said_end(struct guest *guest)
{
	if (guest->line_n)
		say_line(guest);
	tell_lost(guest, &guest->lines.lost, TOO_MANY_LINES);
	tell_lost(guest, &guest->events.lost, TOO_MANY_EVENTS);
	tell_lost(guest, &guest->no_events, "events are lost, as they are none");
}
