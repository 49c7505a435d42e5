/* SPDX-License-Identifier: MIT */
/*
 * Taking the tests' sites of alternatives from state to state.
 *
 *	alt_test_apply(t, 1 << 1 | 1 << 3);	// ALT_TEST_1 and ALT_TEST_3 are there, and no other
 *	CHECK_EQ(t, alt_c_132(1000), ...);
 *	alt_test_restore(t);
 */
#ifndef TESTS_KERNEL_SITES_ALTERNATIVE_H
#define TESTS_KERNEL_SITES_ALTERNATIVE_H

#include "kernel/test/ktap.h"
#include "tests/kernel/sites/alternative_sites.h"

/* Take all sites back to what the boot made of them. That none is refused is checked. */
void alt_test_restore(struct ktap *t);

/* And from there to a state: bit n of features is ALT_TEST_n. */
void alt_test_apply(struct ktap *t, uint32_t features);

/* The first record of the first site at or behind this address; NULL if there is none. */
const struct alt_instr *alt_test_find(const void *function);

/* What a record points to. */
uint8_t *alt_test_site(const struct alt_instr *record);

#endif
