# SPDX-License-Identifier: MIT
#
# tests/bench/pass: the passes, measured. Part of the Makefile. Two ways:
#
#	i386	the kernel's own objects, where the machine runs i386 programs
#	x32	elsewhere: the same sources as 64-bit code with 32-bit pointers. The C library has no such
#		ABI, so the program around is 64-bit code: what is x32 becomes one object of that format,
#		and the two exchange 32-bit integers only. What is assembled is 32-bit code in an x32
#		file: it is only looked at, never run.
#
# `before` is the engine as it was at one commit, when the repository has that: in a relocatable
# object of its own, from which only before_*() is seen. Without it the table has a dash; so it has in a copy that lies in
# another repository's folder.
PASS_WAY    := $(shell tools/i386.sh --native 2> /dev/null && echo i386 || echo x32)
PASS_COMMIT  = d4a5f6c
PASS_BEFORE := $(shell [ -z "$$(git rev-parse --show-prefix 2> /dev/null)" ] && git cat-file -e $(PASS_COMMIT)^{commit} 2> /dev/null && echo before)
PASS         = $(BUILD)/tests/bench/$(PASS_WAY)

PASS_FLAGS_i386 = $(CFLAGS)
PASS_FLAGS_x32  = $(subst -mpreferred-stack-boundary=2,,$(subst -march=i486,-march=x86-64,$(CFLAGS:-m32=-mx32))) \
		  -mno-red-zone -Wno-attributes
PASS_AS_i386    = $(ASFLAGS)
PASS_AS_x32     = $(ASFLAGS:-m32=-mx32) -include tests/bench/code32.h
PASS_NASM_i386  = $(NASMFLAGS)
PASS_NASM_x32   = -f elfx32 -Wall -I. --before "bits 32"
PASS_LD_i386    = elf_i386
PASS_LD_x32     = elf32_x86_64
PASS_MAIN_i386  = -m32 -msse2 -mstackrealign
PASS_MAIN_x32   =

PASS_PV     = $(patsubst %,pv/%.o,engine.c group.c sweep.c index.c facts.c image.c insn.c look.c nops.c paravirt.c op_list.c \
	      alternative.c feature.c smp_locks.c relocs.c relocs.S missing.S backend/native.c backend/backend.c backend/native.S)
PASS_FIELD  = code linux regular layout field engine host
PASS_OLD_PV = $(patsubst %,pv/%.o,engine.c group.c insn.c feature.c nops.c paravirt.c alternative.c \
	      smp_locks.c missing.asm backend/native.c backend/native.asm)

define pass_compile # $(1): more flags, before the others
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(CC) $(1) -DPASS_WAY='"$(PASS_WAY)"' $(PASS_FLAGS_$(PASS_WAY)) $(PASS_THUNKS) -I$(PASS) -DCONFIG_PARAVIRT=1 -MMD -MP -c -o $@ $<
endef
# NASM looks for what is included where it is started first.
define pass_assemble # $(1): started where
	@mkdir -p $(@D)
	$(Q)$(call SAY,NASM)
	$(Q)cd $(1) && $(NASM) $(PASS_NASM_$(PASS_WAY)) -I$(abspath $(BUILD))/ -DCONFIG_PARAVIRT=1 \
		-o $(abspath $@) $(abspath $<)
endef
define pass_join # $(1): the names that are seen
	$(Q)$(call SAY,LD)
	$(Q)$(LD) -m $(PASS_LD_$(PASS_WAY)) -z noexecstack -r -o $@ $(filter %.o,$^)
	$(Q)objcopy -w --strip-debug $(patsubst %,--keep-global-symbol='%',$(1)) $@
endef

$(PASS)/tests/bench/linux_sites.inc: tests/bench/linux_sites.pl tests/bench/linux-6.1-sites.tsv
	@mkdir -p $(@D)
	$(Q)perl $^ > $@
$(PASS)/tests/bench/pass_linux.c.o: $(PASS)/tests/bench/linux_sites.inc
# Thunks, which are 32-bit code at file level.
PASS_THUNKS_x32 = -D'asm(text)=__asm__(".code32\n" text ".code64\n")'
$(PASS)/pv/op_list.c.o $(PASS)/before/pv/paravirt.c.o $(PASS)/before/pv/backend/native.c.o: PASS_THUNKS = $(PASS_THUNKS_$(PASS_WAY))
$(PASS)/%.c.o: %.c $(BUILD)/flags
	$(call pass_compile)
$(PASS)/%.S.o: %.S $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(call SAY,AS)
	$(Q)$(CC) $(PASS_AS_$(PASS_WAY)) -DCONFIG_PARAVIRT=1 -MMD -MP -c -o $@ $<
$(PASS)/now.o: $(addprefix $(PASS)/,$(PASS_PV)) $(PASS_FIELD:%=$(PASS)/tests/bench/pass_%.c.o) $(BUILD)/sources
	$(call pass_join,field_* engine_*)

$(BUILD)/bench/before/pv/engine.c:
	@mkdir -p $(BUILD)/bench/before
	$(Q)git archive $(PASS_COMMIT) pv | tar -x -m -C $(BUILD)/bench/before
$(BUILD)/bench/before/pv/%: $(BUILD)/bench/before/pv/engine.c ;
$(PASS)/before/pv/%.c.o: $(BUILD)/bench/before/pv/%.c $(BUILD)/flags
	$(call pass_compile,-I$(BUILD)/bench/before)
$(PASS)/before/pv/%.asm.o: $(BUILD)/bench/before/pv/%.asm $(ASM_INCLUDES) $(BUILD)/flags
	$(call pass_assemble,$(BUILD)/bench/before)
$(PASS)/before/%.c.o: tests/bench/%.c $(BUILD)/bench/before/pv/engine.c $(BUILD)/flags
	$(call pass_compile,-I$(BUILD)/bench/before)
$(PASS)/before.o: $(addprefix $(PASS)/before/,$(PASS_OLD_PV) pass_before.c.o pass_host.c.o)
	$(call pass_join,before_*)

# In 64-bit programs objects have another format.
$(PASS)/%.64.o: $(PASS)/%.o
	$(Q)$(if $(filter x32,$(PASS_WAY)),objcopy -I elf32-x86-64 -O elf64-x86-64 $< $@,cp $< $@)
$(BUILD)/tests/bench/pass: $(addprefix tests/bench/,pass.c pass_report.c pass_sides.h pass_report.h) $(PASS)/now.64.o \
			   $(if $(PASS_BEFORE),$(PASS)/before.64.o)
	$(Q)$(call SAY,CC)
	$(Q)$(CC) -std=gnu11 -O2 -g -fno-pic -no-pie -static -I. $(WARNINGS) $(PASS_MAIN_$(PASS_WAY)) \
		-DPASS_WAY='"$(PASS_WAY)"' -z noexecstack -o $@ $(filter %.c %.o,$^)
