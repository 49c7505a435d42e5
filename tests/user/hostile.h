/* SPDX-License-Identifier: MIT */
/*
 * What tests/user/hostile.c tries, each by its name, and how the kernel is to end it: one list for the
 * program and for tests/kernel/task/hostile.c, which runs it.
 *
 *	X(cli, GP, "cli")	name, the exceptions that may end it, the instructions
 */
#ifndef TESTS_USER_HOSTILE_H
#define TESTS_USER_HOSTILE_H

/* Sets of exceptions: SDM volume 3, 6.15. What a CPU does not know is an invalid opcode to it. */
#define DE (1u << 0)
#define DB (1u << 1)
#define BR (1u << 5)
#define UD (1u << 6)
#define NM (1u << 7)
#define TS (1u << 10)
#define GP (1u << 13)
#define PF (1u << 14)
#define AC (1u << 17)

#define HOSTILE_SURVIVED 99 /* the status of a program that went on behind the instructions */

/* What only the kernel may do. The ports are a serial one's, and that of QEMU's end. */
#define HOSTILE_PRIVILEGED(X)                                             \
	X(cli, GP, "cli")                                                 \
	X(sti, GP, "sti")                                                 \
	X(hlt, GP, "hlt")                                                 \
	X(in_byte, GP, "inb $0x60, %al")                                  \
	X(in_word, GP, "mov $0x3f8, %edx; inl %dx, %eax")                 \
	X(out_byte, GP, "outb %al, $0xf4")                                \
	X(out_word, GP, "mov $0x3f8, %edx; outl %eax, %dx")               \
	X(ins, GP, "mov $0x3f8, %edx; mov %esp, %edi; insb")              \
	X(outs, GP, "mov $0x3f8, %edx; mov %esp, %esi; rep outsb")        \
	X(lgdt, GP, "lgdt (%esp)")                                        \
	X(lidt, GP, "lidt (%esp)")                                        \
	X(lldt, GP, "xor %eax, %eax; lldt %ax")                           \
	X(ltr, GP, "mov $0x38, %eax; ltr %ax")                            \
	X(read_cr0, GP, "mov %cr0, %eax")                                 \
	X(read_cr2, GP, "mov %cr2, %eax")                                 \
	X(read_cr3, GP, "mov %cr3, %eax")                                 \
	X(read_cr4, GP | UD, "mov %cr4, %eax")                            \
	X(write_cr0, GP, "mov $0x11, %eax; mov %eax, %cr0")               \
	X(write_cr3, GP, "xor %eax, %eax; mov %eax, %cr3")                \
	X(write_cr4, GP | UD, "xor %eax, %eax; mov %eax, %cr4")           \
	X(read_dr7, GP, "mov %dr7, %eax")                                 \
	X(write_dr0, GP, "mov %eax, %dr0")                                \
	X(write_dr7, GP, "mov $0xffff03ff, %eax; mov %eax, %dr7")         \
	X(clts, GP, "clts")                                               \
	X(lmsw, GP, "mov $0x11, %eax; lmsw %ax")                          \
	X(invd, GP, "invd")                                               \
	X(wbinvd, GP, "wbinvd")                                           \
	X(invlpg, GP, "invlpg (%esp)")                                    \
	X(rdmsr, GP | UD, "mov $0x176, %ecx; rdmsr")                      \
	X(wrmsr, GP | UD, "mov $0x176, %ecx; wrmsr")                      \
	X(rdpmc, GP | UD, "xor %ecx, %ecx; rdpmc")                        \
	X(sysexit, GP | UD, "mov $1f, %edx; mov %esp, %ecx; sysexit; 1:") \
	X(sysret, GP | UD, ".byte 0x0f, 0x07")                            \
	X(monitor, GP | UD, ".byte 0x0f, 0x01, 0xc8")                     \
	X(mwait, GP | UD, ".byte 0x0f, 0x01, 0xc9")                       \
	X(xsetbv, GP | UD, "xor %ecx, %ecx; .byte 0x0f, 0x01, 0xd1")      \
	X(vmcall, UD, ".byte 0x0f, 0x01, 0xc1")                           \
	X(vmrun, GP | UD, ".byte 0x0f, 0x01, 0xd8")                       \
	X(clgi, GP | UD, ".byte 0x0f, 0x01, 0xdd")                        \
	X(stac, UD, ".byte 0x0f, 0x01, 0xcb")                             \
	X(clac, UD, ".byte 0x0f, 0x01, 0xca")                             \
	X(rsm, UD, "rsm")

