/* SPDX-License-Identifier: MIT */
/*
 * The VGA text screen, 80 x 25 at 0xb8000, as a console: the end of the log, coloured by level.
 *
 *	if (!vga_console_init())
 *		pr_info("no VGA text memory\n");
 */
#ifndef ARCH_X86_DEV_VGA_H
#define ARCH_X86_DEV_VGA_H

#include <stdbool.h>

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

#endif
