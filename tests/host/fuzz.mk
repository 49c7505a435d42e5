# SPDX-License-Identifier: MIT
#
# The fuzzing targets, part of the Makefile: hostile records, text and states, for the engine, for alternatives
# with lock prefixes, for static keys and static calls, which change live, and for the reading of modules. They are x32 code, which is what
# pv/ wants (32-bit pointers) at the build machine's own speed; the 64-bit program around it is
# tests/host/fuzz_entry.c.
#
# New ways through the code under test are looked for, not through the tests, and by counting edges only: with
# its comparisons traced as well it is three times slower, and finds no more in as many inputs.
#
# ASan's shadow is the 64-bit program's. Its constructors (.init_array.1), which register globals, are called by
# fuzz_entry.c, under the name of fuzz_begin; the counters' (.init_array.2) are dropped, it does that itself.
# UBSan has no words for x32 code: what is undefined is a trap.
FUZZ_TARGETS = $(patsubst tests/host/%.c,$(BUILD)/tests/host/%,$(wildcard tests/host/*_fuzz.c))
FUZZ_X32  = clang -mx32 -std=gnu11 -ffreestanding -g -O1 -fno-pic -fno-omit-frame-pointer -I. $(WARNINGS) \
	    -fsanitize=address,undefined -fsanitize-trap=undefined \
	    -fsanitize-address-use-after-return=never -mllvm -asan-mapping-offset=0x7fff8000 \
	    -mllvm -asan-globals-live-support=0
FUZZ_COV  = -fsanitize-coverage=inline-8bit-counters,pc-table
FUZZ_PV   = $(patsubst pv/%.c,$(BUILD)/tests/host/fuzz/%.o,$(wildcard pv/*.c))

# Thunks, which are 32-bit code at file level: looked at, never run.
$(FUZZ_PV): $(BUILD)/tests/host/fuzz/%.o: pv/%.c $(wildcard pv/*.h pv/ops.def) $(MADE) tests/host/fuzz.mk
	@mkdir -p $(@D)
	$(Q)$(FUZZ_X32) $(FUZZ_COV) -D'asm(text)=__asm__(".code32\n" text "\n.code64\n")' -c -o $@ $<
$(BUILD)/tests/host/fuzz.a: $(FUZZ_PV) $(BUILD)/sources
	$(Q)$(call SAY,AR)
	$(Q)rm -f $@ && ar rcs $@ $(FUZZ_PV)
$(BUILD)/tests/host/module_fuzz: FUZZ_MORE = $(FUZZ_COV) -DMODULES='"$(BUILD)/tests/module/"'
$(BUILD)/tests/host/module_fuzz: $(TEST_MODULES) $(wildcard kernel/module/*.[ch])
$(FUZZ_TARGETS): $(BUILD)/tests/host/%: tests/host/%.c $(BUILD)/tests/host/fuzz.a tests/host/fuzz_entry.c \
		 $(wildcard tests/host/*.h) $(MADE)
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(FUZZ_X32) $(FUZZ_MORE) -c -o $@.o $<
	$(Q)$(LD) -m elf32_x86_64 -r -o $@.x32.o $@.o $(BUILD)/tests/host/fuzz.a
	$(Q)objcopy -I elf32-x86-64 -O elf64-x86-64 --rename-section .init_array.1=fuzz_begin \
		-R .init_array.2 -R '.fini_array*' $@.x32.o $@.64.o
	$(Q)clang -std=gnu11 -g -O1 $(WARNINGS) -fno-pic -c -o $@.entry.o tests/host/fuzz_entry.c
	$(Q)clang -fsanitize=fuzzer,address -no-pie -nostdlib++ -Wl,--wrap=__asan_register_globals -o $@ \
		$@.entry.o $@.64.o -l:libstdc++.so.6
