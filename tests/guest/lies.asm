; SPDX-License-Identifier: MIT
;
; Events that are none: what would not be read as one object is not passed on. And two that are.
%include "guest.inc"

%macro TELL 1
        CALL_HOST tell, %%text, %%end - %%text
section .data
%%text: db      %1, 10
%%end:
section .text
%endmacro

section .text
main:
        TELL    `{"event":"good","number":17,"text":"\\"\\\\ \\u0041","minus":-3}`
        TELL    `{"event":"good"}`
        TELL    `{"event":"bad}`
        TELL    `{"event":"bad"},{"event":"end"}`
        TELL    `{"event":"bad"}}`
        TELL    `{"event":"bad","}`
        TELL    `{"event":"bad","a"}`
        TELL    `{"event":"bad","a":}`
        TELL    `{"event":"bad",}`
        TELL    `{"event":"bad","a":1,}`
        TELL    `{"event":"bad","a":"\\"}`
        TELL    `{"event":"bad","a":"\\x"}`
        TELL    `{"event":"bad","a":"\\u12"}`
        TELL    `{"event":"bad","a":01x}`
        TELL    `{"event":"bad","a":-}`
        TELL    `{"event":"bad","a":01}`
        TELL    `{"event":"bad" "a":1}`
        TELL    `{"event":"bad","a":{"b":1}}`
        TELL    `{"event":"bad","a":[}`
        TELL    `{"event":"bad"`
        TELL    `{"event":"`
        TELL    `}`
        TELL    ``
        PASS
