// SPDX-License-Identifier: MIT
/* See firmware.h. Nothing here depends on the machine: tests/host/ runs it on made-up memory. */
#include "arch/x86/smp/firmware.h"
#include "lib/printk.h"
#include "lib/string.h"

#define STEP          16u
#define LAPIC_DEFAULT 0xfee00000u
#define PAGE_SIZE     4096u
#define BROADCAST     255u /* as a destination, all of them: no CPU's own (SDM volume 3, 10.6.2.1) */

const void *firmware_at(const struct firmware *memory, uint32_t address, uint32_t n)
{
	if (!n || n - 1 > 0xffffffff - address)
		return NULL;
	return memory->at(address, n);
}

uint8_t firmware_sum(const void *bytes, uint32_t n)
{
	const uint8_t *byte = bytes;
	uint8_t sum = 0;

	while (n--)
		sum += *byte++;
	return sum;
}

uint32_t firmware_scan(const struct firmware *memory, const struct firmware_anchor *anchor,
		       uint32_t from, uint32_t bytes)
{
	size_t length = strlen(anchor->signature);
	unsigned wrong = 0;
	uint32_t found = 0, where = 0;

	for (uint32_t at = 0; !found && bytes >= anchor->n && at <= bytes - anchor->n; at += STEP) {
		const void *here = firmware_at(memory, from + at, anchor->n);

		if (!here || memcmp(here, anchor->signature, length))
			continue;
		if (!firmware_sum(here, anchor->n))
			found = from + at;
		else if (!wrong++)
			where = from + at;
	}
	if (wrong)
		pr_warn("firmware: '%s' at %08x has a wrong checksum (%u of that kind): not used\n",
			anchor->signature, where, wrong);
	return found;
}

void cpu_list_begin(struct cpu_list *list, struct cpus_found *found)
{
	memset(list, 0, sizeof(*list));
	list->found = found;
	found->n = 1;
	found->more = 0;
	found->source = NULL;
	found->lapic = LAPIC_DEFAULT;
	found->imcr = false;
}

static bool seen_before(struct cpu_list *list, uint32_t apic_id)
{
	uint32_t bit = 1u << apic_id % 32, *word = &list->seen[apic_id / 32];
	bool before = *word & bit;

	*word |= bit;
	return before;
}

void cpu_list_add(struct cpu_list *list, uint32_t apic_id)
{
	struct cpus_found *found = list->found;

	list->listed++;
	if (apic_id >= BROADCAST)
		found->more++;
	else if (seen_before(list, apic_id))
		list->twice++;
	else if (apic_id == found->apic_id[0])
		return;
	else if (found->n == CPUS_MAX)
		found->more++;
	else
		found->apic_id[found->n++] = (uint8_t)apic_id;
}

void cpu_list_lapic(struct cpu_list *list, uint64_t address)
{
	if (address >> 32 || address < PAGE_SIZE || address % PAGE_SIZE)
		list->misplaced++;
	else
		list->found->lapic = (uint32_t)address;
}

bool cpu_list_end(struct cpu_list *list, const char *source)
{
	unsigned boot = list->found->apic_id[0];

	if (!list->listed) {
		pr_warn("firmware: the %s lists no CPU: not used\n", source);
		return false;
	}
	if (list->misplaced)
		pr_warn("firmware: the %s has %u local APIC addresses that cannot be: %08x it is\n",
			source, list->misplaced, list->found->lapic);
	if (list->twice)
		pr_warn("firmware: the %s lists %u CPUs more than once: counted once\n", source,
			list->twice);
	if (!(list->seen[boot / 32] >> boot % 32 & 1))
		pr_warn("firmware: the %s does not list the CPU that runs, APIC id %u\n", source,
			boot);
	list->found->source = source;
	return true;
}
