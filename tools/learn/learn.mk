# SPDX-License-Identifier: MIT
#
# What a learner's fingers expect, included by the Makefile: look at memory, at a function, at a site; put a
# fault in and see who notices; begin a test. docs/learn.md uses all of them. What the user says goes to the
# scripts by the environment, so that no shell reads it.

FUNC =
NAME =
LEARN = $(TEST_ENV) perl

dump diff: export SMP := $(SMP)
dump diff: export CPU := $(CPU)
dump diff: export ACCEL := $(ACCEL)
dump diff: export LIMIT := $(LIMIT)
dump diff: export CMDLINE := $(CMDLINE)
dump diff: export QEMU_ARGS := $(QEMU_ARGS)
diff sites: export FUNC := $(FUNC)
break: export M := $(M)
new-test: export NAME := $(NAME)

.PHONY: dump diff sites break new-test
dump:
	@tools/setup.sh build run test $(COMPILER)
	+@$(SUB) $(JOBS) all
	@$(LEARN) tools/learn/live.pl dump

# What differs is what is shown, and no failure.
diff:
	@tools/setup.sh build run test $(COMPILER)
	+@$(SUB) $(JOBS) all
	@$(LEARN) tools/learn/live.pl diff

sites:
	@tools/setup.sh build test $(COMPILER)
	+@$(SUB) $(JOBS) all
	@$(LEARN) tools/learn/sites.pl

# Without M= it only lists, and nothing has to be built for that.
break:
	@$(LEARN) tests/mutants/break.pl --known
	$(if $(M),@tools/setup.sh build run test $(COMPILER))
	$(if $(M),+@$(SUB) $(JOBS) all)
	@$(LEARN) tests/mutants/break.pl

new-test:
	@$(LEARN) tools/learn/new_test.pl
