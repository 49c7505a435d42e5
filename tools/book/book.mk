# SPDX-License-Identifier: MIT
#
# docs/book/ as pages for a browser, included by the Makefile: its markers filled, its links led to where the
# folder has what they lead to. No kernel is needed for that, but for its pictures, which are in the tree.

BOOK = $(BUILD)/book

.PHONY: book book-pictures
book:
	@tools/setup.sh book
	+@$(SUB) $(MADE)
	@perl tools/book/make.pl $(BOOK)

book-pictures:
	@tools/setup.sh build run test $(COMPILER)
	+@$(SUB) $(JOBS) all
	@$(TEST_ENV) perl tools/book/pictures.pl docs/book/pictures
	@perl tools/book/live.pl $(BUILD)
	@perl tools/book/exits.pl $(BUILD)
	@for of in litmus found guest_ops seed; do perl tools/book/$$of.pl || exit 1; done
