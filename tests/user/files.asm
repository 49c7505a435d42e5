; SPDX-License-Identifier: MIT
;
; The programs of each image.

%include "tests/user/program.inc"

        PROGRAM "hello"
        PROGRAM "true"
        PROGRAM "sh"
