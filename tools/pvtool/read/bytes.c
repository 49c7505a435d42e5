/* SPDX-License-Identifier: MIT */
/*
 * Files, words and their text. A file is read to its end and not by its size, so that a pipe will
 * do for a dump; what was read is what is checked later.
 */
#include "read/bytes.h"
#include "read/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *path, const char *why)
{
	fprintf(stderr, "pvtool: %s: %s\n", path, why);
	return false;
}

static size_t read_all(FILE *file, uint8_t **bytes)
{
	size_t size = 0, room = 0, n;

	do {
		if (size == room) {
			room = room ? 2 * room : 1 << 20;
			*bytes = bytes_need(realloc(*bytes, room));
		}
		n = fread(*bytes + size, 1, room - size, file);
		size += n;
	} while (n);
	return size;
}

bool bytes_read_file(const char *path, uint8_t **bytes, size_t *size)
{
	FILE *file = fopen(path, "rb");
	bool whole;

	*bytes = NULL;
	*size = 0;
	if (!file)
		return refuse(path, strerror(errno));
	*size = read_all(file, bytes);
	whole = feof(file) && !ferror(file);
	fclose(file);
	if (whole)
		return true;
	fprintf(stderr, "pvtool: %s: cannot be read beyond byte %zu\n", path, *size);
	free(*bytes);
	*bytes = NULL;
	return false;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return false;
		bytes += n < 0 ? 0 : n;
		size -= n < 0 ? 0 : (size_t)n;
	}
	return true;
}

/* Into a new file beside it, which takes its place. */
static bool replace_file(const char *path, const uint8_t *bytes, size_t size, mode_t mode)
{
	char *name = bytes_need(malloc(strlen(path) + 8));
	bool good, made;
	int fd;

	sprintf(name, "%s.XXXXXX", path);
	fd = mkstemp(name);
	made = fd >= 0;
	good = made && write_all(fd, bytes, size) && fchmod(fd, mode) == 0;
	good = (!made || close(fd) == 0) && good && rename(name, path) == 0;
	if (!good) {
		refuse(path, strerror(errno));
		if (made)
			unlink(name);
	}
	free(name);
	return good;
}

bool bytes_write_file(const char *path, const uint8_t *bytes, size_t size)
{
	char *real = realpath(path, NULL);
	struct stat st;
	bool good = real && stat(real, &st) == 0;

	if (!good)
		refuse(path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		good = refuse(path, "not a regular file, so it stays as it is");
	else if (!(st.st_mode & 0222) || access(real, W_OK) != 0)
		good = refuse(path, "read-only, so it stays as it is");
	else
		good = replace_file(real, bytes, size, st.st_mode & 07777);
	free(real);
	return good;
}

uint32_t bytes_get32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

void bytes_put32(uint8_t *p, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

const char *bytes_text(const uint8_t *bytes, size_t n, char text[BYTES_TEXT])
{
	size_t shown = n < BYTES_TEXT_MAX ? n : BYTES_TEXT_MAX;
	char *end = text;

	*text = '\0';
	for (size_t i = 0; i < shown; i++)
		end += sprintf(end, i ? " %02x" : "%02x", bytes[i]);
	if (n > shown)
		strcpy(end, "...");
	return text;
}

void *bytes_need(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "pvtool: out of memory\n");
	exit(PVTOOL_FAILED);
}
