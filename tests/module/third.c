// SPDX-License-Identifier: MIT
#include "tests/module/keys.h"

USES_KEYS(third_keys)
