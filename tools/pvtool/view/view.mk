# SPDX-License-Identifier: MIT
#
# What `pvtool view` writes around its data: web/view.html with the styles and the scripts that the laboratory's
# page has as well, as a string of C. BUILD is who includes this one's.

VIEW_WEB = $(wildcard tools/pvtool/view/web/*)
$(BUILD)/tools/view_page.def: tools/pvtool/view/page.awk $(VIEW_WEB)
	@mkdir -p $(@D)
	$(Q)awk -v web=tools/pvtool/view/web -f tools/pvtool/view/page.awk tools/pvtool/view/web/view.html > $@
$(BUILD)/host/tools/pvtool/view/page.o $(BUILD)/tests/pvtool-asan: $(BUILD)/tools/view_page.def
