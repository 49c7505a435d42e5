/* SPDX-License-Identifier: MIT */
/*
 * The VGA text screen, 80 x 25 at 0xb8000, as a console: the end of the log, coloured by level; or, in its place, a
 * picture.
 *
 *	if (!vga_console_init())
 *		pr_info("no VGA text memory\n");
 *	...
 *	vga_wipe();
 *	vga_put(0, 0, VGA_WHITE | VGA_ON(VGA_BLUE), "\xdb what stands here");
 */
#ifndef ARCH_X86_DEV_VGA_H
#define ARCH_X86_DEV_VGA_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Clears the screen, hides the hardware cursor and registers the console. False, and nothing
 * registered, if 0xb8000 or the CRT controller does not hold what is written there. Expects the
 * text mode that firmware leaves, and its memory mapped at its physical address.
 */
bool vga_console_init(void);

/* Columns of the screen, and rows; 0 without one. */
unsigned vga_columns(void);
unsigned vga_rows(void);

/*
 * A line that is being edited, in the row where the log goes on: n characters from column 0 on, of which the one at
 * `cursor` (at most n) is shown as the cursor. It is drawn anew by the next call; and becomes part of the log, or is
 * wiped out, by the last one. Nothing without a screen.
 */
void vga_edit(const char *text, unsigned n, unsigned cursor);
void vga_edit_end(bool keep);

/* An attribute is a character's colour, and what it stands on: the first eight only, the rest would blink. */
enum vga_colour {
	VGA_BLACK,
	VGA_BLUE,
	VGA_GREEN,
	VGA_CYAN,
	VGA_RED,
	VGA_MAGENTA,
	VGA_BROWN,
	VGA_GREY,
	VGA_DARK_GREY,
	VGA_LIGHT_BLUE,
	VGA_LIGHT_GREEN,
	VGA_LIGHT_CYAN,
	VGA_LIGHT_RED,
	VGA_LIGHT_MAGENTA,
	VGA_YELLOW,
	VGA_WHITE
};
#define VGA_ON(colour) ((colour) << 4)

/*
 * A picture: all of the screen is blank, then text stands where it is put, a cell for each character of code page 437. What
 * is beyond the row's end is left out. The log, if it goes on, pushes the picture up. Nobody prints meanwhile. Nothing
 * without a screen.
 */
void vga_wipe(void);
void vga_put(unsigned row, unsigned column, uint8_t attribute, const char *text);

#endif
