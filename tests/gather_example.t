#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The guide's example of pv_host_gather() for several CPUs, as it is in tests/sets/gather.c: it compiles by the
# guide's flags; and with threads for CPUs and a signal for the interrupt, nobody takes a step between
# gather and release, all serialize before they go on, and it comes to an end fifty times.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $dir   = tempdir(CLEANUP => 1);
my $CC    = $ENV{CC} || 'gcc';
my $guide = do { local (@ARGV, $/) = 'docs/adopt.md'; <> };
my ($flags) = $guide =~ /^## 2\. Compiler flags\n\n((?:    -.*\n)+)/m or BAIL_OUT('the guide has no flags');
my $said = `$CC @{[ $flags =~ s/\s+/ /gr ]} -O2 -Wall -Wextra -Werror -I. -c -o $dir/gather.o tests/sets/gather.c 2>&1`;
is($?, 0, 'it compiles by the flags of the guide') or diag $said;

open my $out, '>', "$dir/cpus.c" or die $!;
print {$out} <<'END';
#define _GNU_SOURCE
#include "tests/sets/gather.c"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

#define CPUS 3
static pthread_t cpu[CPUS];
static volatile uint64_t steps[CPUS];
static volatile uint32_t syncs[CPUS];
static volatile int stop, up;
static _Thread_local int self = -1;

void apic_eoi(void) {}
unsigned cpus_others_online(void) { return CPUS; }
void pv_host_sync_self(void) { syncs[self]++; }
void apic_send_others(unsigned vector)
{
	for (int i = 0; vector && i < CPUS; i++)
		pthread_kill(cpu[i], SIGUSR1);
}
static void interrupt(int signal) { (void)signal; gather_interrupt(); }
static void *run(void *number)
{
	self = (int)(intptr_t)number;
	for (__atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST); !stop;)
	{
		steps[self]++;
		sched_yield();
	}
	return NULL;
}

int main(void)
{
	unsigned moved = 0, missed = 0;

	signal(SIGUSR1, interrupt);
	for (int i = 0; i < CPUS; i++)
		pthread_create(&cpu[i], NULL, run, (void *)(intptr_t)i);
	while (up != CPUS)
		sched_yield();
	for (uint32_t n = 1; n <= 50; n++) {
		uint64_t before[CPUS];

		pv_host_gather();
		for (int i = 0; i < CPUS; i++)
			before[i] = steps[i];
		for (int i = 0; i < 10; i++)
			sched_yield();
		for (int i = 0; i < CPUS; i++) {
			moved += steps[i] != before[i];
			missed += syncs[i] != n - 1;
		}
		pv_host_release();
		for (int i = 0; i < CPUS; i++)
			missed += syncs[i] != n;
	}
	stop = 1;
	for (int i = 0; i < CPUS; i++)
		pthread_join(cpu[i], NULL);
	printf("moved %u, missed %u\n", moved, missed);
	return moved || missed;
}
END
close $out or die $!;
$said = `${\($ENV{HOSTCC} || 'gcc')} -std=gnu11 -O2 -Wall -Wextra -I. -pthread -o $dir/cpus $dir/cpus.c 2>&1`;
is($?, 0, 'and with threads for CPUs') or BAIL_OUT($said);
$said = `timeout 500 $dir/cpus 2>&1`;
is($?, 0, 'it ends, and with success');
is($said, "moved 0, missed 0\n", 'nobody moved while gathered, and each serialized once a time');

done_testing;
