/* SPDX-License-Identifier: MIT */
/*
 * What a manifest says that it is. docs/interface.md says what it consists of; who changes that so
 * that readers would misread it counts on.
 *
 *	if (strcmp(format, MANIFEST_FORMAT) != 0)
 *		return false;
 */
#ifndef TOOLS_PVTOOL_MANIFEST_FORMAT_H
#define TOOLS_PVTOOL_MANIFEST_FORMAT_H

#define MANIFEST_FORMAT "pvtool manifest 3"

#endif
