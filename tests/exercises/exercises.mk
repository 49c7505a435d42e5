# SPDX-License-Identifier: MIT
#
# The exercises of the book, included by the Makefile. N is that of the command line: make mutants-random has one
# of its own.

AGAIN    =
SOLUTION =

exercise: export N := $(if $(filter command%,$(origin N)),$(N))
exercise: export AGAIN := $(AGAIN)
exercise: export SOLUTION := $(SOLUTION)

.PHONY: exercise
exercise:
	@$(LEARN) tests/exercises/exercise.pl --known
	$(if $(filter command%,$(origin N)),@tools/setup.sh build run test $(COMPILER))
	$(if $(filter command%,$(origin N)),@tools/i386.sh --builds $(HOSTCC32) || { echo "make exercise: $(HOSTCC32) makes no program that runs here"; exit 2; })
	@$(LEARN) tests/exercises/exercise.pl
