/* SPDX-License-Identifier: MIT */
/*
 * A displacement of 8 bits cannot reach a place that was not near before, so it cannot be moved. One of
 * 16 bits cuts the address: the kernel's decoder takes none.
 */
#include "family/move.h"
#include "read/bytes.h"

#include <string.h>

bool move_leaves(const struct insn *insn, uint32_t from, size_t n)
{
	return insn->has_target && insn->target - from > n;
}

const char *move_code(const uint8_t *bytes, size_t n, uint32_t from, uint32_t to, uint8_t *out)
{
	struct insn insn;

	memcpy(out, bytes, n);
	for (uint32_t at = 0; at < n; at += insn.len) {
		if (!insn_decode(from + at, bytes + at, n - at, &insn))
			return "is not whole instructions";
		if (!insn.known)
			return "has an instruction that the kernel cannot measure";
		if (!insn.rel_size || !move_leaves(&insn, from, n))
			continue;
		if (insn.rel_size != 4)
			return "has a short branch that leaves it";
		bytes_put32(out + at + insn.rel_at, insn.target - (to + at + insn.len));
	}
	return NULL;
}
