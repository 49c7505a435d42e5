// SPDX-License-Identifier: MIT
/*
 * The yardstick kernel (CONFIG_PARAVIRT=0): bare instructions, no table, no sites. It is measured
 * against; what its command line asks of patching is named and ignored.
 */
#include "kernel/base/cmdline.h"
#include "kernel/live/change.h"
#include "kernel/live/relink.h"
#include "kernel/live/switch.h"
#include "kernel/module/module.h"
#include "kernel/patch/patching.h"
#include "lib/init.h"
#include "lib/printk.h"

void __init patching_init(void)
{
	if (*options.pv || *options.switches || options.noreplace_paravirt ||
	    options.noinline_paravirt || options.noreplace_smp || options.all_or_nothing ||
	    *options.debug_alternative)
		pr_warn("this kernel has no sites: pv=, switch=, noreplace-paravirt, "
			"noinline-paravirt, noreplace-smp, all-or-nothing and debug-alternative "
			"are ignored\n");
}

const char *patching_backend(void)
{
	return "none (bare instructions)";
}

void __init patching_run(void)
{
}

void patching_results(void (*tell)(const char *family, const char *why))
{
	(void)tell;
}

void __init patching_events(void)
{
}

void patching_table(void)
{
	pr_info("  no table, no sites: every privileged instruction is in its place\n");
}

void patching_break(void)
{
}

void patching_init_gone(void)
{
}

void patching_damage(void)
{
}

void change_events(bool on)
{
	(void)on;
}

const char *switch_backends(const char *names)
{
	(void)names;
	return NULL;
}

const char *modules_boot(void)
{
	return NULL;
}

struct modules_now modules_now(void)
{
	return (struct modules_now){0, 0};
}

const char *modules_boot_unload(void)
{
	return NULL;
}

const char *sites_relink(bool linked)
{
	(void)linked;
	return NULL;
}
