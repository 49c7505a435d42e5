/* SPDX-License-Identifier: MIT */
/*
 * The images that the boot loader has handed over to be guests.
 *
 *	for (i = 0; i < boot_info.modules; i++)
 *		if (guest_image(i))
 *			use(boot_module_file(i), boot_module_size(i));
 */
#ifndef KERNEL_GUEST_IMAGES_H
#define KERNEL_GUEST_IMAGES_H

#include <stdbool.h>

/* Is the boot loader's module i one? It is an image that is no program, and no object. False, too, if there is none of this number. */
bool guest_image(unsigned i);

#endif
