// SPDX-License-Identifier: MIT
/*
 * SDM volume 3, 10.4 (enabling, IA32_APIC_BASE), 10.5.4 (timer), 10.6 (interprocessor interrupts)
 * and 10.9 (spurious). A self shorthand is not allowed with delivery mode NMI, so the command goes
 * to this APIC's own id.
 */
#include "arch/x86/dev/apic.h"
#include "arch/x86/cpu/cpu.h"
#include "arch/x86/cpu/io.h"
#include "arch/x86/dev/moment.h"
#include "arch/x86/dev/timer.h"
#include "arch/x86/mm/paging.h"
#include "arch/x86/trap/irq.h"
#include "arch/x86/trap/regs.h"
#include "arch/x86/trap/stray.h"
#include "lib/div64.h"
#include "lib/init.h"
#include "pv/host.h"
#include "pv/paravirt.h"

#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2APIC (1u << 10)
#define BUSY_POLLS       100000

enum {
	ID = 0x20,
	VERSION = 0x30,
	TASK_PRIORITY = 0x80,
	END_OF_INTERRUPT = 0xb0,
	SPURIOUS = 0xf0,
	IN_SERVICE = 0x100, /* 32 vectors each 16 bytes */
	ICR_LOW = 0x300,
	ICR_HIGH = 0x310,
	LVT_TIMER = 0x320,
	LVT_THERMAL = 0x330,
	LVT_PERFORMANCE = 0x340,
	LVT_PINS = 0x350, /* two of them: LINT0, LINT1 */
	LVT_ERROR = 0x370,
	TIMER_INITIAL = 0x380,
	TIMER_CURRENT = 0x390,
	TIMER_DIVIDE = 0x3e0,
};

#define SW_ENABLE      (1u << 8)
#define ICR_BUSY       (1u << 12)
#define ICR_FIXED      0x4000u /* all of these: level assert */
#define ICR_NMI        0x4400u
#define ICR_STARTUP    0x4600u
#define ICR_INIT       0xc500u /* level-triggered, as the old ones want it, and its end */
#define ICR_INIT_END   0x8500u
#define LVT_MASKED     (1u << 16)
#define LVT_EXTINT     0x700u /* what the PICs send; NMI: the other pin's wire on every PC */
#define LVT_NMI        0x400u
#define TIMER_PERIODIC (1u << 17)
#define TIMER_BY_16    0x3
#define CALIBRATE_US   2000
/*
 * From INIT to start-up: Intel's MP specification 1.4, B.4. Newer ones need nothing of that length,
 * but those in between, the Pentium 4 and the K7 among them, are given what was written for them.
 */
#define INIT_DELAY_OLD 10000
#define INIT_DELAY     100

/* Masked, and with a vector: one below 16 is an error to old ones all the same (SDM volume
 * 3, 10.5.3). */
#define LVT_UNUSED (LVT_MASKED | (IRQ_VECTOR0 + IRQ_APIC_SPURIOUS))

#define IMCR_SELECT 0x22 /* Intel's MP specification 1.4, 3.6.2.1 */
#define IMCR_DATA   0x23
#define IMCR        0x70
#define IMCR_APIC   0x01

static uint32_t base, timer_khz;

static PV_TEXT volatile uint32_t *reg(uint32_t offset)
{
	return (volatile uint32_t *)(base + offset);
}

bool apic_has_msr(void)
{
	return cpu_has(X86_FEATURE_APIC) && cpu_has(X86_FEATURE_MSR) && boot_cpu.family >= 6;
}

/* Where it is; 0: out of reach. One that has no MSR is where the machine's table says. */
static uint32_t find_base(uint32_t listed)
{
	uint64_t msr = listed;

	if (apic_has_msr()) {
		msr = read_msr(MSR_APIC_BASE);
		if (msr & APIC_BASE_X2APIC)
			return 0; /* its registers are MSRs then */
		write_msr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE);
	}
	if (msr >> 32 || msr >> 22 == 0 || msr >> 22 == 1023)
		return 0; /* where our own tables are; no firmware does that */
	return (uint32_t)msr & 0xfffff000;
}

static void enable(void)
{
	*reg(SPURIOUS) = SW_ENABLE | (IRQ_VECTOR0 + IRQ_APIC_SPURIOUS);
}

static bool in_service(unsigned vector)
{
	return *reg(IN_SERVICE + vector / 32 * 16) >> vector % 32 & 1;
}

/* What firmware has begun to serve keeps all below it away until somebody says that it is over. */
static void __init end_all(void)
{
	for (unsigned vector = NR_VECTORS; vector--;)
		if (in_service(vector))
			*reg(END_OF_INTERRUPT) = 0;
}

/*
 * Firmware may leave the boot CPU's anyhow: other vectors in its table, a priority that keeps
 * interrupts away, the PICs' pin masked. As after INIT, but for the pins, which are as every PC
 * wires them.
 */
static void __init reset_local(void)
{
	unsigned last = *reg(VERSION) >> 16 & 0xff;

	*reg(TASK_PRIORITY) = 0;
	*reg(LVT_TIMER) = LVT_UNUSED;
	*reg(LVT_ERROR) = LVT_UNUSED;
	if (last >= 4)
		*reg(LVT_PERFORMANCE) = LVT_UNUSED;
	if (last >= 5)
		*reg(LVT_THERMAL) = LVT_UNUSED;
	enable();
	*reg(LVT_PINS) = LVT_EXTINT;
	*reg(LVT_PINS + 0x10) = LVT_NMI;
	end_all();
}