/*
 * Flags that a program cannot have: cli is refused behind each. NT makes of IRET a change of tasks. QEMU's IRET
 * and far returns read a program's stack as ring 0 would, which SMAP refuses; and it lets VM in.
 */
#define HOSTILE_FLAGS(X)                                                             \
	X(popf_iopl, GP, "push $0x3202; popf; cli")                                  \
	X(popf_if, GP, "push $2; popf; pushf; testl $0x200, (%esp); jz 1f; cli; 1:") \
	X(iret_iopl, GP | PF, "push $0x3202; push $0x1b; push $1f; iret; 1: cli")    \
	X(iret_vm, GP | PF, "push $0x20202; push $0x1b; push $1f; iret; 1: cli")     \
	X(iret_nt, TS | PF, "pushf; orl $0x4000, (%esp); popf; iret")                \
	X(step, DB, "pushf; orl $0x100, (%esp); popf; nop; nop")

/* Ways into another ring, and to segments that are none for it. */
#define HOSTILE_WAYS(X)                                                    \
	X(iret_ring0, GP | PF, "pushf; push $8; push $1f; iret; 1:")       \
	X(iret_data, GP | PF, "pushf; push $0x23; push $1f; iret; 1:")     \
	X(iret_null, GP | PF, "pushf; push $0; push $1f; iret; 1:")        \
	X(jump_ring0, GP | PF, "ljmp $8, $1f; 1:")                         \
	X(jump_task, GP, "ljmp $0x30, $0")                                 \
	X(jump_double_fault, GP, "ljmp $0x38, $0")                         \
	X(jump_data, GP, "ljmp $0x23, $1f; 1:")                            \
	X(jump_ldt, GP, "ljmp $0x0f, $1f; 1:")                             \
	X(call_ring0, GP | PF, "lcall $8, $1f; 1:")                        \
	X(call_double_fault, GP, "lcall $0x38, $0")                        \
	X(return_ring0, GP | PF, "push $8; push $1f; lret; 1:")            \
	X(load_cs, UD, ".byte 0x8e, 0xc8")                                 \
	X(load_ss_code, GP, "mov $0x1b, %eax; mov %eax, %ss")              \
	X(load_ss_ring0, GP, "mov $0x10, %eax; mov %eax, %ss")             \
	X(load_fs, GP, "mov $0x28, %eax; mov %eax, %fs")                   \
	X(int3, GP, "int3")                                                \
	X(icebp, DB | GP | UD, ".byte 0xf1")                               \
	X(into, GP, "mov $127, %al; add $1, %al; into")                    \
	X(bound, BR, "push $0; push $0; mov $5, %eax; bound %eax, (%esp)") \
	X(syscall, UD, ".byte 0x0f, 0x05")

/* Instructions that are none, and those of an FPU, which no program has. */
#define HOSTILE_OPCODES(X)                                                            \
	X(ud2, UD, "ud2")                                                             \
	X(f00f, UD, ".byte 0xf0, 0x0f, 0xc7, 0xc8")                                   \
	X(lock_nop, UD, ".byte 0xf0, 0x90")                                           \
	X(too_long, GP, ".fill 15, 1, 0x66; nop")                                     \
	X(divide_by_0, DE, "xor %ecx, %ecx; div %ecx")                                \
	X(divide_too_far, DE, "mov $0x80000000, %eax; cdq; mov $-1, %ecx; idiv %ecx") \
	X(aam_0, DE, ".byte 0xd4, 0x00")                                              \
	X(fld1, NM, "fld1")                                                           \
	X(fnsave, NM, "fnsave -256(%esp)")                                            \
	X(fninit, NM, "fninit")                                                       \
	X(paddb, UD | NM, ".byte 0x0f, 0xfc, 0xc0")                                   \
	X(fxsave, UD | NM | GP, "and $-16, %esp; fxsave -512(%esp)")                  \
	X(xorps, UD | NM, ".byte 0x0f, 0x57, 0xc0")                                   \
	X(xgetbv, UD, "xor %ecx, %ecx; .byte 0x0f, 0x01, 0xd0")

