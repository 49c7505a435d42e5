; SPDX-License-Identifier: MIT
;
; Programs that are tests, or measure: not in the small kernel.

%include "tests/user/program.inc"

        PROGRAM "work"
        PROGRAM "checks"
        PROGRAM "hostile"
        PROGRAM "pointers"
        PROGRAM "greedy"
        PROGRAM "fuzz"
