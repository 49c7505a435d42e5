/* SPDX-License-Identifier: MIT */
/*
 * Instructions by their opcodes, as words of the GNU assembler: "add. Is,Ev" is add with two operands, the source first.
 *
 *	Eb Ew Ev El	register or memory, by the ModRM byte: one byte, two, by operand size, four
 *	Gb Gw Gv	register, by the ModRM byte
 *	Zb Zv		register, by the opcode
 *	M		memory without a size
 *	Ib Iw Iv Is	immediate; Is: one byte, sign-extended
 *	Jb Jv		where a branch goes
 *	Ob Ov		memory by an address of four bytes
 *	Sw Cd Dd Rd	segment, control, debug register; general register, by the ModRM byte
 *	F		far address
 *	A A16		eax, or ax by operand size: %al is said as it is
 *	else		said as it stands
 *
 * A dot behind the name: the operand's size is said if E is memory. ~ in it: said always, by operand size.
 */
#ifndef KERNEL_SHELL_ASM_OPCODES_H
#define KERNEL_SHELL_ASM_OPCODES_H

#include <stdint.h>

/*
 * The pattern of the opcode bytes at `at` (behind all prefixes), of which *n are the opcode; the ModRM byte behind them chooses
 * some. `repeat`: its prefix f3 or f2, or 0, which chooses some, too: *repeat becomes 0 then. NULL: not one of these.
 */
const char *opcode_pattern(const uint8_t *at, unsigned *n, uint8_t *repeat);

#endif