/* Memory that is not the program's, or not for that. fs is null, or the kernel's behind SYSEXIT. */
#define HOSTILE_MEMORY(X)                                                                  \
	X(read_null, PF, "mov 0, %eax")                                                    \
	X(call_null, PF, "xor %eax, %eax; call *%eax")                                     \
	X(read_kernel, PF, "mov 0x100000, %eax")                                           \
	X(write_kernel, PF, "mov %eax, 0x100000")                                          \
	X(read_high, PF, "mov 0xfee00020, %eax")                                           \
	X(read_below, PF, "mov 0xbffffffe, %eax")                                          \
	X(read_above, PF, "mov 0xeffffffe, %eax")                                          \
	X(read_last, PF, "mov 0xfffffffc, %eax")                                           \
	X(jump_below, PF, "mov $0xbfffffff, %eax; jmp *%eax")                              \
	X(jump_above, PF, "mov $0xf0000000, %eax; jmp *%eax")                              \
	X(write_code, PF, "mov %eax, 1f; 1:")                                              \
	X(write_calls, PF, "mov %eax, 0xeffff000")                                         \
	X(add_to_calls, PF, "lock incl 0xeffff000")                                        \
	X(write_gap, PF, "mov %eax, 0xefffeffc")                                           \
	X(copy_kernel, PF, "mov $0x100000, %esi; mov %esp, %edi; movsl")                   \
	X(read_fs, GP | PF, "mov %fs:0, %eax")                                             \
	X(write_fs, GP | PF, "mov %eax, %fs:0")                                            \
	X(read_gs, GP | PF, "xor %eax, %eax; mov %eax, %gs; mov %gs:0, %eax")              \
	X(read_ds, GP | PF, "xor %eax, %eax; mov %eax, %ds; mov (%esi), %eax")             \
	X(push_null, PF, "xor %esp, %esp; push %eax")                                      \
	X(push_kernel, PF, "mov $0x104000, %esp; push %eax")                               \
	X(push_calls, PF, "mov $0xf0000000, %esp; pusha")                                  \
	X(enter_far, PF, "mov $0xc0000010, %esp; enter $0x100, $4")                        \
	X(pop_kernel, PF, "mov $0x100000, %esp; pop %eax")                                 \
	X(sysenter_null, PF | UD | GP, "xor %eax, %eax; xor %ebp, %ebp; sysenter")         \
	X(sysenter_kernel, PF | UD | GP, "xor %eax, %eax; mov $0x100000, %ebp; sysenter")  \
	X(sysenter_above, PF | UD | GP, "xor %eax, %eax; mov $0xf0000000, %ebp; sysenter") \
	X(sysenter_last, PF | UD | GP, "xor %eax, %eax; mov $-4, %ebp; sysenter")          \
	X(sysenter_step, DB | UD | GP,                                                     \
	  "mov %esp, %ebp; pushf; orl $0x100, (%esp); popf; sysenter")                     \
	X(sysenter_step_null, DB | UD | GP,                                                \
	  "xor %ebp, %ebp; pushf; orl $0x100, (%esp); popf; sysenter")                     \
	X(sysenter_step_ss, DB | UD | GP,                                                  \
	  "pushf; orl $0x100, (%esp); popf; mov %ss, %ecx; mov %ecx, %ss; sysenter")       \
	X(int_step, DB, "xor %eax, %eax; pushf; orl $0x100, (%esp); popf; int $0x80")

#define HOSTILE_INSTRUCTIONS(X) \
	HOSTILE_PRIVILEGED(X)   \
	HOSTILE_FLAGS(X)        \
	HOSTILE_WAYS(X)         \
	HOSTILE_OPCODES(X)      \
	HOSTILE_MEMORY(X)

#endif
