// SPDX-License-Identifier: MIT
/*
 * The 8042: two ports, and every wait on them is bounded, since a machine may have none.
 */
#include "arch/x86/dev/ps2.h"
#include "arch/x86/cpu/io.h"

#define DATA    0x60
#define STATUS  0x64
#define COMMAND 0x64

#define STATUS_FULL  0x01 /* something to read */
#define STATUS_BUSY  0x02 /* the last byte was not taken yet */
#define STATUS_MOUSE 0x20 /* it is the mouse's */

#define CONFIG_READ      0x20
#define CONFIG_WRITE     0x60
#define CONFIG_IRQ       0x01
#define CONFIG_OFF       0x10
#define CONFIG_TRANSLATE 0x40
#define KEYBOARD_ON      0xf4
#define KEYBOARD_ACK     0xfa

#define WAIT_US 20000 /* of io_pause(); a keyboard answers within 20 ms */

static bool wait_status(uint8_t mask, uint8_t value)
{
	for (unsigned i = 0; i < WAIT_US; i++) {
		if ((inb(STATUS) & mask) == value)
			return true;
		io_pause();
	}
	return false;
}

static bool put(uint16_t port, uint8_t value)
{
	if (!wait_status(STATUS_BUSY, 0))
		return false;
	outb(port, value);
	return true;
}

static bool get(uint8_t *value)
{
	if (!wait_status(STATUS_FULL, STATUS_FULL))
		return false;
	*value = inb(DATA);
	return true;
}

static void drain(void)
{
	for (unsigned i = 0; i < 64 && inb(STATUS) & STATUS_FULL; i++)
		inb(DATA);
}

bool ps2_init(bool *set2)
{
	uint8_t config, ack;

	if (inb(STATUS) == 0xff) /* nobody drives the bus */
		return false;
	drain();
	if (!put(COMMAND, CONFIG_READ) || !get(&config))
		return false;
	config = (uint8_t)((config | CONFIG_IRQ) & ~CONFIG_OFF);
	if (!put(COMMAND, CONFIG_WRITE) || !put(DATA, config) || !put(DATA, KEYBOARD_ON))
		return false;
	for (unsigned i = 0; i < 4 && get(&ack) && ack != KEYBOARD_ACK; i++)
		;
	drain();
	*set2 = !(config & CONFIG_TRANSLATE);
	return true;
}

bool ps2_read(uint8_t *code)
{
	uint8_t status;

	for (unsigned i = 0; i < 64; i++) {
		status = inb(STATUS);
		if (status == 0xff || !(status & STATUS_FULL))
			return false;
		*code = inb(DATA);
		if (!(status & STATUS_MOUSE))
			return true;
	}
	return false;
}
