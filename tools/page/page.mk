# SPDX-License-Identifier: MIT
#
# The laboratory: a folder for any web server, of files of the tree, of what pvtool knows of the image, and of what
# npm has of others. Nothing in it is made but by copying.

PAGE         = $(BUILD)/page
PAGE_FILES   = $(wildcard tools/page/*.html tools/page/*.css tools/page/*.js) \
	       $(filter-out %/view.html %/view.js,$(wildcard tools/pvtool/view/web/*))
PAGE_MUSEUM  = $(sort $(wildcard kernel/museum/exhibits/*.c))
PAGE_MODULES = $(BUILD)/npm/node_modules
PAGE_VENDOR  = v86/build/libv86.mjs v86/build/v86.wasm @xterm/xterm/lib/xterm.mjs @xterm/xterm/css/xterm.css

.PHONY: page page-here serve page-picture
page:
	@tools/setup.sh build npm $(COMPILER)
	@tools/npm.sh $(BUILD)/npm
	+@$(SUB) $(JOBS) page-here
page-here: $(PAGE)/made

$(PAGE)/made: $(PAGE_FILES) tools/page/museum.awk $(PAGE_MUSEUM) $(BUILD)/pedant.elf $(BUILD)/tools/pvtool tools/npm/package-lock.json
	$(Q)$(call SAY,PAGE)
	$(Q)rm -rf $(PAGE) && mkdir -p $(PAGE)/vendor
	$(Q)cp $(PAGE_FILES) $(BUILD)/pedant.elf $(PAGE)/
	$(Q)cp $(addprefix $(PAGE_MODULES)/,$(PAGE_VENDOR)) $(PAGE)/vendor/
	$(Q)cp $(PAGE_MODULES)/v86/LICENSE $(PAGE)/vendor/LICENSE.v86
	$(Q)cp $(PAGE_MODULES)/@xterm/xterm/LICENSE $(PAGE)/vendor/LICENSE.xterm
	$(Q)$(BUILD)/tools/pvtool view $(BUILD)/pedant.elf -o $(PAGE)/view.json
	$(Q)awk -f tools/page/museum.awk $(PAGE_MUSEUM) > $(PAGE)/museum.json
	$(Q)touch $@

# Any web server does, here or elsewhere: the folder is all that it needs.
serve: page
	@node tools/page/serve.mjs $(PAGE) '$(or $(PORT),8080)'

page-picture: page
	@tools/setup.sh page
	CHROMIUM=$$(command -v chromium) node tests/page/picture.mjs $(BUILD) docs/page.png
