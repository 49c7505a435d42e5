// SPDX-License-Identifier: MIT
/*
 * INIT, start-up, start-up: SDM volume 3, 8.4.4.1. The other side is boot/trampoline.asm: it tells
 * its features and waits, in code that needs none, until it was compared with what is in use here.
 */
#include "arch/x86/smp/smp_start.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/desc.h"
#include "arch/x86/cpu/stack.h"
#include "arch/x86/cpu/state.h"
#include "arch/x86/dev/apic.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/smp/cpus.h"
#include "arch/x86/trap/trap.h"
#include "lib/format.h"
#include "lib/string.h"
#include "pv/host.h"
#include "pv/native.h"
#include "pv/paravirt.h"

#define TRAMPOLINE    64 /* bytes of it at most */
#define SECOND_MS     1  /* when a second start-up is sent to one that the first did not wake */
#define INIT_AGAIN_US 10000

/* trampoline.asm */
enum ap_state { AP_NOTHING, AP_HERE, AP_GO, AP_STAY_OFF, AP_OFF };
extern volatile uint32_t ap_state;
extern uint32_t ap_features[PV_FEATURE_WORDS];
extern uint32_t ap_main, ap_esp, ap_cr0, ap_cr3, ap_cr4, ap_efer, ap_has_efer;
extern struct desc_ptr ap_gdt, ap_idt;
extern const uint8_t trampoline[], trampoline_end[];
_Static_assert(PV_FEATURE_WORDS == 10, "trampoline.asm counts on it");

char smp_lacking[32];

static void prepare(unsigned cpu, void (*entry)(void))
{
	memset(ap_features, 0, sizeof(ap_features));
	gdt_fill(cpu, &ap_gdt);
	trap_idt(&ap_idt);
	per_cpu(double_fault_tss, cpu).cr3 = read_cr3();
	per_cpu(cpu_number, cpu) = cpu;
	ap_main = (uint32_t)entry;
	ap_esp = stack_top(cpu);
	ap_cr0 = read_cr0();
	ap_cr3 = read_cr3();
	ap_cr4 = read_cr4_safe();
	ap_has_efer = cpu_uses(X86_FEATURE_NX);
	ap_efer = ap_has_efer ? (uint32_t)read_msr(MSR_EFER) : 0;
	ap_state = AP_NOTHING;
}

static bool start_up(uint8_t id, uint8_t page, uint32_t patience_ms)
{
	apic_send_startup(id, page);
	if (timer_wait_for(&ap_state, AP_HERE, SECOND_MS))
		return true;
	apic_send_startup(id, page);
	return timer_wait_for(&ap_state, AP_HERE, patience_ms);
}

/*
 * Who does not answer gets another INIT, with the time after it that old CPUs need. It ends what the
 * first try may have begun, so that nothing of that can be taken for an answer to the second.
 */
static bool wake(uint8_t id, uint8_t page)
{
	apic_send_init(id);
	if (start_up(id, page, SMP_PATIENCE_MS / 2))
		return true;
	apic_send_init(id);
	timer_delay_us(INIT_AGAIN_US);
	ap_state = AP_NOTHING;
	return start_up(id, page, SMP_PATIENCE_MS / 2);
}

static void name_feature(unsigned feature)
{
	const char *name = pv_feature_name(feature);

	if (name)
		strlcpy(smp_lacking, name, sizeof(smp_lacking));
	else
		snprintf(smp_lacking, sizeof(smp_lacking), "word %u bit %u", feature / 32,
			 feature % 32);
}

bool smp_drop(unsigned cpu)
{
	if (!cpu_move(cpu, CPU_DROP))
		return false;
	apic_send_init(machine_cpus.apic_id[cpu]);
	return true;
}

/* It says so, and halts; if it does not, INIT. */
static void turn_away(unsigned cpu)
{
	ap_state = AP_STAY_OFF;
	if (timer_wait_for(&ap_state, AP_OFF, SMP_PATIENCE_MS))
		cpu_move(cpu, CPU_DROP);
	else
		smp_drop(cpu);
}

enum smp_result smp_start(unsigned cpu, uint32_t page, void (*entry)(void))
{
	size_t n = (size_t)(trampoline_end - trampoline);
	uint8_t borrowed[TRAMPOLINE];
	bool here;
	int lacks;

	prepare(cpu, entry);
	cpu_move(cpu, CPU_WAKE);
	memcpy(borrowed, (void *)page, n);
	memcpy((void *)page, trampoline, n);
	here = wake(machine_cpus.apic_id[cpu], (uint8_t)(page >> 12));
	memcpy((void *)page, borrowed, n);
	if (!here) {
		smp_drop(cpu);
		return SMP_NO_ANSWER;
	}
	lacks = cpu_missing(ap_features);
	if (lacks >= 0) {
		name_feature((unsigned)lacks);
		turn_away(cpu);
		return SMP_LACKS;
	}
	ap_state = AP_GO;
	return SMP_OK;
}
