// SPDX-License-Identifier: MIT
/*
 * What modules get of those floors that know of no modules: sites' tables and keys, the log, strings.
 */
#include "arch/x86/dev/timer.h"
#include "arch/x86/trap/irq.h"
#include "lib/export.h"
#include "lib/format.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "pv/jump_label.h"
#include "pv/keyed.h"
#include "pv/paravirt.h"
#include "pv/poke.h"
#include "pv/static_call.h"

EXPORT_SYMBOL(printk);
EXPORT_SYMBOL(vprintk);
EXPORT_SYMBOL(snprintf);
EXPORT_SYMBOL(vsnprintf);
EXPORT_SYMBOL(memchr);
EXPORT_SYMBOL(memcmp);
EXPORT_SYMBOL(memcpy);
EXPORT_SYMBOL(memmove);
EXPORT_SYMBOL(memset);
EXPORT_SYMBOL(strchr);
EXPORT_SYMBOL(strcmp);
EXPORT_SYMBOL(strlcpy);
EXPORT_SYMBOL(strlen);
EXPORT_SYMBOL(strncmp);
EXPORT_SYMBOL(strnlen);

EXPORT_SYMBOL(pv_ops);
EXPORT_SYMBOL(pv_present);
EXPORT_SYMBOL(pv_keyed_commit);
EXPORT_SYMBOL(pv_static_calls);
EXPORT_SYMBOL(pv_static_keys);
EXPORT_SYMBOL(pv_static_call_set);
EXPORT_SYMBOL(__static_call_return0);
EXPORT_SYMBOL(static_key_commit);
EXPORT_SYMBOL(static_key_disable);
EXPORT_SYMBOL(static_key_enable);
EXPORT_SYMBOL(static_key_slow_dec);
EXPORT_SYMBOL(static_key_slow_inc);

EXPORT_SYMBOL(timer_ticks);
EXPORT_STATIC_CALL(timer_clock);
EXPORT_SYMBOL(irq_statistics);
