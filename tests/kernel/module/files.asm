; SPDX-License-Identifier: MIT
;
; The tests' modules, as files in memory: name, start, end; a name of 0 ends the list.

%macro FILE 1
	section .rodata
%%start:
	%strcat %%path "tests/module/", %1, ".ko"
	incbin %%path
%%end:
%%name:	db %1, 0
	section .rodata.list align=4
	dd %%name, %%start, %%end
%endmacro

	global module_files
	section .rodata.list
module_files:
	FILE "sites"
	FILE "second"
	FILE "third"
	FILE "fails"
	FILE "lacks"
	FILE "twice"
	FILE "stays"
	FILE "stress"
	FILE "better"
	FILE "worse"
	FILE "called"
	section .rodata.list
	dd 0, 0, 0
