/* SPDX-License-Identifier: MIT */
/* Before what is assembled for a file of another class: it is 32-bit code all the same. */
.code32
