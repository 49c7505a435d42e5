/* SPDX-License-Identifier: MIT */
/*
 * printf-style formatting. A conversion is parsed into struct spec; then each kind of value makes
 * its text, and one function pads it. Nothing is buffered but digits, so no text has a length
 * limit, and the stack use is small enough for a trap handler.
 */
#include "lib/format.h"

#include "lib/div64.h"
#include "lib/ksyms.h"
#include "lib/string.h"

#include <stdbool.h>

struct out {
	char *buf;
	size_t size;
	size_t len; /* of the whole text, what did not fit included */
};

enum length { LENGTH_INT, LENGTH_CHAR, LENGTH_SHORT, LENGTH_LONG, LENGTH_LLONG, LENGTH_SIZE };

struct spec {
	bool left, zero, plus, space, alternate;
	int width;
	int precision; /* -1: none given */
	enum length length;
};

static void put(struct out *out, char c)
{
	if (out->len < out->size) /* the last one becomes the NUL */
		out->buf[out->len] = c;
	out->len++;
}

static void put_text(struct out *out, const char *text, size_t n)
{
	while (n--)
		put(out, *text++);
}

static void put_fill(struct out *out, char c, int n)
{
	while (n-- > 0)
		put(out, c);
}

/* head and tail side by side in the field's width. */
static void put_field(struct out *out, const struct spec *spec, const char *head, size_t head_len,
		      const char *tail, size_t tail_len)
{
	int fill = spec->width - (int)(head_len + tail_len);

	if (!spec->left)
		put_fill(out, ' ', fill);
	put_text(out, head, head_len);
	put_text(out, tail, tail_len);
	if (spec->left)
		put_fill(out, ' ', fill);
}

/* Writes the digits of value so that they end before *end; returns the first. 0 has no digits. */
static char *digits_before(char *end, uint64_t value, uint32_t base, bool upper)
{
	while (value) {
		uint32_t digit;

		value = div_u64_rem(value, base, &digit);
		*--end = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[digit];
	}
	return end;
}

/* C99 7.19.6.1: a precision is the least number of digits, and makes the flag '0' void. */
static void put_number(struct out *out, const struct spec *spec, const char *prefix, uint64_t value,
		       uint32_t base, bool upper)
{
	char room[sizeof("18446744073709551615")]; /* 2^64 - 1 */
	char *end = room + sizeof(room), *first = digits_before(end, value, base, upper);
	int digits = (int)(end - first), prefix_len = (int)strlen(prefix);
	int zeros = (spec->precision < 0 ? 1 : spec->precision) - digits;

	if (spec->zero && !spec->left && spec->precision < 0 &&
	    spec->width > prefix_len + digits + zeros)
		zeros = spec->width - prefix_len - digits;
	if (zeros < 0)
		zeros = 0;

	int fill = spec->width - prefix_len - zeros - digits;

	if (!spec->left)
		put_fill(out, ' ', fill);
	put_text(out, prefix, (size_t)prefix_len);
	put_fill(out, '0', zeros);
	put_text(out, first, (size_t)digits);
	if (spec->left)
		put_fill(out, ' ', fill);
}

static void put_signed(struct out *out, const struct spec *spec, int64_t value)
{
	const char *prefix = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
	uint64_t size = (uint64_t)value;

	put_number(out, spec, prefix, value < 0 ? -size : size, 10, false);
}

static void put_hex(struct out *out, const struct spec *spec, uint64_t value, bool upper)
{
	const char *prefix = !spec->alternate || !value ? "" : upper ? "0X" : "0x";

	put_number(out, spec, prefix, value, 16, upper);
}

static void put_string(struct out *out, const struct spec *spec, const char *text)
{
	if (!text)
		text = "(null)";
	put_field(out, spec, text,
		  spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision), "",
		  0);
}

static void put_pointer(struct out *out, const struct spec *spec, uint32_t addr)
{
	char text[sizeof("0x00101234")];

	snprintf(text, sizeof(text), "0x%08x", (unsigned)addr);
	put_field(out, spec, text, strlen(text), "", 0);
}

static void put_symbol(struct out *out, const struct spec *spec, uint32_t addr)
{
	char where[sizeof("+0x01234567/0x01234567")];
	uint32_t offset, size;
	char name[KSYM_NAME];

	if (!ksym_lookup(addr, name, &offset, &size)) {
		put_pointer(out, spec, addr);
		return;
	}
	snprintf(where, sizeof(where), "+0x%x/0x%x", (unsigned)offset, (unsigned)size);
	put_field(out, spec, name, strlen(name), where, strlen(where));
}

/*
 * A pointer to a va_list, because C does not say whether a function that takes one by value moves
 * its caller's on: on i386 it does not, on others it does.
 */
struct args {
	va_list list;
};

static int64_t signed_arg(struct args *args, enum length length)
{
	switch (length) {
	case LENGTH_CHAR: return (signed char)va_arg(args->list, int);
	case LENGTH_SHORT: return (short)va_arg(args->list, int);
	case LENGTH_LONG: return va_arg(args->list, long);
	case LENGTH_LLONG: return va_arg(args->list, long long);
	case LENGTH_SIZE: return (ptrdiff_t)va_arg(args->list, size_t);
	default: return va_arg(args->list, int);
	}
}