static bool acknowledge_stray(unsigned vector)
{
	if (!in_service(vector))
		return false;
	*reg(END_OF_INTERRUPT) = 0;
	return true;
}

/* A spurious interrupt is none, and must not be ended: SDM volume 3, 10.9. */
static bool acknowledge(unsigned irq)
{
	if (irq == IRQ_APIC_SPURIOUS)
		return false;
	*reg(END_OF_INTERRUPT) = 0;
	return true;
}

static const struct irq_controller controller = {.acknowledge = acknowledge};

/* Where the PICs' wire goes past the local APIC, which no ACPI machine has. */
static void __init imcr_to_apic(void)
{
	outb(IMCR_SELECT, IMCR);
	outb(IMCR_DATA, IMCR_APIC);
}

bool __init apic_init(uint32_t listed, bool imcr)
{
	if (!cpu_use(X86_FEATURE_APIC))
		return false;
	base = find_base(listed);
	if (!base)
		return false;
	paging_map_device(base);
	irq_controller_register(IRQ_APIC, &controller);
	stray_acknowledge = acknowledge_stray;
	if (imcr)
		imcr_to_apic();
	reset_local();
	return true;
}

/* After INIT all local vectors are masked, and stay so, but for the timer's. */
void apic_init_cpu(void)
{
	*reg(TASK_PRIORITY) = 0;
	enable();
}

bool apic_present(void)
{
	return base != 0;
}

uint8_t apic_id(void)
{
	return (uint8_t)(*reg(ID) >> 24);
}

static PV_TEXT void wait_sent(void)
{
	for (unsigned i = 0; i < BUSY_POLLS && *reg(ICR_LOW) & ICR_BUSY; i++)
		cpu_relax();
}

/*
 * No interrupt between the two writes, whose handler could send one of its own; and what a debug
 * exception's hook sends there leaves the first one as it was. On the old ones' serial bus a
 * message is not out when it was written: the high half is a part of it until then.
 */
static PV_TEXT void send(uint8_t id, uint32_t command)
{
	uint32_t flags = pv_host_irq_save(), high = *reg(ICR_HIGH);

	wait_sent();
	*reg(ICR_HIGH) = (uint32_t)id << 24;
	*reg(ICR_LOW) = command;
	wait_sent();
	*reg(ICR_HIGH) = high;
	pv_host_irq_restore(flags);
}

PV_TEXT void apic_send(uint8_t id, unsigned irq)
{
	send(id, ICR_FIXED | (IRQ_VECTOR0 + irq));
}

PV_TEXT void apic_send_nmi(uint8_t id)
{
	send(id, ICR_NMI);
}

PV_TEXT void apic_send_self_nmi(void)
{
	send((uint8_t)(*reg(ID) >> 24), ICR_NMI);
}

static bool starts_fast(void)
{
	switch (cpu_vendor()) {
	case PV_VENDOR_INTEL: return boot_cpu.family == 6 || boot_cpu.family > 15;
	case PV_VENDOR_AMD: return boot_cpu.family >= 15;
	default: return false;
	}
}

void apic_send_init(uint8_t id)
{
	send(id, ICR_INIT);
	timer_delay_us(INIT_DELAY);
	send(id, ICR_INIT_END);
	timer_delay_us(starts_fast() ? INIT_DELAY : INIT_DELAY_OLD);
}

void apic_send_startup(uint8_t id, uint8_t page)
{
	send(id, ICR_STARTUP | page);
}

/* Runs down. */
static uint32_t timer_count(void)
{
	return *reg(TIMER_CURRENT);
}

bool apic_timer_calibrate(void)
{
	struct moment start, end;

	if (!timer_measured())
		return false;
	*reg(TIMER_DIVIDE) = TIMER_BY_16;
	*reg(LVT_TIMER) = LVT_UNUSED;
	*reg(TIMER_INITIAL) = UINT32_MAX;
	start = moment_now(timer_ns, timer_count);
	timer_delay_us(CALIBRATE_US);
	end = moment_now(timer_ns, timer_count);
	apic_timer_stop();
	if (end.time <= start.time || (end.time - start.time) >> 32)
		return false;
	timer_khz = (uint32_t)mul_div_u64(start.count - end.count, 1000000,
					  (uint32_t)(end.time - start.time));
	return timer_khz != 0;
}

static void timer_start(uint32_t count, uint32_t mode)
{
	if (!timer_khz)
		return;
	*reg(TIMER_DIVIDE) = TIMER_BY_16;
	*reg(LVT_TIMER) = mode | (IRQ_VECTOR0 + IRQ_APIC_TIMER);
	*reg(TIMER_INITIAL) = count ? count : 1;
}

void apic_timer_periodic(unsigned hz)
{
	timer_start((uint32_t)mul_div_u64(timer_khz, 1000, hz), TIMER_PERIODIC);
}

void apic_timer_once(uint32_t us)
{
	timer_start((uint32_t)mul_div_u64(timer_khz, us, 1000), 0);
}

void apic_timer_stop(void)
{
	*reg(LVT_TIMER) = LVT_UNUSED;
	*reg(TIMER_INITIAL) = 0;
}
