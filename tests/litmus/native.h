/* SPDX-License-Identifier: MIT */
/*
 * The parts of the program: signals.c is litmus_try(), said.c is printk() and the events.
 */
#ifndef TESTS_LITMUS_NATIVE_H
#define TESTS_LITMUS_NATIVE_H

#include <stdbool.h>

/* Exceptions become what litmus_try() returns. Before any thread is there. */
void signals_init(void);

/* Where events go, a line each; NULL: nowhere. False: no such file can be written. */
bool events_open(const char *path);

#endif
