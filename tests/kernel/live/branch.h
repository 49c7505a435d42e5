/* SPDX-License-Identifier: MIT */
/*
 * A function that says whether a branch is taken, with the branch in it and not in its callers.
 *
 *	BRANCH(is_wanted, static_branch_unlikely(&wanted))
 */
#ifndef TESTS_KERNEL_LIVE_BRANCH_H
#define TESTS_KERNEL_LIVE_BRANCH_H

#define BRANCH(name, condition)                              \
	static __attribute__((noinline)) unsigned name(void) \
	{                                                    \
		if (condition)                               \
			return 1;                            \
		return 0;                                    \
	}

#endif
