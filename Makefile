# SPDX-License-Identifier: MIT
#
# Pedant. `make help` lists what there is to make.

# Everything here may be given on make's command line, and nothing comes from the environment, where BUILD
# and CPU mean other people's things.
BUILD = build

# The kernel's tools; CROSS_COMPILE=i686-linux-gnu- where the build machine's own make no i386 code.
CROSS_COMPILE =
CC      = $(CROSS_COMPILE)gcc
LD      = $(CROSS_COMPILE)ld
NM      = $(CROSS_COMPILE)nm
OBJDUMP = $(CROSS_COMPILE)objdump
NASM    = nasm
OPT     = -O2
# The build machine's own compiler, for pvtool; and the one for tests of i386 code on it.
HOSTCC   = $(if $(CROSS_COMPILE),gcc,$(CC))
HOSTCC32 = $(HOSTCC) -m32
QEMU     = qemu-system-i386

# make run
CMDLINE   =
SMP       = 1
ACCEL     = tcg
CPU       = qemu32
QEMU_ARGS =
LIMIT     = 60

# Where make debug and make serve listen: each has another place of its own.
PORT =

# V=1 shows the commands.
V =
Q   = $(if $(V),,@)
SAY = $(if $(V),:,printf '  %-4s  %s\n' $(1) $@)

# SITES=relocs: the ops are called as plain functions, and their sites found after the link (docs/sites.md).
SITES =

# LOCKS=check holds everybody to each lock's rule (arch/x86/cpu/spinlock.h).
LOCKS =

# WERROR=1, as the tests on every change do it; a user's newer compiler may know newer warnings.
WERROR =

