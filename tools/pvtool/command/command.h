/* SPDX-License-Identifier: MIT */
/*
 * pvtool's subcommands, one function each, in the file of the same name. Each returns pvtool's exit
 * status:
 *
 *	struct options options = {.image = "build/pedant.elf"};
 *	return check_run(&options);
 */
#ifndef TOOLS_PVTOOL_COMMAND_COMMAND_H
#define TOOLS_PVTOOL_COMMAND_COMMAND_H

#include "read/options.h"

/*
 * check IMAGE [--cpu i486|i586|i686] [--header multiboot|none] [--sections NAME[=ROLE],...]: the
 * rules that the image obeys before it may boot; a line on stderr for each finding and their
 * number, or one line of facts on stdout.
 */
int check_run(const struct options *options);

/*
 * index IMAGE: fills the image's .pv_index, after the link; a line on stdout. Findings: a record
 * that the kernel could not patch, or no room; then the file is as it was.
 */
int index_run(const struct options *options);

/*
 * calls IMAGE [--sections ...]: a file of GNU as, on stdout, with the records of all static calls in
 * the image, which was linked with --emit-relocs. To be linked with the same objects once more.
 */
int calls_run(const struct options *options);

/*
 * relocs IMAGE [--sections ...]: fills .pv_relocs of an image that was linked with --emit-relocs; a line on
 * stdout says how many sites there are, and what else has an op's address. Findings: no room, or
 * nothing to find them by; then the file is as it was.
 */
int relocs_run(const struct options *options);

/* seal MODULE: leaves the module's sum behind its last byte, for the loader. */
int seal_run(const struct options *options);

/* sites IMAGE [--family NAME] [--nops NAME]: a table, one line a site: what stands there, and what
 * each back end makes of it, or each replacement, or one CPU. */
int sites_run(const struct options *options);

/*
 * manifest IMAGE [DUMP] [-o FILE] [verify's options]: as JSON, on stdout or in the file, for each
 * site all bytes that it may ever hold, and when, and hashes of all pages; in the dump's state, or
 * the one that options say, as well. Findings: there are sites that cannot be patched.
 */
int manifest_run(const struct options *options);

/*
 * verify IMAGE|MANIFEST DUMP [--base ADDRESS] [--state linked|NAME] [--nops NAME]
 * [--features W0,...,W9] [--locks up|smp] [--init there|gone]: does running code differ from the
 * file at sites only, and does each site hold what it must? A line for each violation and a
 * summary, on stdout.
 */
int verify_run(const struct options *options);

/* diff IMAGE DUMP [--base ADDRESS] [--function NAME]: functions with sites, before and after. */
int diff_run(const struct options *options);

/* list IMAGE [DUMP] [--base ADDRESS] [--function NAME]: a listing of the dump's code, or the
 * file's, that names sites. */
int list_run(const struct options *options);

/*
 * view IMAGE [DUMP] -o FILE.html|FILE.json [--base ADDRESS]: source, code as linked and, with a dump, as it
 * runs, of all functions that have sites, as a page without a request to anywhere, or the data of one.
 */
int view_run(const struct options *options);

#endif
