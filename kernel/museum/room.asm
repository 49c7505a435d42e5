; SPDX-License-Identifier: MIT
;
; Room in text for the right version of a function that is broken: its first instructions and a jump to the next ones, or a
; jump to it. Empty, it is breakpoints.

global museum_right, museum_right_end

section .text align=16

museum_right:
	times 32 int3
museum_right_end:
