/* SPDX-License-Identifier: MIT */
/*
 * The keys that change all the time, for the module that comes and goes meanwhile.
 */
#ifndef TESTS_KERNEL_LIVE_STRESS_H
#define TESTS_KERNEL_LIVE_STRESS_H

#include "pv/jump_label.h"

#define STRESS_KEYS 4
extern struct static_key_false stress_keys[STRESS_KEYS];

#endif
