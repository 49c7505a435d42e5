// SPDX-License-Identifier: MIT
#include "kernel/guest/images.h"
#include "kernel/base/multiboot.h"
#include "kernel/module/object.h"
#include "kernel/task/boot.h"

bool guest_image(unsigned i)
{
	return i < boot_info.modules && i < MODULES_MAX - 1 &&
	       object_is_image(boot_module_file(i), boot_module_size(i)) &&
	       !programs_are_in(boot_module_file(i), boot_module_size(i));
}
