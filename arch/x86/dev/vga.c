/* SPDX-License-Identifier: MIT */
/*
 * The VGA text screen. A cell is 16 bits: character, then attribute. Text memory is slow (each
 * access leaves an emulator's fast path, and a real card's bus is no faster), so the screen is kept
 * in RAM and a cell is written only when it changes; text memory is read once, to see whether it is there.
 */
#include "arch/x86/dev/vga.h"

#include "arch/x86/cpu/barrier.h"
#include "arch/x86/cpu/copy.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/mm/pages.h"
#include "lib/init.h"
#include "lib/printk.h"

#include <stdint.h>

#define COLUMNS 80
#define ROWS    25
#define CELLS   (COLUMNS * ROWS)
#define TAB     8

/* Index and data ports of a colour adapter's CRT controller, and two of its registers. */
#define CRTC_INDEX      0x3d4
#define CRTC_DATA       0x3d5
#define CRTC_CURSOR     0x0a
#define CRTC_CURSOR_OFF 0x20 /* bit 5 of CRTC_CURSOR */
#define CRTC_START      0x0c /* where text memory begins to be shown: two bytes, the higher first */
#define CRTC_CURSOR_LOW 0x0f /* lower byte of the cursor's position */

static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;
static uint16_t shadow[CELLS];
static uint32_t row, column;

static const uint8_t attributes[] = {
	[PRINTK_ERR] = 0x0c,   /* light red: the dark one is hard to read on black */
	[PRINTK_WARN] = 0x0e,  /* yellow */
	[PRINTK_INFO] = 0x07,  /* light grey */
	[PRINTK_DEBUG] = 0x08, /* dark grey */
};

static uint16_t cell(char c, uint8_t attribute)
{
	return (uint16_t)((uint8_t)c | attribute << 8);
}

static void set_cell(uint32_t i, uint16_t value)
{
	if (shadow[i] == value)
		return;
	shadow[i] = value;
	screen[i] = value;
}

static void scroll(void)
{
	for (uint32_t i = 0; i < CELLS - COLUMNS; i++)
		if (shadow[i] != shadow[i + COLUMNS])
			screen[i] = shadow[i + COLUMNS];
	copy_bytes(shadow, shadow + COLUMNS, sizeof(shadow[0]) * (CELLS - COLUMNS));
	for (uint32_t i = CELLS - COLUMNS; i < CELLS; i++)
		set_cell(i, cell(' ', attributes[PRINTK_INFO]));
}

static void new_line(void)
{
	column = 0;
	if (row + 1 < ROWS)
		row++;
	else
		scroll();
}

/* A full row wraps only when more comes, so that 80 characters and "\n" are one row. */
static void put_glyph(char c, uint8_t attribute)
{
	if (column >= COLUMNS)
		new_line();
	set_cell(row * COLUMNS + column, cell(c, attribute));
	column++;
}

static void put_tab(uint8_t attribute)
{
	do
		put_glyph(' ', attribute);
	while (column % TAB);
}

static void put(char c, uint8_t attribute)
{
	switch (c) {
	case '\n': new_line(); break;
	case '\r': column = 0; break;
	case '\t': put_tab(attribute); break;
	default: put_glyph(c >= ' ' && c <= '~' ? c : '?', attribute);
	}
}

/* The barrier: a bridge may hold stores to text memory back, and the machine may stop right after.
 */
static void vga_write(struct console *console, enum printk_level level, const char *text, size_t n)
{
	(void)console;
	while (n--)
		put(*text++, attributes[level]);
	wmb();
}

static struct console vga_console = {.name = "vga", .write = vga_write};

static bool __init text_memory_present(void)
{
	return pages_are_memory((const void *)screen, (const void *)(screen + 1));
}

static bool __init crtc_holds(uint8_t value)
{
	outb(CRTC_DATA, value);
	return inb(CRTC_DATA) == value;
}

/* QEMU without a VGA has ordinary memory at 0xb8000; only the missing controller tells. */
static bool __init crtc_present(void)
{
	uint8_t old;
	bool present;

	outb(CRTC_INDEX, CRTC_CURSOR_LOW);
	old = inb(CRTC_DATA);
	present = crtc_holds(0x5a) && crtc_holds(0xa5);
	outb(CRTC_DATA, old);
	return present;
}

static void __init hide_cursor(void)
{
	outb(CRTC_INDEX, CRTC_CURSOR);
	outb(CRTC_DATA, inb(CRTC_DATA) | CRTC_CURSOR_OFF);
}

static void __init show_from_the_start(void)
{
	for (uint8_t i = 0; i < 2; i++) {
		outb(CRTC_INDEX, CRTC_START + i);
		outb(CRTC_DATA, 0);
	}
}

static void __init clear(void)
{
	for (uint32_t i = 0; i < CELLS; i++) {
		shadow[i] = cell(' ', attributes[PRINTK_INFO]);
		screen[i] = shadow[i];
	}
	row = column = 0;
}

static bool has_screen;
static unsigned edited; /* columns of the line that is edited */

unsigned vga_columns(void)
{
	return has_screen ? COLUMNS : 0;
}

unsigned vga_rows(void)
{
	return has_screen ? ROWS : 0;
}

#define EDIT   0x0f /* white */
#define CURSOR 0x70 /* black on grey */

void vga_edit(const char *text, unsigned n, unsigned cursor)
{
	if (!has_screen)
		return;
	if (column)
		new_line();
	for (unsigned i = 0; i < COLUMNS; i++) {
		const char c = i < n && text[i] >= ' ' && text[i] <= '~' ? text[i]
			       : i < n                                   ? '?'
									 : ' ';

		set_cell(row * COLUMNS + i, cell(c, i == cursor ? CURSOR : EDIT));
	}
	edited = n < COLUMNS ? n : COLUMNS;
	wmb();
}

void vga_edit_end(bool keep)
{
	if (!has_screen)
		return;
	for (unsigned i = 0; i < COLUMNS; i++) {
		const uint8_t old = (uint8_t)shadow[row * COLUMNS + i];

		set_cell(row * COLUMNS + i,
			 cell(keep && i < edited ? (char)old : ' ',
			      keep && i < edited ? EDIT : attributes[PRINTK_INFO]));
	}
	if (keep)
		new_line();
	edited = 0;
	wmb();
}

void vga_wipe(void)
{
	if (!has_screen)
		return;
	for (unsigned i = 0; i < CELLS; i++)
		set_cell(i, cell(' ', attributes[PRINTK_INFO]));
	row = ROWS - 1;
	column = COLUMNS;
	wmb();
}

void vga_put(unsigned at_row, unsigned at_column, uint8_t attribute, const char *text)
{
	if (!has_screen || at_row >= ROWS)
		return;
	for (; *text && at_column < COLUMNS; at_column++)
		set_cell(at_row * COLUMNS + at_column, cell(*text++, attribute));
	wmb();
}

bool __init vga_console_init(void)
{
	if (!text_memory_present() || !crtc_present())
		return false;
	hide_cursor();
	show_from_the_start();
	clear();
	has_screen = true;
	console_register(&vga_console);
	return true;
}
