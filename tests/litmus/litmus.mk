# SPDX-License-Identifier: MIT
#
# Litmus tests of code that changes while other CPUs run it: docs/cross-modifying.md. Part of the Makefile.

# Changes in each row: on TCG and on this machine's own CPUs; on Bochs, which has one thread for all.
LITMUS       = 1000
LITMUS_BOCHS = 100
LITMUS_ISO   = 10000

# As a program of the build machine, where that is an x86.
LITMUS_HERE    = $(shell $(HOSTCC) -dumpmachine 2> /dev/null | grep -E '^(x86_64|i[3-6]86)-.*linux')
LITMUS_NATIVE  = $(if $(LITMUS_HERE),$(BUILD)/tests/litmus/native)
LITMUS_SHARED  = $(patsubst %,kernel/litmus/%.c,site change run report)
LITMUS_OBJECTS = $(patsubst %.c,$(BUILD)/host/%.o,$(wildcard tests/litmus/*.c) $(LITMUS_SHARED))
$(BUILD)/tests/litmus/native: $(LITMUS_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(call SAY,LD)
	$(Q)$(HOSTCC) -pthread -o $@ $^

$(BUILD)/litmus.iso: $(BUILD)/pedant.elf boot/grub.cfg
	$(call iso,litmus=$(LITMUS_ISO))
$(BUILD)/litmus/bochs-%.iso: $(BUILD)/pedant.elf boot/grub.cfg
	@mkdir -p $(@D)
	$(call iso,litmus=$*)

.PHONY: litmus litmus-here litmus-iso
litmus:
	@tools/setup.sh build run iso test $(COMPILER)
	@tools/setup.sh bochs || echo "make litmus: Bochs will be skipped"
	+@$(SUB) litmus-here
litmus-here:
	+@$(SUB) $(JOBS) $(BUILD)/pedant.elf $(BUILD)/litmus/bochs-$(LITMUS_BOCHS).iso $(LITMUS_NATIVE)
	@$(TEST_ENV) perl tests/litmus/run.pl $(LITMUS) $(LITMUS_BOCHS) $(LITMUS_NATIVE)

litmus-iso:
	@tools/setup.sh build iso
	+@$(SUB) $(JOBS) $(BUILD)/litmus.iso
