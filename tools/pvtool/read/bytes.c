/* SPDX-License-Identifier: MIT */
/*
 * Files, words and their text. A file is read to its end and not by its size, so that a pipe will
 * do for a dump; what was read is what is checked later.
 */
#include "read/bytes.h"
#include "read/options.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

#define PATIENCE 10 /* seconds without a byte */

static const char *waited_for;

static void give_up(int signal)
{
	(void)signal;
	dprintf(STDERR_FILENO, "pvtool: %s: nothing came for %d s\n", waited_for, PATIENCE);
	_exit(PVTOOL_FAILED);
}

/* Up to `most` bytes, or the file's end. False: it cannot be read. */
static bool read_bytes(int fd, size_t most, uint8_t **bytes, size_t *size)
{
	size_t room = 0;
	ssize_t n = 1;

	while (n && *size < most) {
		if (*size == room) {
			room = room ? 2 * room : 1 << 20;
			room = room < most ? room : most;
			*bytes = bytes_need(realloc(*bytes, room));
		}
		alarm(PATIENCE);
		n = read(fd, *bytes + *size, room - *size);
		if (n < 0 && errno != EINTR)
			return false;
		*size += n < 0 ? 0 : (size_t)n;
		n = n < 0 ? 1 : n;
	}
	return true;
}

static bool read_file(const char *path, size_t most, uint8_t **bytes, size_t *size)
{
	bool whole;
	int fd;

	*bytes = NULL;
	*size = 0;
	waited_for = path;
	signal(SIGALRM, give_up);
	alarm(PATIENCE);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return refuse(path, strerror(errno));
	whole = read_bytes(fd, most, bytes, size);
	alarm(0);
	close(fd);
	if (!whole)
		fprintf(stderr, "pvtool: %s: cannot be read beyond byte %zu: %s\n", path, *size,
			strerror(errno));
	return whole;
}

static void drop(uint8_t **bytes)
{
	free(*bytes);
	*bytes = NULL;
}

bool bytes_read_file(const char *path, uint8_t **bytes, size_t *size)
{
	bool good = read_file(path, BYTES_FILE_MAX + 1, bytes, size);

	if (good && *size > BYTES_FILE_MAX) {
		fprintf(stderr, "pvtool: %s: has more than %u bytes\n", path, BYTES_FILE_MAX);
		good = false;
	}
	if (!good)
		drop(bytes);
	return good;
}

bool bytes_read_some(const char *path, size_t enough, uint8_t **bytes, size_t *size)
{
	bool good = read_file(path, enough, bytes, size);

	if (!good)
		drop(bytes);
	return good;
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

bool bytes_put_file(const char *path, const uint8_t *bytes, size_t size)
{
	const mode_t mask = umask(0);
	struct stat st;

	umask(mask);
	if (stat(path, &st) == 0)
		return bytes_write_file(path, bytes, size);
	return replace_file(path, bytes, size, 0666 & ~mask);
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
