# SPDX-License-Identifier: MIT
#
# Pedant. `make help` lists what there is to make.

BUILD  ?= build
CC      = gcc
NASM    = nasm
LD      = ld
QEMU    = qemu-system-i386

# make run
CMDLINE   ?=
SMP       ?= 1
ACCEL     ?= tcg
CPU       ?= qemu32
QEMU_ARGS ?=

# WERROR=1, as the tests on every change do it; a user's newer compiler may know newer warnings.
WERROR ?=

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	   -Wpointer-arith $(if $(WERROR),-Werror)
# -march=i486: what every CPU here has. Frame pointers are for backtraces.
CFLAGS   = -m32 -march=i486 -mno-mmx -mno-sse -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-pie \
	   -fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
	   -fno-optimize-sibling-calls -fno-strict-aliasing -fcf-protection=none -I. $(WARNINGS)
# Nothing of ours has 16-byte vectors, so stacks need no 16-byte alignment.
ifneq (,$(findstring clang,$(shell $(CC) --version 2>/dev/null)))
CFLAGS  += -mstack-alignment=4 -fno-builtin
else
CFLAGS  += -mpreferred-stack-boundary=2 -fno-tree-loop-distribute-patterns
endif
NASMFLAGS = -f elf32 -g -F dwarf -Wall -I. $(if $(WERROR),-Werror)
LDFLAGS   = -m elf_i386 -T linker.ld -nostdlib -static --build-id=none -z noexecstack \
	    --no-warn-rwx-segments

C_SOURCES   = $(wildcard pv/*.c pv/backend/*.c arch/x86/*.c kernel/*.c lib/*.c tests/*.c)
ASM_SOURCES = $(wildcard boot/*.asm pv/*.asm pv/backend/*.asm arch/x86/*.asm tests/*.asm)
OBJECTS     = $(C_SOURCES:%.c=$(BUILD)/%.o) $(ASM_SOURCES:%.asm=$(BUILD)/%.asm.o)
TOOL_SOURCES = tools/pvtool.c tools/image.c tools/decode.c tools/check.c

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

.PHONY: all
all: $(BUILD)/pedant.elf

# Changed flags or compiler: everything is made again.
$(BUILD)/flags: force
	@mkdir -p $(BUILD)
	@echo '$(CC) $(CFLAGS) $(NASMFLAGS)' | cmp -s - $@ || echo '$(CC) $(CFLAGS) $(NASMFLAGS)' > $@
.PHONY: force
force:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# NASM's own -MD leaves out files found by -I.
$(BUILD)/%.asm.o: %.asm pv/para.inc pv/ops.def $(BUILD)/flags
	@mkdir -p $(@D)
	$(NASM) $(NASMFLAGS) -o $@ $<

-include $(C_SOURCES:%.c=$(BUILD)/%.d)

# Two links: the symbol table for %pS is made from the first, and stands behind all code, so that the
# second moves no function.
$(BUILD)/first.elf: $(OBJECTS) linker.ld
	$(LD) $(LDFLAGS) -o $@ $(OBJECTS)

$(BUILD)/ksyms.asm: $(BUILD)/first.elf tools/ksyms.awk
	nm -n $< | awk -f tools/ksyms.awk > $@

$(BUILD)/ksyms.o: $(BUILD)/ksyms.asm
	$(NASM) -f elf32 -o $@ $<

# An image that fails the check is no image.
$(BUILD)/pedant.elf: $(OBJECTS) $(BUILD)/ksyms.o linker.ld $(BUILD)/tools/pvtool
	$(LD) $(LDFLAGS) -Map $(BUILD)/pedant.map -o $@ $(OBJECTS) $(BUILD)/ksyms.o
	objdump -d $@ > $(BUILD)/pedant.lst
	$(BUILD)/tools/pvtool check $@

# Tools for the build machine, by its own compiler.
$(BUILD)/tools/pvtool: $(TOOL_SOURCES) $(wildcard tools/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g $(WARNINGS) -o $@ $(TOOL_SOURCES) -lelf -lZydis
