/* SPDX-License-Identifier: MIT */
/*
 * crash=NAME on the command line: go wrong on purpose, to see how that is reported.
 *
 *	crash_provoke(options.crash);
 */
#ifndef KERNEL_TEST_CRASH_H
#define KERNEL_TEST_CRASH_H

/* Does not return when it knows the name; otherwise lists the names. "": does nothing. */
void crash_provoke(const char *name);

#endif
