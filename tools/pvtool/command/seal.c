/* SPDX-License-Identifier: MIT */
/*
 * pvtool seal: a module gets its own sum behind its last byte, where no ELF file's reader looks, so that a
 * loader knows that it is what was built. One that is sealed is sealed again.
 */
#include "pv/seal.h"
#include "command/command.h"
#include "read/bytes.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_object(const uint8_t *file, size_t size)
{
	return size >= sizeof(Elf32_Ehdr) && memcmp(file, ELFMAG, SELFMAG) == 0 &&
	       file[EI_CLASS] == ELFCLASS32 && file[EI_DATA] == ELFDATA2LSB &&
	       file[offsetof(Elf32_Ehdr, e_type)] == ET_REL;
}

static bool is_sealed(const uint8_t *file, size_t size)
{
	return size >= PV_SEAL &&
	       memcmp(file + size - PV_SEAL, PV_SEAL_MAGIC, PV_SEAL_MAGIC_N) == 0;
}

static int seal(const char *path, const uint8_t *file, size_t size)
{
	uint8_t *sealed = bytes_need(malloc(size + PV_SEAL));
	bool good;

	memcpy(sealed, file, size);
	memcpy(sealed + size, PV_SEAL_MAGIC, PV_SEAL_MAGIC_N);
	bytes_put32(sealed + size + PV_SEAL_MAGIC_N, pv_sum_lanes(file, (uint32_t)size));
	good = bytes_write_file(path, sealed, size + PV_SEAL);
	free(sealed);
	return good ? PVTOOL_CLEAN : PVTOOL_FAILED;
}

int seal_run(const struct options *options)
{
	uint8_t *file;
	size_t size;
	int status = PVTOOL_FAILED;

	if (!bytes_read_file(options->image, &file, &size))
		return PVTOOL_FAILED;
	if (is_object(file, size))
		status = seal(options->image, file, is_sealed(file, size) ? size - PV_SEAL : size);
	else
		fprintf(stderr, "pvtool: %s: no relocatable ELF file for i386\n", options->image);
	free(file);
	return status;
}