static uint64_t unsigned_arg(struct args *args, enum length length)
{
	switch (length) {
	case LENGTH_CHAR: return (unsigned char)va_arg(args->list, unsigned);
	case LENGTH_SHORT: return (unsigned short)va_arg(args->list, unsigned);
	case LENGTH_LONG: return va_arg(args->list, unsigned long);
	case LENGTH_LLONG: return va_arg(args->list, unsigned long long);
	case LENGTH_SIZE: return va_arg(args->list, size_t);
	default: return va_arg(args->list, unsigned);
	}
}

static const char *parse_flags(const char *p, struct spec *spec)
{
	for (;; p++) {
		switch (*p) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->space = true; break;
		case '#': spec->alternate = true; break;
		default: return p;
		}
	}
}

/* A width or a precision: digits or '*'. Beyond FORMAT_MAX either way it stays there. */
static const char *parse_columns(const char *p, int *columns, struct args *args)
{
	int n = 0;

	if (*p == '*') {
		n = va_arg(args->list, int);
		p++;
	} else {
		for (; *p >= '0' && *p <= '9'; p++)
			n = n > FORMAT_MAX ? n : n * 10 + (*p - '0');
	}
	*columns = n;
	return p;
}

static const char *parse_length(const char *p, enum length *length)
{
	switch (*p) {
	case 'h': *length = p[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT; break;
	case 'l': *length = p[1] == 'l' ? LENGTH_LLONG : LENGTH_LONG; break;
	case 'z': *length = LENGTH_SIZE; break;
	default: *length = LENGTH_INT; return p;
	}
	return p + (*length == LENGTH_CHAR || *length == LENGTH_LLONG ? 2 : 1);
}

/* Parses what follows '%', up to the conversion's letter; false if a size is out of range. */
static bool parse_spec(const char **fmt, struct spec *spec, struct args *args)
{
	const char *p = parse_flags(*fmt, spec);
	bool in_range;

	p = parse_columns(p, &spec->width, args);
	in_range = spec->width >= -FORMAT_MAX && spec->width <= FORMAT_MAX;
	if (in_range && spec->width < 0) { /* only '*' can say so: it means '-' and the width */
		spec->left = true;
		spec->width = -spec->width;
	}
	spec->precision = -1;
	if (*p == '.')
		p = parse_columns(p + 1, &spec->precision, args);
	*fmt = parse_length(p, &spec->length);
	return in_range && spec->precision <= FORMAT_MAX;
}

/* One conversion. Returns the first character behind it, NULL if it is none of ours. */
static const char *convert(struct out *out, const struct spec *spec, const char *p,
			   struct args *args)
{
	char c;

	switch (*p) {
	case 'd':
	case 'i': put_signed(out, spec, signed_arg(args, spec->length)); break;
	case 'u': put_number(out, spec, "", unsigned_arg(args, spec->length), 10, false); break;
	case 'x':
	case 'X': put_hex(out, spec, unsigned_arg(args, spec->length), *p == 'X'); break;
	case 'c':
		c = (char)va_arg(args->list, int);
		put_field(out, spec, &c, 1, "", 0);
		break;
	case 's': put_string(out, spec, va_arg(args->list, const char *)); break;
	case 'p':
		if (p[1] == 'S') {
			put_symbol(out, spec, (uint32_t)(uintptr_t)va_arg(args->list, void *));
			p++;
		} else {
			put_pointer(out, spec, (uint32_t)(uintptr_t)va_arg(args->list, void *));
		}
		break;
	case '%': put(out, '%'); break;
	default: return NULL;
	}
	return p + 1;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out out = {buf, size, 0};
	struct args args;

	va_copy(args.list, ap);
	while (*fmt) {
		struct spec spec = {0};
		const char *percent = fmt, *next;

		if (*fmt++ != '%') {
			put(&out, *percent);
			continue;
		}
		next = parse_spec(&fmt, &spec, &args) ? convert(&out, &spec, fmt, &args) : NULL;
		if (!next) { /* as it stands, its letter included if it has one */
			next = *fmt ? fmt + 1 : fmt;
			put_text(&out, percent, (size_t)(next - percent));
		}
		fmt = next;
	}
	va_end(args.list);
	if (size)
		buf[out.len < size ? out.len : size - 1] = '\0';
	return (int)out.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

static uint32_t digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint32_t)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (uint32_t)(c - 'A') + 10;
	return UINT32_MAX;
}

int parse_u32(const char *s, uint32_t *out)
{
	uint32_t base = 10, value = 0;

	if (!s)
		return -1;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!*s)
		return -1;
	for (; *s; s++) {
		uint32_t digit = digit_value(*s);

		if (digit >= base || value > (UINT32_MAX - digit) / base)
			return -1;
		value = value * base + digit;
	}
	*out = value;
	return 0;
}
