// SPDX-License-Identifier: MIT
/*
 * Instructions to fill sites and replacements with, and what a paravirt site holds: written down
 * here once more, so that the engine is compared with something that is not itself.
 */
#include "tests/bench/pass_field.h"

static const uint8_t pool[2][8][7] = {
	{{0},
	 {0x40},                                      /* inc %eax */
	 {0x89, 0xc0},                                /* mov %eax,%eax */
	 {0x8b, 0x45, 0x08},                          /* mov 8(%ebp),%eax */
	 {0x0f, 0xb6, 0x45, 0x08},                    /* movzbl 8(%ebp),%eax */
	 {0xb8, 0x01, 0x02, 0x03, 0x04},              /* mov $0x4030201,%eax */
	 {0xf0, 0x83, 0x44, 0x24, 0xfc, 0x00},        /* lock addl $0,-4(%esp) */
	 {0xc7, 0x45, 0xf8, 0x01, 0x02, 0x03, 0x04}}, /* movl $0x4030201,-8(%ebp) */
	{{0},
	 {0x48},                                      /* dec %eax */
	 {0x31, 0xc0},                                /* xor %eax,%eax */
	 {0x0f, 0xae, 0xf0},                          /* mfence */
	 {0xf3, 0x0f, 0xb8, 0xc0},                    /* popcnt %eax,%eax */
	 {0x05, 0x01, 0x02, 0x03, 0x04},              /* add $0x4030201,%eax */
	 {0x81, 0xc1, 0x01, 0x02, 0x03, 0x04},        /* add $0x4030201,%ecx */
	 {0xc7, 0x45, 0xfc, 0x01, 0x02, 0x03, 0x04}}, /* movl $0x4030201,-4(%ebp) */
};

void code_fill(uint8_t *at, uint32_t n, unsigned which)
{
	while (n) {
		uint32_t part = n < 7 ? n : 7;

		for (uint32_t i = 0; i < part; i++)
			at[i] = pool[which][part][i];
		at += part;
		n -= part;
	}
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Five bytes. */
void code_branch(uint8_t *at, uint8_t opcode, uint32_t target)
{
	at[0] = opcode;
	put32(at + 1, target - ((uint32_t)at + 5));
}

/* call or jmp through the slot */
void code_op_linked(uint8_t *bytes, const struct world_op *op)
{
	bytes[0] = 0xff;
	bytes[1] = op->jumps ? 0x25 : 0x15;
	put32(bytes + 2, op->slot);
}

/* A template in a site of so many bytes, with prefixes before it or nothing behind. How many bytes that are. */
static uint32_t template_put(uint8_t *bytes, const struct world_op *op, uint32_t len)
{
	uint32_t lead = op->leads ? len - op->n : 0;

	for (uint32_t i = 0; i < lead; i++)
		bytes[i] = 0x3e;
	for (uint32_t i = 0; i < op->n; i++)
		bytes[lead + i] = op->bytes[i];
	return lead + op->n;
}

void code_op_final(uint8_t *bytes, const struct world_op *op, uint32_t at)
{
	uint32_t n = op->n ? template_put(bytes, op, 6) : 0;

	if (!n && op->jumps) {
		bytes[0] = 0xe9;
		put32(bytes + 1, op->function - (at + 5));
		n = 5;
	} else if (!n && !op->empty) {
		bytes[0] = 0x2e;
		bytes[1] = 0xe8;
		put32(bytes + 2, op->function - (at + 6));
		n = 6;
	}
	engine_nops(bytes + n, 6 - n);
}

/* call or jmp of five bytes, at `at` */
static void found_branch(uint8_t *bytes, const struct world_op *op, uint32_t at, uint32_t target)
{
	bytes[0] = op->jumps ? 0xe9 : 0xe8;
	put32(bytes + 1, target - (at + 5));
}

void code_found_linked(uint8_t *bytes, const struct world_op *op, uint32_t at)
{
	found_branch(bytes, op, at, op->plain);
}

void code_found_final(uint8_t *bytes, const struct world_op *op, uint32_t at)
{
	uint32_t n = op->n && op->n <= 5 ? template_put(bytes, op, 5) : 0;

	if (!n && !op->empty) {
		found_branch(bytes, op, at, op->function);
		n = 5;
	}
	engine_nops(bytes + n, 5 - n);
}
