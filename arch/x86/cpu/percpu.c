// SPDX-License-Identifier: MIT
/*
 * What each CPU knows of itself from the start.
 */
#include "arch/x86/cpu/percpu.h"

DEFINE_PER_CPU(uint32_t, cpu_number);
