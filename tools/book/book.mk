# SPDX-License-Identifier: MIT
#
# docs/book/ as pages for a browser, included by the Makefile: its markers filled, its links led to where the
# folder has what they lead to. No kernel is needed for that.

BOOK = $(BUILD)/book

.PHONY: book
book:
	@tools/setup.sh book
	+@$(SUB) $(MADE)
	@perl tools/book/make.pl $(BOOK)
