/* SPDX-License-Identifier: MIT */
/*
 * What of ELF relocatable i386 objects and programs consist of, by the names of the specification (System V ABI,
 * chapter 4, and its i386 supplement). A loader puts a file where it likes, so nothing is aligned.
 */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include <stdint.h>

#define ELF_PACKED __attribute__((packed))

struct elf_header {
	uint8_t ident[16]; /* 7f "ELF", class, byte order, version */
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
} ELF_PACKED;

#define ELF_MAGIC   "\177ELF\1\1\1" /* 32 bits, little-endian, version 1 */
#define ELF_MAGIC_N 7
#define ET_REL      1
#define ET_EXEC     2
#define EM_386      3

struct elf_segment {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
} ELF_PACKED;

#define PT_LOAD 1
#define PF_X    0x1u
#define PF_W    0x2u

struct elf_section {
	uint32_t name, type, flags, addr, offset, size, link, info, addralign, entsize;
} ELF_PACKED;

#define SHT_PROGBITS 1
#define SHT_SYMTAB   2
#define SHT_STRTAB   3
#define SHT_RELA     4
#define SHT_NOTE     7
#define SHT_NOBITS   8
#define SHT_REL      9
#define SHF_WRITE    0x1u
#define SHF_ALLOC    0x2u
#define SHF_EXEC     0x4u
#define SHF_TLS      0x400u
#define SHF_COMPRESS 0x800u

struct elf_symbol {
	uint32_t name, value, size;
	uint8_t info, other; /* info: binding << 4 | type */
	uint16_t section;
} ELF_PACKED;

#define STB_LOCAL     0
#define STB_WEAK      2
#define STT_GNU_IFUNC 10
#define SHN_UNDEF     0
#define SHN_RESERVED  0xff00
#define SHN_ABS       0xfff1
#define SHN_COMMON    0xfff2

struct elf_rel {
	uint32_t offset, info; /* symbol << 8 | type */
} ELF_PACKED;

#define R_386_NONE  0
#define R_386_32    1
#define R_386_PC32  2
#define R_386_PLT32 4

_Static_assert(sizeof(struct elf_header) == 52 && sizeof(struct elf_section) == 40 &&
		       sizeof(struct elf_symbol) == 16 && sizeof(struct elf_rel) == 8,
	       "the layout of the specification");

#endif
