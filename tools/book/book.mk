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
	@tools/setup.sh build run test bench $(COMPILER)
	+@$(SUB) $(JOBS) all
	@for of in pictures measured 'live $(BUILD)' 'exits $(BUILD)'; do set -- $$of; \
		$(TEST_ENV) perl -Itools/book tools/book/$$1.pl $$2 docs/book/pictures || exit 1; done
