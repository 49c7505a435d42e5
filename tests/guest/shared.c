// SPDX-License-Identifier: MIT
/*
 * Where hostile guests find what they share with their host: compiled for the numbers only, which the Makefile takes out of the
 * assembly as shared.inc.
 */
#include "pv/backend/guest.h"
#include <stddef.h>

extern const uint32_t GUEST_VERSION, SHARED_FLAGS, SHARED_ENTRIES, SHARED_PENDING, SHARED_CR,
	SHARED_MASKED, SHARED_BYTES;
const uint32_t GUEST_VERSION = PV_GUEST_VERSION;
const uint32_t SHARED_FLAGS = offsetof(struct pv_guest, flags);
const uint32_t SHARED_ENTRIES = offsetof(struct pv_guest, entries);
const uint32_t SHARED_PENDING = offsetof(struct pv_guest, pending);
const uint32_t SHARED_CR = offsetof(struct pv_guest, cr);
const uint32_t SHARED_MASKED = offsetof(struct pv_guest, masked);
const uint32_t SHARED_BYTES = sizeof(struct pv_guest);