# Names that make or the shell would take apart are refused at once, in one line.
comma = ,
hash := \#
odd   = $(if $(word 2,[$(1)])$(strip $(foreach c,$(comma) : ; % $(hash) \ ' " ` ( ) & | * ? < > $$ ~ =,$(findstring $c,$(1)))),yes)
ifneq (,$(call odd,$(CURDIR)))
$(error this directory's path has a blank or another character that make takes apart: $(CURDIR))
endif
ifneq (,$(call odd,$(BUILD)))
$(error BUILD=$(BUILD) has a blank or another character that make takes apart)
endif
ifneq (,$(filter-out relocs,$(SITES)))
$(error SITES=$(SITES): sites are annotated, or SITES=relocs finds them after the link)
endif
ifneq (,$(filter -O0,$(OPT) $(CC)))
$(error sites need an optimizing compiler: OPT=-O1, -Og, -Os, -O2 or -O3, not -O0)
endif
# Perl reads the tests' binary files as bytes, whatever its user prefers.
unexport PERL_UNICODE PERL5OPT

FOUND    = $(if $(SITES),-DPV_SITES_RELOCS=1)
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	   -Wpointer-arith $(if $(WERROR),-Werror)
# -march=i486: what every CPU here has. Frame pointers are for backtraces.
CFLAGS   = -m32 -march=i486 -mno-mmx -mno-sse -std=gnu11 $(OPT) -g -ffreestanding -fno-pic -fno-pie \
	   -fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
	   -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-strict-aliasing \
	   -fcf-protection=none -I. $(FOUND) $(if $(LOCKS),-DCONFIG_LOCKS_CHECK=1) $(WARNINGS)
# Nothing of ours has 16-byte vectors, so stacks need no 16-byte alignment. gcc 13 and later unroll small loops,
# with the sites in them.
ifneq (,$(findstring clang,$(shell $(CC) --version 2>/dev/null)))
CFLAGS  += -mstack-alignment=4 -fno-builtin
else
CFLAGS  += -mpreferred-stack-boundary=2 -fno-tree-loop-distribute-patterns -fno-unroll-loops
# For the small kernel: gcc optimizes all of it in one piece, when GNU ld links. clang's -Oz calls functions that we have not.
LTO     := $(if $(findstring lld,$(LD)),,yes)
OZ      := $(shell $(CC) -Oz -E -x c /dev/null > /dev/null 2>&1 && echo -Oz)
endif
# For .S files, which the compiler preprocesses and assembles.
ASFLAGS   = -m32 -I. $(FOUND) -Wa,--noexecstack $(if $(WERROR),-Werror)
# From 2.16.02 on, -Wall finds each relocation that the linker has to make worth a warning.
NASM_LINKS := $(if $(findstring reloc-abs-dword,$(shell $(NASM) -hw 2> /dev/null)),-Wno-reloc-abs-dword -Wno-reloc-rel-dword)
NASMFLAGS = -f elf32 -g -F dwarf -Wall $(NASM_LINKS) -I. -I$(BUILD)/ $(FOUND) $(if $(WERROR),-Werror)
LINKER_SCRIPT = $(BUILD)/linker.ld
LDFLAGS   = -m elf_i386 -T $(LINKER_SCRIPT) -nostdlib -static --build-id=none -z noexecstack

# Rooms of the kernel: all files of them. Those for sites are not in the yardstick, pedant-native.elf, which
# is the same sources with bare instructions; what it has of pv/ is told by name.
ROOMS      = boot arch/x86 arch/x86/cpu arch/x86/trap arch/x86/mm arch/x86/dev arch/x86/smp kernel \
	     kernel/base kernel/task kernel/test lib tests/kernel/base tests/kernel/machine tests/kernel/task
SITE_ROOMS = pv pv/backend host kernel/guest kernel/patch kernel/live kernel/litmus kernel/module kernel/museum kernel/museum/exhibits kernel/shell kernel/shell/asm kernel/shell/sites kernel/shell/term tests/kernel/engine tests/kernel/guest tests/kernel/live tests/kernel/module tests/kernel/sites
BARE_ROOMS = kernel/bare
PROGRAMS   = tests/user/files.asm tests/user/test_files.asm
BARE_PV    = pv/feature.c pv/insn.c pv/nops.c pv/backend/native.S pv/backend/native.c

# Who types has a shell, which neither the yardstick has nor the small kernel.
TYPED      = arch/x86/dev/input% arch/x86/dev/ps2%

# What is made of pv/ops.def, for C.
MADE = $(patsubst %,pv/made/%.h,table calls names native)

sources    = $(wildcard $(foreach end,c S asm,$(1:=/*.$(end))))
SOURCES      = $(call sources,$(ROOMS) $(SITE_ROOMS)) $(PROGRAMS)
OBJECTS      = $(SOURCES:%=$(BUILD)/%.o)
BARE_SOURCES = $(filter-out arch/x86/gather%.c arch/x86/dev/guest.c kernel/screen.c $(TYPED),$(call sources,$(ROOMS) $(BARE_ROOMS))) $(BARE_PV) $(PROGRAMS)
BARE_OBJECTS = $(BARE_SOURCES:%=$(BUILD)/bare/%.o)

# pedant-small.elf: no self-tests, benchmarks, crashes, litmus tests, guests, last screen, which register themselves (kernel/base/run.h), nor
# programs that are any of that; the rest for size: below 128 KiB are loaded (tests/small.t). Functions stay
# functions, for backtraces; what moves computations out of loops, or takes arguments apart, makes them longer.
SMALL_WITHOUT = tests/% host/% kernel/guest/% kernel/test/% kernel/litmus/% kernel/live/bench% kernel/screen% arch/x86/trap/bench% kernel/museum/% kernel/shell/% $(TYPED)
SMALL_OBJECTS = $(patsubst %,$(BUILD)/small/%.o,$(filter-out $(SMALL_WITHOUT),$(SOURCES)) tests/user/files.asm)
SMALL_OPT     = -DCONFIG_TESTS=0 $(or $(OZ),-Os) -ffunction-sections $(if $(LTO),-flto -fno-inline-functions-called-once \
		-fno-ipa-sra -fno-tree-loop-im -fno-move-loop-invariants -fno-jump-tables -fmerge-all-constants -malign-data=abi)

TOOL_ROOMS   = tools/pvtool $(addprefix tools/pvtool/,read family linux manifest view command)
TOOL_SOURCES = $(wildcard $(TOOL_ROOMS:=/*.c))
# One list of instructions that can be patched: the kernel's decoder.
TOOL_OBJECTS = $(TOOL_SOURCES:%.c=$(BUILD)/host/%.o) $(BUILD)/host/pv/insn.o
TOOL_LIBS    = -lelf -ldw -lZydis -ljansson -lmd

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

.PHONY: all
all: $(BUILD)/pedant.elf $(BUILD)/pedant-native.elf

# Changed flags or compiler: everything is made again.
TOOLS_USED = $(CC) $(CFLAGS) $(SMALL_OPT) $(ASFLAGS) $(NASM) $(NASMFLAGS) $(LD) $(HOSTCC) $(HOSTCC32)
$(BUILD)/flags: force
	@mkdir -p $(BUILD)
	@echo '$(TOOLS_USED)' | cmp -s - $@ || echo '$(TOOLS_USED)' > $@
# A source that is new or gone: what is linked of all of them is linked again.
$(BUILD)/sources: force
	@mkdir -p $(BUILD)
	@echo '$(LINKED)' | cmp -s - $@ || echo '$(LINKED)' > $@
LINKED = $(OBJECTS) $(BARE_OBJECTS) $(TOOL_OBJECTS) $(HOST_PV)
.PHONY: force
force:

define compile # $(1): the yardstick's flag, $(2): more flags
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(CC) $(CFLAGS) $(2) -DCONFIG_PARAVIRT=$(1) -MMD -MP -c -o $@ $<
endef
define preprocess_and_assemble
	@mkdir -p $(@D)
	$(Q)$(call SAY,AS)
	$(Q)$(CC) $(ASFLAGS) $(2) -DCONFIG_PARAVIRT=$(1) -MMD -MP -c -o $@ $<
endef
define assemble
	@mkdir -p $(@D)
	$(Q)$(call SAY,NASM)
	$(Q)$(NASM) $(NASMFLAGS) -DCONFIG_PARAVIRT=$(1) -o $@ $<
endef
$(BUILD)/%.c.o: %.c $(BUILD)/flags | $(MADE)
	$(call compile,1)
$(BUILD)/bare/%.c.o: %.c $(BUILD)/flags | $(MADE)
	$(call compile,0)
$(BUILD)/small/%.c.o: %.c $(BUILD)/flags | $(MADE)
	$(call compile,1,$(SMALL_OPT))
$(BUILD)/%.S.o: %.S $(BUILD)/flags
	$(call preprocess_and_assemble,1)
$(BUILD)/bare/%.S.o: %.S $(BUILD)/flags
	$(call preprocess_and_assemble,0)
$(BUILD)/small/%.S.o: %.S $(BUILD)/flags
	$(call preprocess_and_assemble,1,-Os)
# NASM's own -MD leaves out files found by -I.
ASM_INCLUDES = $(wildcard pv/*.inc arch/x86/*/*.inc tests/user/*.inc) pv/ops.def $(BUILD)/pv/feature.inc
$(BUILD)/%.asm.o: %.asm $(ASM_INCLUDES) $(BUILD)/flags
	$(call assemble,1)
# Tests of annotated sites have some, in whatever kernel.
$(BUILD)/tests/kernel/%.asm.o: NASMFLAGS += -UPV_SITES_RELOCS
$(BUILD)/bare/%.asm.o: %.asm $(ASM_INCLUDES) $(BUILD)/flags
	$(call assemble,0)
$(BUILD)/small/%.asm.o: %.asm $(ASM_INCLUDES) $(BUILD)/flags
	$(call assemble,1)

# The ops for C, from the one list. They are in the tree, so that they can be looked up and copied; it is
# written to only when they are not what they should be.
pv/made/%.h: pv/ops.def pv/ops.awk
	@mkdir -p $(BUILD)/pv
	$(Q)$(call SAY,AWK)
	$(Q)awk -v make=$* -f pv/ops.awk pv/ops.def > $(BUILD)/pv/$*.new
	$(Q)cmp -s $(BUILD)/pv/$*.new $@ || mv $(BUILD)/pv/$*.new $@
	$(Q)touch -c $@ 2> /dev/null || true

# The features for NASM, from the one list.
$(BUILD)/pv/feature.inc: pv/feature.h
	@mkdir -p $(@D)
	$(Q)sed -n 's/^#define \([A-Z][A-Z0-9_]*\) *\(([0-9 *+]*)\|[0-9]\{1,\}\).*/%define \1 \2/p' $< > $@

-include $(wildcard $(foreach n,* */* */*/* */*/*/* */*/*/*/*,$(BUILD)/$(n)/*.d))

# The tests' objects are those below tests/kernel/ of the build directory, wherever that is. lld has no
# NOCROSSREFS_TO: who refers to init text that is gone is then found by GNU ld only.
$(BUILD)/linker.ld: linker.ld $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)sed -e 's,\*/tests/kernel/,$(BUILD)&,' $(if $(findstring lld,$(LD)),-e '/^NOCROSSREFS_TO/d') $< > $@

# $(1): the linker's flags. The small kernel's code is made when it is linked: who is called from C alone takes its
# arguments in registers, and what nobody calls is gone.
linker = $(if $(LINK_OPT),$(CC) $(CFLAGS) $(LINK_OPT) -nostdlib -static $(foreach f,$(LDFLAGS) $(1),-Xlinker $(f)),$(LD) $(LDFLAGS) $(1))
LINK_OPT =

# Two links: the symbol table for %pS is made from the first, and stands behind all code, so that
# the second moves no function. The first keeps its relocations, of which pvtool knows where static calls
# are; their table stands behind all code as well. So do names of keys, for the shell. $(1): objects, $(2): linker flags,
# $(3): pvtool, $(4): with names of keys
define link
	$(Q)$(call SAY,LD)
	$(Q)$(call linker,$(2) $(if $(3),--emit-relocs)) -o $@.first $(1)
	$(if $(3),$(Q)$(3) calls $@.first > $@.calls.s)
	$(if $(3),$(Q)$(CC) -m32 -c -o $@.calls.o $@.calls.s)
	$(Q)$(NM) -n $@.first | awk -f tools/ksyms.awk > $@.ksyms.asm
	$(Q)$(NASM) -f elf32 -o $@.ksyms.o $@.ksyms.asm
	$(if $(4),$(Q)$(NM) -n -S $@.first | awk -f tools/keynames.awk > $@.keys.asm)
	$(if $(4),$(Q)$(NASM) -f elf32 -o $@.keys.o $@.keys.asm)
	$(Q)$(call linker,$(2) $(if $(3),$(if $(SITES),--emit-relocs)) -Map $(@:.elf=.map)) -o $@ $(1) $@.ksyms.o $(if $(3),$@.calls.o) $(if $(4),$@.keys.o)
	$(Q)$(NM) -n $@ | awk -f tools/ksyms.awk | cmp - $@.ksyms.asm
	$(if $(4),$(Q)$(NM) -n -S $@ | awk -f tools/keynames.awk | cmp - $@.keys.asm)
	$(if $(3),$(if $(SITES),$(Q)$(3) relocs $@))
	$(Q)$(OBJDUMP) -d $@ > $(@:.elf=.lst)
	$(Q)rm -f $@.first $@.ksyms.asm $@.ksyms.o $@.calls.s $@.calls.o $@.keys.asm $@.keys.o
endef

# An image that fails the check is no image. One that cannot have an index fails it too, and the check
# says all of it.
define index_and_check
	$(Q)$(BUILD)/tools/pvtool index $@ || { $(BUILD)/tools/pvtool check $@; exit 1; }
	$(Q)$(BUILD)/tools/pvtool check $@
endef

CONFIG = --defsym config_paravirt=1 --defsym config_relocs=$(if $(SITES),1,0)
$(BUILD)/pedant.elf: $(OBJECTS) $(LINKER_SCRIPT) tools/ksyms.awk tools/keynames.awk $(BUILD)/tools/pvtool $(BUILD)/sources
	$(call link,$(OBJECTS),$(CONFIG),$(BUILD)/tools/pvtool,yes)
	$(call index_and_check)

$(BUILD)/pedant-small.elf: LINK_OPT = $(if $(LTO),$(SMALL_OPT) -flto-partition=one)
$(BUILD)/pedant-small.elf: $(SMALL_OBJECTS) $(LINKER_SCRIPT) tools/ksyms.awk $(BUILD)/tools/pvtool $(BUILD)/sources
	$(call link,$(SMALL_OBJECTS),$(CONFIG) --gc-sections --defsym index_room=96 --defsym filled=1,$(BUILD)/tools/pvtool)
	$(call index_and_check)

# The same sources with sites that are found, beside this one. Its own make says what has changed.
$(BUILD)/relocs/pedant.elf: force
	+@$(SUB) BUILD=$(BUILD)/relocs SITES=relocs $@

# The same with all code some bytes further on.
$(BUILD)/tests/shifted-%.elf: $(OBJECTS) $(LINKER_SCRIPT) tools/ksyms.awk $(BUILD)/tools/pvtool $(BUILD)/sources
	@mkdir -p $(@D)
	$(call link,$(OBJECTS),$(CONFIG) --defsym text_shift=$*,$(BUILD)/tools/pvtool)
	$(call index_and_check)

# The same with many more sites, which nobody runs: to see what they cost.
$(BUILD)/tests/bench/sites-%.o: tests/bench/sites.S $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ASFLAGS) -DCONFIG_PARAVIRT=1 -DSITES=$* -c -o $@ $<
$(BUILD)/tests/bench/sites-%.elf: $(BUILD)/tests/bench/sites-%.o $(OBJECTS) $(LINKER_SCRIPT) tools/ksyms.awk $(BUILD)/tools/pvtool $(BUILD)/sources
	$(call link,$(OBJECTS) $<,$(CONFIG),$(BUILD)/tools/pvtool)
	$(call index_and_check)

MANY_SITES = $(patsubst %,$(BUILD)/tests/bench/sites-%.elf,0 300 1000 3000 10000 30000)

$(BUILD)/pedant-native.elf: $(BARE_OBJECTS) $(LINKER_SCRIPT) tools/ksyms.awk $(BUILD)/sources
	$(call link,$(BARE_OBJECTS),--defsym config_paravirt=0 --defsym config_relocs=0)

# A module: a relocatable object of one source, as kernels load them. The tests' own are in the image.
define compile_module # $(1): more flags
	@mkdir -p $(@D)
	$(Q)$(call SAY,MOD)
	$(Q)$(CC) $(CFLAGS) $(1) -fno-common -DCONFIG_PARAVIRT=1 -c -o $@ $<
endef
TEST_MODULES = $(patsubst tests/module/%.c,$(BUILD)/tests/module/%.ko,$(wildcard tests/module/*.c))
$(TEST_MODULES): $(BUILD)/tests/module/%.ko: tests/module/%.c $(BUILD)/flags | $(MADE)
	$(call compile_module,-g0 -MMD -MP -MF $(@:.ko=.d))
$(BUILD)/tests/kernel/module/files.asm.o: $(TEST_MODULES)

# Programs, for ring 3: an ELF file of each source, without its symbols, in the image.
USER_PROGRAMS = $(patsubst %.c,$(BUILD)/%.elf,$(wildcard tests/user/*.c))
$(USER_PROGRAMS:.elf=.o): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/tests/user/start.o: tests/user/start.asm $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(call SAY,NASM)
	$(Q)$(NASM) $(NASMFLAGS) -o $@ $<
$(USER_PROGRAMS): %.elf: %.o $(BUILD)/tests/user/start.o tests/user/user.ld
	$(Q)$(call SAY,LD)
	$(Q)$(LD) -m elf_i386 -T tests/user/user.ld -nostdlib -static --build-id=none -z noexecstack -z max-page-size=16 -z common-page-size=16 -s -o $@ $< $(BUILD)/tests/user/start.o
$(foreach p,$(PROGRAMS),$(BUILD)/$(p).o $(BUILD)/bare/$(p).o $(BUILD)/small/$(p).o): $(USER_PROGRAMS)

M =
MODULE = $(BUILD)/module/$(basename $(notdir $(M))).ko
.PHONY: module
module:
	@[ -n '$(M)' ] || { echo "make module: M=FILE.c names its source"; exit 2; }
	@[ -f '$(M)' ] || { echo "make module: M=$(M): there is no such file"; exit 2; }
	@tools/setup.sh build $(COMPILER)
	+@$(SUB) $(MODULE) M=$(M)
ifneq (,$(if $(filter break,$(MAKECMDGOALS)),,$(M)))
# Made whenever it is asked for: what it includes, and another source of this name, are its owner's.
$(MODULE): $(M) $(BUILD)/tools/pvtool $(MADE) force
	$(call compile_module)
	$(Q)$(BUILD)/tools/pvtool seal $@
endif

include tools/pvtool/view/view.mk

# Tools for the build machine, by its own compiler. The names of features, from the one list.
$(BUILD)/tools/feature.def: pv/feature.h
	@mkdir -p $(@D)
	$(Q)sed -n 's/^#define X86_FEATURE_\([A-Z0-9_]*\) .*/FEATURE(\1)/p' $< > $@
$(BUILD)/host/%.o: %.c $(BUILD)/tools/feature.def $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -g $(WARNINGS) -I. -Itools/pvtool -I$(BUILD)/tools -MMD -MP -c -o $@ $<
$(BUILD)/tools/pvtool: $(TOOL_OBJECTS) $(BUILD)/sources
	@mkdir -p $(@D)
	$(Q)$(call SAY,LD)
	$(Q)$(HOSTCC) -o $@ $(TOOL_OBJECTS) $(TOOL_LIBS)

# The same with every read checked, for tests that damage other people's kernels.
$(BUILD)/tests/pvtool-asan: $(TOOL_SOURCES) pv/insn.c $(TOOL_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -g $(WARNINGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
		-I. -Itools/pvtool -I$(BUILD)/tools -o $@ $(TOOL_SOURCES) pv/insn.c $(TOOL_LIBS)

# An ISO has only what booting by BIOS needs, and the same bytes each time. $(1): the kernel's command line, $(2): that of
# itself as a guest, $(3): other guests
ISO_DATE = 2020010100000000
define iso
	$(Q)$(call SAY,ISO)
	$(Q)rm -rf $(@:.iso=-iso) && mkdir -p $(@:.iso=-iso)/boot/grub
	$(Q)cp $(BUILD)/pedant.elf $(3) $(@:.iso=-iso)/boot/
	$(Q)sed -e 's/pedant\.elf/&$(if $(1), $(1))/' $(if $(2),-e 's|}$$|\n module /boot/pedant.elf pedant $(2) }|') $(foreach guest,$(notdir $(3)),-e 's|}$$|\n module /boot/$(guest) $(basename $(guest)) }|') boot/grub.cfg > $(@:.iso=-iso)/boot/grub/grub.cfg
	$(Q)find $(@:.iso=-iso) -exec touch -h -d 2020-01-01T00:00:00Z {} +
	$(Q)SOURCE_DATE_EPOCH=1577836800 grub-mkrescue -o $@ --compress=xz --fonts= --locales= --themes= \
		--install-modules="multiboot normal biosdisk iso9660 part_msdos configfile" \
		-d /usr/lib/grub/i386-pc $(@:.iso=-iso) -- -volume_date all_file_dates $(ISO_DATE) \
		-volume_date uuid $(ISO_DATE) > $@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)rm -rf $(@:.iso=-iso)
endef
$(BUILD)/pedant.iso: $(BUILD)/pedant.elf boot/grub.cfg
	$(call iso)

# For Bochs, which checks what QEMU does not.
$(BUILD)/tests/guest.iso: $(BUILD)/pedant.elf boot/grub.cfg
	@mkdir -p $(@D)
	$(call iso,selftest=off,selftest=f* run=true switch=trace$(comma)lguest)

$(BUILD)/tests/guest_interrupts.iso: $(BUILD)/pedant.elf boot/grub.cfg
	@mkdir -p $(@D)
	$(call iso,selftest=guest_interrupts,selftest=off)
BOCHS_GUESTS = $(patsubst %,$(BUILD)/tests/guest/%.elf,segments flags gdt large step nt)
$(BUILD)/tests/guest_hostile.iso: $(BUILD)/pedant.elf boot/grub.cfg $(BOCHS_GUESTS)
	@mkdir -p $(@D)
	$(call iso,selftest=off guest-text=open guest-memory=8,,$(BOCHS_GUESTS))

# Guests of one trick each. The numbers of hypercalls are the places in their list; of what is shared the compiler says where it is.
HOSTILE_GUESTS = $(patsubst tests/guest/%.asm,$(BUILD)/tests/guest/%.elf,$(wildcard tests/guest/*.asm))
$(BUILD)/tests/guest/hypercalls.inc: pv/backend/hypercall.def
	@mkdir -p $(@D)
	$(Q)awk -F '[(,]' '/^PV_HYPERCALL\(/ { print "CALL_" $$2 " equ " n++ } END { print "CALLS equ " n }' $< > $@
$(BUILD)/tests/guest/shared.inc: tests/guest/shared.c pv/backend/guest.h
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -ffreestanding -I. -S -o $(@:.inc=.s) $<
	$(Q)awk '/^[A-Z_]+:/ { name = $$1 } $$1 == ".long" { print name " equ " $$2 }' $(@:.inc=.s) > $@
$(BUILD)/tests/guest/%.elf: tests/guest/%.asm tests/guest/guest.inc tests/guest/guest.ld $(patsubst %,$(BUILD)/tests/guest/%.inc,hypercalls shared)
	$(Q)$(call SAY,NASM)
	$(Q)$(NASM) -f elf32 -Itests/guest/ -I$(@D)/ -o $(@:.elf=.o) $<
	$(Q)$(LD) -m elf_i386 -T tests/guest/guest.ld -z noexecstack -o $@ $(@:.elf=.o)
$(BUILD)/tests/guest.list: $(HOSTILE_GUESTS)
	$(Q)printf '%s\n' $^ > $@

# A loader that hands the kernel any multiboot information that a test makes up.
$(BUILD)/tests/loader.elf: tests/loader/loader.asm
	@mkdir -p $(@D)
	$(Q)$(call SAY,NASM)
	$(Q)$(NASM) -f elf32 -o $(BUILD)/tests/loader.o $<
	$(Q)$(LD) -m elf_i386 -Ttext 0x800000 -z noexecstack -o $@ $(BUILD)/tests/loader.o

# Another kernel, which takes pv/ and nothing else. Linked twice as well, for its static calls.
ADOPT_OBJECTS = $(patsubst %,$(BUILD)/tests/adopt/%.o,main.c host.c start.S) $(filter $(BUILD)/pv/%,$(OBJECTS))
ADOPT_LINK    = $(LD) -m elf_i386 -T tests/adopt/adopt.ld -z noexecstack
$(BUILD)/tests/adopt.elf: $(ADOPT_OBJECTS) tests/adopt/adopt.ld $(BUILD)/tools/pvtool
	$(Q)$(call SAY,LD)
	$(Q)$(ADOPT_LINK) --emit-relocs -o $@.first $(ADOPT_OBJECTS)
	$(Q)$(BUILD)/tools/pvtool calls $@.first > $@.calls.s
	$(Q)$(CC) -m32 -c -o $@.calls.o $@.calls.s
	$(Q)$(ADOPT_LINK) -o $@ $(ADOPT_OBJECTS) $@.calls.o
	$(Q)rm -f $@.first $@.calls.s $@.calls.o
	$(call index_and_check)

# Tests that run on the build machine: 32 bits, since the records hold 32-bit addresses. NAME starts
# NAME.i386 as the machine can.
i386_script = printf '\#!/bin/sh\nexec tools/i386.sh %s "$$@"\n' $@.i386 > $@ && chmod +x $@
HOST_CFLAGS = -std=gnu11 -g -O1 -fno-pic -no-pie -I. -fsanitize=address,undefined \
	      -fno-sanitize-recover=all $(WARNINGS) -Wno-missing-prototypes
HOST_TESTS  = $(patsubst tests/host/%.c,$(BUILD)/tests/host/%,$(wildcard tests/host/*_test.c))
$(BUILD)/tests/host/%: tests/host/%.c $(wildcard tests/host/*.h pv/*.[ch] pv/ops.def lib/*.[ch] kernel/module/*.[ch] kernel/shell/term/*.[ch] \
		       arch/x86/*/*.[ch]) $(BUILD)/tests/host/pv.a $(MADE)
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(HOSTCC32) $(HOST_CFLAGS) -o $@.i386 $< $(BUILD)/tests/host/pv.a
	$(Q)$(i386_script)

# The decoder and what is looked at with it, beside Zydis, as programs of the build machine's own.
INSN_TESTS = $(BUILD)/tests/host/insn_test $(BUILD)/tests/host/look_test
HOST_TESTS += $(INSN_TESTS)
$(BUILD)/tests/host/look_test: $(BUILD)/host/pv/look.o
$(INSN_TESTS): $(BUILD)/tests/host/%: $(BUILD)/host/tests/insn/%.o $(BUILD)/host/tools/pvtool/read/decode.o \
	       $(BUILD)/host/pv/insn.o
	@mkdir -p $(@D)
	$(Q)$(call SAY,LD)
	$(Q)$(HOSTCC) -o $@ $^ -lelf -lZydis

# What is tested, of which each test takes what it needs.
HOST_PV = $(patsubst pv/%.c,$(BUILD)/tests/host/pv/%.o,$(wildcard pv/*.c) pv/backend/switch.c)
$(HOST_PV): $(BUILD)/tests/host/pv/%.o: pv/%.c $(wildcard pv/*.h pv/ops.def) $(MADE)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC32) $(HOST_CFLAGS) -c -o $@ $<
$(BUILD)/tests/host/pv.a: $(HOST_PV) $(BUILD)/sources
	$(Q)$(call SAY,AR)
	$(Q)rm -f $@ && ar rcs $@ $(HOST_PV)

include tests/host/fuzz.mk
include tests/litmus/litmus.mk
include tools/page/page.mk

# Measurements on the build machine, with the kernel's own objects.
BENCH_FLAGS = -std=gnu11 -O2 -g -fno-pic -no-pie -mstackrealign -I. $(WARNINGS) \
	      -Wno-missing-prototypes -z noexecstack
include tests/bench/pass.mk
$(BUILD)/tests/bench/cycles: tests/bench/cycles.c
	@mkdir -p $(@D)
	$(Q)$(call SAY,CC)
	$(Q)$(HOSTCC) $(BENCH_FLAGS) -mno-red-zone -o $@ $<

# Targets that people call. What they need and the machine lacks is installed first.

COMPILER = $(if $(findstring clang,$(CC)),clang)
# As many jobs as there are CPUs, unless make was told how many.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
SUB  = $(MAKE) --no-print-directory
# What the tests' programs need to know.
TEST_ENV = BUILD=$(BUILD) PVTOOL=$(BUILD)/tools/pvtool CC='$(CC)' LD='$(LD)' WERROR='$(WERROR)' OBJDUMP='$(OBJDUMP)' PERL5LIB=tests/lib

.PHONY: run run-small run-iso small iso test test-long bench fuzz debug screenshot lint help clean setup
define boot # $(1): the image, $(2): more arguments
	@tools/boot.sh $(LIMIT) $(QEMU) -kernel $(1) -accel $(ACCEL) -cpu $(CPU) -smp $(SMP) \
		-display none -serial stdio -serial file:$(BUILD)/events.json -append "$(CMDLINE)" \
		$(2) $(QEMU_ARGS) < /dev/null
endef
run:
	@tools/setup.sh build run $(COMPILER)
	+@$(SUB) $(JOBS) all
	$(call boot,$(BUILD)/pedant.elf)

# What a boot loader loads of it is what is measured.
small:
	@tools/setup.sh build $(COMPILER)
	+@$(SUB) $(JOBS) $(BUILD)/pedant-small.elf
	@tools/loaded.sh $(BUILD)/pedant-small.elf

run-small:
	@tools/setup.sh build run $(COMPILER)
	+@$(SUB) $(JOBS) $(BUILD)/pedant-small.elf
	$(call boot,$(BUILD)/pedant-small.elf)

# The same image is host and guest. What the guest's command line is.
GUEST =
run-guest:
	@tools/setup.sh build run $(COMPILER)
	+@$(SUB) $(JOBS) all
	@crc=$$(gzip -1c $(BUILD)/pedant.elf | tail -c 8 | od -An -tx4 -N4 | tr -d ' ') && \
		echo "$(BUILD)/pedant.elf has $$(wc -c < $(BUILD)/pedant.elf) bytes, CRC-32 $$crc: the host, and the guest"
	$(call boot,$(BUILD)/pedant.elf,-initrd '$(BUILD)/pedant.elf $(GUEST)')
.PHONY: run-guest

# The laboratory's shell: QEMU's terminal is the serial line, Ctrl-C is the shell's, and Ctrl-A x ends QEMU. A script is a boot
# module, of which the kernel takes the argument `shell` for what it is. MODULES are more of them, as QEMU's -initrd has them:
# "FILE ARGUMENTS,FILE". A comma in the script's name is two there.
SCRIPT  =
MODULES =
BROUGHT = $(if $(SCRIPT),$(subst $(comma),$(comma)$(comma),$(SCRIPT)) shell)$(if $(MODULES),$(if $(SCRIPT),$(comma))$(MODULES))
shell:
	@tools/setup.sh build run $(COMPILER)
	@[ -z '$(SCRIPT)' ] || [ -f '$(SCRIPT)' ] || { echo "make shell: SCRIPT=$(SCRIPT): there is no such file"; exit 2; }
	+@$(SUB) $(JOBS) all
	@tools/boot.sh $(if $(SCRIPT),$(LIMIT),0) $(QEMU) -kernel $(BUILD)/pedant.elf -accel $(ACCEL) -cpu $(CPU) -smp $(SMP) \
		-display none -serial $(if $(SCRIPT),stdio,mon:stdio) -serial file:$(BUILD)/events.json \
		$(if $(BROUGHT),-initrd '$(BROUGHT)') -append "selftest=off shell$(if $(SCRIPT),=script) $(CMDLINE)" \
		$(QEMU_ARGS) $(if $(SCRIPT),< /dev/null)
.PHONY: shell

# The same with what the museum's mistakes need: two CPUs, and the kernel's own file, of which guests are made.
museum:
	+@$(SUB) shell SMP=$(if $(filter-out 1,$(SMP)),$(SMP),2) MODULES='$(BUILD)/pedant.elf$(if $(MODULES),$(comma)$(MODULES))'
.PHONY: museum

# So many live changes; a line each thousand says how far it is.
STRESS = 1000000
stress:
	+@$(SUB) run LIMIT=86400 SMP=$(if $(filter-out 1,$(SMP)),$(SMP),2) \
		CMDLINE="selftest=stress.all stress=$(STRESS) $(CMDLINE)"
.PHONY: stress

iso:
	@tools/setup.sh build iso
	+@$(SUB) $(JOBS) $(BUILD)/pedant.iso

run-iso:
	@tools/setup.sh build run iso $(COMPILER)
	+@$(SUB) $(JOBS) $(BUILD)/pedant.iso
	@tools/boot.sh 60 $(QEMU) -cdrom $(BUILD)/pedant.iso -boot d -accel $(ACCEL) -cpu $(CPU) \
		-smp $(SMP) -display none -serial stdio -serial file:$(BUILD)/events.json $(QEMU_ARGS) \
		< /dev/null

# The longest ones first, so that none of them is the last one to end.
LONGEST = $(patsubst %,tests/%.t,model multiboot damage damage_tables pvtool_dump matrix cmdline)
TESTS   = $(LONGEST) $(filter-out $(LONGEST),$(sort $(wildcard tests/*.t)))
DAMAGE     = $(patsubst %,tests/long/%.t,damage damage_tables pvtool_dump pvtool_damage pvtool_by_manifest pvtool_linux_damage)
LONG_TESTS = tests/long/smp_counts.t $(filter-out tests/long/smp_counts.t $(DAMAGE),$(sort $(wildcard tests/long/*.t)))
# Those of i386 code on the build machine, where it makes and runs such programs. It is asked by a make of its
# own: make expands all lines of a target before the first one runs, which may be what installs the compiler.
HOST_TESTS_HERE = $(if $(shell tools/i386.sh --builds $(HOSTCC32) && echo yes),$(HOST_TESTS))
# What tests look at beside the kernels; less for who runs a few that he knows.
TEST_NEEDS = $(addprefix $(BUILD)/,pedant-small.elf pedant.iso litmus/bochs-10.iso $(addprefix tests/,loader.elf adopt.elf \
	     pvtool-asan guest.iso guest_interrupts.iso guest_hostile.iso guest.list)) $(LITMUS_NATIVE)
test:
	@tools/setup.sh build run iso test $(COMPILER)
	@tools/setup.sh bochs || echo "make test: tests on Bochs will be skipped"
	@tools/setup.sh bench || echo "make test: charts will not be drawn"
	@tools/setup.sh npm && tools/npm.sh $(BUILD)/npm || echo "make test: tests on v86 will be skipped"
	@[ ! -d $(BUILD)/npm/node_modules ] || tools/setup.sh page || echo "make test: tests in a browser will be skipped"
	+@$(SUB) test-here
# PATIENCE: so many times the usual before anything counts as hanging, as other people may work here, too.
.PHONY: test-here
test-here:
	+@$(SUB) $(JOBS) all $(TEST_NEEDS) $(HOST_TESTS_HERE)
	+@[ ! -e $(BUILD)/npm/node_modules/.package-lock.json ] || $(SUB) page-here
	@[ -n '$(HOST_TESTS_HERE)' ] || [ -z '$(HOST_TESTS)' ] || echo "make test: host tests are skipped: $(HOSTCC32) makes no program that runs here"
	+@if tools/setup.sh fuzz; then $(SUB) $(FUZZ_TARGETS); \
		else echo "make test: fuzzing will be skipped"; fi
	@PATIENCE=$${PATIENCE:-3} $(TEST_ENV) prove -j2 $(PROVE_FLAGS) --formatter Pedant::Formatter $(TESTS) $(HOST_TESTS_HERE)

# What takes longer: every number of CPUs, whole kernels, built otherwise, and all of the damage by lot.
test-long:
	+@$(SUB) test TESTS='$(LONG_TESTS)' HOST_TESTS= FUZZ_TARGETS=
# What make test does a share of, whole: ten minutes.
.PHONY: test-damage
test-damage:
	+@$(SUB) test TESTS='$(DAMAGE)' HOST_TESTS= FUZZ_TARGETS=

bench:
	@tools/setup.sh build run test bench
	+@$(SUB) $(JOBS) all $(BUILD)/tests/bench/pass $(BUILD)/tests/bench/cycles $(BUILD)/relocs/pedant.elf $(MANY_SITES)
	@mkdir -p $(BUILD)/bench
	@$(TEST_ENV) perl tests/bench/boot.pl
	@$(TEST_ENV) perl tests/bench/ops.pl
	@$(TEST_ENV) perl tests/bench/guest.pl
	@$(TEST_ENV) ACCEL=$(ACCEL) perl tests/bench/table.pl
	@$(TEST_ENV) perl tests/bench/choices.pl
	@$(TEST_ENV) perl tests/bench/live.pl
	@$(TEST_ENV) perl tests/bench/modules.pl
	@$(TEST_ENV) perl tests/bench/sizes.pl
	@$(TEST_ENV) perl tests/bench/scale.pl
	@$(BUILD)/tests/bench/pass $(BUILD)/bench/pass.json
	@$(BUILD)/tests/bench/cycles $(BUILD)/bench/cycles.json
	+@$(SUB) linux PLANTS=20
	@$(TEST_ENV) perl tests/bench/plot.pl $(BUILD)/bench

# What is counted, of which no other program on the machine changes anything.
.PHONY: bench-exact
bench-exact:
	@tools/setup.sh build run test bench
	+@$(SUB) $(JOBS) all $(BUILD)/relocs/pedant.elf $(MANY_SITES)
	@for counted in guest.pl 'table.pl exact' choices.pl modules.pl sizes.pl scale.pl; do $(TEST_ENV) perl tests/bench/$$counted || exit 1; done
	@$(TEST_ENV) perl tests/bench/plot.pl $(BUILD)/bench

# The seed's table alone, of its three kernels, with few runs.
.PHONY: bench-quick
bench-quick:
	@tools/setup.sh build run test bench
	+@$(SUB) $(JOBS) all
	@$(TEST_ENV) ACCEL=$(ACCEL) perl tests/bench/table.pl quick
	@$(TEST_ENV) perl tests/bench/plot.pl $(BUILD)/bench

# What a guest costs: what it is held against, and the two guests.
.PHONY: bench-guest
bench-guest:
	@tools/setup.sh build run test
	+@$(SUB) $(JOBS) all
	@$(TEST_ENV) perl tests/bench/guest.pl
	@$(TEST_ENV) ACCEL=$(ACCEL) perl tests/bench/table.pl guest

# What was measured last, into the documentation's tables and charts.
.PHONY: bench-docs
bench-docs:
	@tools/setup.sh bench
	@$(TEST_ENV) perl tests/bench/plot.pl $(BUILD)/bench
	@$(TEST_ENV) perl tests/bench/docs.pl

# Each target has its share of the time, and says at its end how many inputs a second those were. The tree's
# corpus is only read; what is new goes to the build directory, and so does an input that breaks something. To
# take from there what reaches code that no seed does:
#	build/tests/host/engine_fuzz -merge=1 -use_counters=0 tests/host/corpus/engine build/fuzz/engine
FUZZ_SECONDS = 3600
FUZZ_SHARE = $(shell expr '(' $(FUZZ_SECONDS) + $(words $(FUZZ_TARGETS)) - 1 ')' / $(words $(FUZZ_TARGETS)))
fuzz:
	@[ '$(FUZZ_SECONDS)' -gt 0 ] || { echo "make fuzz: FUZZ_SECONDS=$(FUZZ_SECONDS) is not a number above 0"; exit 2; }
	@tools/setup.sh build fuzz
	+@$(SUB) $(JOBS) $(FUZZ_TARGETS)
	@for target in $(patsubst %_fuzz,%,$(notdir $(FUZZ_TARGETS))); do \
		mkdir -p $(BUILD)/fuzz/$$target; \
		$(BUILD)/tests/host/$${target}_fuzz -max_len=700 -len_control=0 -timeout=10 \
			-max_total_time=$(FUZZ_SHARE) \
			-artifact_prefix=$(BUILD)/fuzz/$$target- $(BUILD)/fuzz/$$target \
			-print_final_stats=1 tests/host/corpus/$$target || exit 1; \
	done

# Deliberate faults, each of which some test has to notice. MUTANTS=GLOB selects.
MUTANTS = *
.PHONY: mutants
mutants:
	@tools/setup.sh build run test $(COMPILER)
	+@$(SUB) $(JOBS) $(BUILD)/pedant.elf $(HOST_TESTS)
	@$(TEST_ENV) perl tests/mutants/run.pl '$(MUTANTS)'

.PHONY: lines
lines:
	@perl tools/lines.pl

# The same by lot: N faults that nobody chose, WORKERS at a time. SEED gives the same ones again, and ONLY=3,7 two of them.
SEED    ?= $(shell date +%s)
N       ?= 100
ONLY    ?=
WORKERS ?= 2
.PHONY: mutants-random
mutants-random:
	@tools/setup.sh build run iso test $(COMPILER)
	@$(SUB) $(JOBS) all $(HOST_TESTS)
	@BUILD=$(BUILD) CC=$(CC) WORKERS=$(WORKERS) perl -Itests/lib tests/mutants/random.pl $(SEED) $(N) $(ONLY)

# Which lines of the kernel no boot of the tests reaches, of FILES (a pattern) each by itself: QEMU logs what it translates,
# which takes three times as long. Host tests are not looked at: of pv/ and lib/ they reach more.
FILES =
.PHONY: cover
cover:
	@rm -rf $(BUILD)/cover && mkdir -p $(BUILD)/cover
	+@COVER=$(abspath $(BUILD)/cover) COVER_KERNEL=$(BUILD)/pedant.elf PATH=$(CURDIR)/tests/cover:$$PATH \
		$(SUB) test HOST_TESTS= FUZZ_TARGETS= || echo "make cover: some tests failed"
	@perl tests/cover/report.pl $(BUILD)/pedant.elf $(BUILD)/cover $(if $(FILES),'$(FILES)')

# A kernel that others made: Debian's, fetched, or LINUX=, a bzImage; PLANTS changed bytes have to be found.
LINUX  =
PLANTS = 1000
.PHONY: linux
linux:
	@tools/setup.sh build run test linux $(COMPILER)
	+@$(SUB) $(JOBS) $(BUILD)/tools/pvtool
	@if [ -n '$(LINUX)' ] || tools/linux-package.sh $(BUILD)/linux; then \
		$(TEST_ENV) perl tests/linux/verify.pl $(or $(LINUX),$(BUILD)/linux/vmlinuz) $(PLANTS); \
	else [ $$? = 3 ]; fi

# Programs that make calls by lot, under the kernel, for FUZZ_SECONDS from SEED on: a line each second.
.PHONY: fuzz-calls
fuzz-calls:
	@[ '$(FUZZ_SECONDS)' -gt 0 ] || { echo "make fuzz-calls: FUZZ_SECONDS=$(FUZZ_SECONDS) is not a number above 0"; exit 2; }
	+@$(SUB) run LIMIT=$$(($(FUZZ_SECONDS) + 60)) CMDLINE="selftest=fuzz.calls fuzz-seconds=$(FUZZ_SECONDS) fuzz-seed=$(SEED) $(CMDLINE)"

# Guests that ask their host for anything, and execute anything: the test of make test, for so long.
.PHONY: fuzz-guest
fuzz-guest:
	@[ '$(FUZZ_SECONDS)' -gt 0 ] || { echo "make fuzz-guest: FUZZ_SECONDS=$(FUZZ_SECONDS) is not a number above 0"; exit 2; }
	@tools/setup.sh build run test
	+@$(SUB) $(JOBS) all
	@$(TEST_ENV) FUZZ_SECONDS=$(FUZZ_SECONDS) SEED=$(SEED) prove -v tests/guest_fuzz.t

include tools/learn/learn.mk
include tools/book/book.mk
include tests/exercises/exercises.mk

# By gdb in a second terminal, GDB=1: by one that is started here; PORT=n: by a port of this machine.
GDB =
debug:
	@[ -z '$(PORT)' ] || [ '$(PORT)' -gt 0 ] 2> /dev/null || { echo "make debug: PORT=$(PORT) is not a number above 0"; exit 2; }
	@tools/setup.sh build run debug $(COMPILER)
	+@$(SUB) $(JOBS) all
	@tools/gdb/debug.sh $(BUILD) '$(if $(GDB),gdb,$(PORT))' $(QEMU) -kernel $(BUILD)/pedant.elf -cpu $(CPU) -smp $(SMP) \
		-display none -no-reboot -append "$(CMDLINE)" $(QEMU_ARGS)

screenshot:
	@tools/setup.sh build run $(COMPILER)
	+@$(SUB) $(JOBS) all
	@tools/screenshot.sh $(BUILD)/pedant.elf docs/screen.png

# pv/ for other kernels, with the guide, pvtool and an example: the same bytes for the same sources.
VERSION   = 0.9
DIST      = pv-$(VERSION)
DIST_FILES = LICENSE docs/adopt.md docs/live.md docs/sites.md pv tests/adopt tests/sets/gather.c tools/pvtool
GUIDE_FLAGS = awk '/^\#\# 2\./ { on = 1 } on && /^    -/ { printf "%s ", $$0 } /^\#\# 3\./ { exit }' docs/adopt.md
.PHONY: dist
dist: $(BUILD)/$(DIST).tar.gz
	@echo $<
$(BUILD)/$(DIST).tar.gz: force $(MADE)
	@rm -rf $(BUILD)/dist && mkdir -p $(BUILD)/dist/$(DIST)
	$(Q)$(call SAY,TAR)
	$(Q)cp -R --parents $(DIST_FILES) $(BUILD)/dist/$(DIST)/
	$(Q)flags=$$($(GUIDE_FLAGS) | tr -s ' ') && sed "s/@CFLAGS@/$$flags/" tools/dist/Makefile > $(BUILD)/dist/$(DIST)/Makefile
	$(Q)find $(BUILD)/dist -exec chmod u+rwX,go+rX,go-w {} + -exec touch -h -d 2020-01-01T00:00:00Z {} +
	$(Q)tar -C $(BUILD)/dist --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -cf - $(DIST) | gzip -9n > $@
	$(Q)rm -rf $(BUILD)/dist

FORMATTED = $(wildcard $(addsuffix /*.[ch],$(ROOMS) $(SITE_ROOMS) $(BARE_ROOMS) $(TOOL_ROOMS) tests/adopt \
	      tests/bench tests/exercises $(wildcard tests/exercises/[1-9]-*) tests/host tests/insn tests/litmus tests/sets tests/user))
lint:
	@tools/setup.sh build lint
	$(Q)tools/decides.sh 14 clang-format --dry-run -Werror $(FORMATTED)
	$(Q)tools/decides.sh 2.10 cppcheck -q --std=c11 --platform=unix32 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 -I. --suppressions-list=tools/cppcheck.txt \
		-D__i386__ pv arch host kernel lib tools
	+@$(SUB) $(JOBS) all
	$(Q)tools/floors.pl $(BUILD)/ $(OBJECTS) -- $(BUILD)/bare/ $(BARE_OBJECTS) \
		-- $(BUILD)/host/ $(TOOL_OBJECTS)

setup:
	@tools/setup.sh build run iso test lint clang bochs bench npm debug
	@tools/npm.sh $(BUILD)/npm
	@tools/setup.sh page || echo "make setup: tests in a browser will be skipped"

clean:
	rm -rf $(BUILD)

help:
	@echo "make              build $(BUILD)/pedant.elf"
	@echo "make run          boot it: patch, self-test, statistics; succeeds when everything passed"
	@echo "                  CMDLINE=\"...\" SMP=n ACCEL=tcg|kvm CPU=model QEMU_ARGS=\"...\""
	@echo "make run-guest    boot it, and itself again as its guest in ring 1; GUEST=\"...\" is the guest's command line"
	@echo "make shell        boot it to a shell, help lists its commands; SCRIPT=file runs those of a file (docs/shell.md)"
	@echo "make museum       the same, to make the mistakes of others there: museum lists them (docs/museum.md)"
	@echo "make small        $(BUILD)/pedant-small.elf, the kernel without its tests, and its size;  make run-small boots it"
	@echo "make test         everything: boots, damaged images, host tests"
	@echo "make test-long    what takes longer: every number of CPUs, kernels that are built otherwise, dist"
	@echo "make test-damage  all of the damage by lot, of which make test does a tenth"
	@echo "make bench        the measurements: boot, instructions an op and a choice, guests, live changes, sizes, passes, cycles"
	@echo "make bench-quick  the seed's table only: normal, paravirt, paravirt-patch"
	@echo "make bench-exact  what is counted and not timed: instructions, rounds, bytes;  make bench-guest: what a guest costs"
	@echo "make bench-docs   puts the tables that were measured last, and their charts, into docs/"
	@echo "make stress       STRESS (1000000) live changes under everything that can happen; SMP=2"
	@echo "make module M=F.c a module of your own: $(BUILD)/module/F.ko, for QEMU's -initrd or GRUB's module"
	@echo "make litmus       what CPUs see of code that changes under them: TCG, Bochs, this machine's own"
	@echo "make litmus-iso   the same for a machine that boots it: $(BUILD)/litmus.iso"
	@echo "make fuzz         feed engine, keys, calls hostile tables, and the loader hostile modules, for FUZZ_SECONDS (3600)"
	@echo "make fuzz-calls   programs that make system calls by lot, for FUZZ_SECONDS (3600), from SEED (the time) on; SMP, CPU"
	@echo "make fuzz-guest   guests that ask for and execute anything by lot, for FUZZ_SECONDS (3600), from SEED (the time) on"
	@echo "make mutants      tests of the tests: deliberate faults that have to be noticed"
	@echo "make linux        fetch, boot and dump Debian's 6.1 for i386, or LINUX=bzImage, and explain every byte of its text"
	@echo "make mutants-random SEED=n N=100   the same by lot: faults that nobody chose"
	@echo "make cover        which lines of the kernel no boot of the tests reaches; FILES=pattern shows these lines"
	@echo "make iso          $(BUILD)/pedant.iso, booted by GRUB;  make run-iso boots it"
	@echo "make debug        boot it for gdb in a second terminal, with pv site, stats, dis, diff, break; GDB=1: gdb here, PORT=n"
	@echo "make dump         boot it to its end: $(BUILD)/dump, its memory as pvtool takes it"
	@echo "make diff         what was linked and what runs side by side, of FUNC=name or of all"
	@echo "make sites        the sites and all that they may become, of FUNC=name or of all"
	@echo "make break M=126  a fault of tests/mutants/ in a copy, and who notices it; without M the list of all"
	@echo "make exercise N=4 an exercise of the book, in a copy, and what is still wrong with it; without N the list; AGAIN=1, SOLUTION=1"
	@echo "make new-test NAME=suite.test or NAME=file   the beginning of a test, which fails until it is written"
	@echo "make dist         $(BUILD)/pv-$(VERSION).tar.gz: pv/ for other kernels, the guide, pvtool, an example"
	@echo "make screenshot   docs/screen.png, the last VGA screen of a boot with four CPUs"
	@echo "make page         $(PAGE), a folder for any web server: the kernel runs in it, beside its source;  make serve: PORT=8080"
	@echo "make page-picture docs/page.png, the page in Chromium"
	@echo "make book         $(BOOK), the book of docs/book/ as pages for a browser;  make book-pictures its pictures of data"
	@echo "make lines        how much there is to read of kernel/, by room"
	@echo "make lint         clang-format, cppcheck, and the floors: who includes and calls whom"
	@echo "make setup        install what all of these need"
	@echo "make clean        remove $(BUILD)"
	@echo "CC=clang, OPT=-Os and BUILD=directory work with all of them; WERROR=1 makes warnings errors,"
	@echo "SITES=relocs a kernel whose ops are plain calls, which are found after the link (docs/sites.md),"
	@echo "LOCKS=check a kernel that panics where a lock is taken against its rule."
	@echo "CROSS_COMPILE=i686-linux-gnu- where gcc makes no i386 code; HOSTCC builds pvtool, HOSTCC32 host tests."
